"""A plan says which entries are imported, which are not, and why, before anything is paid."""

from dataclasses import replace

import pytest
from rehearsal_v1 import URL

from ocn_registry import Node, PartyId, UnsupportedByDialect, migration
from ocn_registry.migration import Kind, Why
from ocn_registry.models import ZERO_ADDRESS

ODD = "\xff\0\x1b[\0"


@pytest.fixture
def planned(new, taken):
    return migration.plan_for(new, taken)


def left(planned, kind):
    return [
        (one.subject, one.why)
        for one in planned.left_out
        if one.kind is kind and one.why not in (Why.STALE_ID, Why.STALE_URL, Why.ZERO_ADDRESS)
    ]


def test_acceptable_entries_are_planned(planned, taken, who):
    assert [node.operator for node in planned.nodes] == [who.node.address, who.moved.address]
    assert [party.address for party in planned.parties] == [
        getattr(who, name).address
        for name in (
            *("cpo", "emsp", "provider", "changer", "leaver", "stranded", "returned"),
            *("renamed", "renamed"),
        )
    ]
    assert [one.provider for one in planned.services] == [
        *(who.provider.address, who.changer.address, who.stranded.address),
    ]
    assert {(one.user, one.provider) for one in planned.agreements} == {
        (who.emsp.address, who.provider.address),
        (who.provider.address, who.changer.address),
        (who.emsp.address, who.stranded.address),
    }
    assert planned.digest == migration.digest_of(taken)


def test_every_other_entry_has_a_reason(planned, taken, who):
    assert left(planned, Kind.NODE) == [
        (f"HTTPS://Shout.Example/ of {who.shouting.address}", Why.TEXT_REFUSED),
        (f"https://{'endless.' * 40}example of {who.endless.address}", Why.TEXT_REFUSED),
    ]
    assert left(planned, Kind.PARTY) == [
        (f"de cpo of {who.lower.address}", Why.LOOK_ALIKE),
        (
            f"{PartyId(chr(255) + chr(0), chr(27) + '[' + chr(0))} of {who.odd.address}",
            Why.TEXT_REFUSED,
        ),
    ]
    assert left(planned, Kind.SERVICE) == [
        (f"\\xff\\xfe of {who.returned.address}", Why.TEXT_REFUSED),
        (f"line\nbreak of {who.cpo.address}", Why.TEXT_REFUSED),
    ]
    reasons = dict(left(planned, Kind.AGREEMENT))
    assert reasons == {
        f"{who.cpo.address} with {who.changer.address}": Why.NEEDS_CONSENT,
        f"{who.emsp.address} with {who.changer.address}": Why.NEEDS_CONSENT,
        f"{who.emsp.address} with {who.cpo.address}": Why.NOT_CARRIED,
        f"{who.cpo.address} with {who.provider.address}": Why.REVOKED,
        f"{who.cpo.address} with {who.leaver.address}": Why.SERVICE_ENDED,
        f"{who.emsp.address} with {who.leaver.address}": Why.SERVICE_ENDED,
    }
    assert set(taken.odd) <= set(planned.left_out)


def test_a_service_keeps_its_agreements_when_its_url_is_refused(planned, who):
    (service,) = [one for one in planned.services if one.provider == who.stranded.address]
    assert (service.name, service.url, service.permissions) == ("Query", "", (1,))
    (result,) = [one for one in planned.changed if one.why is Why.WITHOUT_URL]
    assert result.subject == f"Query of {who.stranded.address}"


def test_the_plan_lists_what_each_account_has_to_do(planned, who):
    to_do = planned.to_do()
    for name, kind in (
        *(("shouting", Kind.NODE), ("endless", Kind.NODE), ("lower", Kind.PARTY)),
        *(("changer", Kind.PARTY), ("stranded", Kind.SERVICE), ("emsp", Kind.AGREEMENT)),
    ):
        account = getattr(who, name).address
        assert kind in {one.kind for one in to_do[account]}
        letter = planned.letter(account)
        assert account in letter
        assert all(one.why.remedy in letter and str(one) in letter for one in to_do[account])
        assert all(line.isprintable() for line in letter.splitlines())
    assert who.provider.address not in to_do
    assert ZERO_ADDRESS not in to_do


def test_an_account_keeps_its_current_id_when_it_has_too_many(new, taken):
    last = next(party for party in taken.parties if party.current)
    many = [replace(last, id=PartyId("FR", f"{number:03}"), current=False) for number in range(64)]
    planned = migration.plan_for(new, replace(taken, parties=(last, *many)))
    assert len(planned.parties) == 64
    assert planned.parties[-1].id == last.id
    left = [one for one in planned.left_out if one.why is Why.TOO_MANY_IDS]
    assert len(left) == 1


def test_every_entry_is_planned_or_left_out(planned, taken):
    for entries, kept, kind in (
        (taken.nodes, planned.nodes, Kind.NODE),
        (taken.parties, planned.parties, Kind.PARTY),
        (taken.services, planned.services, Kind.SERVICE),
        (taken.agreements, planned.agreements, Kind.AGREEMENT),
    ):
        out = [one for one in planned.left_out if one.kind is kind and one not in taken.odd]
        assert len(kept) + len(out) == len(entries)


def test_parties_whose_node_stays_behind_are_reported(planned, who):
    (party,) = planned.unreachable
    assert party.address == who.changer.address
    assert [one.operator_domain for one in planned.parties if one.address == party.address] == [
        None,
    ]


def test_plan_is_printed_without_strangers_bytes(planned):
    text = str(planned)
    assert all(line.isprintable() for line in text.splitlines())
    to_do = planned.to_do()
    result = len(planned.left_out) + len(planned.changed)
    assert len(text.splitlines()) == 5 + result + len(to_do) + sum(map(len, to_do.values()))
    assert "small and capital letters" in text


def test_duplicates_and_the_zero_address_are_left_out(new, taken, who):
    nodes = (
        Node(operator=who.node.address, domain=URL),
        Node(operator=who.node.address, domain="https://second.example"),
        Node(operator=who.cpo.address, domain=URL),
        Node(operator=ZERO_ADDRESS, domain="https://zero.example"),
        Node(operator=who.emsp.address, domain="https://NODE.example"),
    )
    first, *rest = taken.parties
    planned = migration.plan_for(
        new,
        replace(
            taken,
            nodes=nodes,
            parties=(
                first,
                first,
                *(replace(one, id=first.id) for one in rest),
                replace(first, address=ZERO_ADDRESS),
            ),
            services=taken.services * 2,
            agreements=tuple(replace(one, permissions=None) for one in taken.agreements),
        ),
    )
    whys = [one.why for one in planned.left_out if one.kind is Kind.NODE][:4]
    assert whys == [Why.DUPLICATE, Why.DUPLICATE, Why.ZERO_ADDRESS, Why.LOOK_ALIKE]
    assert planned.nodes == nodes[:1]
    assert len(planned.parties) == 1
    assert planned.agreements == ()


def test_contracts_that_take_no_imports_are_refused(old, taken):
    with pytest.raises(UnsupportedByDialect):
        migration.plan_for(old, taken)
