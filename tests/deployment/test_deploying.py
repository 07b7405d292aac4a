"""A deployment refuses what does not fit, continues after a kill -9, and never creates twice."""

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from eth_account import Account
from key_creator import KeyCreator

from ocn_registry import RegistryClient, SqliteJournal, networks
from ocn_registry.deploy.chain_rules import opcodes
from ocn_registry.deploy.deploy import DeploymentOrder, NotDeployed, deploy, gas_for, plan
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.deploy.record import Record, alone
from ocn_registry.deploy.verify import verify
from ocn_registry.errors import (
    BadAnswer,
    FeeAboveCap,
    InvalidInput,
    OutcomeUnknown,
    TransactionReplaced,
    WrongChain,
)
from ocn_registry.flows.options import WriteOptions
from ocn_registry.models import Address
from ocn_registry.protocol.effects import HeadBlock, Send, Together, run
from ocn_registry.transport.http_sync import HttpTransport

OWNER = Address("0x" + "42" * 20)
KILLER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_deploying as kit
kit.killed_at(sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
"""


@pytest.fixture
def fresh():
    """Start a new chain: after a few resets, Anvil stops mining transactions."""
    with Devnet(chain_id=73799, block_gas_limit=8_000_000) as devnet:
        yield devnet


@pytest.fixture
def creator(fresh):
    account = Account.create()
    fresh.request("anvil_setBalance", account.address, hex(10**18))
    return KeyCreator(account)


@pytest.fixture
def journal(tmp_path):
    return SqliteJournal(tmp_path / "journal")


@pytest.fixture
def order(fresh, creator, journal):
    return DeploymentOrder(
        name="volta",
        chain_id=fresh.chain_id,
        deployer=creator.address,
        owner=OWNER,
        import_open=True,
        options=WriteOptions(confirmations=1, timeout_s=60, journal=journal),
    )


@pytest.fixture
def record(tmp_path):
    return Record.read(tmp_path / "volta.json")


def count(devnet, account):
    return int(devnet.request("eth_getTransactionCount", account, "latest"), 16)


def test_plan_reports_what_will_happen_and_what_it_costs(order, record, transport):
    made = run(plan(order, record), transport.perform)
    assert made.problems == ()
    result = "\n".join(made.lines())
    for word in (
        "73799",
        order.deployer,
        OWNER,
        "open until",
        "8000000",
        "wei per gas",
        "1 blocks",
    ):
        assert word in result


def test_deployment_is_verified_and_its_record_is_a_deployment(order, record, transport, creator):
    made = run(plan(order, record), transport.perform)
    found = run(deploy(order, record, creator), transport.perform)
    kept = networks.from_json(record.path.read_text())
    assert kept == found
    assert verify(kept, transport).is_verified
    assert verify(kept, transport).owner == OWNER
    fields = json.loads(record.path.read_text())
    for name, gas in made.gas.items():
        one = fields["contracts"][name]
        assert one["gasUsed"] <= gas
        assert {"transaction", "block", "blockHash", "codeHash", "constructorArguments"} <= set(one)
    with pytest.raises(NotDeployed, match="finished"):
        run(deploy(order, Record.read(record.path), creator), transport.perform)


def test_gas_prediction_is_a_close_upper_bound(order, record, transport, creator):
    made = run(plan(order, record), transport.perform)
    run(deploy(order, record, creator), transport.perform)
    used = record.contract("Permissions")["gasUsed"]
    assert used < made.gas["Permissions"] < used * 5 // 4


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("when", ["before", "after"])
def test_deployment_interrupted_anywhere_resumes_and_creates_once(
    fresh, order, record, transport, creator, place, when
):
    """The process dies right before or right after each of the first effects."""
    before = count(fresh, creator.address)

    class Killed(BaseException):
        pass

    at = 0

    def perform(effect):
        nonlocal at
        at += 1
        if at > place * 2 and when == "before":
            raise Killed
        answer = transport.perform(effect)
        if at > place * 2:
            raise Killed
        return answer

    with pytest.raises(Killed):
        run(deploy(order, record, creator), perform)
    again = Record.read(record.path)
    run(deploy(order, again, creator), transport.perform)
    assert count(fresh, creator.address) == before + 2


def killed_at(url, key, path, place, owner):
    """Deploy in another process, which dies at the n-th send."""
    creator = KeyCreator(Account.from_key(key))
    order = DeploymentOrder(
        name="volta",
        chain_id=73799,
        deployer=creator.address,
        owner=Address(owner),
        import_open=True,
        options=WriteOptions(
            confirmations=1, timeout_s=60, journal=SqliteJournal(path.with_name("journal"))
        ),
    )
    transport = HttpTransport([url])
    sends = 0

    def perform(effect):
        nonlocal sends
        answer = transport.perform(effect)
        if isinstance(effect, Send):
            sends += 1
            if sends == place:
                os.kill(os.getpid(), 9)
        return answer

    run(deploy(order, Record.read(path), creator), perform)


@pytest.mark.parametrize("place", [1, 2])
def test_deployment_killed_between_send_and_record_resumes(
    fresh, order, record, transport, creator, place
):
    before = count(fresh, creator.address)
    key = creator.account.key.hex()
    here = os.path.dirname(__file__)  # noqa: PTH120 - for the other process's path
    command = [sys.executable, "-c", KILLER, here, fresh.rpc_url, key, str(record.path)]
    killed = subprocess.run([*command, str(place), OWNER], check=False)
    assert killed.returncode == -9
    again = Record.read(record.path)
    assert not again.is_finished
    with pytest.raises(InvalidInput):
        networks.from_json(record.path.read_text())
    run(deploy(order, again, creator), transport.perform)
    assert count(fresh, creator.address) == before + 2


@pytest.fixture
def cheap(order):
    """Return an order with a low price that does not wait."""
    options = replace(order.options, timeout_s=0.3, max_fee_per_gas_wei=10)
    return replace(order, options=options)


@pytest.fixture(params=["pooled", "dropped"])
def stuck(request, fresh, cheap, record, transport, creator):
    """Send the Registry's creation at a low price: the node keeps it, or has forgotten it by
    then."""

    def perform(effect):
        answer = transport.perform(effect)
        if isinstance(effect, Send) and request.param == "dropped":
            fresh.request("anvil_setNextBlockBaseFeePerGas", hex(1000))
            fresh.request("evm_mine")
        return answer

    fresh.request("evm_setAutomine", False)
    with pytest.raises(OutcomeUnknown):
        run(deploy(cheap, record, creator), perform)
    first = record.contract("Registry")["transaction"]
    is_there = fresh.request("eth_getTransactionByHash", first) is not None
    assert is_there == (request.param == "pooled")
    return Record.read(record.path)


def mining(fresh, perform):
    """Resume mining once a transaction is sent."""

    def watched(effect):
        answer = perform(effect)
        if isinstance(effect, Send):
            fresh.request("evm_setIntervalMining", 1)
        return answer

    return watched


def test_price_of_a_stuck_creation_is_raised_and_nothing_is_created_twice(
    fresh, order, cheap, stuck, transport, creator
):
    first = stuck.contract("Registry")["transaction"]
    made = run(plan(order, stuck), transport.perform)
    (waits,) = made.waiting
    assert (waits.name, waits.tx_hash, waits.max_fee_per_gas_wei) == ("Registry", first, 10)
    assert waits.raised_fee_per_gas_wei > 12
    assert any("is not in a block" in line for line in made.lines())
    with pytest.raises(OutcomeUnknown):  # by default, it only waits
        run(deploy(cheap, stuck, creator), transport.perform)
    assert stuck.contract("Registry")["transaction"] == first

    raising = replace(order, raise_price=True)
    found = run(deploy(raising, stuck, creator), mining(fresh, transport.perform))
    kept = Record.read(stuck.path).contract("Registry")
    assert kept["replaced"] == [first]
    assert kept["transaction"] != first
    assert count(fresh, creator.address) == 2
    assert verify(found, transport).is_verified
    assert fresh.request("eth_getTransactionReceipt", first) is None
    with pytest.raises(NotDeployed, match="finished"):
        run(plan(order, Record.read(stuck.path)), transport.perform)


@pytest.mark.parametrize("when", ["before", "after"])
def test_deployment_killed_while_raising_the_price_resumes(
    fresh, order, stuck, transport, creator, when
):
    class Killed(BaseException):
        pass

    first = stuck.contract("Registry")["transaction"]

    def perform(effect):
        if not isinstance(effect, Send) or effect.transaction.tx_hash == first:
            return transport.perform(effect)
        if when == "after":
            transport.perform(effect)
        raise Killed

    raising = replace(order, raise_price=True)
    with pytest.raises(Killed):
        run(deploy(raising, stuck, creator), perform)
    again = Record.read(stuck.path)
    assert len(order.options.journal.find(order.chain_id, first).attempts) == 2
    fresh.request("evm_setIntervalMining", 1)  # the signed transaction is sent, or only awaited
    run(deploy(order, again, creator), transport.perform)
    assert count(fresh, creator.address) == 2


def test_first_attempt_that_is_mined_after_all_is_used(fresh, order, stuck, transport, creator):
    """Another node still has it, and prices fall, while the second one is pending."""
    first = stuck.contract("Registry")["transaction"]
    raw = "0x" + order.options.journal.find(order.chain_id, first).attempts[0].raw.hex()

    def perform(effect):
        if isinstance(effect, Send) and fresh.request("eth_getTransactionReceipt", first) is None:
            fresh.request("anvil_setNextBlockBaseFeePerGas", hex(5))
            fresh.request("evm_mine")
            if fresh.request("eth_getTransactionByHash", first) is None:
                fresh.request("eth_sendRawTransaction", raw)
                fresh.request("evm_mine")
            fresh.request("evm_setIntervalMining", 1)
        return transport.perform(effect)

    run(deploy(replace(order, raise_price=True), stuck, creator), perform)
    kept = Record.read(stuck.path).contract("Registry")
    assert kept["transaction"] == first
    assert count(fresh, creator.address) == 2


def test_raised_price_stays_below_the_limit(order, stuck, transport, creator):
    cheap = replace(order.options, max_fee_per_gas_wei=11)
    with pytest.raises(FeeAboveCap):
        run(
            deploy(replace(order, options=cheap, raise_price=True), stuck, creator),
            transport.perform,
        )
    assert "replaced" not in Record.read(stuck.path).contract("Registry")


def test_account_that_signs_another_transaction_is_detected(order, record, transport, creator):
    class Other:
        address = creator.address

        def sign_creation(self, creating):
            return creator.sign_creation(replace(creating, max_fee_per_gas_wei=10**9))

    with pytest.raises(NotDeployed, match="different transaction"):
        run(deploy(order, record, Other()), transport.perform)
    assert record.contract("Registry") is None


def test_number_taken_by_another_transaction_is_reported(fresh, order, record, transport, creator):
    class Killed(BaseException):
        pass

    def perform(effect):
        if isinstance(effect, Send):
            raise Killed
        return transport.perform(effect)

    with pytest.raises(Killed):
        run(deploy(order, record, creator), perform)
    fresh.request("anvil_impersonateAccount", creator.address)
    fresh.request("eth_sendTransactionSync", {"from": creator.address, "to": OWNER})
    hasty = replace(order, options=replace(order.options, timeout_s=1))
    with pytest.raises((TransactionReplaced, OutcomeUnknown)):
        run(deploy(hasty, Record.read(record.path), creator), transport.perform)


@pytest.mark.parametrize(
    "changed", [{"owner": Address("0x" + "43" * 20)}, {"import_open": False}, {"name": "other"}]
)
def test_record_of_another_order_is_refused(order, record, transport, changed):
    record.fields.update(
        {"contracts": {"Registry": {}}, "name": "volta", "chainId": order.chain_id}
    )
    with pytest.raises(NotDeployed, match="was started with another"):
        run(plan(replace(order, **changed), record), transport.perform)


def test_two_processes_do_not_share_a_record(record):
    another = alone(record.path)
    with alone(record.path), pytest.raises(InvalidInput, match="another process"):
        another.__enter__()
    assert list(record.path.parent.iterdir()) == []
    with alone(record.path):
        pass


def test_released_lock_does_not_block_others(record, monkeypatch):
    """Another process ends and a third one starts between opening the file and locking it."""
    place = record.path.with_name(f".{record.path.name}.lock")
    lock = fcntl.flock

    def late(file, how):
        place.unlink()
        place.touch()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(InvalidInput, match="another process"):
        alone(record.path).__enter__()


def test_account_without_money_learns_how_much_it_needs(fresh, order, record, transport, creator):
    fresh.request("anvil_setBalance", creator.address, hex(1000))
    made = run(plan(order, record), transport.perform)
    assert any("(1,000 wei) and needs" in problem for problem in made.problems)


def test_more_than_the_limit_for_a_transaction_is_reported_before_anything_is_sent(
    order, record, transport
):
    capped = replace(order, options=replace(order.options, max_cost_wei=1000))
    made = run(plan(capped, record), transport.perform)
    assert [problem.partition(" ")[0] for problem in made.problems] == ["Registry", "Permissions"]
    assert all("raise it (--max-cost)" in problem for problem in made.problems)


def test_network_keeps_its_kind_of_fees(order, record, transport, creator):
    sent = []

    def without_base_fee(effect):
        answer = transport.perform(effect)
        if isinstance(effect, Send):
            sent.append(effect)
        return replace(answer, base_fee_wei=None) if isinstance(answer, HeadBlock) else answer

    def perform(effect):
        if isinstance(effect, Together):
            return tuple([perform(part) for part in effect.parts])
        return without_base_fee(effect)

    with pytest.raises(BadAnswer, match="no base fee"):
        run(plan(order, record), perform)
    with pytest.raises(BadAnswer, match="no base fee"):
        run(deploy(order, record, creator), perform)
    assert not sent


def test_wrong_chain_is_refused(fresh, order, record):
    with pytest.raises(WrongChain):
        run(plan(replace(order, chain_id=246), record), HttpTransport([fresh.rpc_url]).perform)


def test_block_that_is_too_small_is_reported(order, record):
    with Devnet(chain_id=order.chain_id) as small:
        small.request("evm_setBlockGasLimit", hex(3_000_000))
        small.request("evm_mine")
        made = run(plan(order, record), HttpTransport([small.rpc_url]).perform)
    assert any("more than a block has: 3000000" in problem for problem in made.problems)


def test_code_for_newer_rules_is_detected_on_the_chain(order, record, transport, monkeypatch):
    real = __import__("ocn_registry.deploy.artifacts", fromlist=["artifact"]).artifact

    def newer(dialect, name):
        made = real(dialect, name)
        return replace(made, deployed_bytecode=b"\x5f\x5e" + made.deployed_bytecode)

    monkeypatch.setattr("ocn_registry.deploy.create.artifact", newer)
    made = run(plan(order, record), transport.perform)
    assert [problem.split(",")[0] for problem in made.problems] == [
        "the code uses PUSH0",
        "the code uses MCOPY",
    ]


def test_pushed_bytes_and_metadata_are_not_opcodes():
    assert opcodes(b"\x60\x5f\x00" + b"\x5e" + b"\x00\x01") == {0x60, 0x00}
    assert gas_for(b"\x00\x01", 10) == 53_000 + 20 + 2_000 + 200_000


def test_creation_of_a_contract_is_reported_by_its_hash(order, record, transport, creator):
    """The journal lists it among the account's writes, but it can't be sped up."""
    found = run(deploy(order, record, creator), transport.perform)
    client = RegistryClient(found, transport, journal=order.options.journal)
    tx_hash = record.contract("Registry")["transaction"]
    assert client.transactions.outcome_of(tx_hash).gas_used > 1_000_000
    assert all(one.blocks for one in client.transactions.open())


def test_record_resumes_without_its_journal_once_the_transaction_is_mined(
    fresh, order, record, transport, creator, tmp_path
):
    fresh.request("evm_setAutomine", False)
    hasty = replace(order, options=replace(order.options, timeout_s=1))
    with pytest.raises(OutcomeUnknown):
        run(deploy(hasty, record, creator), transport.perform)
    other = SqliteJournal(tmp_path / "other journal")
    elsewhere = replace(order, options=replace(order.options, journal=other))
    with pytest.raises(NotDeployed, match="is neither in this journal"):
        run(deploy(elsewhere, Record.read(record.path), creator), transport.perform)
    fresh.request("evm_mine")
    fresh.request("evm_setAutomine", True)
    run(deploy(elsewhere, Record.read(record.path), creator), transport.perform)
    assert count(fresh, creator.address) == 2
