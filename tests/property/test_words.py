"""Our ABI coding equals eth_abi's, both ways, and hostile answers do no harm."""

import eth_abi
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocn_registry.dialects.v3 import reader
from ocn_registry.errors import BadAnswer, InvalidInput
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.models import Address

uints = st.integers(0, 2**256 - 1)
small = st.integers(0, 255)
addresses = st.binary(min_size=20, max_size=20).map(Address.from_bytes)
texts = st.text(max_size=80)


def field(kind):
    """Strategy of values, our writer, our reader."""
    return {
        "uint256": (uints, abi.uint, Words.uint),
        "uint8": (small, abi.uint, lambda reader: reader.uint(8)),
        "bool": (st.booleans(), abi.uint, Words.flag),
        "address": (addresses, abi.address, Words.address),
        "string": (texts, abi.text, Words.text),
        "bytes": (st.binary(max_size=80), abi.blob, Words.blob),
        "bytes2": (st.binary(min_size=2, max_size=2), abi.fixed, lambda r: r.fixed(2)),
        "bytes3": (st.binary(min_size=3, max_size=3), abi.fixed, lambda r: r.fixed(3)),
        "uint256[]": (
            st.lists(uints, max_size=5).map(tuple),
            abi.uints,
            Words.uints,
        ),
        "uint8[]": (st.lists(small, max_size=5).map(tuple), abi.uints, lambda r: r.uints(8)),
        "address[]": (
            st.lists(addresses, max_size=4).map(tuple),
            lambda values: abi.Tail(
                abi.uint(len(values)) + b"".join(abi.address(value) for value in values)
            ),
            Words.addresses,
        ),
        "bytes[]": (
            st.lists(st.binary(max_size=40), max_size=4).map(tuple),
            lambda values: abi.items([abi.blob(value) for value in values]),
            None,
        ),
    }[kind]


KINDS = [
    "uint256",
    "uint8",
    "bool",
    "address",
    "string",
    "bytes",
    "bytes2",
    "bytes3",
    "uint256[]",
    "uint8[]",
    "bytes[]",
]


@st.composite
def tuples(draw):
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8))
    return [(kind, draw(field(kind)[0])) for kind in kinds]


@given(tuples())
def test_writing_equals_eth_abi(fields):
    ours = abi.join(*[field(kind)[1](value) for kind, value in fields])
    kinds, values = zip(*fields, strict=True)
    assert ours == eth_abi.encode(kinds, values)


@given(tuples())
def test_reading_returns_what_eth_abi_wrote(fields):
    fields = [(kind, value) for kind, value in fields if field(kind)[2]]
    kinds = [kind for kind, _ in fields]
    reader = Words(eth_abi.encode(kinds, [value for _, value in fields]))
    assert [field(kind)[2](reader) for kind in kinds] == [value for _, value in fields]


NODES = "(address,string)[]"
PARTIES = "(address,bytes2,bytes3,uint8[],uint8[],uint8[],address,string,uint256,bool,string)[]"
ids = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3).map(str.encode)
roles = st.lists(st.integers(0, 6), max_size=7).map(tuple)
parties = st.tuples(
    addresses,
    ids.map(lambda text: text[:2]),
    ids,
    roles,
    roles,
    roles,
    addresses,
    texts,
    uints,
    st.booleans(),
    texts,
)


@given(st.lists(parties, max_size=4))
def test_a_page_of_parties_is_read_as_eth_abi_wrote_it(entries):
    found = Words(eth_abi.encode([PARTIES], [entries])).structs(reader.read_party)
    assert [
        (
            party.address,
            party.id.country_code.encode(),
            party.id.party_id.encode(),
            party.roles,
            party.modules_sender,
            party.modules_receiver,
            party.operator,
            party.operator_domain or "",
            party.membership,
            party.current,
            party.website or "",
        )
        for party in found
    ] == [tuple(entry) for entry in entries]


@st.composite
def hostile(draw):
    """Make a valid answer, and replace some words with hostile offsets and lengths."""
    entries = draw(st.lists(st.tuples(addresses, texts), max_size=4))
    data = bytearray(eth_abi.encode([NODES], [entries]))
    for _ in range(draw(st.integers(1, 4))):
        place = 32 * draw(st.integers(0, len(data) // 32 - 1))
        evil = draw(
            st.one_of(st.integers(0, 4096), st.sampled_from([2**32 - 1, 2**64, 2**256 - 1]))
        )
        data[place : place + 32] = evil.to_bytes(32, "big")
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@given(st.one_of(hostile(), st.binary(max_size=2000)))
@example(b"")
@example(b"\xff" * 320)
def test_hostile_answers_are_refused_or_stay_within_their_own_length(data):
    try:
        nodes = Words(data).structs(reader.read_node)
    except BadAnswer:
        return
    assert sum(len(node.domain.encode(errors="replace")) for node in nodes) <= 4 * len(data)


def test_shared_tails_can_not_multiply_an_answer():
    count, text = 1000, 100_000
    shared = abi.Tail(
        abi.uint(count)
        + abi.uint(32 * count) * count
        + abi.join(abi.address("0x" + "11" * 20), abi.text("x" * text))
    )
    with pytest.raises(BadAnswer):
        Words(abi.join(shared)).structs(reader.read_node)


@given(st.binary(max_size=40))
def test_text_that_is_not_utf_8_is_read_as_escapes(data):
    text = Words(abi.join(abi.blob(data))).text()
    text.encode()
    try:
        assert text == data.decode()
    except UnicodeDecodeError:
        assert "\\x" in text


@pytest.mark.parametrize("value", [-1, 2**256, 10**1000])
def test_numbers_beyond_a_word_are_refused(value):
    with pytest.raises(InvalidInput):
        abi.uint(value)
