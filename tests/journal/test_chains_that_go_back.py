"""A journal that is older than its chain, because the chain was restarted, reset or copied."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import ways

from ocn_registry import KeySigner, OutcomeUnknown, SetNode, SqliteJournal, WriteOptions
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.errors import JournalError
from ocn_registry.flows import numbers

A, B = "https://a.example", "https://b.example"
VOLTA = 73799
QUICK = WriteOptions(timeout_s=0.3)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "journal.sqlite3"


@contextmanager
def chain(**settings):
    """Start a chain; another base fee makes another first block, even in the same second."""
    with Devnet(**settings) as devnet:
        yield devnet


@pytest.fixture
def operator():
    return KeySigner.from_key(Devnet().accounts[1].private_key)


def connected(devnet, file, **changes):
    deployment = replace(devnet.deployment(), **changes)
    transport = ways.transport("sync", devnet.rpc_url, chain_id=devnet.chain_id)
    return ways.client(deployment, transport, WriteOptions(timeout_s=60), SqliteJournal(file))


def sent(devnet, account):
    return int(devnet.request("eth_getTransactionCount", account, "pending"), 16)


def leave_one_open(devnet, client, signer):
    """Send a write that is never mined."""
    devnet.request("evm_setAutomine", False)
    with pytest.raises(OutcomeUnknown) as unknown:
        client.set_node(A, signer=signer, options=QUICK)
    return unknown.value.tx_hash


def test_restarted_chain_is_treated_as_a_new_one(file, operator):
    with chain() as old:
        client = connected(old, file)
        client.set_node(B, signer=operator)
        client.set_node("https://c.example", signer=operator)
        left = leave_one_open(old, client, operator)
    with chain(base_fee_wei=8) as new:
        client = connected(new, file)
        quote = client.quote(SetNode(domain=A), payer=operator.address)
        assert (quote.sent_before, quote.waiting) == (None, ())
        assert client.transactions.open() == ()
        client.send(SetNode(domain=A), signer=operator, quote=quote)
        assert client.node(operator.address).domain == A
        assert sent(new, operator.address) == 1
        # Transactions signed for the other chain are neither awaited nor replaced here.
        for ask in (
            lambda: client.transactions.outcome_of(left),
            lambda: client.transactions.await_outcome(left),
            lambda: client.transactions.speed_up(left, signer=operator),
            lambda: client.transactions.cancel(left, signer=operator),
        ):
            with pytest.raises(JournalError, match="another first block"):
                ask()
        assert sent(new, operator.address) == 1


def test_requests_that_were_sent_on_a_chain_that_is_gone_are_sent_again(file, operator):
    with chain() as old:
        client = connected(old, file)
        signed = [client.sign(SetNode(domain=url), KeySigner.generate()) for url in (A, B)]
        old.request("evm_setAutomine", False)
        with pytest.raises(OutcomeUnknown):
            client.submit(*signed, spender=operator, options=QUICK)
    with chain(base_fee_wei=8) as new:
        client = connected(new, file)
        assert not client.submit(*signed, spender=operator).failed
        assert len(client.nodes()) == 2


def test_reset_chain_accepts_writes_and_undone_ones_stay_undone(file, operator):
    with chain() as devnet:
        client = connected(devnet, file)
        client.set_node("https://first.example", signer=operator)
        snapshot = devnet.request("evm_snapshot")
        for url in (A, B, A):
            client.set_node(url, signer=operator)
        devnet.request("evm_revert", snapshot)
        client.set_node(B, signer=operator)
        assert client.node(operator.address).domain == B
        assert sent(devnet, operator.address) == 2
        client.set_node(A, signer=operator)
        assert sent(devnet, operator.address) == 3
        assert client.transactions.open() == ()


@pytest.mark.parametrize("depth", [None, 5])
def test_chain_reset_before_finality_is_recognised(file, operator, depth):
    with chain() as devnet:
        client = connected(devnet, file, blocks_to_finality=depth)
        snapshot = devnet.request("evm_snapshot")
        for url in (A, B):
            client.set_node(url, signer=operator)
        devnet.request("evm_revert", snapshot)
        client.set_node(A, signer=operator)
        assert client.node(operator.address).domain == A
        assert sent(devnet, operator.address) == 1


def test_unreported_write_is_sent_to_the_reset_chain(file, operator):
    with chain() as devnet:
        client = connected(devnet, file)
        snapshot = devnet.request("evm_snapshot")
        left = leave_one_open(devnet, client, operator)
        devnet.request("evm_mine")
        devnet.request("evm_revert", snapshot)
        devnet.request("evm_setAutomine", True)
        assert client.set_node(A, signer=operator).tx_hash == left
        assert sent(devnet, operator.address) == 1


def test_network_that_does_not_say_it_is_a_test_chain_is_asked_to_lag_or_to_be_set_back(
    file, operator, monkeypatch
):
    monkeypatch.setattr(numbers, "_LAG_S", 0.1)
    with chain(chain_id=VOLTA) as devnet:
        client = connected(devnet, file, development=False, blocks_to_finality=1)
        snapshot = devnet.request("evm_snapshot")
        devnet.request("evm_increaseTime", 3600)
        client.set_node(A, signer=operator)
        client.set_node(B, signer=operator)
        devnet.request("evm_revert", snapshot)
        with pytest.raises(JournalError, match=r"lags behind .* or the chain was reset"):
            client.set_node("https://c.example", signer=operator)
        assert sent(devnet, operator.address) == 0


def test_copy_of_a_public_chain_needs_a_separate_journal(file, operator, tmp_path):
    with chain(chain_id=VOLTA) as old:
        left = leave_one_open(old, connected(old, file, development=False), operator)
    with chain(chain_id=VOLTA, base_fee_wei=8) as new:
        client = connected(new, file, development=False)
        with pytest.raises(JournalError, match=rf"{left} .* another chain .* --journal"):
            client.set_node(A, signer=operator)
        assert sent(new, operator.address) == 0
        connected(new, tmp_path / "other", development=False).set_node(A, signer=operator)
        assert sent(new, operator.address) == 1
