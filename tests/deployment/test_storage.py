"""Equal code is not enough: whether only published code wrote the storage is reported
separately."""

import json
from dataclasses import replace

import pytest

from ocn_registry import CloseImport, KeySigner, RegistryClient, Role
from ocn_registry.cli.main import main
from ocn_registry.deploy import storage
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.deploy.code import immutable_values
from ocn_registry.deploy.verify import Wanted, verify
from ocn_registry.errors import RpcRefused
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.flows.events import piece
from ocn_registry.models import Address, Contract
from ocn_registry.plans.exit_codes import DONE, UNEXPECTED, UNPROVEN
from ocn_registry.protocol.effects import Code
from ocn_registry.transport.http_sync import HttpTransport
from ocn_registry.transport.transactions import created_by


@pytest.fixture
def deployment(fresh):
    return replace(fresh.deployment(), start_block=1)


@pytest.fixture
def listed(fresh, deployment, transport):
    """Close the import, and list a node, parties, a service and an agreement, then remove some."""
    owner, operator, cpo, emsp = [
        KeySigner.from_key(account.private_key) for account in fresh.accounts[:4]
    ]
    client = RegistryClient(deployment, transport)
    for contract in Contract:
        client.send(CloseImport(contract=contract), signer=owner)
    client.set_node("https://a.example", signer=operator)
    client.set_party("DE", "CPO", [Role.CPO], operator.address, signer=cpo)
    client.set_party("DE", "MSP", [Role.EMSP], operator.address, signer=emsp)
    client.set_service([1, 2], name="name", url="https://s.example", signer=emsp)
    client.create_agreement(emsp.address, signer=cpo)
    client.set_node("https://b.example", signer=cpo)
    client.delete_node(signer=cpo)
    return client


def published(deployment, contract, *, is_open=True):
    """Return the code that a contract has on the chain, with its immutable values."""
    made = artifact("v3", "Registry" if contract is Contract.REGISTRY else "Permissions")
    code = bytearray(made.deployed_bytecode)
    values = immutable_values(deployment, contract) | {"_deployedOpen": abi.uint(int(is_open))}
    for name, places in made.immutables:
        for start, length in places:
            code[start : start + length] = values[name]
    return bytes(code)


def filled(code, slot=7, value=1):
    """Return creation code that writes storage, and then returns some published code."""
    write = b"\x7f" + abi.uint(value) + b"\x7f" + abi.uint(slot) + b"\x55"
    size = b"\x62" + len(code).to_bytes(3, "big")
    at = len(write) + 4 + 4 + 4 + 1 + 4 + 4 + 1
    end = b"\x62" + at.to_bytes(3, "big")
    zero = b"\x62\0\0\0"
    return write + size + end + zero + b"\x39" + size + zero + b"\xf3" + code


def create(devnet, sender, data):
    creation = {"from": sender, "data": "0x" + data.hex()}
    receipt = devnet.request("eth_sendTransactionSync", creation)
    assert receipt["status"] == "0x1"
    return Address(receipt["contractAddress"])


@pytest.fixture(params=list(Contract), ids=lambda contract: contract.name.lower())
def ghost(request, fresh, deployment):
    """Create a registry of which one contract's creation code has written storage by itself."""
    sender = fresh.accounts[7].address
    nonce = int(fresh.request("eth_getTransactionCount", sender, "latest"), 16)
    block = int(fresh.request("eth_blockNumber"), 16)
    own = replace(
        deployment,
        registry=created_by(sender, nonce),
        permissions=created_by(sender, nonce + 1),
        start_block=block + 1,
    )
    owners = {Contract.REGISTRY: sender, Contract.PERMISSIONS: own.registry}
    for contract, argument in owners.items():
        if contract is request.param:
            data = filled(published(own, contract))
        else:
            name = "Registry" if contract is Contract.REGISTRY else "Permissions"
            data = artifact("v3", name).bytecode + abi.address(argument) + abi.uint(1)
        create(fresh, sender, data)
    return own


def test_storage_of_what_was_deployed_and_used_is_proven(deployment, transport, listed):
    found = verify(deployment, transport)
    assert found.differences == ()
    assert found.storage_unproven is None
    assert found.is_proven


def test_start_block_is_not_needed_where_a_node_has_old_states(fresh, deployment, transport):
    assert verify(replace(deployment, start_block=None), transport).is_proven


def test_storage_filled_by_creation_code_is_detected(ghost, transport):
    found = verify(ghost, transport)
    assert not found.is_verified
    assert not found.is_proven
    assert "the bytecode in transaction" in "\n".join(map(str, found.differences))


def test_ghost_has_the_published_code_and_is_reported_without_the_creation(fresh, ghost, transport):
    fresh.request("anvil_mine", hex(200))
    hidden = replace(ghost, start_block=fresh_block(fresh))
    blind = NoOldStates([fresh.rpc_url], chain_id=fresh.chain_id)
    found = verify(hidden, blind)
    blind.close()
    assert found.differences == ()
    assert not found.is_proven
    assert "was not found" in found.storage_unproven


# The deterministic deployment proxy: creates what it is given after 32 bytes of salt (CREATE2).
FACTORY = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
FACTORY_CODE = (
    "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035"
    "828234f58015156039578182fd5b8082525050506014600cf3"
)


def test_registry_that_a_contract_has_created_is_reported_as_not_proven(
    fresh, deployment, transport
):
    """No transaction shows which creation code a factory ran."""
    sender = fresh.accounts[7].address
    block = fresh_block(fresh)
    fresh.request("anvil_setCode", FACTORY, FACTORY_CODE)
    code = artifact("v3", "Registry").bytecode + abi.address(sender) + abi.uint(1)
    call = {"from": sender, "to": FACTORY, "data": "0x" + (bytes(32) + code).hex()}
    assert fresh.request("eth_sendTransactionSync", call)["status"] == "0x1"
    seed = b"\xff" + bytes.fromhex(FACTORY[2:]) + bytes(32) + keccak256(code)
    registry = Address("0x" + keccak256(seed)[12:].hex())
    data = artifact("v3", "Permissions").bytecode + abi.address(registry) + abi.uint(1)
    permissions = create(fresh, sender, data)
    own = replace(deployment, registry=registry, permissions=permissions, start_block=block + 1)
    found = verify(own, transport)
    assert found.differences == ()
    assert not found.is_proven
    assert "created the Registry was not found" in found.storage_unproven


def fresh_block(devnet):
    return int(devnet.request("eth_blockNumber"), 16)


class NoOldStates(HttpTransport):
    """A node that keeps no states but the latest ones."""

    def perform(self, effect):
        if isinstance(effect, Code) and effect.block is not None and effect.block < 100:
            raise RpcRefused("eth_getCode", -32000, "missing trie node")
        return super().perform(effect)


def test_record_without_a_match_is_not_saved_by_its_hashes(fresh, ghost, transport):
    block = fresh.request("eth_getBlockByNumber", hex(ghost.start_block), False)
    wanted = Wanted(registry_tx_hash=block["transactions"][0])
    assert not verify(ghost, transport, wanted=wanted).is_proven


@pytest.mark.parametrize("left_out", range(1, 6))
@pytest.mark.usefixtures("listed")
def test_state_that_differs_from_the_events_is_detected(
    deployment, transport, monkeypatch, left_out
):
    """Make the node omit one of the last events."""

    def incomplete(*asked):
        part = yield from piece(*asked)
        return replace(
            part, logs=part.logs[:-left_out] + part.logs[len(part.logs) - left_out + 1 :]
        )

    monkeypatch.setattr(storage, "piece", incomplete)
    found = verify(deployment, transport)
    assert not found.is_verified
    assert "the state rebuilt from events" in str(found.differences[0])
    assert verify(deployment, transport, rebuild=False).is_proven


@pytest.mark.usefixtures("listed")
def test_node_without_the_events_proves_nothing(deployment, transport, monkeypatch):
    def refused(*_):
        raise RpcRefused("eth_getLogs", -32000, "pruned")
        yield

    monkeypatch.setattr(storage, "piece", refused)
    found = verify(deployment, transport)
    assert found.is_verified
    assert not found.is_proven
    assert "omits events" in found.storage_unproven


@pytest.fixture
def run(fresh, deployment, tmp_path, capsys):
    def run(here=deployment, **more):
        file = tmp_path / "network.json"
        known = {"chainId": here.chain_id, "dialect": "v3", "rpcUrls": [fresh.rpc_url]}
        known |= {"registry": here.registry, "permissions": here.permissions, **more}
        file.write_text(json.dumps(known))
        code = main(["verify", "--network-file", str(file), "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return run


def test_command_says_that_the_storage_is_proven(run):
    code, result, _ = run()
    assert code == DONE
    assert (result["verified"], result["storageProven"]) == (True, True)


def test_command_detects_a_ghost(run, ghost):
    code, result, _ = run(ghost)
    assert code == UNEXPECTED
    assert (result["verified"], result["storageProven"]) == (False, False)


def test_command_has_another_exit_code_for_unproven_storage(run, monkeypatch):
    monkeypatch.setattr("ocn_registry.deploy.verify.find_creation", nothing)
    code, result, says = run()
    assert code == UNPROVEN
    assert (result["verified"], result["storageProven"]) == (True, False)
    assert "code matches; storage not proven" in says


def nothing(*_):
    yield from ()
