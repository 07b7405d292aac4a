"""URLs follow one rule in the library and the command line, with messages that propose a fix."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.urls import check_url, check_usable, same_url, suggested_url, unusable
from ocn_registry.models import Address, Node, PartyId, Route
from ocn_registry.testing.model.rules import check_url as check_by_contract

GOOD = [
    "https://node.example.com",
    "http://localhost:8080",
    "http://ocn_node:3000/ocn/v2",
    "https://xn--mnchen-3ya.example",
    "https://10.0.0.1:65535",
    "http://[2001:db8::1]:8100/path",
    "https://node.example.com:443",
    "https://a.b-c.example/a~b/%c3%a9:x",
    "https://" + ".".join(["a" * 63] * 3),
]
# The wrong URL, a part of the message, and the proposed URL.
BAD = [
    ("https://https://node.example.com", "two schemes", "https://node.example.com"),
    ("https://http//node.example.com", "two schemes", "https://node.example.com"),
    ("http://https:node.example.com", "port", "http://node.example.com"),
    ("https://http", "two schemes", None),
    ("https://münchen.example", "punycode", "https://xn--mnchen-3ya.example"),
    ("https://straße.example", "punycode", None),
    ("https://ας.example", "punycode", None),
    ("https://a.example/OCN/Node1", "'O' at position 19", "https://a.example/ocn/node1"),
    ("https://Node.example", "'N' at position 9", "https://node.example"),
    ("https://a.example/", "end in '/'", "https://a.example"),
    ("https://a.example.", "host", "https://a.example"),
    ("https://a.example/x.", "end in '.'", "https://a.example/x"),
    ("https://a.example?x=1", "query", "https://a.example"),
    ("https://a.example/#top", "fragment", "https://a.example"),
    ("https://me:pw@a.example", "password", None),
    ("HTTPS://a.example", "begin with", "https://a.example"),
    ("a.example", "begin with", "https://a.example"),
    ("ftp://a.example", "begin with", None),
    ("https:/a.example", "begin with", "https://a.example"),
    ("https://a.example:0", "port", None),
    ("https://a.example:65536", "port", None),
    ("https://a.example:080", "port", None),
    ("https://a.example:", "port", "https://a.example"),
    ("https://a.example:80:80", "port", None),
    ("https://a..example", "host", None),
    ("https://-a.example", "host", None),
    ("https://a-.example", "host", None),
    ("https://.example", "host", None),
    ("https://" + "a" * 64 + ".example", "host", None),
    ("https://" + ".".join(["a" * 60] * 4) + ".exampl", "longer|host", None),
    ("https://1.2.3", "IPv4", None),
    ("https://256.1.1.1", "IPv4", None),
    ("https://1.2.3.04", "IPv4", None),
    ("https://0x7f000001", "IPv4", None),
    ("https://2130706433", "IPv4", None),
    ("https://[::g]", "IPv6", None),
    ("https://[fe80::1%25eth0]", "zone|IPv6", None),
    ("https://[::1", "IPv6|host", None),
    ("https://[::1]a", "port|begin|IPv6|host", None),
    ("https://xn--.example", "host", None),
    ("https://xn--a-b-c--.example", "host|punycode", None),
    ("https://xn--99999999.example", "punycode", None),
    ("https://a.example/%", "hexadecimal", None),
    ("https://a.example/%2", "hexadecimal", None),
    ("https://a.example/a[0]", "path", None),
    ("https://a.example/../b", "path", None),
    ("https://a b.example", "can't stand", "https://ab.example"),
    ("https://a.example/\x1b[2J", "can't stand", None),
    ("https://a.example/\u202e", "can't stand", None),
    ("https://a.example\n", "can't stand", "https://a.example"),
    ("https://a.example/x\\y", "write / instead", None),
    ("https://a.example/" + "a" * 300, "longer", None),
    ("https://", "no host", None),
    ("https:///a", "no host", "https://a"),
    ("https://:80", "no host", None),
    ("", "begin with", None),
    ("\ud800", "begin with", None),
]


@pytest.mark.parametrize("url", GOOD)
def test_urls_that_clients_reach_are_listed(url):
    check_url(url)
    check_usable(url)
    check_by_contract(url)


@pytest.mark.parametrize(("url", "said", "suggested"), BAD, ids=[repr(bad[0])[:40] for bad in BAD])
def test_invalid_url_is_explained_with_a_remedy(url, said, suggested):
    with pytest.raises(InvalidInput, match=said) as refused:
        check_url(url)
    text = str(refused.value)
    assert text.isprintable()
    assert len(text) < 700
    assert "is not a valid URL" in text
    if suggested:
        assert text.endswith(f"use {suggested}")
        check_url(suggested)


@pytest.mark.parametrize(
    "url", ["https://Node.Example/OCN", "https://a.example/?x=1", "HTTP://a.example/", *GOOD]
)
def test_url_of_v1_that_clients_reach_is_usable(url):
    check_usable(url)
    assert unusable(url) is None


@pytest.mark.parametrize(
    "url",
    ["", "node", "https://", "https://https://a", "https://a b", "https://a:99999", "ftp://a"],
)
def test_unusable_url_is_marked(url):
    assert unusable(url)
    with pytest.raises(InvalidInput):
        check_usable(url)


def test_results_say_whether_their_url_is_usable():
    who = Address("0x" + "11" * 20)
    for domain in ("https://a.example/OCN", "https://a.example"):
        assert Node(operator=who, domain=domain).is_usable
        assert Route(id=PartyId("DE", "ABC"), operator=who, domain=domain).is_usable
    for domain in ("https://https://a.example", "https://a:0"):
        assert not Node(operator=who, domain=domain).is_usable
        assert not Route(id=PartyId("DE", "ABC"), operator=who, domain=domain).is_usable
    assert not Route(id=PartyId("DE", "ABC"), operator=who, domain=None).is_usable


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("https://Node.Example.COM/", "https://node.example.com"),
        ("https://node.example.com:443/a/", "https://node.example.com/a"),
        ("http://node.example.com:443", "http://node.example.com:443"),
        ("https://https://node.example.com", "https://https://node.example.com"),
        ("https://node.example.com/?q", "https://node.example.com/?q"),
        ("https://node.example.com/OCN", "https://node.example.com/OCN"),
        ("nonsense", "nonsense"),
    ],
)
def test_url_is_normalised_only_without_changing_its_meaning(written, listed):
    assert same_url(written) == listed


letters = st.sampled_from("ahtps:/.-_%0129[]@?#~ Aü\n\\") | st.characters(codec="utf-8")
texts = st.text(letters, max_size=40)
urls = st.builds(
    lambda scheme, rest: scheme + rest, st.sampled_from(["https://", "http://"]), texts
)


@given(texts | urls)
def test_accepted_urls_are_read_by_clients_and_accepted_by_the_contract(url):
    try:
        check_url(url)
    except InvalidInput as error:
        said = str(error)
    else:
        said = ""
    assert said.isprintable()
    if said:
        return
    check_by_contract(url)
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port is None or 0 < parts.port < 1 << 16
    assert parts.geturl() == url


@given(texts | urls)
def test_proposed_url_can_be_listed(url):
    suggested = suggested_url(url)
    if suggested is not None:
        check_url(suggested)
    same_url(url)
    unusable(url)
