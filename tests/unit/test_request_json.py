"""Request documents: a valid document with one change is refused."""

import json
import time

import pytest

from ocn_registry import Contract, InvalidateNonce, InvalidInput, KeySigner, Role, SetParty
from ocn_registry.dialects import dialect_of
from ocn_registry.networks import built_in
from ocn_registry.signing import MAX_LIFETIME_S, Request, SignedRequest
from ocn_registry.signing.documents import MAX_DOCUMENT_BYTES

DIALECT = dialect_of(built_in("local"))
SIGNER = KeySigner.from_key(b"\x01" * 32)
INTENT = SetParty(
    country_code="DE", party_id="123", roles=[Role.EMSP, Role.CPO], operator="0x" + "ab" * 20
)
REQUEST = DIALECT.request(INTENT, SIGNER.address, nonce=3, deadline_unix_s=2_000_000_000)
SIGNED = REQUEST.sign(SIGNER, now_unix_s=REQUEST.deadline_unix_s - 3600)


def changed(change):
    document = json.loads(SIGNED.to_json())
    change(document)
    return json.dumps(document)


def put(value, *path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


def drop(*path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def test_signed_and_unsigned_documents_come_back():
    assert DIALECT.read_request(SIGNED.to_json()) == SIGNED
    assert DIALECT.read_request(REQUEST.to_json()) == REQUEST
    assert isinstance(DIALECT.read_request(REQUEST.to_json()), Request)
    assert isinstance(DIALECT.read_request(SIGNED.to_json()), SignedRequest)


def test_integers_are_decimal_texts():
    document = SIGNED.document()
    assert document["domain"]["chainId"] == "31337"
    assert document["message"]["roles"] == ["1", "0"]
    assert document["message"]["deadline"] == "2000000000"
    assert document["message"]["countryCode"] == "DE"


@pytest.mark.parametrize(
    "change",
    [
        put(31337, "domain", "chainId"),
        put("0x7a69", "domain", "chainId"),
        put("0x00007A69", "domain", "chainId"),
        drop("types", "EIP712Domain"),
        put(3, "message", "nonce"),
        put("0x3", "message", "nonce"),
        put("0x" + "3".zfill(64), "message", "nonce"),
        put(2_000_000_000, "message", "deadline"),
        put([1, "0"], "message", "roles"),
        put(["0x1", "0x0"], "message", "roles"),
        put(SIGNER.address.lower(), "message", "party"),
        put("0x" + SIGNER.address[2:].upper(), "message", "party"),
        put(
            SIGNED.document()["domain"]["verifyingContract"].lower(), "domain", "verifyingContract"
        ),
        put("31337n", "domain", "chainId"),
        put("", "domain", "salt"),
        put(None, "domain", "salt"),
        put("3n", "message", "nonce"),
        put({"type": "BigNumber", "hex": "0x03"}, "message", "nonce"),
        put(SIGNED.signature.hex(), "signature"),
        put(f"0X{SIGNED.signature.hex().upper()}", "signature"),
    ],
)
def test_other_wallets_forms_of_a_document_are_read(change):
    assert DIALECT.read_request(changed(change)) == SIGNED


@pytest.mark.parametrize(
    "change",
    [
        put("246", "domain", "chainId"),
        put("OCN Permissions", "domain", "name"),
        put("2", "domain", "version"),
        put("0x" + "cd" * 20, "domain", "verifyingContract"),
        put("0x00", "domain", "salt"),
        put("0x", "domain", "salt"),
        put([], "domain", "salt"),
        drop("domain", "version"),
        put("SetNode", "primaryType"),
        put("Transfer", "primaryType"),
        put("__class__", "primaryType"),
        put([], "primaryType"),
        put("uint16[]", "types", "SetParty", 3, "type"),
        put("role", "types", "SetParty", 3, "name"),
        put([], "types", "Mail"),
        drop("message", "nonce"),
        put("1", "message", "extra"),
        put("0x", "message", "nonce"),
        put("0X3", "message", "nonce"),
        put("0xg", "message", "nonce"),
        put("0x" + "1" * 65, "message", "nonce"),
        put("0x-3", "message", "nonce"),
        put("0x100", "message", "roles", 0),
        put([], "types", "EIP712Domain"),
        put("string", "types", "EIP712Domain", 2, "type"),
        put(-1, "message", "nonce"),
        put(3.0, "message", "nonce"),
        put(True, "message", "nonce"),
        put(2**53, "message", "nonce"),
        put("-3", "message", "nonce"),
        put("03", "message", "nonce"),
        put(" 3", "message", "nonce"),
        put("٣", "message", "nonce"),
        put("1" * 79, "message", "nonce"),
        put(str(2**256), "message", "deadline"),
        put("1", "message", "roles"),
        put(["256"], "message", "roles"),
        put(["8"], "message", "roles"),
        put([["1"]], "message", "roles"),
        put("DEU", "message", "countryCode"),
        put(12, "message", "countryCode"),
        put(123, "message", "partyId"),
        put("\ud800BC", "message", "partyId"),
        put("0x12", "message", "operator"),
        put("0xAB" + "ab" * 19, "message", "operator"),
        put([], "message"),
        put({}, "domain"),
        put("0x12g4", "signature"),
        put("12" * 60, "signature"),
        put("12" * 70, "signature"),
        put({"r": "0x12", "s": "0x12", "v": 27}, "signature"),
        put("0x 12", "signature"),
        put(None, "signature"),
        put("0x" + "00" * 5000, "signature"),
        put("1", "extra"),
        drop("types"),
    ],
)
def test_changed_document_is_refused_in_one_line(change):
    with pytest.raises(InvalidInput) as error:
        DIALECT.read_request(changed(change))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 50_000,
        '{"a":' * 10_000,
        b"\xff\xfe",
        SIGNED.to_json().replace('"primaryType"', '"domain"'),
        SIGNED.to_json() + " " * MAX_DOCUMENT_BYTES,
        SIGNED.to_json().replace('"nonce": "3"', '"nonce": NaN'),
        SIGNED.to_json().replace('"nonce": "3"', '"nonce": "3", "nonce": "4"'),
        SIGNED.to_json().replace('"nonce": "3"', '"nonce": ' + "9" * 5000),
    ],
    ids=range(12),
)
def test_what_is_not_a_document_is_refused_in_one_line(text):
    with pytest.raises(InvalidInput) as error:
        DIALECT.read_request(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [f"{SIGNED.to_json()}\n{SIGNED.to_json()}", f"[{SIGNED.to_json()}]", f"{SIGNED.to_json()} x"],
)
def test_several_requests_in_one_text_are_distinguished_from_a_broken_one(text):
    with pytest.raises(InvalidInput, match="a file of its own"):
        DIALECT.read_request(text)


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("they are not an object", put([], "types")),
        ("they have 'Mail'", put([], "types", "Mail")),
        ("SetParty is missing, or not a list", drop("types", "SetParty")),
        ("SetParty is missing, or not a list", put({"0": {}}, "types", "SetParty")),
        ("field 4 of SetParty is {'name': 'roles', 'type': 'uint16[]'} in place of uint8[] roles",
         put("uint16[]", "types", "SetParty", 3, "type")),
        ("field 3 of EIP712Domain is", put("string", "types", "EIP712Domain", 2, "type")),
        ("field 1 of EIP712Domain is None in place of", put([], "types", "EIP712Domain")),
        ("in place of nothing", lambda document: document["types"]["SetParty"].append({})),
        ("verifyingContract of the request: '0x12'", put("0x12", "domain", "verifyingContract")),
        ("operator of the request: the capital", put("0xAB" + "ab" * 19, "message", "operator")),
    ],
)  # fmt: skip
def test_field_that_differs_is_named(says, change):
    with pytest.raises(InvalidInput) as error:
        DIALECT.read_request(changed(change))
    assert says in str(error.value)


def test_document_in_quotes_as_a_wallet_is_given_it_is_read():
    assert DIALECT.read_request(json.dumps(SIGNED.to_json())) == SIGNED
    with pytest.raises(InvalidInput, match="not valid JSON"):
        DIALECT.read_request(json.dumps(SIGNED.to_json()[:-1]))
    with pytest.raises(InvalidInput, match="is empty"):
        DIALECT.read_request(" \n")


def test_wrong_keys_are_named_by_kind():
    with pytest.raises(InvalidInput, match=r"wrong keys: unknown: \['note'\]$"):
        DIALECT.read_request(changed(put("x", "message", "note")))
    with pytest.raises(InvalidInput, match=r"wrong keys: missing: \['chainId'\]$"):
        DIALECT.read_request(changed(drop("domain", "chainId")))


@pytest.mark.parametrize("signature", [None, 5, [27], "zz", "0x123"])
def test_value_that_is_not_a_signature_is_never_added_as_one(signature):
    with pytest.raises(InvalidInput, match=r"(not a valid|be the) signature"):
        REQUEST.signed(signature)


@pytest.mark.parametrize("contract", Contract)
def test_a_cancelled_nonce_belongs_to_one_contract(contract):
    intent = InvalidateNonce(contract=contract, new_nonce=9)
    request = DIALECT.request(intent, SIGNER.address, nonce=3, deadline_unix_s=5)
    assert DIALECT.read_request(request.to_json()).intent.contract is contract


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_document_with_a_byte_order_mark_is_read(encoding):
    assert DIALECT.read_request(SIGNED.to_json().encode(encoding)) == SIGNED
    assert DIALECT.read_request("\ufeff" + SIGNED.to_json()) == SIGNED


def test_an_empty_signature_survives_a_round_trip():
    approved = REQUEST.signed(b"")
    assert DIALECT.read_request(approved.to_json()) == REQUEST.signed("0x") == approved


@pytest.mark.parametrize("days", [30.1, 365, 10**6])
def test_deadline_beyond_a_month_is_not_signed(days):
    now = REQUEST.deadline_unix_s - int(days * 24 * 3600)
    with pytest.raises(InvalidInput, match="more than 30 days"):
        REQUEST.sign(SIGNER, now_unix_s=now)


def test_even_the_largest_deadline_has_a_message():
    endless = DIALECT.request(INTENT, SIGNER.address, nonce=3, deadline_unix_s=2**256 - 1)
    with pytest.raises(InvalidInput, match="more than 30 days"):
        endless.sign(SIGNER)


def test_the_system_clock_is_the_default():
    soon = DIALECT.request(
        INTENT, SIGNER.address, nonce=3, deadline_unix_s=int(time.time()) + MAX_LIFETIME_S
    )
    assert soon.sign(SIGNER).deadline_unix_s == soon.deadline_unix_s
    with pytest.raises(InvalidInput, match="more than 30 days"):
        REQUEST.sign(SIGNER)


def test_another_accounts_request_is_not_signed():
    other = KeySigner.generate()
    with pytest.raises(InvalidInput, match=other.address):
        REQUEST.sign(other)


def test_signature_made_elsewhere_is_added():
    assert REQUEST.signed("0x" + SIGNED.signature.hex()) == SIGNED
    assert REQUEST.signed(SIGNED.signature) == SIGNED


def test_a_request_lives_at_most_a_month():
    assert MAX_LIFETIME_S == 30 * 24 * 3600
