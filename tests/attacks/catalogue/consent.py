"""A provider gets data whose owner did not agree, or no longer agrees."""

from arena.attack import NotThere, Refuses, Seen, Sees, attack
from arena.people import ATTACKER, CPO, OPERATOR, PROVIDER
from arena.target import Target
from kit.contract import Reverted

from .world import (
    EVERYTHING,
    IDS,
    MODEST,
    ROLES,
    SERVICE,
    become,
    has_agreement,
    with_agreement,
    with_parties,
    with_service,
)

_ENDED = Sees(value=False, meaning="the agreement has ended")
_WIDENED = Refuses("PermissionsDiffer", PROVIDER, tuple(EVERYTHING))


@attack(v3=Sees((False, (0,)), "the agreement has ended"))
def permissions_changed_after_consent(t: Target) -> Seen:
    """A user that agreed to a few permissions has agreed to all."""
    with_agreement(t)
    t.direct(PROVIDER, "setService", *SERVICE, EVERYTHING)
    return Seen((has_agreement(t), t.read("getService", PROVIDER)[4]), (True, EVERYTHING))


@attack(v3=_WIDENED)
def permissions_changed_between_signing_and_sending(t: Target) -> Seen:
    """A user that signed for a few permissions has agreed to all."""
    with_service(t)
    signed = t.sign(CPO, "createAgreement", PROVIDER, MODEST)
    t.direct(PROVIDER, "setService", *SERVICE, EVERYTHING)
    t.strike(signed, PROVIDER)
    return Seen((has_agreement(t), t.read("getService", PROVIDER)[4]), (True, EVERYTHING))


@attack(v3=_WIDENED)
def permissions_changed_just_before_a_direct_agreement(t: Target) -> Seen:
    """A provider sees a pending transaction of a user, and gets ahead of it in the same block."""
    with_service(t)
    t.strike_in_one_block(
        (PROVIDER, "setService", *SERVICE, EVERYTHING),
        (CPO, "createAgreementTo", PROVIDER, MODEST),
    )
    return Seen((has_agreement(t), t.read("getService", PROVIDER)[4]), (True, EVERYTHING))


@attack(
    v3=Sees((False, False), "the agreement has ended, and does not come back"),
)
def permissions_changed_and_changed_back(t: Target) -> Seen:
    """An agreement that its user believes to have ended is in force again."""
    with_agreement(t)
    t.direct(PROVIDER, "setService", *SERVICE, EVERYTHING)
    meanwhile = has_agreement(t)
    t.direct(PROVIDER, "setService", *SERVICE, MODEST)
    return Seen((meanwhile, has_agreement(t)), (True, True))


@attack(v3=_ENDED)
def permissions_changed_and_changed_back_in_one_block(t: Target) -> Seen:
    """For one block, or one transaction, a provider may do everything."""
    with_agreement(t)
    _all_in_one_block(
        t,
        (PROVIDER, "setService", *SERVICE, EVERYTHING),
        (PROVIDER, "setService", *SERVICE, MODEST),
    )
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_to_a_service_that_is_deleted(t: Target) -> Seen:
    """A provider that no longer offers a service keeps receiving data."""
    with_agreement(t)
    t.direct(PROVIDER, "deleteService")
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_service(t: Target) -> Seen:
    """A provider deletes its service, and years later offers another to the same users."""
    with_agreement(t)
    t.direct(PROVIDER, "deleteService")
    t.direct(PROVIDER, "setService", *SERVICE, MODEST)
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_service_in_one_block(t: Target) -> Seen:
    """The same, where block times can't tell the services apart."""
    with_parties(t)
    _all_in_one_block(
        t,
        (PROVIDER, "setService", *SERVICE, MODEST),
        (CPO, "createAgreementTo", PROVIDER, MODEST),
        (PROVIDER, "deleteService"),
        (PROVIDER, "setService", *SERVICE, MODEST),
    )
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_of_a_user_that_has_left(t: Target) -> Seen:
    """Data of a party that left the network may be forwarded."""
    with_agreement(t)
    t.direct(CPO, "deleteParty")
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_user(t: Target) -> Seen:
    """A party that leaves and returns still has its old agreements."""
    with_agreement(t)
    t.direct(CPO, "deleteParty")
    t.direct(CPO, "setParty", *IDS[CPO], ROLES, OPERATOR)
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_user_in_one_block(t: Target) -> Seen:
    """The same, where block times can't tell the listings apart."""
    with_service(t)
    t.direct(CPO, "deleteParty")
    _all_in_one_block(
        t,
        (CPO, "setParty", *IDS[CPO], ROLES, OPERATOR),
        (CPO, "createAgreementTo", PROVIDER, MODEST),
        (CPO, "deleteParty"),
        (CPO, "setParty", *IDS[CPO], ROLES, OPERATOR),
    )
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_of_a_user_that_becomes_another(t: Target) -> Seen:
    """An agreement of one party is in force for another party, under another id."""
    with_agreement(t)
    become(t, CPO, (b"FR", b"XYZ"))
    return Seen(t.read("hasUserAgreementByOcpi", b"FR", b"XYZ", PROVIDER), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_provider(t: Target) -> Seen:
    """A provider leaves, comes back, and keeps receiving data."""
    with_agreement(t)
    t.direct(PROVIDER, "deleteParty")
    t.direct(PROVIDER, "setParty", *IDS[PROVIDER], ROLES, OPERATOR)
    t.direct(PROVIDER, "setService", *SERVICE, MODEST)
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_that_comes_back_with_its_provider_in_one_block(t: Target) -> Seen:
    """The same, where block times can't tell the listings apart."""
    with_parties(t)
    t.direct(PROVIDER, "deleteParty")
    _all_in_one_block(
        t,
        (PROVIDER, "setParty", *IDS[PROVIDER], ROLES, OPERATOR),
        (PROVIDER, "setService", *SERVICE, MODEST),
        (CPO, "createAgreementTo", PROVIDER, MODEST),
        (PROVIDER, "deleteParty"),
        (PROVIDER, "setParty", *IDS[PROVIDER], ROLES, OPERATOR),
    )
    return Seen(has_agreement(t), wanted=True)


@attack(v3=_ENDED)
def an_agreement_with_a_provider_that_becomes_another(t: Target) -> Seen:
    """Users agreed with one company, and their data goes to another."""
    with_agreement(t)
    become(t, PROVIDER, (b"FR", b"XYZ"))
    return Seen(has_agreement(t), wanted=True)


@attack(v3=Sees(value=True, meaning="it is revoked"))
def an_agreement_that_cannot_be_revoked(t: Target) -> Seen:
    """A provider deletes its service, and its users can't revoke agreements that stay in force."""
    with_agreement(t)
    t.direct(PROVIDER, "deleteService")
    return Seen(_can_revoke(t), wanted=False)


@attack(v3=Sees(value=True, meaning="it has ended"))
def an_agreement_that_a_user_cannot_revoke_after_leaving(t: Target) -> Seen:
    """A party that has left the network can't revoke agreements that stay in force."""
    with_agreement(t)
    t.direct(CPO, "deleteParty")
    return Seen(not has_agreement(t) or _can_revoke(t), wanted=False)


@attack(
    v1=Refuses("Error", "Provider has no registered Service."),
    v3=Refuses("ServiceNotFound", ATTACKER),
)
def an_agreement_with_an_account_without_a_service(t: Target) -> Seen:
    """Users agree to permissions that they learn about later."""
    with_service(t)
    t.strike_as(CPO, "createAgreementTo", ATTACKER, MODEST)
    return Seen(t.read("hasUserAgreementByAddress", CPO, ATTACKER), wanted=True)


@attack(
    v1=NotThere("its agreements name no permissions"),
    v3=Refuses("PermissionsDiffer", PROVIDER, tuple(MODEST)),
)
def an_agreement_to_no_permissions(t: Target) -> Seen:
    """An empty list is read as "whatever it needs"."""
    with_service(t)
    t.strike_as(CPO, "createAgreementTo", PROVIDER, [])
    return Seen(has_agreement(t), wanted=True)


def _all_in_one_block(t: Target, *writes: tuple) -> None:
    assert all(receipt.status for receipt in t.in_one_block(*writes))


def _can_revoke(t: Target) -> bool:
    if t.is_v1:
        assert has_agreement(t), "it is in force"
    try:
        t.direct(CPO, "revokeAgreement", PROVIDER)
    except Reverted:
        assert has_agreement(t) == t.is_v1
        return False
    return True
