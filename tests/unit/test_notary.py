"""The notary signs, verifies and rewrites messages, and refuses invalid ones."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.evm.keccak import keccak256
from ocn_registry.notary import (
    NODE_REWRITES,
    MalformedSignature,
    MessageRejected,
    MessageSignature,
    ModifiedMessage,
    OcpiMessage,
    RepeatedField,
    Rewrite,
    SignatoryMismatch,
    UncoveredField,
    UnsignableMessage,
    errors,
)
from ocn_registry.notary.personal import sign_text
from ocn_registry.signing import KeySigner

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "notary").glob("*.json"))
URL = "$['body']['response_url']"


@pytest.fixture(scope="module")
def party():
    return KeySigner.from_key("11" * 32)


@pytest.fixture(scope="module")
def node():
    return KeySigner.from_key("22" * 32)


@pytest.fixture(scope="module")
def other_node():
    return KeySigner.from_key("33" * 32)


def message(**changes):
    parts = {
        "headers": {"x-correlation-id": "c-1", "ocpi-from-country-code": "DE"},
        "params": {"limit": 50},
        "body": {"response_url": "https://msp.example/1", "evses": [{"uid": "e-1"}, {"uid": "e"}]},
    }
    return OcpiMessage(**parts | changes)


def signed_as(signer, fields, text, **changes):
    """Sign fields and text that no honest library would sign."""
    digest = "0x" + keccak256(text.encode()).hex()
    parts = {
        "fields": tuple(fields),
        "hash": digest,
        "rsv": "0x" + sign_text(digest, signer),
        "signatory": signer.address,
    }
    return MessageSignature(**parts | changes)


# --- the vectors, made by running the JavaScript package ------------------------------------------


@pytest.fixture(params=VECTORS, ids=lambda path: path.stem)
def vector(request):
    return json.loads(request.param.read_text())


def test_all_vectors_are_present():
    assert len(VECTORS) == 6


def test_vector_verdict(vector):
    signature = MessageSignature.from_header(vector["header"])
    received = OcpiMessage(**vector["received"])
    valid = vector["verify"]["isValid"]
    if valid or vector["name"].startswith("9-"):  # lower-case addresses of JVM libraries are valid
        for strict in (False, True, False):
            verified = signature.verify(received, require_all_fields=strict)
            assert verified.signatory == vector["notary"]["signatory"]
            assert len(verified.layers) == 1 + len(vector["notary"]["rewrites"])
    else:
        with pytest.raises(ModifiedMessage):
            signature.verify(received)


def test_vector_header_is_written_byte_for_byte(vector):
    signature = MessageSignature.from_header(vector["header"])
    if vector["name"].startswith("9-"):
        (rewrite,) = signature.rewrites
        assert rewrite.signatory != vector["notary"]["rewrites"][0]["signatory"]
        assert rewrite.signatory.lower() == vector["notary"]["rewrites"][0]["signatory"]
    else:
        assert signature.to_header() == vector["header"]


def test_vector_is_signed_and_rewritten_alike(vector):
    author = KeySigner.from_key(vector["keys"]["signer"])
    first = OcpiMessage(**vector["steps"][0]["sign"])
    if vector["name"].startswith("7-"):
        with pytest.raises(UnsignableMessage, match="X-Correlation-ID"):
            MessageSignature.sign(first, author)
        return
    signature = MessageSignature.sign(first, author)
    stashed = [step["stash"] for step in vector["steps"] if "stash" in step]
    for old in stashed:
        new = dict.fromkeys(old, vector["received"]["body"]["response_url"])
        first, signature = signature.rewrite(first, new, KeySigner.from_key(vector["keys"]["node"]))
    assert first == OcpiMessage(**vector["received"])
    assert list(signature.fields) == vector["notary"]["fields"]
    assert signature == MessageSignature.from_header(vector["header"])


# --- sign -----------------------------------------------------------------------------------------


def test_values_are_signed_in_order_without_what_is_empty(party):
    body = {"b": [], "a": {}, "n": None, "e": "", "zero": 0, "no": False, "l": [None, "x", [1.5]]}
    signature = MessageSignature.sign(OcpiMessage(headers={}, body=body), party)
    assert signature.fields == (
        "$['body']['zero']",
        "$['body']['no']",
        "$['body']['l'][1]",
        "$['body']['l'][2][0]",
    )
    assert signature.hash == "0x" + keccak256(b"0falsex1.5").hex()
    assert signature.signatory == party.address
    assert signature.rewrites == ()


def test_keys_that_look_like_indexes_come_first():
    body = {"b": 1, "4294967295": 2, "10": 3, "4294967294": 4, "9": 5, "01": 6, "-1": 7}
    copy = OcpiMessage(headers={}, body=body).body
    assert list(copy) == ["9", "10", "4294967294", "b", "4294967295", "01", "-1"]


@pytest.mark.parametrize(
    "key",
    ["evseId", "É", "a'b", "a\\", "a\\x", "constructor", "__proto__", "k" * 1100],
)
def test_key_that_no_verifier_finds_is_not_signed(party, key):
    with pytest.raises(UnsignableMessage):
        MessageSignature.sign(OcpiMessage(headers={}, body={key: 1}), party)


@pytest.mark.parametrize("key", ["", "x y", "é", "]", "a\\n", "a\\'b", "a\\\\", '"', "$", "-1"])
def test_unusual_keys_are_signed_and_found(party, key):
    unusual = OcpiMessage(headers={}, body={key: 1})
    signature = MessageSignature.sign(unusual, party)
    signature.verify(unusual, require_all_fields=True)
    with pytest.raises(ModifiedMessage):
        signature.verify(OcpiMessage(headers={}, body={key: 2}))


class NotJson:
    pass


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        10**400,
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        b"bytes",
        NotJson(),
        {"a": [NotJson()]},
    ],
)
def test_value_that_is_not_json_is_refused(value):
    with pytest.raises(UnsignableMessage) as refused:
        message(body={"deep": [value]})
    assert isinstance(refused.value, InvalidInput)
    assert "body['deep'][0]" in str(refused.value)
    assert str(refused.value).isprintable()


def nested(levels):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


def test_deep_messages_are_refused_before_the_stack_is():
    message(body=nested(64))
    circular = []
    circular.append(circular)
    for body in (nested(65), nested(100_000), circular):
        with pytest.raises(UnsignableMessage, match="deep") as refused:
            message(body=body)
        assert len(str(refused.value)) < 400


@pytest.mark.parametrize("headers", [None, "x", [], 1])
def test_headers_are_a_mapping(headers):
    with pytest.raises(UnsignableMessage, match="headers"):
        OcpiMessage(headers=headers)


def test_a_message_is_a_copy():
    body = {"list": [1]}
    copy = OcpiMessage(headers={}, body=body)
    body["list"].append(2)
    assert copy.body == {"list": [1]}


def test_a_request_takes_the_signed_headers_in_their_order():
    request = OcpiMessage.request(
        {
            "Host": "x",
            "OCN-Signature": "x",
            "OCPI-to-party-id": "CPO",
            "X-Correlation-ID": "c",
            "Authorization": "Token x",
        },
        params={"limit": "5"},
    )
    assert list(request.headers.items()) == [("x-correlation-id", "c"), ("ocpi-to-party-id", "CPO")]
    assert request.params == {"limit": "5"}


def test_a_response_leaves_its_signature_out(party):
    bare = OcpiMessage.response({"X-Limit": "1", "Date": "x"}, {"data": [1]})
    signature = MessageSignature.sign(bare, party)
    received = OcpiMessage.response({"x-limit": "1"}, {"data": [1], "ocn_signature": "x"})
    signature.verify(received, require_all_fields=True)


def test_signing_with_a_contract_is_refused(party):
    class Contract:
        address = party.address

        def sign(self, _payload):
            return b"\x01" * 96

    class Stranger(Contract):
        def sign(self, payload):
            return KeySigner.from_key("44" * 32).sign(payload)

    for signer in (Contract(), Stranger()):
        with pytest.raises(InvalidInput, match="did not sign with that key"):
            MessageSignature.sign(message(), signer)


# --- verify ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"x-correlation-id": "c-2", "ocpi-from-country-code": "DE"}},
        {"headers": {"x-correlation-id": "c-1"}},
        {"params": {"limit": 51}},
        {"params": None},
        {"body": None},
    ],
)
def test_a_modified_message_is_refused(party, change):
    signature = MessageSignature.sign(message(), party)
    with pytest.raises(ModifiedMessage) as refused:
        signature.verify(message(**change))
    assert refused.value.layer == 0


def test_verify_changes_nothing_and_can_be_repeated(party, node, other_node):
    signature = MessageSignature.sign(message(), party)
    first, signature = signature.rewrite(message(), {URL: "https://n1.example"}, node)
    second, signature = signature.rewrite(first, {URL: "https://n2.example"}, other_node)
    header = signature.to_header()
    for strict in (False, True, True):
        verified = signature.verify(second, require_all_fields=strict)
        assert verified.signatories == (other_node.address, node.address, party.address)
        assert [layer.message for layer in verified.layers] == [second, first, message()]
        assert verified.original.message == message()
        assert verified.original.signatory == party.address
        assert verified.original.rewritten_fields == frozenset()
        assert verified.signatory == other_node.address
        assert verified.rewritten_fields == {URL} <= NODE_REWRITES
    assert signature.to_header() == header


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_another_signatory_is_refused_in_every_layer(party, node, other_node, layer):
    signature = MessageSignature.sign(message(), party)
    first, signature = signature.rewrite(message(), {URL: "https://n1.example"}, node)
    second, signature = signature.rewrite(first, {URL: "https://n2.example"}, other_node)
    stranger = KeySigner.from_key("55" * 32).address
    states = [signature, *reversed(signature.rewrites)]
    states[layer] = forged = replace(states[layer], signatory=stranger)
    outermost = replace(states[0], rewrites=tuple(reversed(states[1:])))
    with pytest.raises(SignatoryMismatch) as refused:
        outermost.verify(second)
    assert refused.value.layer == layer
    assert refused.value.named == forged.signatory == stranger
    assert refused.value.recovered == [other_node, node, party][layer].address


def replace(state, **changes):
    names = ("hash", "rsv", "signatory")
    more = ("fields", "rewrites") if isinstance(state, MessageSignature) else ("rewritten_fields",)
    return type(state)(**{name: getattr(state, name) for name in names + more} | changes)


def test_a_signature_without_a_signer_is_refused(party):
    signature = MessageSignature.sign(message(), party)
    for rsv in ("0x" + "00" * 65, "0x" + "ff" * 65, signature.rsv[:-2] + "1d"):
        with pytest.raises(SignatoryMismatch) as refused:
            replace(signature, rsv=rsv).verify(message())
        assert refused.value.recovered is None


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_high_s_and_v_of_0_and_1_are_accepted_as_the_javascript_library_does(party):
    signature = MessageSignature.sign(message(), party)
    r, s, v = signature.rsv[2:66], int(signature.rsv[66:130], 16), int(signature.rsv[130:], 16)
    for rsv in (
        f"0x{r}{ORDER - s:064x}{55 - v:02x}",
        f"0x{r}{s:064x}{v - 27:02x}",
        signature.rsv[:2] + signature.rsv[2:].upper(),
    ):
        assert replace(signature, rsv=rsv).verify(message()).signatory == party.address


def test_a_rewrite_with_another_old_value_is_refused(party, node):
    signature = MessageSignature.sign(message(), party)
    changed, signature = signature.rewrite(message(), {URL: "https://n1.example"}, node)
    (rewrite,) = signature.rewrites
    lie = replace(rewrite, rewritten_fields={URL: "https://evil.example"})
    with pytest.raises(ModifiedMessage) as refused:
        replace(signature, rewrites=(lie,)).verify(changed)
    assert refused.value.layer == 1


def test_uncovered_values_are_refused_only_when_asked(party):
    signature = MessageSignature.sign(message(), party)
    more = message(params={"limit": 50, "extra": 1, "more": [2]})
    signature.verify(more)
    with pytest.raises(UncoveredField) as refused:
        signature.verify(more, require_all_fields=True)
    assert (refused.value.field, refused.value.count) == ("$['params']['extra']", 2)


def test_a_key_is_not_covered_by_the_same_key_in_another_case(party):
    twins = OcpiMessage(headers={}, body={"id": "a", "ID": "a"})
    signature = signed_as(party, ["$['body']['id']", "$['body']['ID']"], "aa")
    signature.verify(twins)
    with pytest.raises(RepeatedField):
        signature.verify(twins, require_all_fields=True)
    signature = signed_as(party, ["$['body']['id']"], "a")
    with pytest.raises(UncoveredField, match="ID"):
        signature.verify(twins, require_all_fields=True)


def test_repeated_fields_are_refused_only_when_asked(party):
    field = "$['body']['a']"
    signature = signed_as(party, [field, field], "xx")
    repeated = OcpiMessage(headers={}, body={"a": "x"})
    signature.verify(repeated)
    with pytest.raises(RepeatedField) as refused:
        signature.verify(repeated, require_all_fields=True)
    assert refused.value.field == field


def test_a_field_is_one_value(party):
    empty = OcpiMessage(headers={}, body={"a": [], "b": {}, "c": None})
    paths = [f"$['body']['{key}']" for key in "abcd"]
    signed_as(party, paths, "").verify(empty)
    signature = signed_as(party, ["$['body']['a']"], "1,2")
    with pytest.raises(MalformedSignature, match="object or array"):
        signature.verify(OcpiMessage(headers={}, body={"a": [1, 2]}))


def test_signed_text_is_bounded_even_if_values_repeat(party):
    field = "$['body']['a']"
    signature = signed_as(party, [field] * 50_000, "")
    with pytest.raises(MalformedSignature, match="longer"):
        signature.verify(OcpiMessage(headers={}, body={"a": "x" * 1000}))


def test_java_forms_of_numbers_are_accepted(party):
    body = {"power": 5.0, "big": 1e7, "n": 3}
    fields = [f"$['body']['{key}']" for key in body]
    signature = signed_as(party, fields, "5.01.0E73")
    signature.verify(OcpiMessage(headers={}, body=body), require_all_fields=True)
    with pytest.raises(ModifiedMessage):
        signature.verify(OcpiMessage(headers={}, body=body | {"power": 5}))


def test_values_can_change_places_as_a_known_limit_of_the_format(party):
    """No library can notice, since paths are not signed. If this fails, the format has changed."""
    signature = MessageSignature.sign(OcpiMessage(headers={}, body={"a": "1", "b": "2"}), party)
    swapped = replace(signature, fields=tuple(reversed(signature.fields)))
    body = {"a": "2", "b": "1"}
    swapped.verify(OcpiMessage(headers={}, body=body), require_all_fields=True)


# --- rewrite --------------------------------------------------------------------------------------


def test_rewrites_add_and_remove_values(party, node):
    link = "$['headers']['link']"
    location = "$['headers']['location']"
    before = message(headers={"link": "<a>", "x-limit": "1"})
    signature = MessageSignature.sign(before, party)
    after, signature = signature.rewrite(before, {link: None, location: "<b>"}, node)
    assert after.headers == {"x-limit": "1", "location": "<b>"}
    (rewrite,) = signature.rewrites
    assert rewrite.rewritten_fields == {link: "<a>", location: None}
    verified = signature.verify(after, require_all_fields=True)
    assert verified.original.message.headers == {"link": "<a>", "x-limit": "1", "location": None}


def test_the_order_of_the_first_signer_is_kept(party, node):
    backwards = signed_as(party, ["$['body']['b']", "$['body']['a']"], "21")
    before = OcpiMessage(headers={}, body={"a": "1", "b": "2"})
    after, signature = backwards.rewrite(before, {"$['body']['b']": "3"}, node)
    assert signature.fields == backwards.fields
    assert signature.verify(after, require_all_fields=True).original.signatory == party.address


def test_only_the_signed_message_can_be_rewritten(party, node):
    signature = MessageSignature.sign(message(), party)
    with pytest.raises(ModifiedMessage):
        signature.rewrite(message(params=None), {URL: "x"}, node)


@pytest.mark.parametrize(
    "changes",
    [
        {"$['body']": "x"},
        {"$['body']['evses']": "x"},
        {URL: {"a": 1}},
        {URL: ["x"]},
        {"$['headers']['X-Limit']": "1"},
        {"$.body.response_url": "x"},
        {"$['elsewhere']": "x"},
        {"$['body']['response_url']['x']": "x"},
        {"$['body']['evses'][9]['uid']": "x"},
        {"$['body']['evses']['x']": "x"},
        {"$['a']": None},
        {"$['headers'][0]": "x"},
        {URL: float("nan")},
        {URL: "\ud800"},
    ],
)
def test_invalid_rewrites_are_refused(party, node, changes):
    signature = MessageSignature.sign(message(), party)
    with pytest.raises(InvalidInput):
        signature.rewrite(message(), changes, node)


def test_an_unsigned_message_is_not_rewritten(party, node):
    signature = signed_as(party, ["$['body']['a']"], "1")
    loose = OcpiMessage(headers={}, body={"a": 1, "b": 2})
    with pytest.raises(InvalidInput, match="not covered"):
        signature.rewrite(loose, {"$['body']['b']": 3}, node)


@pytest.mark.parametrize(
    "old",
    [
        {"$['headers']": "x"},
        {"$['params']": [1]},
        {"$['elsewhere']['x']": 1},
        {"$['body']['evses'][4000000]": 1},
        {"$['body']['response_url']['x']": 1},
        {"$['headers'][0]": 1},
    ],
)
def test_an_old_value_that_has_no_place_is_refused(party, old):
    signature = MessageSignature.sign(message(), party)
    rewrite = Rewrite(
        rewritten_fields=old,
        hash=signature.hash,
        rsv=signature.rsv,
        signatory=signature.signatory,
    )
    with pytest.raises(MalformedSignature, match="no message has one"):
        replace(signature, rewrites=(rewrite,)).verify(message())


def test_old_objects_are_restored(party, node):
    """The JavaScript library lets nodes keep any old value."""
    before = OcpiMessage(headers={}, body={"a": {"b": "1"}, "c": [1, {"d": 2}]})
    first = MessageSignature.sign(before, party)
    after = OcpiMessage(headers={}, body={"a": {"b": "9"}, "c": [1, {"d": 3}]})
    rewrite = Rewrite(
        rewritten_fields={
            "$['body']['a']": {"b": "0"},
            "$['body']['a']['b']": "1",
            "$['body']['c'][1]": {"d": 2},
        },
        hash=first.hash,
        rsv=first.rsv,
        signatory=first.signatory,
    )
    signature = replace(MessageSignature.sign(after, node), rewrites=(rewrite,))
    verified = signature.verify(after, require_all_fields=True)
    assert verified.original.message == before
    assert rewrite.rewritten_fields["$['body']['a']"] == {"b": "0"}
    assert after.body == {"a": {"b": "9"}, "c": [1, {"d": 3}]}


def test_every_state_of_the_message_must_be_covered(party, node):
    before = OcpiMessage(headers={}, body={"a": 1})
    signature = MessageSignature.sign(before, party)
    after, signature = signature.rewrite(before, {"$['body']['a']": 2}, node)
    (rewrite,) = signature.rewrites
    old = {**rewrite.rewritten_fields, "$['body']['smuggled']": "x"}
    smuggling = replace(signature, rewrites=(replace(rewrite, rewritten_fields=old),))
    smuggling.verify(after)
    with pytest.raises(UncoveredField) as refused:
        smuggling.verify(after, require_all_fields=True)
    assert refused.value.layer == 1


# --- the package ----------------------------------------------------------------------------------

ERRORS = [
    MalformedSignature("x"),
    ModifiedMessage(1),
    SignatoryMismatch("0x" + "ab" * 20, None, 2),
    UncoveredField("$['\x1b']", 3, 0),
    RepeatedField("x" * 10_000),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_are_one_printable_line_and_can_be_pickled(error):
    assert isinstance(error, MessageRejected)
    assert str(error).isprintable()
    assert len(str(error)) < 400
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(back) is type(error)
    assert (str(back), vars(back)) == (str(error), vars(error))


def test_the_tree_of_errors_names_them_all():
    of_module = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    }
    assert all(name in errors.__doc__ for name in of_module)
    assert all(issubclass(getattr(errors, name), OcnRegistryError) for name in of_module)


def loaded_by(code):
    program = f"import sys; {code}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_loads_nothing_slow():
    assert not loaded_by("import ocn_registry.notary") & {
        "brotli",
        "eth_account",
        "coincurve",
        "web3",
    }


def test_verifying_does_not_load_eth_account():
    vector = json.loads(VECTORS[0].read_text())
    code = (
        "from ocn_registry.notary import *; "
        f"MessageSignature.from_header({vector['header']!r})"
        f".verify(OcpiMessage(**{vector['received']!r}))"
    )
    assert "eth_account" not in loaded_by(code)


def test_without_brotli_the_error_says_what_to_install():
    vector = json.loads(VECTORS[0].read_text())
    code = (
        "import sys; sys.modules['brotli'] = None\n"
        "from ocn_registry.notary import *\n"
        f"try: MessageSignature.from_header({vector['header']!r})\n"
        "except BrotliMissing as error: print(error, isinstance(error, ImportError))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "pip install 'ocn-registry[notary]' True" in done.stdout
