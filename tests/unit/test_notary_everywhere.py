"""Messages that all verifiers accept: checks before signing, and reasons of a refusal."""

import asyncio
import json
import re
import threading
from base64 import b64encode
from pathlib import Path

import brotli
import pytest

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.keccak import keccak256
from ocn_registry.notary import (
    HeaderTooLong,
    MalformedSignature,
    MessageSignature,
    ModifiedMessage,
    OcpiMessage,
    UnsignableMessage,
    obstacles,
    read_body,
    verify_off_loop,
)
from ocn_registry.notary.node_classes import ANY, CLASSES, ENUMS, FLOAT_FIELDS
from ocn_registry.notary.node_models import kind_of
from ocn_registry.notary.personal import sign_text
from ocn_registry.signing import KeySigner

PARTY, NODE = (KeySigner.from_key(f"0x{number:064x}") for number in (1, 2))
ROOT = Path(__file__).parents[2]
OBJECTS = json.loads((ROOT / "tests" / "vectors" / "ocpi-objects.json").read_text())


def message_of(body):
    return OcpiMessage(headers={"x-correlation-id": "c-1"}, body=body)


def signed_as(text, fields):
    """Sign a text as another library would."""
    digest = "0x" + keccak256(text.encode()).hex()
    return MessageSignature(
        fields=tuple(fields),
        hash=digest,
        rsv="0x" + sign_text(digest, PARTY),
        signatory=PARTY.address,
    )


# --- before signing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"kwh": 0}, "kwh", "read 0.0 where 0 is signed"),
        ({"kwh": -0.0}, "kwh", "read -0.0 where 0 is signed"),
        ({"price": 4.00}, "price", "read 4.0 where 4 is signed"),
        ({"volume": 3.14159265358979}, "volume", "makes 3.1415927 of 3.14159265358979"),
        ({"kwh": 12345678.9}, "kwh", "round it"),
        ({"power": 12345678.9}, "power", "a JVM reads 1.23456789E7"),
        ({"power": 0.0005}, "power", "a JVM reads 5.0E-4"),
        ({"power": 1e21}, "power", "a JVM reads 1.0E21"),
        ({"number": 2**53 + 1}, "number", "JavaScript does not hold"),
        ({"RFID_auth_required": True}, "RFID_auth_required", "lower case"),
        ({"it's": 1}, "it's", "without quotes"),
        ({"a\\b": 1}, "a\\b", "backslash"),
    ],
)
def test_a_value_that_verifiers_read_differently_is_named_before_signing(body, field, said):
    message = message_of({"id": "x"} | body)
    (found,) = obstacles(message)
    assert found.field == f"$['body']['{field}']"
    assert said in str(found)
    assert found.remedy
    assert str(found).isprintable()
    with pytest.raises(UnsignableMessage) as refused:
        MessageSignature.sign(message, PARTY, strict=True)
    assert field.replace("\\", "\\\\") in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [{"kwh": 0.5}, {"power": 4.0}, {"power": 41.279}, {"number": 10**15}, {"price": "4.0"}, None],
)
def test_values_that_all_verifiers_read_alike_are_signed_strictly(body):
    message = message_of(body)
    assert obstacles(message) == ()
    MessageSignature.sign(message, PARTY, strict=True).verify(message)


def test_a_field_missing_from_the_node_classes_is_named_at_any_depth():
    tariff = next(example for example in OBJECTS if example["name"] == "tariff")["body"]
    cdr = next(example for example in OBJECTS if example["name"] == "cdr")["body"]
    body = cdr | {"tariffs": [tariff | {"tax_included": "NO"}]}
    (found,) = obstacles(message_of(body))
    assert found.field == "$['body']['tariffs'][0]['tax_included']"
    assert "Tariff of the public Kotlin nodes has no such field" in found.reason


def test_the_data_of_a_response_is_read_without_types():
    body = {"status_code": 1000, "timestamp": "x", "data": [{"kwh": 0, "news": 1}]}
    assert obstacles(message_of(body)) == ()
    assert [found.field for found in obstacles(message_of(body | {"news": 1}))] == [
        "$['body']['news']"
    ]


def body_of(name):
    return next(example["body"] for example in OBJECTS if example["name"] == name)


@pytest.mark.parametrize(
    ("name", "change", "field", "says"),
    [
        ("connector", {"max_voltage": 230.5}, "['max_voltage']", "32-bit integer, not 230.5"),
        ("connector", {"max_electric_power": 2**31}, "['max_electric_power']", "32-bit integer"),
        ("connector", {"standard": "SAE_J3400"}, "['standard']", "lacks 'SAE_J3400'"),
        ("evse", {"status": "available"}, "['status']", "lacks 'available'"),
        ("evse", {"capabilities": ["RESERVABLE", "NEW"]}, "['capabilities'][1]", "lacks 'NEW'"),
        ("session", {"status": "PAUSED"}, "['status']", "SessionStatus"),
        ("token, rfid", {"type": "EMAID"}, "['type']", "TokenType"),
        ("hub client info", {"role": "PTP"}, "['role']", "Role"),
        ("cdr", {"auth_method": "DIRECT_PAYMENT"}, "['auth_method']", "AuthMethod"),
    ],
)
def test_a_value_that_the_node_classes_can_not_hold_is_named(name, change, field, says):
    message = message_of(body_of(name) | change)
    (found,) = obstacles(message)
    assert (found.field, says in found.reason) == (f"$['body']{field}", True), found
    with pytest.raises(UnsignableMessage, match="not every verifier"):
        MessageSignature.sign(message, PARTY, strict=True)


@pytest.mark.parametrize(
    "change", [{"max_voltage": 2**31 - 1}, {"max_voltage": 400.0}, {"max_electric_power": None}]
)
def test_a_value_that_the_node_classes_can_hold_is_signed_strictly(change):
    assert obstacles(message_of(body_of("connector") | change)) == ()


def test_the_body_of_a_patch_is_read_into_maps():
    body = body_of("session") | {"kwh": 4, "status": "NEW", "news": 1}
    assert len(obstacles(message_of(body))) == 3
    assert obstacles(message_of(body), method="PATCH") == ()
    MessageSignature.sign(message_of(body), PARTY, strict=True, method="PATCH")
    (found,) = obstacles(message_of(body | {"energy": 2**60}), method="PATCH")
    assert "JavaScript does not hold" in found.reason


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("location references", {"evse_uids": "A"}, "holds a list here"),
        ("location references", {"evses": ["A"]}, "no such field"),
        ("command result", {"message": [{"language": "en", "text": "A"}]}, "holds an object here"),
        ("command result", {"result": None}, "needs this field"),
        ("active charging profile result", {"result": "TIMEOUT"}, "lacks 'TIMEOUT'"),
        ("session", {"kwh": "4"}, "holds a number here"),
        ("session", {"meter_id": ["1"]}, "holds one value here"),
        ("location", {"publish": "yes"}, "holds true or false here"),
    ],
)
def test_a_value_that_does_not_fit_a_node_class_is_named(name, change, reason):
    message = message_of(body_of(name) | change)
    (found,) = obstacles(message)
    assert reason in str(found)
    (field,) = change
    assert found.field.startswith(f"$['body']['{field}']")
    with pytest.raises(UnsignableMessage, match="not every verifier"):
        MessageSignature.sign(message, PARTY, strict=True)


def test_the_tables_of_node_classes_are_consistent():
    fields = [field for fields in CLASSES.values() for field in fields.values()]
    assert {field.model for field in fields if field.model} - {ANY} <= CLASSES.keys()
    assert {field.enum for field in fields if field.enum} == ENUMS.keys()
    assert {"kwh", "price", "volume", "excl_vat", "total_energy", "limit"} <= FLOAT_FIELDS
    for example in OBJECTS:
        if example["model"]:
            assert kind_of(example["body"]) == example["model"]


def test_the_guide_lists_the_floats():
    guide = (ROOT / "docs" / "guide-node.md").read_text()
    table = guide.partition("32-bit floats |\n")[2].partition("\n\n")[0]
    listed = {name for name in re.findall("`([a-z_]+)`", table) if name != "data"}
    assert listed == FLOAT_FIELDS


def test_jvm_texts_of_numbers_are_signed_on_request():
    body = {"kwh": 4, "price": 0.25, "power": 5.0, "number": 7}
    message = message_of(body)
    signature = MessageSignature.sign(message, PARTY, number_texts="jvm", strict=True)
    sent = message.body_text(number_texts="jvm")
    assert sent == '{"kwh":4.0,"price":0.25,"power":5,"number":7}'
    assert signature.body_text(message) == sent
    for received in (body, json.loads(sent)):
        verified = signature.verify(message_of(received), require_all_fields=True)
        assert verified.layers[0].number_texts == "jvm"
    assert MessageSignature.sign(message, PARTY).verify(message).layers[0].number_texts == (
        "javascript"
    )


def test_a_body_is_sent_as_it_is_signed():
    body = {"a": 4.00, "b": 1e-7, "c": 'é"\n', "d": [True, None, {}], "10": 1, "9": 2}
    message = message_of(body)
    assert message.body_text() == ('{"9":2,"10":1,"a":4,"b":1e-7,"c":"é\\"\\n","d":[true,null,{}]}')
    assert MessageSignature.sign(message, PARTY).body_text(message) == message.body_text()
    nothing = message_of(None)
    assert nothing.body_text() == MessageSignature.sign(nothing, PARTY).body_text(nothing) == ""


def test_a_response_is_sent_with_its_signature_in_it():
    body = {"status_code": 1000, "data": [{"kwh": 4.00}], "timestamp": "2026-11-28T06:00:00Z"}
    message = OcpiMessage.response({"X-Limit": "1"}, body)
    signature = MessageSignature.sign(message, PARTY, strict=True)
    sent = signature.response_text(message)
    assert '"kwh":4}' in sent
    received = json.loads(sent)
    came = MessageSignature.from_header(received["ocn_signature"])
    came.verify(OcpiMessage.response({"x-limit": "1"}, received), require_all_fields=True)
    with pytest.raises(InvalidInput, match="object"):
        MessageSignature.sign(message_of([1]), PARTY).response_text(message_of([1]))


# Bodies that are not OCPI objects, and empty bodies.
ODD_BODIES = [
    {"result": "ACCEPTED"},
    [],
    {},
    None,
    "text",
    5,
    True,
    [[]],
    {"data": None},
    [None, 1],
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=repr)
def test_odd_bodies_are_signed_and_verified(body):
    message = message_of(body)
    signature = MessageSignature.sign(message, PARTY, strict=True)
    received = read_body(signature.body_text(message).encode())
    assert received == body
    signature.verify(message_of(received), require_all_fields=True)


def test_a_number_equals_its_text_as_a_known_limit_of_the_format():
    """No library can notice, since only texts are signed. If this fails, the format has changed."""
    signature = MessageSignature.sign(message_of({"price": "0.5"}), PARTY)
    signature.verify(message_of({"price": 0.5}), require_all_fields=True)


def test_the_link_of_a_page_is_rewritten_by_a_node():
    page = {"status_code": 1000, "data": [{"id": "LOC"}], "timestamp": "2026-11-28T06:00:00Z"}
    link = "$['headers']['link']"
    message = OcpiMessage.response({"Link": '<https://cpo.example?offset=1>; rel="next"'}, page)
    signature = MessageSignature.sign(message, PARTY)
    new = '<https://node.example/page/1>; rel="next"'
    changed, signature = signature.rewrite(message, {link: new}, NODE)
    sent = json.loads(signature.response_text(changed))
    came = MessageSignature.from_header(sent["ocn_signature"])
    verified = came.verify(OcpiMessage.response({"Link": new}, sent), require_all_fields=True)
    assert verified.signatories == (NODE.address, PARTY.address)
    assert verified.rewritten_fields == {link}


def test_only_the_signed_message_has_a_body_to_send():
    signature = MessageSignature.sign(message_of({"a": 1}), PARTY)
    with pytest.raises(ModifiedMessage):
        signature.body_text(message_of({"a": 2}))


def test_numbers_beyond_a_float_are_not_signed_for_the_jvm():
    message = message_of({"kwh": 1e39})
    with pytest.raises(UnsignableMessage, match="smaller number"):
        MessageSignature.sign(message, PARTY, number_texts="jvm")
    with pytest.raises(UnsignableMessage, match="smaller number"):
        message.body_text(number_texts="jvm")
    signature = MessageSignature.sign(message, PARTY)
    with pytest.raises(ModifiedMessage):
        signature.verify(message_of({"kwh": 1e38}))


@pytest.mark.parametrize("texts", ["", "JVM", "kotlin", None])
def test_other_number_texts_are_refused(texts):
    with pytest.raises(InvalidInput, match="not a valid number_texts"):
        MessageSignature.sign(message_of(None), PARTY, number_texts=texts)


def test_a_rewrite_keeps_the_texts_of_the_numbers():
    message = message_of({"response_url": "https://a.example", "kwh": 4})
    signature = MessageSignature.sign(message, PARTY, number_texts="jvm")
    changes = {"$['body']['response_url']": "https://b.example"}
    changed, signature = signature.rewrite(message, changes, NODE)
    assert '"kwh":4.0' in signature.body_text(changed)
    texts = [layer.number_texts for layer in signature.verify(changed).layers]
    assert texts == ["jvm", "jvm"]


# --- why a message was refused --------------------------------------------------------------------


def refusal(signature, body):
    with pytest.raises(ModifiedMessage) as refused:
        signature.verify(OcpiMessage(headers={}, body=body))
    assert str(refused.value).isprintable()
    return refused.value


def test_a_key_with_capital_letters_is_the_cause():
    field = "$['body']['booking_terms']['RFID_auth_required']"
    body = {"booking_terms": {"RFID_auth_required": True}}
    error = refusal(signed_as("true", [field]), body)
    assert (error.cause, error.field) == ("capital_letters", field)
    assert "rename keys with capital letters" in str(error)
    assert "changed on its way" not in str(error)


def test_a_key_with_capital_letters_is_not_blamed_for_another_value():
    field = "$['body']['RFID']"
    assert refusal(signed_as("true", [field]), {"RFID": False}).cause != "capital_letters"


@pytest.mark.parametrize(
    ("text", "body", "field"),
    [
        ("x4.00", {"id": "x", "price": 4}, "price"),
        ("x4.00", {"id": "x", "price": 4.0}, "price"),
        ("x5.50", {"id": "x", "price": 5.5}, "price"),
        ("x4.000.50", {"id": "x", "price": 4, "vat": 0.5}, "price"),
        ("x4.0003", {"id": "x", "price": 4, "other": 3}, "price"),
    ],
)
def test_another_text_of_a_number_is_the_cause(text, body, field):
    error = refusal(signed_as(text, [f"$['body']['{name}']" for name in body]), body)
    assert (error.cause, error.field) == ("number_text", f"$['body']['{field}']")
    assert "sign numbers as JavaScript does" in str(error)


def test_a_number_is_not_blamed_for_another_value():
    fields = ["$['body']['id']", "$['body']['price']"]
    assert refusal(signed_as("x4.00", fields), {"id": "y", "price": 4}).cause is None
    assert refusal(signed_as("x4.00", fields), {"id": "x", "price": 5}).cause is None


@pytest.mark.parametrize("left", [{}, {"b": None}, {"b": ""}, {"b": []}])
def test_a_missing_field_is_the_cause(left):
    signature = signed_as("12", ["$['body']['a']", "$['body']['b']"])
    error = refusal(signature, {"a": "1"} | left)
    assert (error.cause, error.field) == ("missing_field", "$['body']['b']")


def test_looking_for_the_cause_is_bounded(monkeypatch):
    body = {f"k{number}": number for number in range(20_000)}
    signature = MessageSignature.sign(message_of(body), PARTY)
    hashed = []

    def counting(content):
        hashed.append(len(content))
        return keccak256(content)

    monkeypatch.setattr("ocn_registry.notary.causes.keccak256", counting)
    with pytest.raises(ModifiedMessage) as refused:
        signature.verify(message_of(body | {"k7": "y"}))
    assert refused.value.cause is None
    assert 0 < sum(hashed) <= 1 << 20


# --- how long a header may be ---------------------------------------------------------------------


def test_a_header_too_long_for_the_receiver_is_refused():
    evses = [{"uid": f"DE-{number}", "status": "AVAILABLE"} for number in range(1000)]
    signature = MessageSignature.sign(message_of(evses), PARTY)
    size = len(signature.to_header())
    assert signature.to_header(max_header_bytes=size) == signature.to_header()
    with pytest.raises(HeaderTooLong, match="fewer objects") as refused:
        signature.to_header(max_header_bytes=size - 1)
    assert (refused.value.size, refused.value.limit) == (size, size - 1)
    assert isinstance(refused.value, InvalidInput)


# --- what a stranger's bytes may cost -------------------------------------------------------------

BOMBS = {
    "empty objects": b'{"rewrites":[' + b"{}," * 1_300_000 + b"{}]}",
    "empty arrays": b'{"rewrites":[' + b"[]," * 1_300_000 + b"[]]}",
    "keys": b"{" + b",".join(b'"%d":0' % number for number in range(300_000)) + b"}",
    "numbers": b'{"fields":[' + b"0," * 2_000_000 + b"0]}",
    "depth": b'{"fields":' + b"[" * 500_000,
    "white space": b" " * 4_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("quality", [4, 9])
def test_a_bomb_is_refused_before_it_is_parsed(bomb, quality, monkeypatch):
    header = b64encode(brotli.compress(bomb, quality=quality)).decode()
    monkeypatch.setattr("ocn_registry.notary.wire.parse_json", pytest.fail)
    with pytest.raises(MalformedSignature, match=r"unpacks to more|values"):
        MessageSignature.from_header(header)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"{}," * 2_000_000 + b"{}]", "more than 2000000 parts"),
        (b" " * 17_000_000 + b"1", "bytes"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"a":"\\ud800"}', "unpaired surrogate"),
    ],
)
def test_a_body_beyond_the_limits_is_refused(content, said):
    with pytest.raises(UnsignableMessage, match=said):
        read_body(content)


def test_a_body_is_read():
    assert read_body(b'{"a":[1,2.50]}') == {"a": [1, 2.5]}
    assert read_body(b"") is None


def test_a_message_is_verified_off_the_loop():
    body = {"id": "x", "kwh": 0.5}
    message = OcpiMessage.request({"X-Correlation-ID": "c"}, params={"limit": 5}, body=body)
    signature = MessageSignature.sign(message, PARTY)
    sent = message.body_text().encode()
    threads = set()

    class Noting(dict):
        def items(self):
            threads.add(threading.current_thread())
            return super().items()

    headers = Noting({"x-correlation-id": "c"})
    verified = asyncio.run(
        verify_off_loop(
            signature.to_header(), headers, sent, params={"limit": 5}, require_all_fields=True
        )
    )
    assert verified.signatories == (PARTY.address,)
    assert threading.main_thread() not in threads
    assert threads
    with pytest.raises(ModifiedMessage):
        asyncio.run(verify_off_loop(signature.to_header(), headers, sent))


def test_a_response_is_verified_off_the_loop_without_its_own_signature():
    answer = OcpiMessage.response({"X-Limit": "1"}, {"data": [1]})
    header = MessageSignature.sign(answer, PARTY).to_header()
    sent = json.dumps({"data": [1], "ocn_signature": header}).encode()
    verified = asyncio.run(verify_off_loop(header, {"X-Limit": "1"}, sent, require_all_fields=True))
    assert verified.signatory == PARTY.address
