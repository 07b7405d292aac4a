"""Snapshots: all lists read at one block, and the rest from events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, InvalidInput
from ocn_registry.events.feed import history_of
from ocn_registry.migration.history import History, odd_entries
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.migration.values import SourceAgreement, SourceSnapshot
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import BlockAt, Head, all_of

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.models import Party
    from ocn_registry.protocol.effects import Flow


def take(dialect: Dialect, block: int | None, first_block: int) -> Flow[SourceSnapshot]:
    """Read a registry at one block.

    Args:
        dialect: The dialect of the deployment.
        block: Number of the block; `None` for the latest.
        first_block: Number of the first block that can have events of the contracts. It counts
            where the contracts don't say what was agreed to: then all events are read.

    Raises:
        InvalidInput: There is no such block.
        BadAnswer: The block was replaced during the read: start over.
    """
    at = (yield from Head()).ref if block is None else (yield from BlockAt(block))
    if at is None:
        raise InvalidInput(f"the chain has no block {block} yet: give an earlier one")
    nodes = yield from dialect.nodes(at.number)
    parties = yield from dialect.parties(at.number)
    services = yield from dialect.services(at.number)
    users = tuple(dict.fromkeys([party.address for party in parties]))
    offered = {service.provider: service.permissions for service in services}
    agreed = yield from dialect.agreements_of(users, at.number)
    in_force = tuple([one for one in agreed if one.provider in offered])
    odd: tuple[LeftOut, ...] = ()
    if dialect.limits.binds_permissions:
        agreements = tuple(
            [
                SourceAgreement(
                    user=one.user,
                    provider=one.provider,
                    permissions=offered[one.provider],
                    changed_since=False,
                )
                for one in in_force
            ],
        )
    else:
        events = yield from history_of(dialect, first_block, at.number)
        history = History.of([event.change for event in events])
        agreements = tuple([history.consent(one.user, one.provider) for one in in_force])
        former = history.former_ids(parties)
        holders = yield from all_of(tuple([dialect.party(one, at.number) for one in former]))
        hidden = yield from odd_entries(dialect, at.number)
        found = [party for party in holders if party is not None]
        parties, stale = _with_former_ids(parties, found)
        odd = (
            *hidden,
            *history.former_urls(nodes),
            *stale,
            *history.ended(agreements, set(users), set(offered)),
        )
    if (yield from BlockAt(at.number)) != at:
        raise BadAnswer(f"block {at.number} was replaced while it was read: start again")
    return SourceSnapshot(
        chain_id=dialect.chain_id,
        registry=dialect.address_of(Contract.REGISTRY),
        permissions=dialect.address_of(Contract.PERMISSIONS),
        block=at,
        nodes=nodes,
        parties=parties,
        services=services,
        agreements=agreements,
        odd=odd,
    )


def _with_former_ids(
    parties: tuple[Party, ...],
    former: list[Party],
) -> tuple[tuple[Party, ...], tuple[LeftOut, ...]]:
    """Add the former ids of accounts that still resolve to them.

    Returns:
        The parties, and the former ids of accounts that are not listed.
    """
    listed = {party.address for party in parties}
    further: dict[str, list[Party]] = {}
    stale: list[LeftOut] = []
    for party in former:
        if party.address in listed:
            further.setdefault(party.address, []).append(replace(party, current=False))
        else:
            stale.append(
                LeftOut(
                    kind=Kind.PARTY,
                    subject=str(party.id),
                    why=Why.STALE_ID,
                    detail=party.address,
                    account=party.address,
                ),
            )
    whole = [one for party in parties for one in (*further.get(party.address, ()), party)]
    return tuple(whole), tuple(stale)
