"""Events that can't follow what is known: a node leaves some out, and that is noticed."""

import pytest

from ocn_registry.cache.draft import Draft, empty
from ocn_registry.cache.fold import Fold
from ocn_registry.events.replay import MissingEvents
from ocn_registry.models import Address, BlockRef, Node, PartyId, Role
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

BLOCK = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=1)
OPERATOR, USER, PROVIDER = (Address(f"0x{number:040x}") for number in (1, 2, 3))


def party(address, party_id):
    return PartySet(
        address=address,
        id=PartyId("DE", party_id),
        roles=(Role.CPO,),
        modules_sender=(),
        modules_receiver=(),
        operator=OPERATOR,
    )


NODE = NodeSet(node=Node(operator=OPERATOR, domain="https://a.example"))
LISTED = (NODE, party(USER, "USR"), party(PROVIDER, "SRV"))


def service(*permissions):
    return ServiceSet(provider=PROVIDER, name="", url="", permissions=permissions)


def agreed(version, *permissions):
    return AgreementMade(user=USER, provider=PROVIDER, version=version, permissions=permissions)


def fold(*changes):
    draft = Draft(empty(BLOCK))
    draft.last_listing = 0
    Fold(draft).apply(changes)
    return draft.finish(BLOCK)


@pytest.mark.parametrize(
    "changes",
    [
        [NodeDeleted(operator=OPERATOR)],
        [PartyDeleted(address=USER, id=PartyId("DE", "USR"))],
        [service(1)],
        [*LISTED, agreed(1, 1)],
        [*LISTED, service(1), agreed(1, 2)],
        [*LISTED, service(1), agreed(1, 1), agreed(2, 1)],
        [NODE, party(PROVIDER, "SRV"), service(1), agreed(1, 1)],
    ],
    ids=str,
)
def test_change_without_what_it_needs_is_noticed(changes):
    with pytest.raises(MissingEvents, match="read all again"):
        fold(*changes)


def test_end_of_what_had_ended_already_is_no_fault():
    gone = ServiceDeleted(provider=PROVIDER), AgreementRevoked(user=USER, provider=PROVIDER)
    assert fold(*LISTED, *gone).services == {}


def test_version_is_learned_from_who_agrees():
    state = fold(*LISTED, service(1), agreed(7, 1))
    assert state.services[PROVIDER].version == 7
    assert [one.version for one in state.in_force(USER)] == [7]


def test_other_permissions_end_agreements_for_good():
    state = fold(*LISTED, service(1), agreed(7, 1), service(2), service(1))
    assert state.services[PROVIDER].version == 9
    assert state.in_force(USER) == () == state.consents.get(USER, ())


def test_listings_are_counted():
    left = PartyDeleted(address=USER, id=PartyId("DE", "USR"))
    state = fold(*LISTED, left, party(USER, "USR"))
    assert [state.parties[one].listing for one in (PROVIDER, USER)] == [2, 3]


def test_draft_leaves_the_state_before_as_it_was():
    before = fold(*LISTED)
    before.route(before.ids["DE", "USR"])
    draft = Draft(before)
    Fold(draft).apply([party(USER, "NEW"), NodeDeleted(operator=OPERATOR)])
    after = draft.finish(BLOCK)
    assert (before.ids["DE", "USR"].address, ("DE", "NEW") in before.ids) == (USER, False)
    assert (after.ids["DE", "NEW"].address, ("DE", "USR") in after.ids) == (USER, False)
    assert before.route(before.ids["DE", "USR"]).domain == "https://a.example"
    assert after.route(after.ids["DE", "NEW"]).domain is None
    undone = Draft(after)
    undone.put(draft.before)
    back = undone.finish(BLOCK)
    assert (back.nodes, back.parties, back.ids) == (before.nodes, before.parties, before.ids)
