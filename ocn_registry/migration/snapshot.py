"""Taking a snapshot: read all at one block, and see from the events what the lists do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, InvalidInput, RpcRefused, RpcTimeout
from ocn_registry.migration.history import History, odd_entries
from ocn_registry.migration.values import Consent, Snapshot
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import BlockAt, Head, Logs, all_of

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.migration.reasons import LeftOut
    from ocn_registry.models import BlockRef
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow

CHUNK_BLOCKS = 10_000  # what public nodes take at once


def take(dialect: Dialect, block: int | None, first_block: int) -> Flow[Snapshot]:
    """Read a registry at one block.

    Args:
        dialect: How the contracts are spoken to.
        block: Number of the block; `None` for the latest.
        first_block: No block before it has an event of the contracts. It counts where the contracts
            don't say what was agreed to: then all events are looked through.

    Raises:
        InvalidInput: There is no such block.
        BadAnswer: The block was replaced while it was read: begin again.
    """
    at = (yield from Head()).ref if block is None else (yield from BlockAt(block))
    if at is None:
        raise InvalidInput(f"the chain has no block {block} yet: give an earlier one")
    nodes = yield from dialect.nodes(at.number)
    parties = yield from dialect.parties(at.number)
    services = yield from dialect.services(at.number)
    users = tuple([party.address for party in parties])
    offered = {service.provider: service.permissions for service in services}
    agreed = yield from dialect.agreements_of(users, at.number)
    in_force = tuple([one for one in agreed if one.provider in offered])
    if dialect.limits.binds_permissions:
        agreements = tuple(
            [
                Consent(
                    user=one.user,
                    provider=one.provider,
                    permissions=offered[one.provider],
                    changed_since=False,
                )
                for one in in_force
            ],
        )
        odd: tuple[LeftOut, ...] = ()
    else:
        history = History.of((yield from _changes(dialect, first_block, at)))
        agreements = tuple([history.consent(one.user, one.provider) for one in in_force])
        former = history.former_ids(parties)
        holders = yield from all_of(tuple([dialect.party(one, at.number) for one in former]))
        hidden = yield from odd_entries(dialect, at.number)
        odd = (
            *hidden,
            *history.former_urls(nodes),
            *[History.stale(party) for party in holders if party is not None],
            *history.ended(agreements, set(users), set(offered)),
        )
    if (yield from BlockAt(at.number)) != at:
        raise BadAnswer(f"block {at.number} was replaced while it was read: begin again")
    return Snapshot(
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


def _changes(dialect: Dialect, first: int, end: BlockRef) -> Flow[tuple[Change, ...]]:
    """Read what events say, in pieces of as many blocks as the node takes."""
    contracts = (dialect.address_of(Contract.REGISTRY), dialect.address_of(Contract.PERMISSIONS))
    found: list[Change] = []
    chunk = CHUNK_BLOCKS
    while first <= end.number:
        last = min(first + chunk - 1, end.number)
        try:
            logs = yield from Logs(contracts, first, last)
        except (RpcRefused, RpcTimeout, BadAnswer):
            if last == first:
                raise
            chunk = max(1, (last - first + 1) // 2)
            continue
        found += dialect.changes(logs)
        first = last + 1
        chunk = min(CHUNK_BLOCKS, chunk + chunk // 4 + 1)
    return tuple(found)
