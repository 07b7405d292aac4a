"""Lists show entries that are gone, or show them twice, and grow without end."""

from arena.attack import Seen, Sees, attack
from arena.people import CPO, OPERATOR, OTHER_OPERATOR, PROVIDER
from arena.target import Target

from .world import (
    IDS,
    MODEST,
    ROLES,
    SERVICE,
    with_agreement,
    with_nodes,
    with_parties,
    with_service,
)


@attack(v3=Sees((OTHER_OPERATOR,), "only present entries"))
def nodes_that_have_left(t: Target) -> Seen:
    """Readers of the list send requests to nodes that are gone."""
    with_nodes(t)
    t.direct(OPERATOR, "deleteNode")
    return Seen(t.read("getNodeOperators"), (OPERATOR, OTHER_OPERATOR))


@attack(v3=Sees((PROVIDER,), "only present entries"))
def parties_that_have_left(t: Target) -> Seen:
    """The list keeps every entry for ever, until no node can read it in one call."""
    with_parties(t)
    before = t.read("getParties")
    for party in before[:2]:
        t.direct(_person(party), "deleteParty")
    return Seen(t.read("getParties"), before)


@attack(v3=Sees((), "only present entries"))
def services_that_are_deleted(t: Target) -> Seen:
    """Users are shown services that do not exist."""
    with_service(t)
    t.direct(PROVIDER, "deleteService")
    return Seen(t.read("getProviders"), (PROVIDER,))


@attack(v3=Sees((PROVIDER,), "each once"))
def services_that_are_listed_again_and_again(t: Target) -> Seen:
    """One provider fills the list of services, and the list can't be read in one call any more."""
    with_service(t)
    for _ in range(3):
        t.direct(PROVIDER, "deleteService")
        t.direct(PROVIDER, "setService", *SERVICE, MODEST)
    return Seen(t.read("getProviders"), (PROVIDER,) * 4)


@attack(v3=Sees((), "only those in force"))
def agreements_that_are_revoked(t: Target) -> Seen:
    """The list of a user's agreements contains revoked ones."""
    with_agreement(t)
    t.direct(CPO, "revokeAgreement", PROVIDER)
    return Seen(t.read("getUserAgreementsByAddress", CPO), (PROVIDER,))


@attack(v3=Sees((PROVIDER,), "each once"))
def agreements_that_are_listed_again_and_again(t: Target) -> Seen:
    """A provider is sent the same message several times."""
    with_agreement(t)
    t.direct(CPO, "revokeAgreement", PROVIDER)
    t.direct(CPO, "createAgreementTo", PROVIDER, MODEST)
    return Seen(t.read("getUserAgreementsByAddress", CPO), (PROVIDER,) * 2)


@attack(v3=Sees((0,), "each once"))
def a_role_given_five_hundred_times(t: Target) -> Seen:
    """An entry is so large that lists of parties can't be read any more."""
    with_nodes(t)
    t.direct(CPO, "setParty", *IDS[CPO], ROLES * 500, OPERATOR)
    return Seen(t.read("getPartyDetailsByAddress", CPO)[4], (0,) * 500)


@attack(v3=Sees((0, 1, 2), "in ascending order, each once"))
def permissions_in_an_order_that_hides_one(t: Target) -> Seen:
    """A list is so long and unordered that nobody notices one permission in it."""
    with_parties(t)
    hidden = (*(2, 1) * 50, 0, *(2, 1) * 50)
    t.direct(PROVIDER, "setService", *SERVICE, hidden)
    return Seen(t.read("getService", PROVIDER)[4], hidden)


def _person(address: str) -> object:
    return next(party for party in IDS if party.address == address)
