"""The notary works for any message, and hostile input raises only its own errors."""

import gzip
import json
from base64 import b64decode, b64encode
from copy import deepcopy

import brotli
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocn_registry.errors import InvalidInput
from ocn_registry.notary import (
    MalformedSignature,
    MessageRejected,
    MessageSignature,
    ModifiedMessage,
    OcpiMessage,
    recover_body,
    sign_body,
    verify_body,
)
from ocn_registry.notary.messages import leaves
from ocn_registry.notary.paths import find, parse, replaced
from ocn_registry.notary.values import json_text, plain, scalar_text
from ocn_registry.signing import KeySigner

PARTY, NODE = (KeySigner.from_key(bytes([0] * 31 + [number])) for number in (1, 2))

texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
keys = st.text(st.sampled_from('abz_-.01é $[]\\n"'), max_size=4) | st.sampled_from(["0", "10"])
sound_keys = keys.filter(lambda key: "\\" not in key)


def values_of(names):
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


messages = st.builds(
    OcpiMessage,
    headers=st.dictionaries(sound_keys, texts, max_size=4),
    params=st.none() | st.dictionaries(sound_keys, scalars, max_size=3),
    body=values_of(sound_keys),
)
anything = st.recursive(
    scalars | st.floats() | st.text() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


# --- any message ----------------------------------------------------------------------------------


@given(messages)
def test_a_signed_message_verifies_after_a_round_trip(message):
    signature = MessageSignature.sign(message, PARTY)
    read = MessageSignature.from_header(signature.to_header())
    assert read == signature
    verified = read.verify(message, require_all_fields=True)
    assert verified.signatories == (PARTY.address,)
    assert verified.original.message == message


@given(messages)
def test_a_message_survives_json(message):
    """A message verifies after other programs have written and read it."""
    signature = MessageSignature.sign(message, PARTY)
    received = json.loads(json_text(message.root()))
    signature.verify(OcpiMessage(**received), require_all_fields=True)
    assert json_text(plain(received)) == json_text(message.root())


@given(messages, st.data())
def test_another_value_is_noticed(message, data):
    signature = MessageSignature.sign(message, PARTY)
    assume(signature.fields)
    path = parse(data.draw(st.sampled_from(signature.fields)))
    before, after = find(message.root(), path), data.draw(scalars)
    assume(scalar_text(before) != ("" if after is None else scalar_text(after)))
    changed = OcpiMessage(**replaced(message.root(), {path: after}))
    with pytest.raises(ModifiedMessage):
        signature.verify(changed)


@given(messages, st.lists(st.dictionaries(st.integers(0, 20), scalars), max_size=3))
def test_any_rewrite_can_be_undone(message, journey):
    states, signature = [message], MessageSignature.sign(message, PARTY)
    for changes in journey:
        paths = [text for text, _, _ in leaves(states[-1].root())]
        named = {paths[number]: value for number, value in changes.items() if number < len(paths)}
        state, signature = signature.rewrite(states[-1], named, NODE)
        states.append(state)
        assert signature.rewrites[-1].rewritten_fields.keys() == named.keys()
    verified = signature.verify(states[-1], require_all_fields=True)
    assert len(verified.layers) == len(states)
    assert verified.original.signatory == PARTY.address
    for layer, state in zip(verified.layers, reversed(states), strict=True):
        assert list(leaves(layer.message.root())) == list(leaves(state.root())) or set(
            leaves(layer.message.root()),
        ) == set(leaves(state.root()))


@given(messages, st.dictionaries(st.integers(0, 20), scalars, min_size=1))
def test_arguments_are_never_modified(message, changes):
    paths = [text for text, _, _ in leaves(message.root())]
    named = {paths[number]: value for number, value in changes.items() if number < len(paths)}
    untouched = deepcopy(message.root())
    signature = MessageSignature.sign(message, PARTY)
    after, rewritten = signature.rewrite(message, named, NODE)
    copy = deepcopy(after.root())
    header = rewritten.to_header()
    assert rewritten.verify(after) == rewritten.verify(after)
    assert message.root() == untouched
    assert after.root() == copy
    assert rewritten.to_header() == header


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_names_it(number):
    assert float(scalar_text(number)) == number


@given(st.integers(-(2**200), 2**200))
def test_the_text_of_an_integer_names_its_double(number):
    assert float(scalar_text(number)) == float(number)


# --- anything at all ------------------------------------------------------------------------------


def is_one_clear_line(error):
    return str(error).isprintable() and 0 < len(str(error)) < 600


def rejected_or_fine(call):
    """One clear line, or no error."""
    try:
        return call()
    except (MessageRejected, InvalidInput) as rejected:
        error = rejected
    assert is_one_clear_line(error)
    return None


@given(anything, anything, anything)
def test_any_message_is_refused_clearly_or_signed(headers, params, body):
    message = rejected_or_fine(lambda: OcpiMessage(headers=headers, params=params, body=body))
    signature = message and rejected_or_fine(lambda: MessageSignature.sign(message, PARTY))
    if signature is not None:
        signature.verify(message, require_all_fields=True)


@given(st.text() | st.binary().map(lambda packed: b64encode(packed).decode()))
def test_any_text_is_refused(text):
    with pytest.raises(MalformedSignature) as refused:
        MessageSignature.from_header(text)
    assert is_one_clear_line(refused.value)


def packed_of(signature):
    return b64decode(signature.to_header())


paths = st.lists(
    st.sampled_from(["['headers']", "['params']", "['body']", "['a']", "[0]", "['0']", "[2]", "x"]),
    max_size=4,
).map(lambda steps: "$" + "".join(steps))
hashes = st.sampled_from(["0x" + "ab" * 32, "0x", "", None])
rsvs = st.binary(min_size=65, max_size=65).map(lambda rsv: "0x" + rsv.hex()) | st.none()
addresses = st.sampled_from([PARTY.address, PARTY.address.lower(), "0x12", 5])
rewrites = st.fixed_dictionaries(
    {
        "rewrittenFields": st.dictionaries(paths, values_of(keys), max_size=3),
        "hash": hashes,
        "rsv": rsvs,
        "signatory": addresses,
    },
)
states = st.fixed_dictionaries(
    {
        "fields": st.lists(paths, max_size=4) | anything,
        "hash": hashes,
        "rsv": rsvs,
        "signatory": addresses,
        "rewrites": st.lists(rewrites, max_size=3) | anything,
    },
)


@given(states, messages, st.sampled_from([gzip.compress, brotli.compress]))
def test_any_json_is_refused_clearly_or_read(state, message, compress):
    packed = compress(json.dumps(state, default=str).encode())
    signature = rejected_or_fine(
        lambda: MessageSignature.from_header(b64encode(packed).decode()),
    )
    if signature is not None:
        rejected_or_fine(lambda: signature.verify(message, require_all_fields=True))
        with pytest.raises(MessageRejected):
            signature.verify(message)


@given(messages, st.lists(rewrites, max_size=3), st.booleans())
def test_any_rewrite_under_a_good_signature_is_refused_or_undone(message, forged, strict):
    """A signer can add any rewrites."""
    good = MessageSignature.sign(message, PARTY)
    state = json.loads(brotli.decompress(packed_of(good)))
    state["rewrites"] = [
        rewrite | {"hash": good.hash, "rsv": good.rsv, "signatory": PARTY.address}
        for rewrite in forged
    ]
    text = b64encode(gzip.compress(json.dumps(state).encode())).decode()
    signature = rejected_or_fine(lambda: MessageSignature.from_header(text))
    if signature is not None:
        rejected_or_fine(lambda: signature.verify(message, require_all_fields=strict))


GOOD = MessageSignature.sign(OcpiMessage(headers={"x-limit": "1"}, body={"a": ["b", 1]}), PARTY)
GOOD_JSON = brotli.decompress(packed_of(GOOD))


@given(st.data())
def test_flipped_bytes_are_refused_or_harmless(data):
    compress = data.draw(st.sampled_from([None, gzip.compress, brotli.compress]))
    good = bytearray(packed_of(GOOD) if compress is None else GOOD_JSON)
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    packed = bytes(good) if compress is None else compress(bytes(good))
    message = OcpiMessage(headers={"x-limit": "1"}, body={"a": ["b", 1]})
    signature = rejected_or_fine(lambda: MessageSignature.from_header(b64encode(packed).decode()))
    verified = signature and rejected_or_fine(lambda: signature.verify(message))
    assert not verified or verified.signatory == PARTY.address


@given(messages, st.dictionaries(paths | st.text(max_size=8), anything, max_size=3))
@settings(max_examples=200)
def test_any_changes_are_refused_clearly_or_signed(message, changes):
    signature = MessageSignature.sign(message, PARTY)
    done = rejected_or_fine(lambda: signature.rewrite(message, changes, NODE))
    if done is not None:
        after, rewritten = done
        verified = rewritten.verify(after, require_all_fields=True)
        assert verified.signatories == (NODE.address, PARTY.address)


@given(st.text(max_size=50), st.text(max_size=150) | st.binary(max_size=70).map(bytes.hex))
def test_any_signature_of_a_body_is_refused_clearly(body, signature):
    rejected_or_fine(lambda: recover_body(body, signature))
    with pytest.raises(MessageRejected):
        verify_body(body, signature, PARTY.address)


@given(st.text(st.characters(codec="utf-8")))
def test_any_body_is_signed(body):
    verify_body(body, sign_body(body, PARTY), PARTY.address)
