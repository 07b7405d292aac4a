"""Ids and URLs are held by the wrong account, or can't be distinguished from others."""

from arena.attack import Refuses, Seen, Sees, attack
from arena.people import ATTACKER, CPO, EMSP, OPERATOR, OTHER_OPERATOR, OWNER, PROVIDER
from arena.target import Target

from .world import (
    IDS,
    MODEST,
    ROLES,
    SERVICE,
    URL,
    change_id,
    node_of,
    with_agreement,
    with_nodes,
    with_parties,
)

_OLD = (b"DE", b"OLD")
_NEW = (b"DE", b"NEW")


@attack(v3=Sees(value=True, meaning="the URL is free"))
def an_old_url_that_stays_claimed(t: Target) -> Seen:
    """One operator takes all URLs that others may want, one after the other."""
    t.direct(ATTACKER, "setNode", URL)
    t.direct(ATTACKER, "setNode", "https://evil.example")
    return Seen(_succeeds(t, OPERATOR, "setNode", URL), wanted=False)


@attack(v3=Sees(value=True, meaning="the URL is free"))
def an_old_url_that_its_operator_cannot_set_again(t: Target) -> Seen:
    """An operator that moves for a day cannot come back."""
    t.direct(OPERATOR, "setNode", URL)
    t.direct(OPERATOR, "setNode", "https://for-a-day.example")
    return Seen(_succeeds(t, OPERATOR, "setNode", URL), wanted=False)


@attack(v3=Sees(value=True, meaning="the id is free"))
def an_old_id_that_stays_claimed(t: Target) -> Seen:
    """One party takes all ids of a country, one after the other."""
    with_nodes(t)
    t.direct(ATTACKER, "setParty", *_OLD, ROLES, OPERATOR)
    change_id(t, ATTACKER, _OLD, _NEW)
    return Seen(_succeeds(t, CPO, "setParty", *_OLD, ROLES, OPERATOR), wanted=False)


@attack(v3=Sees("", "the id is free"))
def an_old_id_that_still_resolves(t: Target) -> Seen:
    """A party receives the messages for an id that it has given up."""
    with_nodes(t)
    t.direct(ATTACKER, "setParty", *_OLD, ROLES, OPERATOR)
    change_id(t, ATTACKER, _OLD, _NEW)
    return Seen(node_of(t, _OLD), URL)


@attack(v3=Sees(value=True, meaning="the id is free"))
def an_old_id_that_stays_claimed_when_its_party_has_left(t: Target) -> Seen:
    """An id is lost for ever: not even the owner can free it."""
    with_nodes(t)
    t.direct(ATTACKER, "setParty", *_OLD, ROLES, OPERATOR)
    change_id(t, ATTACKER, _OLD, _NEW)
    t.direct(ATTACKER, "deleteParty")
    _succeeds(t, OWNER, "adminDeleteParty", *_OLD)
    return Seen(_succeeds(t, CPO, "setParty", *_OLD, ROLES, OPERATOR), wanted=False)


@attack(
    v1=Sees((False, "", ()), "nothing is inherited"),
    v3=Sees((False, "", ()), "nothing is inherited"),
)
def the_freed_id_of_another_party(t: Target) -> Seen:
    """The new holder of an id that a party gave up gets that party's service and agreements."""
    with_agreement(t)
    t.direct(CPO, "setService", *SERVICE, MODEST)
    t.direct(CPO, "deleteParty")
    t.direct(ATTACKER, "setParty", *IDS[CPO], ROLES, OPERATOR)
    return Seen(
        (
            t.read("hasUserAgreementByOcpi", *IDS[CPO], PROVIDER),
            t.read("getService", ATTACKER)[2],
            t.read("getUserAgreementsByOcpi", *IDS[CPO]),
        ),
        (True, SERVICE[0], (PROVIDER,)),
    )


@attack(v3=Sees("", "the service has ended with the membership"))
def a_service_of_a_party_that_has_left(t: Target) -> Seen:
    """An address without an id, which nobody can hold accountable, keeps offering its service."""
    with_parties(t)
    t.direct(PROVIDER, "setService", *SERVICE, MODEST)
    t.direct(PROVIDER, "deleteParty")
    return Seen(t.read("getService", PROVIDER)[2], SERVICE[0])


@attack(v3=Refuses("InvalidCountryCode", b"dE"))
def a_country_code_that_differs_by_case(t: Target) -> Seen:
    """The attacker's id looks like another's, and OCPI says that case does not matter."""
    with_parties(t)
    t.strike_as(ATTACKER, "setParty", b"dE", b"CPO", ROLES, OPERATOR)
    return Seen(node_of(t, (b"dE", b"CPO")), URL)


@attack(v3=Refuses("InvalidPartyId", b"Cpo"))
def a_party_id_that_differs_by_case(t: Target) -> Seen:
    """The attacker's id looks like another's, and OCPI says that case does not matter."""
    with_parties(t)
    t.strike_as(ATTACKER, "setParty", b"DE", b"Cpo", ROLES, OPERATOR)
    return Seen(node_of(t, (b"DE", b"Cpo")), URL)


@attack(v3=Refuses("InvalidPartyId", b"A\x00\x00"))
def an_id_with_invisible_characters(t: Target) -> Seen:
    """Lists and logs show an id that the attacker does not have."""
    with_parties(t)
    t.strike_as(ATTACKER, "setParty", b"DE", b"A\x00\x00", ROLES, OPERATOR)
    return Seen(node_of(t, (b"DE", b"A\x00\x00")), URL)


@attack(v3=Refuses("InvalidUrl", 8))
def a_url_that_differs_by_case(t: Target) -> Seen:
    """The attacker's node is listed at another's host."""
    with_nodes(t)
    t.strike_as(ATTACKER, "setNode", "https://Node.example")
    return Seen(t.read("getNode", ATTACKER), "https://Node.example")


@attack(v3=Refuses("InvalidUrl", len(URL)))
def a_url_that_differs_by_a_slash(t: Target) -> Seen:
    """The attacker's node is listed at another's host."""
    with_nodes(t)
    t.strike_as(ATTACKER, "setNode", URL + "/")
    return Seen(t.read("getNode", ATTACKER), URL + "/")


@attack(v3=Refuses("InvalidUrl", len(URL)))
def a_url_that_differs_by_a_dot(t: Target) -> Seen:
    """The attacker's node is listed at another's host."""
    with_nodes(t)
    t.strike_as(ATTACKER, "setNode", URL + ".")
    return Seen(t.read("getNode", ATTACKER), URL + ".")


@attack(
    v1=Refuses("Error", "Domain name already registered."), v3=Refuses("DomainTaken", URL, OPERATOR)
)
def a_url_of_another_operator(t: Target) -> Seen:
    """The attacker's node is listed at another's URL."""
    with_nodes(t)
    t.strike_as(ATTACKER, "setNode", URL)
    return Seen(t.read("getNode", ATTACKER), URL)


@attack(
    v1=Refuses(
        "Error", "Party with country_code/party_id already registered under different address."
    ),
    v3=Refuses("PartyIdTaken", *IDS[CPO], CPO),
)
def an_id_of_another_party(t: Target) -> Seen:
    """The attacker receives another's messages."""
    with_parties(t)
    t.strike_as(ATTACKER, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    return Seen(t.read("getPartyDetailsByOcpi", *IDS[CPO])[0], ATTACKER)


@attack(
    v1=Refuses("Error", "Provided operator not registered."),
    v3=Refuses("NodeNotFound", EMSP),
)
def a_party_at_a_missing_node(t: Target) -> Seen:
    """A party is listed that can't be reached."""
    with_nodes(t)
    t.strike_as(ATTACKER, "setParty", *IDS[CPO], ROLES, EMSP)
    return Seen(t.read("getPartyDetailsByOcpi", *IDS[CPO])[0], ATTACKER)


@attack(v3=Sees(CPO, "the owner hands it over in one batch"))
def a_stolen_id_stolen_again_while_it_is_handed_back(t: Target) -> Seen:
    """The thief takes the id between the owner's deletion and the rightful holder's request."""
    with_nodes(t)
    t.direct(ATTACKER, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    thief = (ATTACKER, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    if t.is_v1:
        t.in_one_block(
            (OWNER, "adminDeleteParty", *IDS[CPO]),
            thief,
            (CPO, "setParty", *IDS[CPO], ROLES, OPERATOR),
        )
    else:
        items = [
            t.calldata("adminDeleteParty", *IDS[CPO]),
            t.raw_calldata(t.sign(CPO, "setParty", *IDS[CPO], ROLES, OPERATOR)),
        ]
        t.in_one_block((OWNER, "tryMulticall", items), thief)
    return Seen(t.read("getPartyDetailsByOcpi", *IDS[CPO])[0], ATTACKER)


@attack(v3=Sees(CPO, "the items of the batch are independent"))
def a_thief_who_leaves_while_the_id_is_handed_back(t: Target) -> Seen:
    """The thief leaves before the owner's deletion, which then fails, and comes back after it."""
    with_nodes(t)
    t.direct(ATTACKER, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    aside = (ATTACKER, "deleteParty")
    back = (ATTACKER, "setParty", *IDS[CPO], ROLES, OTHER_OPERATOR)
    if t.is_v1:
        t.in_one_block(
            aside,
            (OWNER, "adminDeleteParty", *IDS[CPO]),
            back,
            (CPO, "setParty", *IDS[CPO], ROLES, OPERATOR),
        )
    else:
        items = [
            t.calldata("adminDeleteParty", *IDS[CPO]),
            t.raw_calldata(t.sign(CPO, "setParty", *IDS[CPO], ROLES, OPERATOR)),
        ]
        t.in_one_block(aside, (OWNER, "tryMulticall", items), back)
    return Seen(t.read("getPartyDetailsByOcpi", *IDS[CPO])[0], ATTACKER)


def _succeeds(t: Target, who: object, function: str, *values: object) -> bool:
    data = t.calldata(function, *values)
    return bool(t.contract_of(function).send(data, sender=who, check=False).status)
