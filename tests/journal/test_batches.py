"""Many requests at once are split into transactions that fit a block, with an outcome for each."""

import time

import pytest

from ocn_registry import (
    InvalidInput,
    KeySigner,
    MemoryJournal,
    MemoryTransport,
    OutcomeUnknown,
    RegistryClient,
    SetNode,
    SignatureMismatch,
    WriteOptions,
)
from ocn_registry.contract_errors import InvalidNonce
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.errors import BatchRejected, NonceMismatch, NotSent
from ocn_registry.protocol.effects import Send, TransactionCount
from ocn_registry.testing.chain import MemoryChain

MANY = 120


@pytest.fixture
def chain():
    return MemoryChain()


@pytest.fixture
def client(chain):
    return RegistryClient(chain.deployment, MemoryTransport(chain))


@pytest.fixture
def spender():
    return KeySigner.from_key(ACCOUNTS[1].private_key)


def requests(client, count=MANY):
    return [
        client.sign(SetNode(domain=f"https://{number}.example"), KeySigner.generate())
        for number in range(count)
    ]


def test_many_requests_are_split_into_transactions(client, spender):
    signed = requests(client)
    forged = signed[7].request.signed(signed[8].signature)
    outcome = client.submit(*signed[:7], forged, *signed[8:], spender=spender)
    assert len(outcome.items) == MANY
    assert [type(item.error) for item in outcome.failed] == [SignatureMismatch]
    assert 2 < len(outcome.parts) < MANY / 10
    assert len(client.nodes()) == MANY - 1
    looked_up = [client.transactions.outcome_of(part.tx_hash) for part in outcome.parts]
    assert sum(len(one.items) for one in looked_up) == MANY - 1


def test_requests_behind_a_stuck_transaction_are_reported_as_not_sent(client, chain, spender):
    signed, sent = requests(client), []

    def stop_after_one(tx_hash):
        sent.append(tx_hash)
        chain.mines = False

    options = WriteOptions(timeout_s=0.2, on_sent=stop_after_one)
    outcome = client.submit(*signed, spender=spender, options=options)
    kinds = {type(item.error) for item in outcome.items}
    assert kinds == {type(None), OutcomeUnknown, NotSent}
    listed = sum(item.error is None for item in outcome.items)
    assert len(client.nodes()) == listed
    # The same requests again: only those are sent that were not sent before.
    chain.mines = True
    chain.mine()
    again = client.submit(*signed[listed:], spender=spender)
    assert not again.failed
    assert len(client.nodes()) == MANY


def test_signer_that_signs_something_else_is_refused(client, spender):
    class Liar:
        address = spender.address
        sign = spender.sign

        def sign_transaction(self, transaction):
            from dataclasses import replace  # noqa: PLC0415 - used here alone

            return spender.sign_transaction(replace(transaction, nonce=transaction.nonce + 1))

    with pytest.raises(InvalidInput, match="signed a different transaction"):
        client.set_node("https://a.example", signer=Liar())


def one_more(client, request, signer, options):
    return client.submit(request, spender=signer, options=options)


def in_a_write(client, request, signer, options):
    return client.send(request, signer=signer, options=options)


def as_quoted(client, request, signer, options):
    quote = client.quote(request, payer=signer.address, options=options)
    assert quote.sent_before is not None
    return client.send(request, signer=signer, options=options, quote=quote)


@pytest.mark.parametrize("send", [one_more, in_a_write, as_quoted])
def test_request_of_a_waiting_batch_is_not_sent_again_by_itself(client, chain, spender, send):
    signed = requests(client, 3)
    quick = WriteOptions(timeout_s=0.1)
    chain.mines = False
    with pytest.raises(OutcomeUnknown) as unknown:
        client.submit(*signed, spender=spender, options=quick)
    with pytest.raises(OutcomeUnknown) as again:
        send(client, signed[1], spender, quick)
    assert again.value.tx_hash == unknown.value.tx_hash
    assert [one.number for one in client.transactions.open()] == [0]
    chain.mines = True
    chain.mine()
    outcome = send(client, signed[1], spender, WriteOptions())
    assert outcome.tx_hash == unknown.value.tx_hash
    assert [(item.intent, item.error) for item in outcome.items] == [(signed[1].intent, None)]


@pytest.mark.parametrize("send", [one_more, in_a_write])
def test_request_that_failed_in_a_waiting_batch_is_reported_as_failed(client, chain, spender, send):
    signer, quick = KeySigner.generate(), WriteOptions(timeout_s=0.1)
    first, second = (client.sign(SetNode(domain=f"https://{n}.example"), signer) for n in "ab")
    (other,) = requests(client, 1)
    chain.mines = False
    with pytest.raises(OutcomeUnknown):
        client.submit(first, spender=KeySigner.from_key(ACCOUNTS[2].private_key), options=quick)
    with pytest.raises(OutcomeUnknown) as unknown:
        client.submit(second, other, spender=spender, options=quick)
    chain.mines = True
    chain.mine()
    with pytest.raises(InvalidNonce) as failed:
        send(client, second, spender, WriteOptions())
    assert failed.value.tx_hash == unknown.value.tx_hash


def test_transaction_that_an_observer_stopped_is_not_sent_by_the_next_write(client, spender):
    def full(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        client.set_node("https://a.example", signer=spender, options=WriteOptions(on_signed=full))
    assert client.transactions.open() == ()
    outcome = client.set_node("https://b.example", signer=spender)
    assert outcome.block.number == 1
    assert [change.node.domain for change in outcome.changes] == ["https://b.example"]


def test_write_that_shares_a_request_with_a_waiting_batch_waits_for_it(client, chain, spender):
    first, shared, last = requests(client, 3)
    quick, heard = WriteOptions(timeout_s=0.1), []
    chain.mines = False
    with pytest.raises(OutcomeUnknown) as unknown:
        client.submit(first, shared, spender=spender, options=quick)
    noting = WriteOptions(timeout_s=0.1, on_notice=heard.append)
    with pytest.raises(OutcomeUnknown) as again:
        client.send(shared, last, signer=spender, options=noting)
    assert again.value.tx_hash == unknown.value.tx_hash
    assert len(heard) == 1
    assert unknown.value.tx_hash in heard[0]
    assert [one.number for one in client.transactions.open()] == [0]
    chain.mines = True
    chain.mine()
    with pytest.raises(NonceMismatch):  # the shared one has taken effect; nothing is paid for both
        client.send(shared, last, signer=spender)
    assert [one.number for one in client.transactions.open()] == []
    assert client.submit(last, spender=spender).items[0].error is None


def test_batch_leaves_out_what_another_process_sends_at_the_same_time(chain, spender):
    """The other process has its turn between this one's look at the journal and its own turn."""
    journal = MemoryJournal()
    ours, other = (
        RegistryClient(chain.deployment, MemoryTransport(chain), journal=journal) for _ in range(2)
    )
    first, shared, last = requests(ours, 3)
    take = journal.take

    def after_the_other(chain_id, account):
        journal.take = take
        chain.mines = False
        with pytest.raises(OutcomeUnknown):
            other.submit(first, shared, spender=spender, options=WriteOptions(timeout_s=0.1))
        chain.mines = True
        chain.mine()
        return take(chain_id, account)

    journal.take = after_the_other
    outcome = ours.submit(shared, last, spender=spender)
    assert [item.error for item in outcome.items] == [None, None]
    assert len(ours.nodes()) == 3
    assert len({part.tx_hash for part in outcome.parts}) == 2


def test_request_signed_again_waits_for_the_batch_with_the_first(client, chain, spender):
    signer, quick = KeySigner.generate(), WriteOptions(timeout_s=0.1)
    (other,) = requests(client, 1)
    again = SetNode(domain="https://again.example")
    chain.mines = False
    with pytest.raises(OutcomeUnknown) as unknown:
        client.submit(client.sign(again, signer), other, spender=spender, options=quick)
    later = client.prepare(again, signer.address, deadline_unix_s=int(time.time()) + 7200)
    with pytest.raises(OutcomeUnknown) as waited:
        client.submit(later.sign(signer), spender=spender, options=quick)
    assert waited.value.tx_hash == unknown.value.tx_hash
    assert [one.number for one in client.transactions.open()] == [0]
    chain.mines = True
    chain.mine()
    with pytest.raises(NonceMismatch):  # it has taken effect and is not paid for again
        client.submit(later.sign(signer), spender=spender)
    assert client.node(signer.address).domain == again.domain


class Killed(BaseException):
    """The process ends; nobody is told anything."""


@pytest.mark.parametrize("kept", ["before", "after"])
def test_batches_of_one_list_are_told_of_all_or_of_none_again(chain, spender, kept):
    """The process ends when it records that their outcomes were returned."""

    class Mortal(MemoryJournal):
        dead = False

        def write(self, *entries):
            ends = any(entry.reported for entry in entries)
            if not self.dead and (not ends or kept == "after"):
                super().write(*entries)
            self.dead |= ends  # and writes nothing more, as it is left
            if ends:
                raise Killed

    journal = Mortal()
    client = RegistryClient(chain.deployment, MemoryTransport(chain), journal=journal)
    signed = requests(client)
    with pytest.raises(Killed):
        client.submit(*signed, spender=spender)
    journal.__class__ = MemoryJournal
    if kept == "before":
        outcome = client.submit(*signed, spender=spender)
        assert [item.error for item in outcome.items] == [None] * MANY
        assert len(outcome.parts) > 1
    with pytest.raises(BatchRejected):
        client.submit(*signed, spender=spender)


@pytest.mark.parametrize("kept", ["before", "after"])
@pytest.mark.parametrize("place", [1, 2])
def test_batches_of_a_process_that_ended_are_told_when_the_same_is_done_again(
    chain, spender, place, kept
):
    """It ends at a later one of its transactions, before the chain has that one, or after."""
    journal, sent = MemoryJournal(), []

    class Mortal(MemoryTransport):
        def perform(self, effect):
            dies = isinstance(effect, Send) and len(sent) == place
            sent.extend([effect] if isinstance(effect, Send) else [])
            if dies and kept == "before":
                raise Killed
            answer = super().perform(effect)
            if dies:
                raise Killed
            return answer

    mortal = RegistryClient(chain.deployment, Mortal(chain), journal=journal)
    signed = requests(mortal)
    with pytest.raises(Killed):
        mortal.submit(*signed, spender=spender)
    client = RegistryClient(chain.deployment, MemoryTransport(chain), journal=journal)
    known = [one.transaction.tx_hash for one in sent]
    outcome = client.submit(*signed, spender=spender)
    assert [item.error for item in outcome.items] == [None] * MANY
    assert {*known} <= {part.tx_hash for part in outcome.parts}
    assert sum(len(client.transactions.outcome_of(one.tx_hash).items) for one in outcome.parts) == (
        MANY
    )
    assert len(client.nodes()) == MANY
    with pytest.raises(BatchRejected):  # told by now, so that this is asked for once more
        client.submit(*signed, spender=spender)
    number = TransactionCount(spender.address, pending=False)
    assert client.transport.perform(number) == len(outcome.parts)
