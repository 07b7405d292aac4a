"""The number of consecutive requests of a write: a user on a slow connection waits for each."""

import pytest

from ocn_registry import KeySigner, SetNode, WriteOptions
from ocn_registry.dialects import dialect_of

NODE = SetNode(domain="https://a.example")


@pytest.fixture(params=["sync", "async"])
def way(request):
    return request.param


@pytest.fixture
def counted(transport):
    """Return a function that counts the requests of a call."""

    def count(do):
        transport.requests = 0
        result = do()
        return result, transport.requests

    return count


@pytest.fixture
def watching(client, fresh):
    """Return options that watch a node, and look for a transaction once it is in its block.

    Anvil takes a transaction a moment before it mines it, and busy machines make that longer.
    """

    def mined(tx_hash):
        while fresh.request("eth_getTransactionReceipt", tx_hash) is None:
            pass

    def options(account):
        watch = dialect_of(client.deployment).node(account, None)
        return WriteOptions(watch=watch, on_sent=mined)

    return options


def test_direct_write_needs_three_requests(client, counted, operator, watching):
    client.node(operator.address)  # the chain id is known
    options = watching(operator.address)
    quote, plan = counted(lambda: client.quote(NODE, payer=operator.address, options=options))
    assert quote.seen is None
    outcome, rest = counted(
        lambda: client.send(NODE, signer=operator, options=options, quote=quote)
    )
    assert client.node(operator.address).domain == NODE.domain
    assert outcome.cost_wei <= quote.cost_wei
    # One more if there is a new block in the meantime.
    assert plan in ({1} if client.limits.has_batches else {1, 2})
    assert 2 <= rest <= 3


def test_signed_write_is_four_requests(client, counted, spender, watching):
    account = KeySigner.generate()
    client.node(account.address)
    signed, first = counted(lambda: client.sign(NODE, account))
    options = watching(account.address)
    quote, plan = counted(lambda: client.quote(signed, payer=spender.address, options=options))
    outcome, rest = counted(
        lambda: client.submit(signed, spender=spender, options=options, quote=quote)
    )
    assert outcome.changes
    assert first <= 1
    assert first + plan + rest <= 5
