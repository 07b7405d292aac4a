"""Reading a registry into rows: all of it, or what events have named; every answer of one block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ocn_registry.cache.draft import Rows
from ocn_registry.cache.state import Consent, State, party_row, service_row
from ocn_registry.flows.events import Moved
from ocn_registry.models import Address, PartyId
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
from ocn_registry.protocol.effects import BlockAt, Together, all_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.cache.state import Consents, PartyRow
    from ocn_registry.dialects import Dialect
    from ocn_registry.models import Agreement, BlockRef, Party
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Answer, AnyEffect, Flow

T = TypeVar("T")

# With so many questions goes one for the block. A node that takes fewer in one request than are
# asked at once gets 512, 256, 128 or 64, so each request has one: what answers it has the block.
_WITH_BLOCK = 63
_AT_ONCE = 8 * _WITH_BLOCK


@dataclass(frozen=True, slots=True)
class Touched:
    """Whose entries to read again."""

    operators: set[Address] = field(default_factory=set[Address])
    parties: set[Address] = field(default_factory=set[Address])
    providers: set[Address] = field(default_factory=set[Address])
    users: set[Address] = field(default_factory=set[Address])
    ids: set[PartyId] = field(default_factory=set[PartyId])


def touched_by(changes: Iterable[Change]) -> Touched:
    """Tell whose entries changes are about.

    With a party, its service and its agreements come and go, and no event says so.
    """
    touched = Touched()
    for change in changes:
        match change:
            case NodeSet():
                touched.operators.add(change.node.operator)
            case NodeDeleted():
                touched.operators.add(change.operator)
            case PartySet() | PartyDeleted():
                touched.parties.add(change.address)
                touched.providers.add(change.address)
                touched.users.add(change.address)
                touched.ids.add(change.id)
            case ServiceSet() | ServiceDeleted():
                touched.providers.add(change.provider)
            case AgreementMade() | AgreementRevoked():
                touched.users.add(change.user)
            case _:
                pass
    return touched


def of_block(block: BlockRef, flow: Flow[T]) -> Flow[T]:
    """Perform a flow of reads, and see with each answer that whoever gives it has the block.

    Behind one URL there may be several nodes, some of which lag, or are on a branch that is about
    to be left; asked for a block by its number they tell of another one.

    Args:
        block: The block that is asked about.
        flow: Asks about it by its number.

    Raises:
        Moved: An answer was of another block.
    """
    try:
        effect = next(flow)
        while True:
            parts = effect.parts if isinstance(effect, Together) else (effect,)
            answers = yield from _with_block(parts, block)
            effect = flow.send(answers if isinstance(effect, Together) else answers[0])
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()


def _with_block(parts: tuple[AnyEffect, ...], block: BlockRef) -> Flow[tuple[Answer, ...]]:
    groups: list[Together[tuple[Answer, ...]]] = [
        Together((*parts[start : start + _WITH_BLOCK], BlockAt(block.number)))
        for start in range(0, len(parts), _WITH_BLOCK)
    ]
    answers: list[Answer] = []
    for *some, there in (yield from all_of(tuple(groups))):
        if there != block:
            raise Moved("the chain moved while it was read")
        answers += some
    return tuple(answers)


def read_all(dialect: Dialect, at: BlockRef) -> Flow[State]:
    """Read all of a registry at a block."""
    nodes = yield from dialect.nodes(at.number)
    parties = yield from dialect.parties(at.number)
    services = yield from dialect.services(at.number)
    users = tuple([party.address for party in parties])
    agreements = yield from dialect.agreements_of(users, at.number)
    rows = yield from _party_rows(dialect, parties, at.number)
    return State(
        block=at,
        nodes={node.operator: node.domain for node in nodes},
        parties=rows,
        services={service.provider: service_row(service) for service in services},
        consents=_by_user(agreements),
        ids={(row.country_code, row.party_id): row for row in rows.values() if row.holds_id},
    )


def read_again(dialect: Dialect, touched: Touched, state: State, block: int) -> Flow[Rows]:
    """Read entries as they stand at a block.

    Args:
        dialect: How the contracts are spoken to.
        touched: Whose.
        state: What was known before; who had an id that somebody else has set or left is read too.
        block: Number of the block.
    """
    rows = Rows()
    ids = {(party.country_code, party.party_id) for party in touched.ids}
    touched.parties.update(
        [row.address for row in state.parties.values() if (row[1], row[2]) in ids],
    )
    for some in _groups(touched.operators):
        nodes = yield from all_of(tuple([dialect.node(one, block) for one in some]))
        for operator, node in zip(some, nodes, strict=True):
            rows.nodes[operator] = None if node is None else node.domain
    for some in _groups(touched.parties):
        parties = yield from all_of(tuple([dialect.party(one, block) for one in some]))
        there = tuple([party for party in parties if party is not None])
        rows.parties.update(dict.fromkeys(some))
        rows.parties.update((yield from _party_rows(dialect, there, block)))
    for some in _groups(touched.providers):
        services = yield from all_of(tuple([dialect.service(one, block) for one in some]))
        for provider, service in zip(some, services, strict=True):
            rows.services[provider] = None if service is None else service_row(service)
    if touched.users:
        agreements = yield from dialect.agreements_of(tuple(touched.users), block)
        consents = _by_user(agreements)
        for user in touched.users:
            rows.consents[user] = consents.get(user)
    return rows


def _party_rows(
    dialect: Dialect,
    parties: tuple[Party, ...],
    block: int,
) -> Flow[dict[Address, PartyRow]]:
    """Make rows of parties that were read; where that is in doubt, see who holds the ids."""
    if dialect.limits.has_memberships:
        return {party.address: party_row(party) for party in parties}
    rows: dict[Address, PartyRow] = {}
    for start in range(0, len(parties), _AT_ONCE):
        some = parties[start : start + _AT_ONCE]
        holders = yield from all_of(tuple([dialect.party(party.id, block) for party in some]))
        for party, holder in zip(some, holders, strict=True):
            holds_id = holder is not None and holder.address == party.address
            rows[party.address] = party_row(party, holds_id=holds_id)
    return rows


def _by_user(agreements: tuple[Agreement, ...]) -> dict[Address, Consents]:
    lists: dict[Address, list[Consent]] = {}
    for one in agreements:
        lists.setdefault(one.user, []).append(Consent(one.provider, one.membership, one.version))
    return {user: tuple(consents) for user, consents in lists.items()}


def _groups(addresses: set[Address]) -> list[tuple[Address, ...]]:
    some = tuple(addresses)
    return [some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE)]
