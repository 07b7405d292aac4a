"""How a cache applies events: it starts at any block, notices gaps, and can go back."""

from dataclasses import replace

import pytest

from ocn_registry.events.draft import Draft
from ocn_registry.events.fold import Fold
from ocn_registry.events.state import Moment, State
from ocn_registry.events.tables import Index, MissingEvents, Table
from ocn_registry.models import Address, BlockRef, Node, Party, PartyId, Role, Service
from ocn_registry.outcomes import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServiceSet,
)

BLOCK = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=1)
WHEN = Moment(1, 1)
OPERATOR, USER, PROVIDER, NEW = (Address(f"0x{number:040x}") for number in (1, 2, 3, 4))


def party(address, party_id):
    return PartySet(
        address=address,
        id=PartyId("DE", party_id),
        roles=(Role.CPO,),
        modules_sender=(),
        modules_receiver=(),
        operator=OPERATOR,
    )


def left(address, party_id):
    return PartyDeleted(address=address, id=PartyId("DE", party_id))


NODE = NodeSet(node=Node(operator=OPERATOR, domain="https://a.example"))
LISTED = (NODE, party(USER, "USR"), party(PROVIDER, "SRV"))


def service(*permissions):
    return ServiceSet(provider=PROVIDER, name="", url="", permissions=permissions)


def agreed(version, *permissions, user=USER):
    return AgreementMade(user=user, provider=PROVIDER, version=version, permissions=permissions)


def draft_of(state, *changes, when=WHEN):
    draft = Draft(state)
    fold = Fold(draft)
    for change in changes:
        fold.apply(change, when)
    fold.finish()
    return draft, fold


def fold(*changes, last_membership=0):
    state = replace(State(block=BLOCK), last_membership=last_membership)
    return draft_of(state, *changes)[0].finish(BLOCK)


def same(table, other):
    return dict(table.items()) == dict(other.items())


@pytest.mark.parametrize(
    "changes",
    [
        [NodeDeleted(operator=OPERATOR)],
        [left(USER, "USR")],
        [*LISTED, left(USER, "SRV")],
        [*LISTED, party(USER, "SRV")],
        [service(1)],
        [*LISTED, ServiceDeleted(provider=PROVIDER)],
        [*LISTED, agreed(1, 1)],
        [*LISTED, service(1), agreed(1, 2)],
        [*LISTED, service(1), agreed(1, 1), agreed(2, 1)],
        [NODE, party(PROVIDER, "SRV"), service(1), agreed(1, 1)],
        [*LISTED, AccountMoved(account=USER, new_account=PROVIDER)],
        [*LISTED, AccountMoved(account=USER, new_account=OPERATOR)],
        [*LISTED, PartyWebsiteSet(address=USER, id=PartyId("DE", "SRV"), website=None)],
    ],
    ids=lambda changes: "-".join(type(change).__name__ for change in changes),
)
def test_a_change_that_does_not_fit_the_state_is_noticed(changes):
    with pytest.raises(MissingEvents, match="again"):
        fold(*changes)


def test_an_agreement_that_ended_can_be_revoked():
    gone = AgreementRevoked(user=USER, provider=PROVIDER)
    assert len(fold(*LISTED, gone).consents) == 0


def test_version_is_learned_from_an_agreement():
    state = fold(*LISTED, service(1), agreed(7, 1))
    assert state.service(PROVIDER).version == 7
    assert [one.version for one in state.agreements(USER)] == [7]


def test_other_permissions_end_agreements_for_good():
    state = fold(*LISTED, service(1), agreed(7, 1), service(2), service(1))
    assert state.service(PROVIDER).version == 9
    assert state.agreements(USER) == ()
    assert len(state.consents) == 0


def test_a_deleted_service_comes_back_under_the_next_version():
    changes = (service(1), agreed(7, 1), ServiceDeleted(provider=PROVIDER))
    assert fold(*LISTED, *changes).service(PROVIDER) is None
    assert fold(*LISTED, *changes, service(1)).service(PROVIDER).version == 8


def test_memberships_are_counted():
    state = fold(*LISTED, left(USER, "USR"), party(USER, "USR"))
    assert [state.party_of(one).membership for one in (PROVIDER, USER)] == [2, 3]


def test_counting_continues_from_a_membership_that_was_read():
    draft, fold_ = draft_of(State(block=BLOCK), *LISTED, service(1))
    assert fold_.unknown() == ((USER, PROVIDER), (PROVIDER,))
    known = [
        Party(
            address=address,
            id=PartyId("DE", party_id),
            roles=(Role.CPO,),
            modules_sender=(),
            modules_receiver=(),
            operator=OPERATOR,
            operator_domain=None,
            membership=membership,
        )
        for address, party_id, membership in ((USER, "USR", 7), (PROVIDER, "SRV", 8))
    ]
    offered = Service(
        provider=PROVIDER, id=PartyId("DE", "SRV"), name="", url="", permissions=(1,), version=5
    )
    fold_.learn(tuple(known), (offered,))
    assert fold_.unknown() == ((), ())
    state = draft.finish(BLOCK)
    assert (state.last_membership, state.service(PROVIDER).version) == (8, 5)
    after = draft_of(state, party(NEW, "NEW"))[0].finish(BLOCK)
    assert after.party_of(NEW).membership == 9


def test_entries_follow_an_account_to_its_new_key():
    state = fold(
        *(*LISTED, party(USER, "TWO"), service(1), agreed(7, 1)),
        *(AccountMoved(account=USER, new_account=NEW), party(NEW, "USR"), party(NEW, "TWO")),
    )
    assert [one.id.party_id for one in state.parties_of(NEW)] == ["TWO", "USR"]
    assert [one.provider for one in state.agreements(NEW)] == [PROVIDER]
    assert state.party_of(USER) is None
    moved = fold(
        *(*LISTED, service(1), agreed(7, 1)),
        *(AccountMoved(account=PROVIDER, new_account=NEW), party(NEW, "SRV")),
    )
    assert [one.provider for one in moved.agreements(USER)] == [NEW]
    assert (moved.service(PROVIDER), moved.service(NEW).version) == (None, 7)


def test_agreements_end_with_the_last_id_and_not_with_one_of_several():
    state = fold(*LISTED, party(USER, "TWO"), service(1), agreed(7, 1), left(USER, "USR"))
    assert [one.version for one in state.agreements(USER)] == [7]
    ended = draft_of(state, left(USER, "TWO"), party(USER, "USR"))[0].finish(BLOCK)
    assert ended.agreements(USER) == ()


def test_last_change_of_a_party_is_the_block_of_its_event():
    state = fold(*LISTED)
    website = PartyWebsiteSet(address=USER, id=PartyId("DE", "USR"), website="https://u.example")
    after = draft_of(state, website, when=Moment(9, 99))[0].finish(BLOCK)
    assert (after.parties.get("DEUSR").changed, after.parties.get("DESRV").changed) == (
        (9, 99),
        (1, 1),
    )


def test_draft_does_not_change_the_previous_state():
    before = fold(*LISTED)
    used = PartyId("DE", "USR")
    before.route(used)
    changes = (party(USER, "NEW"), left(USER, "USR"), NodeDeleted(operator=OPERATOR))
    draft, _ = draft_of(before, *changes)
    after = draft.finish(BLOCK)
    assert ("DEUSR" in before.parties, "DENEW" in before.parties) == (True, False)
    assert ("DEUSR" in after.parties, "DENEW" in after.parties) == (False, True)
    assert before.route(used).domain == "https://a.example"
    assert after.route(PartyId("DE", "NEW")).domain is None
    undone = Draft(after)
    undone.put(draft.before())
    back = undone.finish(BLOCK)
    for table in ("nodes", "operators", "parties", "accounts", "services", "consents"):
        assert same(getattr(back, table), getattr(before, table)), table


def test_a_table_and_its_next_version_share_all_but_what_changed():
    rows = {f"{number:05}": number for number in range(5_000)}
    table = Table(rows)
    assert (len(table), dict(table.items())) == (5_000, rows)
    after = table.edited({"00007": None, "00008": -8, "new": 1})
    assert len(after) == 5_000
    expected = {**rows, "00008": -8, "new": 1}
    del expected["00007"]
    assert dict(after.items()) == expected
    assert dict(table.items()) == rows
    assert len(parts(table)) > 60
    shared = sum(one is other for one, other in zip(parts(table), parts(after), strict=True))
    assert len(parts(table)) - shared <= 3


def parts(table):
    return [part for branch in table._branches for part in branch]


def test_an_index_is_updated_with_its_pairs():
    pairs = {(number % 7, number) for number in range(700)}
    index = Index(pairs)
    gone, come = {(3, 3), (3, 10), *((6, n) for n in range(6, 700, 7))}, {(3, 9), (9, 1)}
    after = index.edited(gone, come)
    assert (index_pairs(index), len(index)) == (pairs, 7)
    assert (index_pairs(after), len(after)) == ((pairs - gone) | come, 7)
    assert list(after.of(6)) == []


def index_pairs(index):
    return {(group, member) for group in range(20) for member in index.of(group)}


def test_a_table_stays_spread_out_as_it_grows():
    table = Table()
    for number in range(20_000):
        table = table.edited({number: number})
    assert len(table) == 20_000
    assert max(map(len, parts(table))) <= 2_000
