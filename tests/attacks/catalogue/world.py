"""The entries that exist before an attack begins."""

from arena.people import (
    ATTACKER,
    CPO,
    EMSP,
    OPERATOR,
    OTHER_OPERATOR,
    OTHER_PROVIDER,
    OWNER,
    PROVIDER,
    SPENDER,
    STRANGER,
    Person,
    somebody,
)
from arena.target import Signed, Target

URL = "https://node.example"
OTHER_URL = "https://other-node.example"
OPERATORS = {OPERATOR: URL, OTHER_OPERATOR: OTHER_URL}
IDS = {CPO: (b"DE", b"CPO"), EMSP: (b"NL", b"MSP"), PROVIDER: (b"AT", b"SVC")}
ROLES = [0]
SERVICE = ("Smart charging", "https://service.example")
MODEST = [1, 5]  # permissions that users agree to
EVERYTHING = [0]  # FORWARD_ALL, which an attacking provider wants
NOWHERE = (b"ZZ", b"ZZZ")  # an id that nobody has registered


def with_nodes(t: Target) -> None:
    for operator, url in OPERATORS.items():
        t.direct(operator, "setNode", url)


def with_parties(t: Target) -> None:
    with_nodes(t)
    for party, party_id in IDS.items():
        t.direct(party, "setParty", *party_id, ROLES, OPERATOR)


def with_service(t: Target) -> None:
    with_parties(t)
    t.direct(PROVIDER, "setService", *SERVICE, MODEST)


def with_agreement(t: Target) -> None:
    with_service(t)
    t.direct(CPO, "createAgreementTo", PROVIDER, MODEST)


def change_id(t: Target, who: Person, old: tuple[bytes, bytes], new: tuple[bytes, bytes]) -> None:
    """Replace an id with another one; v1 has one function for that."""
    t.direct(who, "setParty", *new, ROLES, OPERATOR)
    if not t.is_v1:
        t.direct(who, "deletePartyOf", *old)


def become(t: Target, who: Person, new: tuple[bytes, bytes]) -> None:
    """Leave and come back under another id; in v1, no leaving is needed."""
    if not t.is_v1:
        t.direct(who, "deleteParty")
    t.direct(who, "setParty", *new, ROLES, OPERATOR)


def has_agreement(t: Target) -> bool:
    return bool(t.read("hasUserAgreementByAddress", CPO, PROVIDER))


def node_of(t: Target, party_id: tuple[bytes, bytes]) -> str:
    return str(t.read("getOperatorByOcpi", *party_id)[1])


def is_listed(t: Target, party_id: tuple[bytes, bytes]) -> bool:
    return bool(node_of(t, party_id))


def with_one_of_each(t: Target) -> list[Signed]:
    """Prepare and return a request of each kind, which can all take effect, in any order."""
    with_service(t)
    for party, party_id in {OPERATOR: b"OPR", OTHER_PROVIDER: b"SV2", OWNER: b"OWN"}.items():
        t.direct(party, "setParty", b"FR", party_id, ROLES, OPERATOR)
    t.direct(OPERATOR, "setService", *SERVICE, MODEST)
    t.direct(OWNER, "createAgreementTo", PROVIDER, MODEST)
    return [
        t.sign(STRANGER, "setNode", "https://third-node.example"),
        t.sign(OTHER_OPERATOR, "deleteNode"),
        t.sign(OWNER, "setParty", b"DE", b"OWN", [1, 2], OPERATOR),
        t.sign(EMSP, "setPartyModules", [1], [2, 3]),
        t.sign(OTHER_PROVIDER, "deleteParty"),
        t.sign(OPERATOR, "invalidateNonce", 9),
        t.sign(EMSP, "setService", *SERVICE, [3, 4]),
        t.sign(OPERATOR, "deleteService"),
        t.sign(CPO, "createAgreement", PROVIDER, MODEST),
        t.sign(OWNER, "revokeAgreement", PROVIDER),
        *_with_a_move_and_a_controller(t),
    ]


def _with_a_move_and_a_controller(t: Target) -> list[Signed]:
    if t.is_v1:
        return []
    t.direct(SPENDER, "setParty", b"FR", b"MOV", ROLES, OPERATOR)
    return [
        t.sign(PROVIDER, "setPartyWebsite", *IDS[PROVIDER], "https://provider.example"),
        t.move(SPENDER, somebody(1)),
        t.controlled(ATTACKER, somebody(2)),
    ]
