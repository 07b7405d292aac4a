"""What works on Anvil also works on Ganache, with Volta's chain id and rules."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import ways
from eth_account import Account
from ganache import CHAIN_ID, ROOT, Ganache
from key_creator import KeyCreator

from ocn_registry import (
    CreateAgreement,
    KeySigner,
    Permission,
    RegistryClient,
    Role,
    SetNode,
    SetParty,
    SetService,
    WriteOptions,
)
from ocn_registry.cache import RegistryCache
from ocn_registry.contract_errors import DomainTaken
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.deploy.chain_rules import too_new
from ocn_registry.deploy.deploy import DeploymentOrder, deploy, plan
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.deploy.handover import accept, accepted, offer
from ocn_registry.deploy.record import Record
from ocn_registry.deploy.verify import Wanted, verify
from ocn_registry.errors import InsufficientFunds, OutcomeUnknown, Reverted
from ocn_registry.models import PartyId
from ocn_registry.networks import from_json
from ocn_registry.protocol.effects import run
from ocn_registry.transport.http_sync import HttpTransport

OWNER, OPERATOR, SPENDER, PROVIDER, OTHER = (
    KeySigner.from_key(account.private_key) for account in ACCOUNTS[:5]
)
URL = "https://node.example.org"


@pytest.fixture(scope="module")
def node():
    with Ganache() as node:
        yield node


@pytest.fixture(scope="module")
def record(node, tmp_path_factory):
    """Deploy like `ape run deploy`, and return the record."""
    creator = KeyCreator(Account.from_key(ACCOUNTS[0].private_key))
    order = DeploymentOrder(
        name="volta",
        chain_id=CHAIN_ID,
        deployer=creator.address,
        owner=OWNER.address,
        import_open=False,
        options=WriteOptions(timeout_s=60, max_cost_wei=10**17),  # its gas costs much more
    )
    record = Record.read(tmp_path_factory.mktemp("ganache") / "volta.json")
    transport = HttpTransport([node.rpc_url], chain_id=CHAIN_ID)
    made = run(plan(order, record), transport.perform)
    assert made.problems == ()
    run(deploy(order, record, creator), transport.perform)
    for name, gas in made.gas.items():
        used = record.contract(name)["gasUsed"]
        assert used < gas < used * 3 // 2
    transport.close()
    return record


@pytest.fixture
def deployment(node, record):
    found = from_json(record.path.read_text())
    snapshot = node.request("evm_snapshot")
    yield replace(found, rpc_urls=(node.rpc_url,))
    node.request("miner_start")
    node.request("evm_revert", snapshot)


@pytest.fixture(params=[*ways.LIGHT, "web3"])
def client(request, node, deployment):
    client = ways.client(deployment, ways.transport(request.param, node.rpc_url, chain_id=CHAIN_ID))
    yield client
    client.close()


@pytest.fixture
def light(deployment):
    with RegistryClient(deployment, HttpTransport(deployment.rpc_urls)) as client:
        yield client


def test_deployment_is_verified(light, record):
    known = record.fields["contracts"]
    wanted = Wanted(
        owner=OWNER.address,
        first_owner=OWNER.address,
        import_open=False,
        deployed_open=False,
        registry_tx_hash=known["Registry"]["transaction"],
        permissions_tx_hash=known["Permissions"]["transaction"],
    )
    assert verify(light.deployment, light.transport, wanted=wanted).differences == ()
    stranger = replace(wanted, owner=OTHER.address)
    assert not verify(light.deployment, light.transport, wanted=stranger).is_verified


def test_opcodes_that_the_chain_lacks_are_found_by_asking(light):
    newer = b"\x5f\x5e\x48\x00" + b"\x00\x00"
    lacks = run(too_new((newer,)), light.transport.perform)
    assert [line.split(",")[0] for line in lacks] == ["the code uses PUSH0", "the code uses MCOPY"]
    ours = tuple(artifact("v3", name).deployed_bytecode for name in ("Registry", "Permissions"))
    assert run(too_new(ours), light.transport.perform) == []


def test_account_without_money_registers_and_agrees(client):
    client.set_node(URL, signer=OPERATOR)
    party, provider = KeySigner.generate(), KeySigner.generate()
    needs, at = [Permission.FORWARD_ALL], OPERATOR.address
    for signer, wanted in (
        (party, SetParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator=at)),
        (provider, SetParty(country_code="NL", party_id="123", roles=[Role.EMSP], operator=at)),
        (provider, SetService(name="x", permissions=needs)),
        (party, CreateAgreement(provider=provider.address, permissions=needs)),
    ):
        outcome = client.submit(client.sign(wanted, signer), spender=SPENDER)
        assert outcome.failed == ()
        assert 0 < outcome.cost_wei == outcome.gas_used * outcome.gas_price_wei
    assert [each.provider for each in client.agreements("DE", "ABC")] == [provider.address]
    assert client.party(party.address).operator_domain == URL
    assert client.route("NL", "123").domain == URL


def test_refusal_is_the_contracts_own_error_with_its_arguments(client):
    client.set_node(URL, signer=OPERATOR)
    with pytest.raises(DomainTaken) as refused:
        client.set_node(URL, signer=OTHER)
    assert (refused.value.domain, refused.value.operator) == (URL, OPERATOR.address)
    assert refused.value.tx_hash is None
    with pytest.raises(InsufficientFunds):
        client.set_node("https://poor.example.org", signer=KeySigner.generate())


def test_failed_transaction_is_reported_with_its_hash(light):
    """With too little gas, it is mined and fails."""
    with pytest.raises(Reverted) as failed:
        light.set_node(URL, signer=OPERATOR, options=WriteOptions(gas=30_000))
    assert light.node(OPERATOR.address) is None
    assert failed.value.tx_hash is not None


def test_requests_that_would_fail_are_left_out(client):
    first, second = KeySigner.generate(), KeySigner.generate()
    both = [client.sign(SetNode(domain=URL), signer) for signer in (first, second)]
    outcome = client.submit(*both, spender=SPENDER)
    assert [type(item.error) for item in outcome.items] == [type(None), DomainTaken]
    assert [each.operator for each in client.nodes()] == [first.address]


def test_stuck_transaction_is_awaited_and_not_sent_twice(node, light):
    """Replacing it is tried on Anvil: Ganache puts both transactions of one number into blocks."""
    node.request("miner_stop")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as stuck:
            light.set_node(URL, signer=OPERATOR, options=WriteOptions(timeout_s=0.2))
    node.request("miner_start")
    outcome = light.transactions.await_outcome(stuck.value.tx_hash)
    assert light.node(OPERATOR.address).domain == URL
    assert light.transactions.outcome_of(stuck.value.tx_hash).tx_hash == outcome.tx_hash
    block = node.request("eth_getBlockByHash", outcome.block.hash, False)
    assert block["transactions"] == [outcome.tx_hash]


def test_confirmations_are_counted_in_blocks_whatever_is_called_final(node, light):
    """Ganache calls its latest block `finalized`."""
    with pytest.raises(OutcomeUnknown, match="fewer than 3 confirmations"):
        light.set_node(URL, signer=OPERATOR, options=WriteOptions(confirmations=3, timeout_s=0.2))
    for _ in range(2):
        node.request("evm_mine")
    outcome = light.set_node(URL, signer=OPERATOR, options=WriteOptions(confirmations=3))
    assert node.request("eth_blockNumber") == hex(outcome.block.number + 2)


def test_cache_follows_events(light):
    with RegistryCache(light) as cache:
        cache.refresh()
        light.set_node(URL, signer=OPERATOR)
        light.set_party("DE", "ABC", [Role.CPO], OPERATOR.address, signer=OTHER)
        cache.refresh()
        assert cache.route("DE", "ABC").domain == URL


def test_registry_is_handed_over(light):
    perform = light.transport.perform
    steps = offer(light.deployment, OTHER.address, OWNER, WriteOptions(), without_code=True)
    run(steps, perform)
    run(accept(light.deployment, OTHER, WriteOptions()), perform)
    run(accepted(light.deployment, OTHER.address), perform)


def test_command_line_registers_and_agrees(node, record, light, tmp_path):
    """Like a user: the record as network file, another RPC node, keys in the environment."""
    party, provider = KeySigner.generate(), PROVIDER
    keys = {"PARTY": _key_of(party, tmp_path), "PROVIDER": ACCOUNTS[3].private_key}
    keys |= {"OPERATOR_KEY": ACCOUNTS[1].private_key, "PAYER": ACCOUNTS[2].private_key}
    where = ("--network-file", record.path, "--rpc-url", node.rpc_url, "--json")

    def command(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "ocn_registry.cli", *words, *where],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), **keys},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    at, paid = OPERATOR.address, ("-x", "env:PAYER")
    result = command("set-node", URL, "-s", "env:OPERATOR_KEY", "--yes")
    assert result["state"] == [{"operator": at, "url": URL}]
    entry = ("-c", "DE", "ABC", "-r", "CPO", "-o", at)
    assert command("set-party-raw", *entry, "-s", "env:PARTY", *paid)["spender"] == SPENDER.address
    command("set-party", "-c", "NL", "PRV", "-r", "EMSP", "-o", at, "-s", "env:PROVIDER")
    command("set-service", "-p", "FORWARD_ALL", "-s", "env:PROVIDER")
    agreed = command("set-agreement-raw", provider.address, "-s", "env:PARTY", *paid)
    assert agreed["state"][0]["active"] is True
    assert light.party("DE", "ABC").id == PartyId("DE", "ABC")
    assert [each.provider for each in light.agreements("DE", "ABC")] == [provider.address]
    refused = command("set-node", URL, "-s", "env:PROVIDER", code=4)
    assert f"is listed for the operator {at}" in refused
    assert command("get-party", "-c", "DE", "ABC")["address"] == party.address
    # Ganache's base fee is far above what is usual on Volta, whose chain id it has.
    assert [each["check"] for each in command("doctor", code=1) if not each["ok"]] == ["fees"]


def _key_of(signer, folder):
    """Return the key of a signer through a keystore, the only way to export it."""
    path = folder / "keystore"
    signer.to_keystore(path, lambda: "secret")
    return "0x" + bytes(Account.decrypt(path.read_text(), "secret")).hex()
