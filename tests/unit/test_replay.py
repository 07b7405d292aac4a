"""The registry rebuilt from events, and that missing events are noticed.

The state machine in tests/property compares the rebuilt state with the contracts.
"""

from dataclasses import replace

import pytest

from ocn_registry.events.replay import Replay
from ocn_registry.events.tables import MissingEvents
from ocn_registry.models import Address, Agreement, Contract, Module, Node, PartyId, Role
from ocn_registry.outcomes import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    ControllerSet,
    ImportClosed,
    ImportOpened,
    NodeDeleted,
    NodeReserved,
    NodeSet,
    OwnershipTransferred,
    PartyDeleted,
    PartyReserved,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServicePruned,
    ServiceSet,
)

OPERATOR, CPO, EMSP, SCSP, NEW = (Address.from_bytes(bytes([n]) * 20) for n in range(1, 6))


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


def test_a_membership_keeps_its_number_until_it_ends():
    replay = replayed(*LISTED, party(EMSP, "BBB"), left(), party())
    assert {one.address: one.membership for one in replay.parties()} == {CPO: 4, EMSP: 2, SCSP: 3}


def test_a_further_id_is_added_and_becomes_current():
    replay = replayed(*LISTED, party(CPO, "ZZZ"))
    assert [(one.id.party_id, one.current) for one in replay.parties_of(CPO)] == [
        ("ZZZ", True),
        ("AAA", False),
    ]
    assert len({one.membership for one in replay.parties_of(CPO)}) == 1


def test_the_last_of_the_others_follows_the_current_id():
    ids = [party(CPO, one) for one in ("AAA", "XXX", "YYY", "ZZZ")]
    replay = replayed(*LISTED, *ids, left(CPO, "ZZZ"))
    assert [one.id.party_id for one in replay.parties_of(CPO)] == ["YYY", "AAA", "XXX"]


def moved(account, *told_again):
    return (AccountMoved(account=account, new_account=NEW), *told_again)


def test_everything_follows_a_moved_account():
    before = replayed(*LISTED, party(CPO, "ZZZ"), service(), agreed(), service((1,), CPO))
    again = [party(NEW, "AAA"), party(NEW, "ZZZ")]
    after = replayed(
        *(*LISTED, party(CPO, "ZZZ"), service(), agreed(), service((1,), CPO)),
        *moved(CPO, *again),
    )
    assert [replace(one, address=CPO) for one in after.parties_of(NEW)] == [
        *before.parties_of(CPO),
    ]
    assert after.parties_of(CPO) == ()
    assert [one.provider for one in after.agreements(NEW)] == [SCSP]
    assert [one.provider for one in after.services()] == [SCSP, NEW]


def test_attached_parties_follow_an_operator_without_an_event():
    again = [NodeDeleted(operator=OPERATOR), node(NEW)]
    replay = replayed(*LISTED, *moved(OPERATOR, *again))
    assert replay.nodes() == (Node(operator=NEW, domain="https://a.example"),)
    assert {(one.operator, one.operator_domain) for one in replay.parties()} == {
        (NEW, "https://a.example")
    }


def test_a_move_keeps_the_order_of_ids():
    ids = [party(CPO, one) for one in ("AAA", "XXX", "YYY", "ZZZ")]
    again = [party(NEW, one) for one in ("AAA", "XXX", "YYY", "ZZZ")]
    replay = replayed(*LISTED, *ids, *moved(CPO, *again))
    assert [one.id.party_id for one in replay.parties_of(NEW)] == ["ZZZ", "AAA", "XXX", "YYY"]


def test_a_controller_moves_along_unless_it_takes_the_account_over():
    named = ControllerSet(account=CPO, controller=EMSP)
    assert replayed(*LISTED, named, *moved(CPO, party(NEW))).controllers == {NEW: EMSP}
    itself = ControllerSet(account=CPO, controller=NEW)
    assert replayed(*LISTED, itself, *moved(CPO, party(NEW))).controllers == {}


def test_listing_a_reserved_entry_ends_the_reservation():
    reserved = (
        PartyReserved(id=PartyId("DE", "ZZZ"), holder=CPO),
        NodeReserved(domain="https://z.example", operator=OPERATOR),
    )
    replay = replayed(*LISTED, *reserved)
    assert replay.reservations == {PartyId("DE", "ZZZ"): CPO}
    assert replay.node_reservations == {"https://z.example": OPERATOR}
    replay.apply(party(CPO, "ZZZ"))
    replay.apply(node(OPERATOR, "https://z.example"))
    assert not replay.reservations
    assert not replay.node_reservations


def test_a_website_is_removed_with_its_id():
    website = PartyWebsiteSet(address=CPO, id=PartyId("DE", "AAA"), website="https://cpo.example")
    replay = replayed(*LISTED, website, party())
    assert [one.website for one in replay.parties_of(CPO)] == ["https://cpo.example"]
    assert [one.website for one in replayed(*LISTED, website, left(), party()).parties_of(CPO)] == [
        None
    ]


def test_a_pruned_service_leaves_its_slot_to_the_last():
    first = replayed(*LISTED, service(), service((1,), CPO), left(SCSP, "CCC"))
    first.apply(ServicePruned(index=0, membership=3))
    assert [one.provider for one in first.services()] == [CPO]


def test_a_party_without_its_operators_node_has_no_domain():
    replay = replayed(*LISTED, NodeDeleted(operator=OPERATOR))
    assert replay.nodes() == ()
    assert {one.operator_domain for one in replay.parties()} == {None}


def test_a_version_changes_with_the_permissions_and_never_repeats():
    replay = replayed(*LISTED, service(), service(), service((1,)), ServiceDeleted(provider=SCSP))
    assert replay.services() == ()
    replay.apply(service((1,)))
    assert [one.version for one in replay.services()] == [3]


def test_a_service_ends_with_its_membership():
    assert replayed(*LISTED, service(), left(SCSP, "CCC")).services() == ()


def test_an_agreement_ends_with_the_users_membership():
    replay = replayed(*LISTED, service(), agreed(), left(), party())
    assert replay.agreements(CPO) == ()


def test_an_ended_agreement_stays_until_it_is_revoked():
    replay = replayed(*LISTED, service(), agreed(), service((1,)))
    ended = Agreement(user=CPO, provider=SCSP, active=False, membership=1, version=1)
    assert replay.agreements(CPO) == (ended,)
    replay.apply(AgreementRevoked(user=CPO, provider=SCSP))
    assert replay.agreements(CPO) == ()


def test_owner_and_open_imports_are_reported():
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
        party(CPO, "BBB"),
        AccountMoved(account=CPO, new_account=EMSP),
        PartyWebsiteSet(address=CPO, id=PartyId("DE", "BBB"), website=None),
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
