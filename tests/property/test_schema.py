"""The published schema and the reader agree on generated documents, valid or not."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ocn_registry
from ocn_registry import (
    AcceptAccount,
    AcceptController,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    InvalidateNonce,
    InvalidInput,
    KeySigner,
    Module,
    MoveAccount,
    RevokeAgreement,
    SetController,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.dialects import dialect_of
from ocn_registry.dialects.v1.reader import MODULES, ROLES
from ocn_registry.models import Address
from ocn_registry.networks import built_in

SCHEMA = json.loads(
    (Path(ocn_registry.__file__).parent / "schemas" / "signed-request.schema.json").read_text()
)
SIGNED = jsonschema.Draft202012Validator(SCHEMA)
UNSIGNED = jsonschema.Draft202012Validator({**SCHEMA, "allOf": [{"$ref": "#/$defs/request"}]})
DIALECTS = {name: dialect_of(built_in(name)) for name in ("local", "volta")}
SIGNER = KeySigner.from_key(b"\x01" * 32)
OTHER = KeySigner.from_key(b"\x02" * 32)

addresses = st.binary(min_size=20, max_size=20).filter(any).map(Address.from_bytes)
numbers = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 3))
roles = st.lists(st.sampled_from(ROLES), min_size=1, max_size=9)
modules = st.lists(st.sampled_from(Module), max_size=9)
permissions = st.lists(st.integers(0, 63), min_size=1, max_size=9)
urls = st.from_regex(
    r"https?://([a-z0-9]{1,9}\.){0,3}[a-z]([-a-z0-9]{0,20}[a-z])?(:[1-5][0-9]{0,4})?"
    r"(/[-a-z0-9._~:]{0,40}[a-z0-9]|)",
    fullmatch=True,
)
names = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=25)
intents = st.one_of(
    st.builds(SetNode, domain=urls),
    st.builds(DeleteNode),
    st.builds(
        SetParty,
        country_code=st.from_regex("[A-Z]{2}", fullmatch=True),
        party_id=st.from_regex("[A-Z0-9]{3}", fullmatch=True),
        roles=roles,
        operator=addresses,
    ),
    st.builds(SetService, name=names, url=st.one_of(st.just(""), urls), permissions=permissions),
    st.builds(DeleteService),
    st.builds(RevokeAgreement, provider=addresses),
)
country_codes = st.from_regex("[A-Z]{2}", fullmatch=True)
party_ids = st.from_regex("[A-Z0-9]{3}", fullmatch=True)
ids = {"country_code": country_codes, "party_id": party_ids}
third_alone = st.one_of(
    st.builds(SetPartyModules, **ids, sender=modules, receiver=modules),
    st.builds(DeleteParty, **ids),
    st.builds(SetPartyWebsite, **ids, website=st.one_of(st.just(""), urls)),
    st.builds(MoveAccount, new_account=addresses),
    st.builds(SetController, controller=addresses),
    st.builds(AcceptAccount, account=addresses),
    st.builds(AcceptController, account=addresses),
    st.builds(CreateAgreement, provider=addresses, permissions=permissions),
    st.builds(InvalidateNonce, contract=st.sampled_from(Contract), new_nonce=numbers),
)
v1_modules = st.lists(st.sampled_from(MODULES), max_size=9)
first_alone = st.one_of(
    st.builds(CreateAgreement, provider=addresses),
    st.builds(SetPartyModules, sender=v1_modules, receiver=v1_modules),
    st.builds(DeleteParty),
)


@st.composite
def requests(draw):
    """Draw a request of either generation, with the dialect that reads it."""
    name = draw(st.sampled_from(sorted(DIALECTS)))
    intent = draw(st.one_of(intents, third_alone if name == "local" else first_alone))
    replayable = DIALECTS[name].limits.replayable
    nonce, deadline = (0, 0) if replayable else (draw(numbers), draw(numbers))
    made = DIALECTS[name].request(intent, SIGNER.address, nonce=nonce, deadline_unix_s=deadline)
    return DIALECTS[name], made


def test_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(requests())
def test_documents_of_the_package_match_the_schema_and_are_read_back(drawn):
    dialect, request = drawn
    UNSIGNED.validate(request.document())
    assert not SIGNED.is_valid(request.document())
    signed = request.sign(SIGNER, now_unix_s=request.deadline_unix_s)
    SIGNED.validate(json.loads(signed.to_json()))
    assert dialect.read_request(signed.to_json()) == signed


@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize(
    ("intent", "acceptance"),
    [
        (MoveAccount(new_account=OTHER.address), AcceptAccount(account=SIGNER.address)),
        (SetController(controller=OTHER.address), AcceptController(account=SIGNER.address)),
    ],
)
def test_an_acceptance_is_part_of_the_same_document(intent, acceptance, is_signed):
    dialect = DIALECTS["local"]
    accepted = dialect.request(acceptance, OTHER.address, nonce=7, deadline_unix_s=8)
    request = dialect.request(intent, SIGNER.address, nonce=5, deadline_unix_s=6)
    whole = replace(request, acceptance=accepted.sign(OTHER) if is_signed else accepted)
    signed = whole.sign(SIGNER)
    SIGNED.validate(json.loads(signed.to_json()))
    assert dialect.read_request(signed.to_json()) == signed
    other = json.loads(signed.to_json())
    other["acceptance"]["message"]["account"] = OTHER.address
    SIGNED.validate(other)
    with pytest.raises(InvalidInput, match="acceptance"):
        dialect.read_request(json.dumps(other))


def small_number(digits):
    return int(digits) if int(digits) < 2**53 else digits


def hexadecimal(digits):
    return hex(int(digits))


def padded_hexadecimal(digits):
    return f"0x{int(digits):064X}"


@pytest.mark.parametrize("written", [small_number, hexadecimal, padded_hexadecimal])
@given(drawn=requests())
def test_numbers_may_be_written_as_wallets_write_them(written, drawn):
    dialect, request = drawn
    document = json.loads(request.to_json())
    for part in (document["domain"], document["message"]):
        for name, value in part.items():
            if isinstance(value, list):
                part[name] = [written(item) for item in value]
            elif value.isdecimal() and name not in {"partyId", "name", "version"}:
                part[name] = written(value)
    if "types" in document:
        del document["types"]["EIP712Domain"]
    UNSIGNED.validate(document)
    assert dialect.read_request(json.dumps(document)) == request


def paths_of(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths_of(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from paths_of(item, (*path, place))


ODD = st.sampled_from(
    [
        *(None, True, False, 1.5, {}, 2**53, -1, [[]]),
        *("0x", "0X1", "0x" + "0" * 65, "-0x1", "0x1_0"),
        *("-1", "+1", "01", " 1", "1_0", "1e3", "9" * 79),
    ]
)
# The reader accepts any text; the contracts decide whether it is valid.
TEXTS = {"domain", "name", "url", "countryCode", "partyId", "website"}


@given(requests(), ODD, st.data())
def test_values_of_another_form_are_refused_by_both(drawn, odd, data):
    dialect, request = drawn
    document = request.sign(SIGNER, now_unix_s=request.deadline_unix_s).document()
    *path, last = data.draw(st.sampled_from([path for path in paths_of(document) if path]))
    changed = copy.deepcopy(document)
    part = changed
    for key in path:
        part = part[key]
    if path and path[0] == "message" and last in TEXTS and isinstance(odd, str):
        return
    if last == "signature" and odd == "0x":  # a Safe that approved it on the chain
        return
    if odd is part[last]:
        return
    part[last] = odd
    assert not SIGNED.is_valid(changed)
    with pytest.raises(InvalidInput):
        dialect.read_request(json.dumps(changed))


@given(requests(), st.data())
def test_missing_and_unknown_keys_are_refused_by_both(drawn, data):
    dialect, request = drawn
    document = request.sign(SIGNER, now_unix_s=request.deadline_unix_s).document()
    objects = [
        path for path in paths_of(document) if "types" not in path and path[-1:] != ("signature",)
    ]
    *path, last = data.draw(st.sampled_from([path for path in objects if path]))
    if isinstance(last, int):
        return
    for change in ("missing", "unknown"):
        changed = copy.deepcopy(document)
        part = changed
        for key in path:
            part = part[key]
        if change == "missing":
            del part[last]
        else:
            part["odd"] = part[last]
        assert not SIGNED.is_valid(changed)
        with pytest.raises(InvalidInput):
            dialect.read_request(json.dumps(changed))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("countryCode", "de"),
        ("partyId", "ABCD"),
        ("roles", []),
        ("roles", ["8"]),
        ("operator", "0x12"),
        ("nonce", "1" * 79),
    ],
)
def test_schema_refuses_values_that_contracts_refuse(field, value):
    intent = SetParty(country_code="DE", party_id="ABC", roles=[0], operator=SIGNER.address)
    dialect = DIALECTS["local"]
    document = dialect.request(intent, SIGNER.address, nonce=0, deadline_unix_s=1).document()
    UNSIGNED.validate(document)
    document["message"][field] = value
    assert not UNSIGNED.is_valid(document)


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "https://", "https://a/", "https://A", "https://a b", "https://a" * 60]
)
def test_schema_has_the_rule_for_urls(url):
    made = DIALECTS["local"].request(
        SetNode(domain="https://a"), SIGNER.address, nonce=0, deadline_unix_s=1
    )
    document = made.document()
    UNSIGNED.validate(document)
    document["message"]["domain"] = url
    assert not UNSIGNED.is_valid(document)
