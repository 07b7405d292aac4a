"""Something is stored for the zero address, which means that an entry is absent.

ecrecover returns the zero address for an invalid signature, and so does an empty entry of a
mapping.
"""

from functools import partial

from arena.attack import NotThere, Refuses, Seen, Sees, attack, several
from arena.people import ATTACKER, CPO, NOBODY, OPERATOR, OWNER, PROVIDER
from arena.target import Refused, Signed, Target

from .world import (
    MODEST,
    NOWHERE,
    OTHER_URL,
    ROLES,
    SERVICE,
    URL,
    node_of,
    with_nodes,
    with_service,
)

_EVIL = "https://evil.example"


@attack(v3=Refuses("InvalidSignature", NOBODY))
def the_zero_address_as_operator(t: Target) -> Seen:
    """Messages to every party that is not registered are sent to the attacker's node."""
    t.strike(_unsigned(t, "setNode", _EVIL), ATTACKER)
    return Seen(node_of(t, NOWHERE), _EVIL)


@attack(v3=Refuses("InvalidSignature", NOBODY))
def the_zero_address_as_party(t: Target) -> Seen:
    """Every id that nobody has registered resolves to a party with roles at the attacker's node."""
    with_nodes(t)
    t.direct(ATTACKER, "setNode", _EVIL)
    t.strike(_unsigned(t, "setParty", b"DE", b"CPO", ROLES, ATTACKER), ATTACKER)
    return Seen(t.read("getOperatorByOcpi", *NOWHERE), (ATTACKER, _EVIL))


@attack(v3=Refuses("InvalidSignature", NOBODY))
def the_zero_address_as_user(t: Target) -> Seen:
    """Every id that nobody has registered has agreed to the attacker's service."""
    with_service(t)
    if t.is_v1:  # in which a user must be a party first
        t.submit(_unsigned(t, "setParty", b"DE", b"ZRO", ROLES, OPERATOR))
    values = (PROVIDER,) if t.is_v1 else (PROVIDER, MODEST)
    t.strike(_unsigned(t, "createAgreement", *values), ATTACKER)
    return Seen(t.read("hasUserAgreementByOcpi", *NOWHERE, PROVIDER), wanted=True)


@attack(v3=Refuses("InvalidSignature", NOBODY))
def the_zero_address_as_provider(t: Target) -> Seen:
    """A lookup of a service by an unknown address returns the attacker's."""
    with_nodes(t)
    if t.is_v1:
        t.submit(_unsigned(t, "setParty", b"DE", b"ZRO", ROLES, OPERATOR))
    t.strike(_unsigned(t, "setService", "Free charging", _EVIL, MODEST), ATTACKER)
    return Seen(t.read("getService", NOBODY)[3], _EVIL)


@attack(
    v1=NotThere("there is no import"),
    v3=Sees({}, "each is `ZeroAddress`, `PartyNotFound` or `ServiceNotFound`"),
)
def the_zero_address_by_import(t: Target) -> Seen:
    """Entries of the zero address, which attackers can create in v1, are imported."""
    new = t.another(import_open=True)
    new.direct(OWNER, "importNodes", [(OPERATOR, URL)])
    party = (CPO, b"DE", b"CPO", ROLES, [], [], OPERATOR, "")
    new.direct(OWNER, "importParties", [party])
    new.direct(OWNER, "importServices", [(CPO, *SERVICE, MODEST)])
    zero = (NOBODY, b"DE", b"ZRO", ROLES, [], [])
    items = (
        ("importNodes", (NOBODY, OTHER_URL), Refused("ZeroAddress")),
        ("importParties", (*zero, OPERATOR, ""), Refused("ZeroAddress")),
        ("importParties", (CPO, b"DE", b"NEW", ROLES, [], [], NOBODY, ""), Refused("ZeroAddress")),
        ("importServices", (NOBODY, *SERVICE, MODEST), Refused("PartyNotFound", NOBODY)),
        ("importAgreements", (NOBODY, CPO, MODEST), Refused("PartyNotFound", NOBODY)),
        ("importAgreements", (CPO, NOBODY, MODEST), Refused("ServiceNotFound", NOBODY)),
    )
    return several(
        (f"{function} {item}", reason, partial(new.strike_as, OWNER, function, [item]))
        for function, item, reason in items
    )


@attack(
    v1=NotThere("tried one by one, above"),
    v3=Sees(("", "0x" + "00" * 20, False, 0), "all is absent"),
)
def the_zero_address_as_an_answer(t: Target) -> Seen:
    """A direct write "by" the zero address, which a node can simulate, is stored."""
    with_service(t)
    return Seen(
        (
            node_of(t, NOWHERE),
            t.read("partyOf", b"\0\0", b"\0\0\0"),
            t.read("hasUserAgreementByOcpi", *NOWHERE, PROVIDER),
            t.read("membershipOf", NOBODY),
        ),
        (URL, OPERATOR, True, 1),
    )


def _unsigned(t: Target, function: str, *values: object) -> Signed:
    """Return a request of the zero address, with no signature."""
    nonce, deadline = (None, None) if t.is_v1 else (0, 4_000_000_000)
    return Signed(function, NOBODY, values, bytes(65), nonce, deadline)
