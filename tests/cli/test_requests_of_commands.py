"""The number of a command's requests: users wait for each of them."""

import pytest

URL = "https://a.example"
PARTY = ("-c", "DE", "ABC", "-r", "CPO")


@pytest.fixture
def deployment(fresh):
    return fresh.deployment()


@pytest.fixture
def posts(anywhere, proxy):
    """Run a command that must succeed, through a proxy, and return its number of requests."""

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
    # Nor more while the journal looks after the one before.
    assert posts("set-node", "https://b.example", **given) <= 4
    assert posts("set-node", "https://b.example", **given) <= 2  # it is listed like this already


def test_a_signed_write_makes_at_most_four_requests(posts, keys, listed_node, cpo, spender):
    given = {"SIGNER": keys[cpo.address], "SPENDER": keys[spender.address]}
    party = ("-o", listed_node.address, *PARTY)
    assert posts("set-party-raw", *party, **given) <= 4
    assert posts("set-party-raw", *party, "EMSP", **given) <= 4
