"""A write that another process carries out between this one's beginning and its turn."""

import pytest

from ocn_registry import (
    KeySigner,
    MemoryJournal,
    MemoryTransport,
    RegistryClient,
    SetNode,
)
from ocn_registry.contract_errors import InvalidNonce
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.errors import BatchRejected, NonceMismatch
from ocn_registry.protocol.effects import TransactionCount
from ocn_registry.testing.chain import MemoryChain

URL, OTHER_URL = "https://a.example", "https://b.example"


@pytest.fixture
def chain():
    return MemoryChain()


@pytest.fixture
def journal():
    return MemoryJournal()


@pytest.fixture
def processes(chain, journal):
    return [
        RegistryClient(chain.deployment, MemoryTransport(chain), journal=journal) for _ in range(2)
    ]


@pytest.fixture
def spender():
    return KeySigner.from_key(ACCOUNTS[1].private_key)


@pytest.fixture
def at_our_turn(journal):
    """Do something when the next write takes its turn."""

    def do(deed):
        take = journal.take

        def first(chain_id, account):
            journal.take = take
            deed()
            return take(chain_id, account)

        journal.take = first

    return do


def paid(client, account):
    return client.transport.perform(TransactionCount(account, pending=False))


def step_of(kind, client):
    step = SetNode(domain=URL)
    return step if kind == "direct" else client.sign(step, KeySigner.generate())


@pytest.mark.parametrize("kind", ["direct", "signed"])
@pytest.mark.parametrize("planned", [True, False])
def test_same_write_that_was_done_since_this_one_was_begun_is_paid_once(
    processes, spender, at_our_turn, kind, planned
):
    ours, other = processes
    step = step_of(kind, ours)
    quote = ours.quote(step, payer=spender.address) if planned else None
    done = []
    at_our_turn(lambda: done.append(other.send(step, signer=spender)))
    outcome = ours.send(step, signer=spender, quote=quote)
    assert outcome.tx_hash == done[0].tx_hash
    assert outcome.changes == done[0].changes
    assert paid(ours, spender.address) == 1
    ours.send(SetNode(domain=OTHER_URL), signer=spender)
    assert paid(ours, spender.address) == 2


def test_write_after_another_one_that_was_done_since_is_a_write_of_its_own(
    processes, spender, at_our_turn
):
    ours, other = processes

    def two():
        other.set_node(URL, signer=spender)
        other.set_node(OTHER_URL, signer=spender)

    at_our_turn(two)
    ours.set_node(URL, signer=spender)
    assert ours.node(spender.address).domain == URL
    assert paid(ours, spender.address) == 3


def test_plan_is_simulated_again_when_the_journal_has_changed_since(processes, spender):
    ours, other = processes
    signer = KeySigner.generate()
    request, instead = (ours.sign(SetNode(domain=url), signer) for url in (URL, OTHER_URL))
    quote = ours.quote(request, payer=spender.address)
    other.send(instead, signer=spender)
    with pytest.raises(NonceMismatch):
        ours.send(request, signer=spender, quote=quote)
    assert paid(ours, spender.address) == 1


def test_batch_is_not_paid_for_requests_that_were_done_since_its_trial(
    processes, spender, at_our_turn
):
    ours, other = processes
    first, second, third = (
        ours.sign(SetNode(domain=f"https://{place}.example"), KeySigner.generate())
        for place in range(3)
    )
    at_our_turn(lambda: other.submit(first, second, spender=spender))
    outcome = ours.submit(second, third, spender=spender)
    assert [type(item.error) for item in outcome.items] == [InvalidNonce, type(None)]
    at_our_turn(lambda: other.submit(first, second, spender=spender))
    with pytest.raises(BatchRejected):
        ours.submit(first, second, spender=spender)
    assert paid(ours, spender.address) == 2
