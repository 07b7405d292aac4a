"""The rehearsal's final comparison finds all differences that the plan does not list."""

from dataclasses import replace

import pytest
import rehearsal_walk

from ocn_registry import Role, migration


@pytest.fixture
def moved(new, taken, owner):
    """Migrate the registry; return the plan, and the state of the new one."""
    planned = migration.plan_for(new, taken)
    migration.import_into(new, planned, signer=owner)
    return planned, migration.snapshot(new)


def test_only_the_listed_differences_exist(taken, moved):
    planned, copy = moved
    assert rehearsal_walk.unlisted(taken, copy, planned) == []
    without = replace(planned, left_out=planned.left_out[1:])
    (result,) = rehearsal_walk.unlisted(taken, copy, without)
    assert result.startswith("not carried over: ('node', 'HTTPS://Shout.Example/")


@pytest.mark.parametrize("kind", ["nodes", "parties", "services", "agreements"])
def test_missing_and_unexpected_entries_are_found(taken, moved, kind):
    planned, copy = moved
    fewer = replace(copy, **{kind: getattr(copy, kind)[1:]})
    assert any(
        result.startswith("not carried over")
        for result in rehearsal_walk.unlisted(taken, fewer, planned)
    )
    before = replace(taken, **{kind: ()})
    assert any(
        result.startswith("from nowhere")
        for result in rehearsal_walk.unlisted(before, copy, planned)
    )
    turned = replace(copy, **{kind: getattr(copy, kind)[::-1]})
    assert rehearsal_walk.unlisted(taken, turned, planned) == [
        "the order of the entries is another"
    ]


def test_changed_entries_are_found(taken, moved):
    planned, copy = moved
    first, *rest = copy.parties
    for changed in (
        replace(first, roles=(Role.HUB,)),
        replace(first, operator=rest[1].address),
        replace(first, operator_domain="https://other.example"),
    ):
        other = replace(copy, parties=(changed, *rest))
        (result,) = rehearsal_walk.unlisted(taken, other, planned)
        assert result.startswith("different: ('party',")
    listed = replace(planned, left_out=(*planned.left_out, *_all_of(copy)))
    assert rehearsal_walk.unlisted(taken, copy, listed)


def _all_of(copy):
    one = copy.nodes[0]
    return [
        migration.LeftOut(
            kind=migration.Kind.NODE,
            subject=f"{one.domain} of {one.operator}",
            why=migration.Why.DUPLICATE,
        )
    ]
