"""The number of a command's requests: users wait for each of them."""

import json

import pytest

URL = "https://a.example"
PARTY = ("-c", "DE", "ABC", "-r", "CPO")


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


async def answered_when_mined(exchange):
    """Answer a sent transaction when it is in a block, which is a moment after Anvil does."""
    content = await exchange.forward()
    tx_hash = json.loads(content)["result"]
    while json.loads(await exchange.ask("eth_getTransactionReceipt", tx_hash))["result"] is None:
        pass
    await exchange.reply(content)


@pytest.fixture
def posts(anywhere, proxy):
    """Run a command that must succeed, through a proxy, and return its number of requests."""
    proxy.inject(answered_when_mined, "eth_sendRawTransaction")

    def run(*words, **variables):
        before = proxy.posts
        finished = anywhere(*words, "-n", "local", "--rpc-url", proxy.url, **variables)
        assert finished.returncode == 0, finished.stderr
        return proxy.posts - before

    return run


def test_reads_ask_once_and_lists_twice(posts, listed_node):
    assert posts("get-node", listed_node.address) == 1
    assert posts("list-parties") <= 2


def test_a_write_makes_at_most_four_requests(posts, keys, operator):
    given = {"SIGNER": keys[operator.address]}
    assert posts("set-node", URL, **given) <= 4
    # Nor does it take more while the journal checks the previous one.
    assert posts("set-node", "https://b.example", **given) <= 4
    assert posts("set-node", "https://b.example", **given) <= 2  # it is listed like this already


def test_a_signed_write_makes_at_most_four_requests(posts, keys, listed_node, cpo, spender):
    given = {"SIGNER": keys[cpo.address], "SPENDER": keys[spender.address]}
    party = ("-o", listed_node.address, *PARTY)
    assert posts("set-party-raw", *party, **given) <= 4
    assert posts("set-party-raw", *party, "EMSP", **given) <= 4
