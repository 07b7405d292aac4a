"""The registry rebuilt from events: what they tell, and that missing ones are noticed.

That the rebuilt state is the contracts', the state machine shows (tests/property).
"""

import pytest

from ocn_registry.events.replay import MissingEvents, Replay
from ocn_registry.models import Address, Agreement, Contract, Module, Node, PartyId, Role
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    ImportClosed,
    ImportOpened,
    NodeDeleted,
    NodeSet,
    OwnershipTransferred,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

OPERATOR, CPO, EMSP, SCSP = (Address.from_bytes(bytes([n]) * 20) for n in range(1, 5))


def node(operator=OPERATOR, domain="https://a.example"):
    return NodeSet(node=Node(operator=operator, domain=domain))


def party(address=CPO, party_id="AAA"):
    return PartySet(
        address=address,
        id=PartyId("DE", party_id),
        roles=(Role.CPO,),
        modules_sender=(),
        modules_receiver=(Module.CDRS,),
        operator=OPERATOR,
    )


def left(address=CPO, party_id="AAA"):
    return PartyDeleted(address=address, id=PartyId("DE", party_id))


def service(permissions=(0,), provider=SCSP):
    return ServiceSet(provider=provider, name="", url="", permissions=permissions)


def agreed(version=1, user=CPO, provider=SCSP, permissions=(0,)):
    return AgreementMade(user=user, provider=provider, version=version, permissions=permissions)


def replayed(*changes) -> Replay:
    replay = Replay()
    for change in changes:
        replay.apply(change)
    return replay


LISTED = (node(), party(), party(EMSP, "BBB"), party(SCSP, "CCC"))


def test_the_last_entry_takes_the_place_of_one_that_leaves():
    replay = replayed(*LISTED, left())
    assert [one.address for one in replay.parties()] == [SCSP, EMSP]


def test_a_listing_keeps_its_number_until_it_ends():
    replay = replayed(*LISTED, party(EMSP, "BBB"), left(), party())
    assert {one.address: one.listing for one in replay.parties()} == {CPO: 4, EMSP: 2, SCSP: 3}


def test_a_party_without_its_operators_node_has_no_domain():
    replay = replayed(*LISTED, NodeDeleted(operator=OPERATOR))
    assert replay.nodes() == ()
    assert {one.operator_domain for one in replay.parties()} == {None}


def test_a_version_is_new_with_other_permissions_and_never_repeats():
    replay = replayed(*LISTED, service(), service(), service((1,)), ServiceDeleted(provider=SCSP))
    assert replay.services() == ()
    replay.apply(service((1,)))
    assert [one.version for one in replay.services()] == [3]


def test_a_service_ends_with_its_listing():
    assert replayed(*LISTED, service(), left(SCSP, "CCC")).services() == ()


def test_an_agreement_ends_with_the_users_listing_and_stays_in_the_users_list():
    replay = replayed(*LISTED, service(), agreed(), left(), party())
    ended = Agreement(user=CPO, provider=SCSP, active=False, listing=1, version=1)
    assert replay.agreements(CPO) == (ended,)
    replay.apply(AgreementRevoked(user=CPO, provider=SCSP))
    assert replay.agreements(CPO) == ()


def test_owner_and_open_imports_are_told():
    zero = Address.from_bytes(bytes(20))
    replay = replayed(
        OwnershipTransferred(former_owner=zero, owner=CPO),
        ImportOpened(contract=Contract.REGISTRY),
        ImportOpened(contract=Contract.PERMISSIONS),
        ImportClosed(contract=Contract.REGISTRY),
    )
    assert (replay.owner, replay.importing) == (CPO, {Contract.PERMISSIONS})
    replay.apply(OwnershipTransferred(former_owner=CPO, owner=zero))
    assert replay.owner is None


@pytest.mark.parametrize(
    "change",
    [
        NodeDeleted(operator=CPO),
        left(OPERATOR),
        party(CPO, "ZZZ"),
        service(provider=OPERATOR),
        ServiceDeleted(provider=CPO),
        agreed(version=2),
        agreed(user=OPERATOR),
        agreed(provider=CPO),
        AgreementRevoked(user=CPO, provider=SCSP),
    ],
    ids=lambda change: type(change).__name__,
)
def test_a_change_that_cannot_follow_means_that_events_are_missing(change):
    with pytest.raises(MissingEvents):
        replayed(*LISTED, service(), change)
