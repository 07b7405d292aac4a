"""The first generation's dialect: packing, documents, sentences, events, hostile answers."""

import json
import re

import pytest
from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry import (
    AcceptOwnership,
    Address,
    AdminDeleteOperator,
    AdminDeleteParty,
    BadAnswer,
    CloseImport,
    Contract,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    ImportNodes,
    InvalidateNonce,
    InvalidInput,
    KeySigner,
    Module,
    NoContract,
    Node,
    PartyId,
    RevokeAgreement,
    Role,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    TransferOwnership,
    UnknownRevert,
    UnsupportedByDialect,
    outcomes,
)
from ocn_registry import contract_errors as errors
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.dialects import dialect_of
from ocn_registry.dialects.v1.errors import _ERRORS, about, refuse
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256, selector, topic
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.networks import built_in
from ocn_registry.protocol.effects import Log

V1 = dialect_of(built_in("volta"))
V1_EWC = dialect_of(built_in("ewc"))
V3 = dialect_of(built_in("local"))
SIGNER = KeySigner.from_key(b"\x11" * 32)
OPERATOR = Address("0x" + "22" * 20)
PROVIDER = Address("0x" + "33" * 20)
PARTY = SetParty(country_code="DE", party_id="007", roles=[Role.HUB, Role.CPO], operator=OPERATOR)

REQUESTS = [
    SetNode(domain="https://node.example"),
    DeleteNode(),
    PARTY,
    SetPartyModules(sender=[Module.TOKENS, Module.CDRS], receiver=[Module.CDRS]),
    DeleteParty(),
    SetService(name="Ünïcode", url="https://a.example", permissions=[3, 1, 3]),
    DeleteService(),
    CreateAgreement(provider=PROVIDER),
    RevokeAgreement(provider=PROVIDER),
]


def request(intent, dialect=V1):
    return dialect.request(intent, SIGNER.address, nonce=0, deadline_unix_s=0)


def name_of(value):
    return type(value).__name__


# What is signed


PACKED = {
    SetNode: (["address", "string"], lambda i: [SIGNER.address, i.domain]),
    DeleteNode: (["address"], lambda _: [SIGNER.address]),
    SetParty: (
        ["address", "bytes2", "bytes3", "uint256", "uint256", "address"],
        lambda i: [SIGNER.address, b"DE", b"007", *map(int, i.roles), OPERATOR],
    ),
    SetPartyModules: (
        ["address", "uint256", "uint256", "uint256"],
        lambda i: [SIGNER.address, *map(int, i.sender), *map(int, i.receiver)],
    ),
    DeleteParty: (["address"], lambda _: [SIGNER.address]),
    SetService: (
        ["string", "string", "uint256", "uint256", "uint256"],
        lambda i: [i.name, i.url, *map(int, i.permissions)],
    ),
    DeleteService: (["address"], lambda _: [SIGNER.address]),
    CreateAgreement: (["address"], lambda i: [i.provider]),
    RevokeAgreement: (["address"], lambda i: [i.provider]),
}


@pytest.mark.parametrize("intent", REQUESTS, ids=name_of)
def test_request_is_signed_as_a_personal_message_of_the_packed_values(intent):
    types, values = PACKED[type(intent)]
    message = encode_defunct(keccak256(encode_packed(types, values(intent))))
    expected = Account.sign_message(message, b"\x11" * 32).signature
    assert request(intent).sign(SIGNER).signature == bytes(expected)


def test_one_signature_deletes_node_party_and_service():
    """A known weakness of the contract: one signature authorizes all three, as `limits` says."""
    digests = {
        request(intent).payload.digest()
        for intent in (DeleteNode(), DeleteParty(), DeleteService())
    }
    assert len(digests) == 1
    assert V1.limits.replayable


# Documents


@pytest.mark.parametrize("intent", REQUESTS, ids=name_of)
def test_document_survives_a_round_trip(intent):
    prepared = request(intent)
    assert V1.read_request(prepared.to_json()) == prepared
    signed = prepared.sign(SIGNER)
    assert V1.read_request(signed.to_json()) == signed


def test_document_names_scheme_and_replayability():
    document = request(DeleteNode()).document()
    assert document == {
        "scheme": "ocn-v1-personal-sign",
        "replayable": True,
        "primaryType": "DeleteNode",
        "domain": {
            "chainId": "73799",
            "verifyingContract": "0xd57595D5FA1F94725C426739C449b15D92758D55",
        },
        "message": {"operator": SIGNER.address},
        "hash": "0x" + keccak256(SIGNER.address.to_bytes()).hex(),
    }


def test_wallet_that_signs_the_hash_signs_the_request():
    document = request(PARTY).document()
    message = encode_defunct(bytes.fromhex(document["hash"][2:]))
    document["signature"] = "0x" + Account.sign_message(message, b"\x11" * 32).signature.hex()
    assert V1.read_request(json.dumps(document)) == request(PARTY).sign(SIGNER)


def test_requests_of_the_generations_are_not_mixed_up():
    ours = V3.request(PARTY, SIGNER.address, nonce=0, deadline_unix_s=1)
    with pytest.raises(InvalidInput, match="newer contracts"):
        V1.read_request(ours.to_json())
    with pytest.raises(InvalidInput, match="wrong keys"):
        V3.read_request(request(PARTY).to_json())
    both = {**ours.document(), **request(PARTY).document()}
    for dialect in (V1, V3):
        with pytest.raises(InvalidInput):
            dialect.read_request(json.dumps(both))


def test_request_for_another_network_is_refused():
    with pytest.raises(InvalidInput, match="is for chainId 73799 and this deployment has 246"):
        V1_EWC.read_request(request(PARTY).to_json())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scheme": "eip-712"}, "scheme 'eip-712'"),
        ({"replayable": False}, "which is replayable"),
        ({"replayable": 1}, "which is replayable"),
        ({"primaryType": "InvalidateNonce"}, "'InvalidateNonce' is not a request"),
        ({"primaryType": ["SetParty"]}, "is not a request"),
        ({"primaryType": "SetNode"}, "wrong keys"),
        ({"domain": None}, "domain of the request is not an object"),
        ({"domain": {"chainId": "73799"}}, "wrong keys"),
        ({"domain": {"chainId": "073799", "verifyingContract": OPERATOR}}, "number of 256 bits"),
        ({"domain": {"chainId": "73799", "verifyingContract": OPERATOR}}, "verifyingContract"),
        ({"message": {"operator": OPERATOR}}, "wrong keys"),
        ({"hash": "0x" + "00" * 32}, "not that of the request's message"),
        ({"signature": "1234"}, "not a valid signature"),
        ({"nonce": "0"}, "wrong keys"),
    ],
)
def test_document_that_was_changed_is_refused(change, message):
    document = {**request(PARTY).document(), **change}
    with pytest.raises(InvalidInput, match=message):
        V1.read_request(json.dumps(document))


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ["7"]},
        {"roles": ["0"], "operator": "0x12"},
        {"countryCode": "DEU"},
        {"operator": ZERO_ADDRESS},
        {"countryCode": 49},
        {"roles": []},
    ],
)
def test_values_that_were_changed_are_refused(change):
    document = request(PARTY).document()
    document["message"] |= change
    with pytest.raises(InvalidInput):
        V1.read_request(json.dumps(document))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_values_of_any_type_raise_our_error(value):
    document = request(PARTY).document()
    for key in ("scheme", "primaryType", "domain", "message", "hash", "signature"):
        with pytest.raises(InvalidInput):
            V1.read_request(json.dumps({**document, key: value}))


# Checks before sending


@pytest.mark.parametrize(
    "intent",
    [
        SetNode(domain=""),
        SetNode(domain="node.example"),
        SetNode(domain="https://node\u200b.example"),
        SetParty(country_code="DE", party_id="ABC", roles=[], operator=OPERATOR),
        SetParty(country_code="DE", party_id="ABC", roles=[0], operator=ZERO_ADDRESS),
        SetParty(country_code="D\0", party_id="ABC", roles=[0], operator=OPERATOR),
        SetParty(country_code="DE", party_id="A C", roles=[0], operator=OPERATOR),
        SetParty(country_code="DE", party_id="Ä10", roles=[0], operator=OPERATOR),
        SetService(permissions=[]),
        CreateAgreement(provider=ZERO_ADDRESS),
        RevokeAgreement(provider=ZERO_ADDRESS),
        TransferOwnership(new_owner=ZERO_ADDRESS),
    ],
    ids=name_of,
)
def test_request_that_the_contract_would_refuse_is_refused(intent):
    with pytest.raises(InvalidInput):
        V1.check(intent)


@pytest.mark.parametrize(
    "intent",
    [
        InvalidateNonce(contract=Contract.REGISTRY, new_nonce=1),
        AcceptOwnership(),
        ImportNodes(nodes=()),
        CloseImport(contract=Contract.PERMISSIONS),
    ],
    ids=name_of,
)
def test_unknown_operation_of_the_contract_is_unsupported(intent):
    with pytest.raises(UnsupportedByDialect):
        V1.check(intent)
    with pytest.raises(UnsupportedByDialect):
        V1.write((intent,), each_alone=False)


def test_transaction_carries_only_one_write():
    with pytest.raises(UnsupportedByDialect):
        V1.write((DeleteNode(), DeleteParty()), each_alone=True)
    with pytest.raises(InvalidInput):
        V1.write((), each_alone=False)


# Errors of the contract


def sentences():
    """Return all error texts in the published bytecode."""
    code = artifact("v1", "Registry").bytecode + artifact("v1", "Permissions").bytecode
    return re.findall(rb"[ -~]{12,}", code)


def test_each_known_sentence_is_in_the_published_contracts():
    said = b"\n".join(sentences())
    assert [text for text in _ERRORS if text.encode() not in said] == []


def test_each_sentence_of_the_published_contracts_is_known():
    left = b"\n".join(sentences())
    for text in sorted(_ERRORS, key=len, reverse=True):
        left = left.replace(text.encode(), b"")
    assert set(re.findall(rb"[A-Za-z]+ [a-z]+[ a-z/_.]+", left)) <= {b"Ethereum Signed Message"}


def said(text):
    return selector("Error(string)") + encode(["string"], [text])


@pytest.mark.parametrize("text", _ERRORS)
@pytest.mark.parametrize("intent", [*REQUESTS, AdminDeleteOperator(operator=OPERATOR)], ids=name_of)
def test_each_sentence_becomes_an_error_for_any_write(text, intent):
    error = refuse(said(text), about(intent, SIGNER.address))
    assert isinstance(error, errors.ContractError)
    assert not isinstance(error, errors.RequireFailed)
    assert str(error)


@pytest.mark.parametrize(
    ("text", "intent", "expected"),
    [
        ("Provided operator not registered.", PARTY, errors.NodeNotFound(OPERATOR)),
        (
            "Cannot delete node that does not exist.",
            DeleteNode(),
            errors.NodeNotFound(SIGNER.address),
        ),
        (
            "Cannot delete node that does not exist.",
            AdminDeleteOperator(operator=OPERATOR),
            errors.NodeNotFound(OPERATOR),
        ),
        (
            "Cannot delete party that does not exist. No operator found for given party.",
            AdminDeleteParty(country_code="DE", party_id="XXX"),
            errors.PartyIdNotFound("DE", "XXX"),
        ),
        (
            "Provider has no registered Service.",
            RevokeAgreement(provider=PROVIDER),
            errors.ServiceNotFound(PROVIDER),
        ),
        (
            "Cannot delete service that does not exist.",
            DeleteService(),
            errors.ServiceNotFound(SIGNER.address),
        ),
        (
            "Agreement already made between user and provider.",
            CreateAgreement(provider=PROVIDER),
            errors.AgreementExists(SIGNER.address, PROVIDER),
        ),
    ],
)
def test_error_names_the_right_account(text, intent, expected):
    error = V1.write((intent,), each_alone=False, sender=SIGNER.address).refuse(said(text))
    assert type(error) is type(expected)
    assert error.args == expected.args


def test_error_of_a_request_names_its_signer():
    signed = request(DeleteNode()).sign(SIGNER)
    write = V1.write((signed,), each_alone=False, sender=OPERATOR)
    assert write.refuse(said("Cannot delete node that does not exist.")).operator == SIGNER.address


def test_unknown_sentence_is_reported_escaped_and_cut():
    error = refuse(said("\x1b[31m" + "x" * 10_000), about(DeleteNode(), None))
    assert isinstance(error, errors.RequireFailed)
    assert "\x1b" not in str(error)
    assert len(str(error)) < 300


@given(st.binary(max_size=200), st.booleans())
def test_any_revert_data_becomes_an_error(data, is_sentence):
    data = selector("Error(string)") + data if is_sentence else data
    error = refuse(data, about(PARTY, None))
    assert isinstance(error, (UnknownRevert, errors.ContractError))


def test_panic_and_missing_reason_become_errors():
    assert refuse(selector("Panic(uint256)") + abi.uint(17)).code == 17
    assert isinstance(refuse(b""), UnknownRevert)


# Events


def log(signature, topics=(), data=b"", *, at=Contract.REGISTRY):
    indexed = [f"0x{bytes(12).hex()}{address[2:].lower()}" for address in topics]
    return Log(address=V1.address_of(at), topics=(topic(signature), *indexed), data=data)


PARTY_UPDATE = "PartyUpdate(bytes2,bytes3,address,uint8[],uint8[],uint8[],address)"
PARTY_TYPES = ["bytes2", "bytes3", "uint8[]", "uint8[]", "uint8[]"]
SERVICE_TYPES = ["string", "string", "uint256[]", "address"]


def service_update(name, provider=PROVIDER):
    data = encode(SERVICE_TYPES, [name, "", [3, 1], provider])
    return log("ServiceUpdate(string,string,uint256[],address)", (), data, at=Contract.PERMISSIONS)


def agreement_update(user=SIGNER.address):
    data = encode(["address", "address"], [user, PROVIDER])
    return log("ServiceAgreement(address,address)", (), data, at=Contract.PERMISSIONS)


def test_events_report_nodes_and_parties():
    node = encode(["string"], ["https://a.example"])
    party = encode(PARTY_TYPES, [b"DE", b"007", [2, 0, 2], [6, 3], []])
    gone = encode(PARTY_TYPES, [b"DE", b"007", [], [], []])
    result = V1.changes(
        (
            log("OperatorUpdate(address,string)", (OPERATOR,), node),
            log("OperatorUpdate(address,string)", (OPERATOR,), encode(["string"], [""])),
            log(PARTY_UPDATE, (SIGNER.address, OPERATOR), party),
            log(PARTY_UPDATE, (SIGNER.address, ZERO_ADDRESS), gone),
            log("OwnershipTransferred(address,address)", (OPERATOR, PROVIDER)),
        ),
    )
    party_id = PartyId("DE", "007")
    assert result == (
        outcomes.NodeSet(node=Node(operator=OPERATOR, domain="https://a.example")),
        outcomes.NodeDeleted(operator=OPERATOR),
        outcomes.PartySet(
            address=SIGNER.address,
            id=party_id,
            roles=(Role.CPO, Role.HUB),
            modules_sender=(Module.LOCATIONS, Module.TOKENS),
            modules_receiver=(),
            operator=OPERATOR,
        ),
        outcomes.PartyDeleted(address=SIGNER.address, id=party_id),
        outcomes.OwnershipTransferred(former_owner=OPERATOR, owner=PROVIDER),
    )


def test_ambiguous_events_are_decoded_with_the_request():
    assert not V1.limits.events_tell_all
    made = outcomes.AgreementMade(
        user=SIGNER.address, provider=PROVIDER, version=None, permissions=None
    )
    revoked = outcomes.AgreementRevoked(user=SIGNER.address, provider=PROVIDER)
    service = outcomes.ServiceSet(provider=PROVIDER, name="", url="", permissions=(1, 3))
    for event, intent, expected in (
        (agreement_update(), CreateAgreement(provider=PROVIDER), made),
        (agreement_update(), RevokeAgreement(provider=PROVIDER), revoked),
        (service_update(""), SetService(permissions=[3, 1]), service),
        (service_update(""), DeleteService(), outcomes.ServiceDeleted(provider=PROVIDER)),
    ):
        assert V1.changes((event,), (intent,)) == (expected,)
    assert V1.changes((agreement_update(), service_update(""))) == (made, service)


def test_events_of_the_zero_address_and_other_contracts_are_ignored():
    node = encode(["string"], ["https://a.example"])
    party = encode(PARTY_TYPES, [b"DE", b"007", [0], [], []])
    elsewhere = Log(address=OPERATOR, topics=(topic("X()"),), data=b"")
    assert (
        V1.changes(
            (
                log("OperatorUpdate(address,string)", (ZERO_ADDRESS,), node),
                log(PARTY_UPDATE, (ZERO_ADDRESS, OPERATOR), party),
                service_update("n", ZERO_ADDRESS),
                agreement_update(ZERO_ADDRESS),
                log("DebugHash(bytes32)", (), bytes(32)),
                elsewhere,
                Log(address=V1.address_of(Contract.REGISTRY), topics=(), data=b""),
            ),
        )
        == ()
    )


@pytest.mark.parametrize(
    "event",
    [
        log("OperatorUpdate(address,string)", (), encode(["string"], ["x"])),
        log("OperatorUpdate(address,string)", (OPERATOR,), b"\xff" * 64),
        log(
            PARTY_UPDATE,
            (SIGNER.address, OPERATOR),
            encode(PARTY_TYPES, [b"DE", b"007", [7], [], []]),
        ),
    ],
)
def test_malformed_event_is_a_bad_answer(event):
    with pytest.raises(BadAnswer):
        V1.changes((event,))


# Answers


DETAILS = ["bytes2", "bytes3", "uint8[]", "uint8[]", "uint8[]", "address", "string"]


def details(*, id_=(b"DE", b"007"), roles=(0,), operator=OPERATOR, domain="https://a.example"):
    return encode(DETAILS, [*id_, [], [], list(roles), operator, domain])


def test_party_without_an_operator_is_absent_even_with_a_domain():
    read = V1.party(SIGNER.address, None)
    assert read.decode(details()).operator_domain == "https://a.example"
    assert read.decode(details(operator=ZERO_ADDRESS)) is None
    assert read.decode(details(id_=(b"", b""))) is None
    assert V1.party(ZERO_ADDRESS, None).decode(details()) is None


def test_party_of_an_operator_that_left_is_listed_but_unreachable():
    found = V1.party(SIGNER.address, None).decode(details(domain=""))
    assert (found.operator, found.operator_domain) == (OPERATOR, None)


def test_unknown_id_has_no_route_even_with_an_entry_of_the_zero_address():
    types = ["address", "uint8[]", "uint8[]", "uint8[]", "address", "string"]
    read = V1.route(PartyId("NO", "ONE"), None)
    assert read.data[:4] == selector("getPartyDetailsByOcpi(bytes2,bytes3)")
    evil = encode(types, [ZERO_ADDRESS, [0], [], [], OPERATOR, "https://evil.example"])
    assert read.decode(evil) is None
    good = encode(types, [SIGNER.address, [0], [], [], OPERATOR, "https://a.example"])
    assert read.decode(good).domain == "https://a.example"


def test_malformed_answer_is_refused():
    read = V1.party(SIGNER.address, None)
    with pytest.raises(NoContract):
        read.decode(b"")
    with pytest.raises(BadAnswer):
        read.decode(details(roles=[7]))
    with pytest.raises(BadAnswer):
        read.decode(details()[:-32])


def test_sets_are_sorted_without_repetitions():
    types = ["bytes2", "bytes3", "string", "string", "uint256[]"]
    data = encode(types, [b"DE", b"007", "n", "u", [2**255, 3, 1, 3]])
    assert V1.service(PROVIDER, None).decode(data).permissions == (1, 3, 2**255)
    assert V1.party(SIGNER.address, None).decode(details(roles=[6, 0, 6])).roles == (
        Role.CPO,
        Role.SCSP,
    )
