"""Many requests at once: cut into transactions that fit a block, and each told as it is."""

import pytest

from ocn_registry import (
    InvalidInput,
    KeySigner,
    MemoryTransport,
    OutcomeUnknown,
    RegistryClient,
    SetNode,
    SignatureMismatch,
    WriteOptions,
)
from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.errors import NotSent
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


def test_many_requests_go_in_as_many_transactions_as_they_need(client, spender):
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
    # The same requests again: nothing is sent twice, and what was not sent is.
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

    with pytest.raises(InvalidInput, match="signed another transaction"):
        client.set_node("https://a.example", signer=Liar())
