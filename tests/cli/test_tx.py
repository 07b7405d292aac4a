"""Transactions that wait: listed from the journal, never paid twice, sped up or cancelled."""

import json
import re

import pytest

from ocn_registry.cli.execute import Terminal
from ocn_registry.protocol.journal_sqlite import SqliteJournal
from ocn_registry.transport.http_sync import HttpTransport

URL = "https://node.example.org"


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture
def stopped(fresh):
    """A chain that mines blocks only on demand."""
    fresh.request("evm_setAutomine", False)
    yield fresh
    fresh.request("evm_setIntervalMining", 0)
    fresh.request("anvil_dropAllTransactions")  # or what waits is mined in the next test's chain
    fresh.request("evm_setAutomine", True)


@pytest.fixture
def stuck(stopped, command, operator, keys):
    """Send a write that is not mined, and return the waiting transaction."""

    def send():
        key = keys[operator.address]
        return command(
            "set-node", URL, "-s", key, "-y", "--timeout", "1", "--max-fee", "90000000000"
        )

    return send


def mined(chain, account):
    return int(chain.request("eth_getTransactionCount", account, "latest"), 16)


def pooled(chain, account):
    mined, pending = (
        int(chain.request("eth_getTransactionCount", account, block), 16)
        for block in ("latest", "pending")
    )
    return pending - mined


def test_the_same_command_again_pays_nothing_more(stuck, stopped, done, operator):
    first, again = stuck(), stuck()
    assert (first.returncode, again.returncode) == (6, 6)
    (waiting,) = json.loads(done("tx", "list"))
    assert waiting["changes"] == [f"list its node under {URL}"]
    assert waiting["hash"] in first.stderr
    assert f"sent before, as transaction {waiting['hash']}" in again.stderr
    assert pooled(stopped, operator.address) == 1


@pytest.mark.parametrize("arrives", [False, True])
def test_ctrl_c_while_it_is_sent_says_where_to_look_and_the_same_command_pays_no_more(
    fresh, command, keys, operator, network_file, monkeypatch, arrives
):
    words = ["set-node", URL, "-s", keys[operator.address], "-y"]
    before = mined(fresh, operator.address)
    post = HttpTransport._post

    def interrupted(transport, asked):
        if b"eth_sendRawTransaction" in asked.body:
            if arrives:
                post(transport, asked)
            raise KeyboardInterrupt
        return post(transport, asked)

    with monkeypatch.context() as changed:
        changed.setattr(HttpTransport, "_post", interrupted)
        stopped = command(*words)
    again = command(*words)
    assert (stopped.returncode, again.returncode) == (130, 0)
    last = stopped.stderr.splitlines()[-1]
    (tx_hash,) = re.findall("may have been sent.* tx status (0x[0-9a-f]{64})", last)
    assert last.endswith(f" --network-file {network_file}")
    assert json.loads(command("tx", "status", tx_hash).stdout)["hash"] == tx_hash
    assert mined(fresh, operator.address) == before + 1
    assert pooled(fresh, operator.address) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["set-node-raw", URL],
        ["register", "-c", "DE", "ABC", "-r", "CPO", "-o", "OPERATOR", "--si", "cdrs"],
    ],
    ids=lambda words: words[0],
)
def test_the_same_command_that_signs_again_pays_nothing_more(
    stopped, command, done, client, operator, cpo, spender, keys, words
):
    stopped.request("evm_setAutomine", True)
    client.set_node("https://other.example.org", signer=operator)
    stopped.request("evm_setAutomine", False)
    words = [operator.address if word == "OPERATOR" else word for word in words]
    paid_by = ["-s", keys[cpo.address], "-x", keys[spender.address], "-y", "--timeout"]
    first, again = (command(*words, *paid_by, "1") for _ in range(2))
    assert (first.returncode, again.returncode) == (6, 6), again.stderr
    (waiting,) = json.loads(done("tx", "list"))
    assert f"sent before, as transaction {waiting['hash']}" in again.stderr
    assert pooled(stopped, spender.address) == 1
    stopped.request("anvil_dropTransaction", waiting["hash"])
    stopped.request("evm_setAutomine", True)
    result = json.loads(done(*words, *paid_by, "30"))
    assert result["hash"] == waiting["hash"]


def test_a_hint_repeats_the_network_options(stuck, network_file):
    assert f"--network-file {network_file}" in stuck().stderr.splitlines()[-1]


def test_a_transaction_of_another_program_that_waits_is_reported_once(stuck, stopped, operator):
    foreign = {"from": operator.address, "to": operator.address, "gas": hex(21_000)}
    stopped.request("eth_sendTransaction", foreign)
    lines = stuck().stderr.splitlines()
    output = [line for line in lines if "sent by another program, is pending" in line]
    assert len(output) == 1
    assert f"of {operator.address}" in output[0]
    assert "if that is the same write, both are paid" in output[0]
    assert "replace it with that program" in output[0]
    assert pooled(stopped, operator.address) == 2


@pytest.mark.parametrize("command_", ["speed-up", "cancel"])
def test_stuck_transaction_is_replaced(stuck, stopped, client, done, keys, operator, command_):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    stopped.request("evm_setIntervalMining", 1)
    result = json.loads(done("tx", command_, waiting["hash"], "-s", keys[operator.address], "-y"))
    if command_ == "cancel":
        assert result == {"status": "cancelled", "hash": waiting["hash"]}
        assert client.node(operator.address) is None
    else:
        assert result["hash"] != waiting["hash"]
        assert client.node(operator.address).domain == URL


@pytest.mark.parametrize("command_", ["speed-up", "cancel"])
def test_ctrl_c_while_a_replacement_is_committed_says_that_it_may_be_sent(
    stuck, command, done, keys, operator, monkeypatch, command_
):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    write = SqliteJournal.write

    def interrupted(journal, *entries):
        write(journal, *entries)
        if any(len(entry.attempts) > 1 for entry in entries):
            raise KeyboardInterrupt

    with monkeypatch.context() as changed:
        changed.setattr(SqliteJournal, "write", interrupted)
        words = ["tx", command_, waiting["hash"], "-s", keys[operator.address], "-y"]
        stopped = command(*words)
    assert stopped.returncode == 130
    (replaced,) = json.loads(done("tx", "list"))
    assert replaced["hash"] != waiting["hash"]
    assert f"may have been sent; look for it: ocn-registry tx status {replaced['hash']}" in (
        stopped.stderr
    )


def test_another_account_replaces_nothing(stuck, command, done, keys, spender):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    refused = command("tx", "cancel", waiting["hash"], "-s", keys[spender.address], "-y")
    assert refused.returncode == 2
    assert len(json.loads(done("tx", "list"))) == 1


def test_nothing_is_paid_beyond_the_limit(command, client, keys, operator):
    key = keys[operator.address]
    refused = command("set-node", URL, "-s", key, "-y", "--max-cost", "0.000000000000000001")
    assert refused.returncode == 4
    assert "the limit" in refused.stderr
    assert client.nodes() == ()


def test_the_plan_of_a_speed_up_after_a_cancellation_shows_the_gas_of_the_change(
    stuck, command, done, keys, operator
):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    paid_by = [waiting["hash"], "-s", keys[operator.address], "-y"]
    assert command("tx", "cancel", *paid_by, "--timeout", "1").returncode == 6
    preview = json.loads(done("tx", "speed-up", *paid_by, "--dry-run"))
    assert preview["gas"] > 100_000


@pytest.mark.parametrize("command_", ["speed-up", "cancel"])
def test_nothing_is_asked_or_sent_for_a_transaction_that_is_in_a_block(
    stuck, stopped, command, done, keys, operator, command_
):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    stopped.request("evm_mine")
    paid_by = [waiting["hash"], "-s", keys[operator.address]]  # without --yes: no question
    found = command("tx", command_, *paid_by)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["hash"] == waiting["hash"]
    assert f"transaction {waiting['hash']} is in a block: nothing new is sent" in found.stderr
    for word in ("price ", "sent  "):
        assert word not in found.stderr
    assert pooled(stopped, operator.address) == 0


def test_cancelled_transaction_is_reported_as_cancelled_again(stuck, stopped, done, keys, operator):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    words = ["tx", "cancel", waiting["hash"], "-s", keys[operator.address], "-y"]
    stopped.request("evm_setIntervalMining", 1)
    assert done(*words) == done(*words)
    assert pooled(stopped, operator.address) == 0


def test_replacement_dearer_than_its_plan_names_the_plan(
    stuck, stopped, command, done, keys, operator, monkeypatch
):
    """Another process raises the price of the same transaction after the plan."""
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    words = ["tx", "speed-up", waiting["hash"], "-s", keys[operator.address], "-y"]
    agree = Terminal.agree

    def meanwhile(console, question, *, insist):
        monkeypatch.setattr(Terminal, "agree", agree)
        assert command(*words, "--timeout", "1").returncode == 6
        return agree(console, question, insist=insist)

    monkeypatch.setattr(Terminal, "agree", meanwhile)
    refused = command(*words)
    assert refused.returncode == 4
    assert "and the plan showed" in refused.stderr.splitlines()[-1]
    assert len(json.loads(done("tx", "list"))[0]["hashes"]) == 2


def test_replacement_that_the_account_can_not_pay_is_not_sent(
    stuck, stopped, command, done, keys, operator
):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    stopped.request("anvil_setBalance", operator.address, hex(1000))
    refused = command("tx", "speed-up", waiting["hash"], "-s", keys[operator.address], "-y")
    assert refused.returncode == 4
    assert "has 1,000 wei and the transaction may cost" in refused.stderr
    assert len(json.loads(done("tx", "list"))[0]["hashes"]) == 1


def test_replacement_above_the_limit_is_refused_with_its_plan(
    stuck, stopped, command, done, keys, operator
):
    stuck()
    (waiting,) = json.loads(done("tx", "list"))
    words = ["tx", "speed-up", waiting["hash"], "-s", keys[operator.address]]
    refused = command(*words, "--max-cost", "0.000000000000000001")
    assert refused.returncode == 4
    assert "the limit" in refused.stderr
