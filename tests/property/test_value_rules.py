"""The rules for values are the same in the contracts, the model and the package."""

import pytest
from histories.chain import Chain, Transaction
from histories.people import KEYS
from histories.run import world
from histories.views import INTERFACES, plain
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ocn_registry.dialects.v3 import rules as package
from ocn_registry.errors import InvalidInput, Reverted
from ocn_registry.foreign.names import check_name
from ocn_registry.foreign.urls import unusable
from ocn_registry.testing.model import Call, rules

_, ONE, *_ = KEYS
LAST_OF_V1 = 6
MANY = settings(max_examples=60)


@pytest.fixture(scope="module")
def ask():
    """Simulate one call for a listed party, and return the result as plain values."""
    with world() as here:
        pair = here.pairs[False]
        addresses = {"OCN Registry": pair.registry, "OCN Permissions": pair.permissions}
        registry = INTERFACES["OCN Registry"]
        settle = [
            Call("setNode", ("https://one.example",)),
            Call("setParty", ("DE", "ONE", (0,), ONE)),
        ]
        transactions = [Transaction(ONE, pair.registry, registry.calldata(one)) for one in settle]
        mined, _ = here.chain.mine(transactions, here.chain.time + 1, [])
        assert all(one.succeeded for one in mined)

        def ask_(contract: str, *calls: Call):
            return _ask(here.chain, contract, addresses[contract], calls)

        yield ask_


def _ask(chain: Chain, contract: str, address: str, calls: tuple[Call, ...]):
    """Simulate several calls in sequence, without keeping the changes."""
    batch = Call("tryMulticall", (calls,))
    data = "0x" + INTERFACES[contract].calldata(batch).hex()
    answer = chain.request("eth_call", {"from": ONE, "to": address, "data": data}, "latest")
    return [
        plain(result)
        for _, result in INTERFACES[contract].result_of(batch, bytes.fromhex(answer[2:]))
    ]


def said(rule, *values):
    """Return the error of a rule of the model; `None` if it passes."""
    try:
        rule(*values)
    except Reverted as error:
        return plain(error)
    return None


def text_of(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")


# Each side of each border of UTF-8 (table 3-7 of the Unicode standard), and of the control
# characters.
BORDERS = [
    *(b"\x00", b"\x1f", b" ", b"~", b"\x7f", b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf"),
    *(b"\xc2\x7f", b"\xc2\x80", b"\xc2\x9f", b"\xc2\xa0", b"\xdf\xbf", b"\xdf\xc0"),
    *(b"\xe0\x9f\xbf", b"\xe0\xa0\x80", b"\xe1\x80\x80", b"\xec\xbf\xbf", b"\xed\x9f\xbf"),
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xe2\x82", b"\xe2"),
    *(b"\xf0\x8f\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf1\x80\x80\x80", b"\xf3\xbf\xbf\xbf"),
    *(b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xf0\x9f\x94"),
    *(b"\xe1\x80\x7f", b"\xe1\x80\xc0", b"\xf1\x80\x80\x7f", b"\xf1\x80\xc0\x80", b"\xfe"),
]
names = st.one_of(
    st.binary(max_size=104),
    st.text(max_size=40).map(str.encode),
    st.lists(st.sampled_from([*BORDERS, b"a", b"abcdefgh" * 4]), max_size=8).map(b"".join),
)


@MANY
@given(st.lists(names, min_size=1, max_size=30))
@example(BORDERS)
@example([border + b"z" for border in BORDERS])
@example([b"z" * 31 + border for border in BORDERS])
@example([b"z" * (100 - len(border)) + border for border in BORDERS])
@example([b"z" * 101, b"\xff" * 101])
def test_contract_and_model_accept_the_same_names(ask, raws):
    texts = [text_of(raw) for raw in raws]
    calls = [Call("setService", (text, "", (0,))) for text in texts]
    assert ask("OCN Permissions", *calls) == [said(rules.check_name, text) for text in texts]


HOST = "abcdefghijklmnopqrstuvwxyz0123456789-._~:/%[]"
good_urls = st.builds(
    lambda scheme, rest: (scheme + rest).encode(),
    st.sampled_from(["http://", "https://"]),
    st.text(HOST, min_size=0, max_size=260),
)


@st.composite
def spoilt_urls(draw):
    """Draw a URL with one byte changed, missing or added."""
    url = draw(good_urls)
    at = draw(st.integers(0, len(url)))
    return url[:at] + draw(st.binary(max_size=2)) + url[at + draw(st.integers(0, 2)) :]


urls = st.one_of(good_urls, spoilt_urls(), st.binary(max_size=12), st.sampled_from(BORDERS))


@MANY
@given(st.lists(urls, min_size=1, max_size=30))
@example([bytes([code]) for code in range(256)])
@example([b"http://a" + bytes([code]) + b"b" for code in range(256)])
@example([b"https://" + bytes([code]) for code in range(256)])
@example([b"https://" + b"a" * 246 + bytes([code]) for code in range(256)])
@example([b"https://a"[:size] for size in range(10)] + [b"http://a"[:size] for size in range(9)])
@example([b"https://" + b"a" * 248, b"http://" + b"a" * 248, b"https:/a", b"httpss://", b"http:s"])
def test_contract_and_model_accept_the_same_urls(ask, raws):
    texts = [text_of(raw) for raw in raws]
    calls = [Call("setNode", (text,)) for text in texts]
    assert ask("OCN Registry", *calls) == [said(rules.check_url, text) for text in texts]


ids = st.tuples(st.binary(min_size=2, max_size=2), st.binary(min_size=3, max_size=3))
near_ids = st.tuples(
    st.text("AZ@[a\0", min_size=2, max_size=2).map(str.encode),
    st.text("AZ09@[/:a\0", min_size=3, max_size=3).map(str.encode),
)


@MANY
@given(st.lists(st.one_of(ids, near_ids), min_size=1, max_size=30))
@example([(bytes([65, code]), b"AAA") for code in range(256)])
@example([(b"DE", bytes([48, 65, code])) for code in range(256)])
def test_contract_and_model_accept_the_same_ids(ask, raws):
    pairs = [tuple(part.decode("latin-1") for part in raw) for raw in raws]
    calls = [Call("setParty", (*pair, (0,), ONE)) for pair in pairs]
    assert ask("OCN Registry", *calls) == [said(rules.checked_id, *pair) for pair in pairs]


small = st.lists(st.integers(0, 70), max_size=20).map(tuple)


@MANY
@given(st.one_of(small, st.lists(st.integers(0, 2**256 - 1), max_size=3).map(tuple)))
@example(tuple(range(64)))
@example((63, 63, 0, 63))
@example((2**64,))
def test_a_set_reads_back_in_ascending_order_and_each_value_once(ask, permissions):
    set_service, service = ask(
        "OCN Permissions",
        Call("setService", ("", "", permissions)),
        Call("getService", (ONE,)),
    )
    refused = said(rules.checked_set, permissions, rules.PERMISSION_LIMIT)
    if refused or not permissions:
        assert set_service == (refused or ("reverts", "NoPermissions"))
    else:
        assert service[4] == tuple(sorted(set(permissions)))


modules = st.lists(st.integers(0, 17), max_size=10).map(tuple)


@MANY
@given(modules, modules)
@example((15,), (0, 7, 15))
@example((256,), ())
@example((), (2**255,))
def test_two_sets_of_modules_stay_apart(ask, sender, receiver):
    set_modules, (party,), shown_by_v1 = ask(
        "OCN Registry",
        Call("setPartyModules", (sender, receiver)),
        Call("partiesOf", (ONE,)),
        Call("getPartyDetailsByAddress", (ONE,)),
    )
    refused = next(
        filter(
            None, [said(rules.checked_set, one, rules.MODULE_LIMIT) for one in (sender, receiver)]
        ),
        None,
    )
    assert set_modules == refused
    if refused is None:
        stored = tuple(sorted(set(sender))), tuple(sorted(set(receiver)))
        assert party[4:6] == stored
        known_to_v1 = tuple(tuple(one for one in some if one <= LAST_OF_V1) for some in stored)
        assert shown_by_v1[2:4] == known_to_v1


@given(names)
def test_the_package_refuses_the_names_that_the_model_refuses(raw):
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return  # it accepts only text
    assert _refuses(check_name, text) == (said(rules.check_name, text) is not None)


@given(urls)
@example(b"http://0")  # the contracts check characters, the package checks hosts
@example(b"http://1.2.3")
@example(b"http://a:0")
@example(b"http://a.b/")
def test_the_package_refuses_the_urls_that_the_model_refuses_or_no_client_can_use(raw):
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    refused = said(rules.check_url, text) is not None or unusable(text) is not None
    assert _refuses(package.check_url, text) == refused


def _refuses(rule, text: str) -> bool:
    try:
        rule(text)
    except InvalidInput:
        return True
    return False
