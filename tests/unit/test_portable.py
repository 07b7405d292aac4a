"""Every public value can be written as JSON, in the form of `--json`, and read back."""

import inspect
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ocn_registry
from ocn_registry import (
    Acceptance,
    Address,
    Agreement,
    BlockRef,
    Contract,
    Deployment,
    Ensured,
    EnsuredParties,
    Event,
    EventBatch,
    ImportedAgreement,
    InvalidInput,
    Item,
    JournalEntry,
    Module,
    Node,
    NonceMismatch,
    Outcome,
    Party,
    PartyId,
    Permission,
    Quote,
    RelayedRequest,
    RelayEvent,
    Role,
    Route,
    Service,
    SetNode,
    SetParty,
    SpenderStatus,
    Voucher,
    WantedParty,
    change_from_dict,
    contract_errors,
    intent_from_dict,
)
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.intents import Intent
from ocn_registry.models import ZERO_ADDRESS, Vouching
from ocn_registry.networks import built_in, names
from ocn_registry.outcomes import Change, Holdings, Left, Moved, OpenTransaction, PartySet
from ocn_registry.portable.base import Portable
from ocn_registry.protocol.effects import PlacedLog

SCHEMAS = Path(ocn_registry.__file__).parent / "schemas"
ONE, OTHER = Address("0x" + "1a" * 20), Address("0x" + "2b" * 20)
HASH = "0x" + "ab" * 32
ID = PartyId("DE", "ABC")
BLOCK = BlockRef(number=7, hash=HASH, timestamp_unix_s=1_700_000_000)
NODE = Node(operator=OTHER, domain="https://node.example")
PARTY = Party(
    address=ONE,
    id=ID,
    roles=(Role.CPO, Role.EMSP),
    modules_sender=(Module.CDRS, Module.PAYMENTS),
    modules_receiver=(),
    operator=OTHER,
    operator_domain=None,
    website="https://party.example",
)
SERVICE = Service(provider=ONE, id=ID, name="x", url="", permissions=(Permission.FORWARD_ALL, 40))
AGREEMENT = Agreement(user=ONE, provider=OTHER, active=True, membership=3, version=1)
CHANGE = PartySet(
    address=ONE,
    id=ID,
    roles=(Role.CPO,),
    modules_sender=(),
    modules_receiver=(Module.TOKENS,),
    operator=OTHER,
)
SET = SetParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator=OTHER)
OUTCOME = Outcome(
    tx_hash=HASH,
    block=BLOCK,
    changes=(CHANGE,),
    items=(Item(intent=SET),),
    gas_used=91_821,
    gas_price_wei=1 << 70,
)
HOLDINGS = Holdings(
    account=ONE,
    parties=(PARTY,),
    node=NODE,
    service=None,
    agreements=(AGREEMENT,),
    controller=OTHER,
)
OPEN = OpenTransaction(
    account=ONE, number=4, tx_hashes=(HASH,), intents=(SET,), signed_unix_s=5, blocks=0
)
LOG = PlacedLog(
    address=OTHER,
    topics=(HASH,),
    data=b"\1\2",
    block_number=7,
    block_hash=HASH,
    tx_hash=HASH,
    index=2,
)
EVENT = Event(
    change=CHANGE,
    block=BLOCK,
    log=LOG,
    sender=ONE,
    functions=("setParty",),
    how="direct",
    certain=True,
)
VALUES = (
    ID,
    BLOCK,
    NODE,
    PARTY,
    SERVICE,
    AGREEMENT,
    SET,
    OUTCOME,
    HOLDINGS,
    OPEN,
    EVENT,
    Route(id=ID, operator=OTHER, domain=None),
    Vouching(vouched=False, reason="no", checked_unix_s=9),
    WantedParty(country_code="DE", party_id="ABC", roles=[Role.CPO], operator=OTHER),
    Quote(gas=5, cost_wei=1 << 80, balance_wei=3),
    Ensured(status="created", outcome=OUTCOME),
    EnsuredParties(statuses={ID: "updated"}, left_alone=(PartyId("NL", "x y"),), outcome=None),
    Moved(new_account=OTHER, holdings=HOLDINGS, outcome=OUTCOME),
    Left(holdings=HOLDINGS, outcomes=(OUTCOME,)),
    SpenderStatus(account=ONE, balance_wei=1 << 90, transactions=(OPEN,), foreign=(3,)),
    Voucher(operator=ONE, account=OTHER, requests=5, deadline_unix_s=9, signature=b"\1" * 65),
    RelayedRequest(
        id=HASH, state="done", sponsor="key:x", tx_hash=None, block_number=None, error=None
    ),
    RelayEvent(id="1-2.deadbeef", kind="request", data={"state": "sent"}),
    JournalEntry(
        chain_id=1,
        genesis_hash=HASH,
        account=ONE,
        number=2,
        attempts=(SignedTransaction(b"\2"),),
        call="c",
        once=True,
        carries="[]",
        signed_unix_s=7,
        state="mined",
        tx_hash=HASH,
        block=BLOCK,
    ),
    *map(built_in, names()),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_equal_after_a_round_trip(value):
    text = value.to_json()
    assert type(value).from_json(text) == value
    assert type(value).from_json(text.encode()) == value
    assert type(value).from_dict(value.to_dict()).to_dict() == json.loads(text)


# Options hold functions; a cursor has a file of its own; a request needs its registry to be read.
OTHERWISE = {"CacheOptions", "EventCursor", "Request", "SignedRequest", "WriteOptions"}


def public_values():
    for name in dir(ocn_registry):
        kind = getattr(ocn_registry, name)
        if inspect.isclass(kind) and is_dataclass(kind) and not issubclass(kind, Exception):
            yield kind


def test_every_public_value_survives_a_round_trip():
    kinds = {kind.__name__: kind for kind in public_values()}
    assert {name for name, kind in kinds.items() if not issubclass(kind, Portable)} == OTHERWISE
    for kind in (*get_args(Change), *get_args(Intent)):
        assert issubclass(kind, Portable)


ADDRESSES = st.binary(min_size=20, max_size=20).map(Address.from_bytes)
TEXTS = st.text(max_size=30)
ROLES = st.lists(st.sampled_from(Role), min_size=1, max_size=3).map(tuple)
MODULES = st.lists(st.sampled_from(Module), max_size=3).map(tuple)
PERMISSIONS = st.lists(st.sampled_from(Permission) | st.integers(17, 63), min_size=1, max_size=3)
NUMBERS = st.integers(0, (1 << 256) - 1)


FIELDS = {
    "country_code": st.just("DE"),
    "party_id": st.from_regex("[A-Z0-9]{3}", fullmatch=True),
    "roles": ROLES,
    "sender": MODULES,
    "receiver": MODULES,
    "permissions": PERMISSIONS.map(tuple),
    "new_nonce": NUMBERS,
    "acceptance": st.none(),
    "index": NUMBERS,
    "contract": st.sampled_from(Contract),
    "id": st.builds(PartyId, st.just("DE"), st.from_regex("[A-Z0-9]{3}", fullmatch=True)),
    "node": st.just(NODE),
    "modules_sender": MODULES,
    "modules_receiver": MODULES,
    "membership": NUMBERS,
    "version": st.none() | NUMBERS,
    **dict.fromkeys(("domain", "name", "url", "website"), TEXTS),
    **dict.fromkeys(
        (
            *("operator", "provider", "account", "new_account", "controller", "holder"),
            *("address", "user", "owner", "former_owner", "new_owner"),
        ),
        ADDRESSES,
    ),
    "nodes": st.just((NODE,)),
    "parties": st.just((PARTY,)),
    "services": st.just((SERVICE,)),
    "agreements": st.just(
        (ocn_registry.ImportedAgreement(user=ONE, provider=OTHER, permissions=[1]),)
    ),
}
INTENTS = st.one_of(
    [
        st.builds(kind, **{field.name: FIELDS[field.name] for field in fields(kind)})
        for kind in get_args(Intent)
    ]
)
CHANGES = st.one_of(
    [
        st.builds(kind, **{field.name: FIELDS[field.name] for field in fields(kind)})
        for kind in get_args(Change)
    ]
)


@given(INTENTS)
def test_an_intent_is_found_by_its_name(intent):
    data = json.loads(intent.to_json())
    assert data["intent"] == type(intent).__name__
    assert intent_from_dict(data) == intent


@given(CHANGES)
def test_a_change_is_found_by_its_name(change):
    data = json.loads(change.to_json())
    assert data["change"] == type(change).__name__
    assert change_from_dict(data) == change


def test_names_are_accepted_for_numbers():
    assert PARTY.to_dict()["roles"] == ["CPO", "EMSP"]
    assert PARTY.to_dict()["modules"] == {"sender": ["cdrs", "payments"], "receiver": []}
    assert SERVICE.to_dict()["permissions"] == ["FORWARD_ALL", 40]
    assert SET.to_dict()["roles"] == ["CPO"]


@pytest.mark.parametrize(
    ("value", "shape"), [(NODE, "Node"), (PARTY, "Party"), (SERVICE, "Service"), (CHANGE, "Change")]
)
def test_values_have_the_form_of_the_command_line(value, shape):
    schema = json.loads((SCHEMAS / "command-output.schema.json").read_text())
    jsonschema.validate(value.to_dict(), {"$defs": schema["$defs"], "$ref": f"#/$defs/{shape}"})


@pytest.mark.parametrize(
    "error",
    [
        NonceMismatch(ONE, 5, 3),
        contract_errors.PartyIdTaken(country_code="DE", party_id="ABC", party=ONE),
        ocn_registry.BatchRejected((NonceMismatch(ONE, 5, 3),)),
        ocn_registry.OutcomeUnknown(HASH, "x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_keeps_its_class_message_and_fields(error):
    item = Item(intent=SET, error=error)
    data = json.loads(item.to_json())
    assert data["error"]["error"] == type(error).__name__
    again = Item.from_dict(data).error
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert Item(intent=SET, error=again).to_dict() == item.to_dict()


@pytest.mark.parametrize(
    ("kind", "changes", "says"),
    [
        (Party, {"roles": ["CPOS"]}, "role"),
        (Party, {"roles": "CPO"}, "list"),
        (Party, {"address": "0x12"}, "address"),
        (Party, {"node": None}, "object"),
        (Party, {"countryCode": "DEU"}, "country code"),
        (SetNode, {"intent": "SetParty"}, "SetNode"),
        (SetNode, {"domian": "https://x"}, "domian"),
        (SetNode, {"domain": 5}, "text"),
    ],
)
def test_invalid_value_is_refused_in_one_line(kind, changes, says):
    good = {Party: PARTY, SetNode: SetNode(domain="https://node.example")}[kind].to_dict()
    with pytest.raises(InvalidInput, match=says) as found:
        kind.from_dict(good | changes)
    assert "\n" not in str(found.value)
    for absent in good.keys() - {"website", "intent"}:
        with pytest.raises(InvalidInput):
            kind.from_dict({name: value for name, value in good.items() if name != absent})


PLAIN = {
    "country_code": "DE",
    "party_id": "ABC",
    "roles": (Role.CPO,),
    "permissions": (1, 40),
    "sender": (Module.CDRS,),
    "receiver": (),
    "new_nonce": 5,
    "index": 3,
    "id": ID,
    "contract": Contract.REGISTRY,
    "node": NODE,
    "modules_sender": (Module.CDRS,),
    "modules_receiver": (),
    "membership": 1,
    "version": 2,
    "name": "x",
    **dict.fromkeys(("domain", "url", "website"), "https://node.example"),
    "acceptance": Acceptance(nonce=1, deadline_unix_s=2, signature=b"\1" * 65),
    **dict.fromkeys(
        (
            *("operator", "provider", "account", "new_account", "controller", "holder"),
            *("address", "user", "owner", "former_owner", "new_owner"),
        ),
        ONE,
    ),
    "nodes": (NODE,),
    "parties": (PARTY,),
    "services": (SERVICE,),
    "agreements": (ImportedAgreement(user=ONE, provider=OTHER, permissions=[1]),),
}
SAMPLES = (
    *VALUES,
    *[
        kind(**{field.name: PLAIN[field.name] for field in fields(kind)})
        for kind in (*get_args(Change), *get_args(Intent))
    ],
    *(PLAIN["acceptance"], *PLAIN["agreements"]),
    Item(intent=SET, error=NonceMismatch(ONE, 5, 3)),
    Item(intent=SET, error=contract_errors.DomainTaken(domain="https://a.example", operator=ONE)),
    EventBatch(
        reverted=(), events=(EVENT,), replaced=(BLOCK,), block=BLOCK, head=BLOCK, at_end=True
    ),
)
HOSTILE = (
    *(None, True, False, -1, 0, 1, 1.5, float("nan"), float("inf"), 10**400),
    *("", "x", "-1", "1" * 100, "0x", "0x12", "\x00", "\ud800", "\u202e", "2026-13-45T99:99:99Z"),
    *("9999-12-31T23:59:59Z", [], [[]], [None], ["CPO", "CPO"], {}, {"a": 1}, [{}]),
)


def places(data):
    """Yield every place in a JSON value, as a function that returns a copy with another value."""
    if isinstance(data, dict):
        for name, part in data.items():
            yield lambda other, name=name: data | {name: other}
            for below in places(part):
                yield lambda other, name=name, below=below: data | {name: below(other)}
    elif isinstance(data, list) and data:
        yield lambda other: [other, *data[1:]]
        for below in places(data[0]):
            yield lambda other, below=below: [below(other), *data[1:]]


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_any_dict_is_read_or_refused_in_one_line(value):
    kind = type(value)
    for changed in places(value.to_dict()):
        for other in HOSTILE:
            data = changed(other)
            refusal = ""
            try:
                read = kind.from_dict(data)
            except InvalidInput as error:
                refusal = str(error)
            else:
                again = read.to_dict()
                assert kind.from_dict(again).to_dict() == again, data
            assert refusal.isprintable(), data
            assert len(refusal) < 1_000, data


def test_every_public_value_is_tried():
    tried = {type(value) for value in SAMPLES}
    kinds = {kind for kind in public_values() if issubclass(kind, Portable)}
    assert kinds | set(get_args(Change)) | set(get_args(Intent)) <= tried


def test_the_zero_address_survives_a_round_trip():
    wanted = ocn_registry.SetController(controller=None)
    assert intent_from_dict(wanted.to_dict()).controller == ZERO_ADDRESS


def test_unknown_facts_of_a_chain_are_left_out_of_a_network_file():
    mine = Deployment(name="mine", chain_id=5, dialect="v3", registry=ONE, permissions=OTHER)
    assert set(mine.to_dict()) == {"name", "chainId", "dialect", "registry", "permissions"}
