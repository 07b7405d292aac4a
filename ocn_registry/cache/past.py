"""Read when parties last changed before a cache was loaded, a few ranges of events in each round.

Events are read backwards from the latest block. The first change of a party found this way is its
last one, so reading ends once every party was found. Each answer must come from a node that has the
cache's block, so everything read is from one chain.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ocn_registry.cache.reading import of_block
from ocn_registry.errors import BadAnswer, RpcRefused, RpcTimeout, TransportError
from ocn_registry.events.state import Moment, Past, id_of, key_of
from ocn_registry.events.tables import Table
from ocn_registry.flows.events import ChainMoved
from ocn_registry.models import Contract
from ocn_registry.outcomes import PartyDeleted, PartySet, PartyWebsiteSet
from ocn_registry.protocol.effects import BlockAt, Logs, all_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.dialects import Dialect
    from ocn_registry.events.draft import Rows
    from ocn_registry.events.state import PartyRow, State
    from ocn_registry.models import BlockRef, PartyId
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow, PlacedLog

_LOG = logging.getLogger("ocn_registry.cache")
_PIECES = 8  # in one round, because other questions to the chain wait for it


def past_of(block: BlockRef, first: int, former: State | None) -> Past:
    """Return what is known about the history before the block at which lists were read.

    Args:
        block: The block.
        first: The first block with events of the contracts.
        former: What was known before, at a block that is still in the chain; `None` if nothing.
    """
    loaded = Moment(block.number, block.timestamp_unix_s)
    if former is None:
        return Past(loaded=loaded, unread=_range(first, block.number))
    gap = _range(former.block.number + 1, block.number)
    older = () if former.past is None else former.past.unread
    known = {
        key: moment
        for key, row in former.parties.items()
        if (moment := former.dated(key, row)) is not None
    }
    return Past(loaded=loaded, unread=(*gap, *older), moments=Table(known))


def read_past(
    dialect: Dialect, state: State, undo: Iterable[Rows], most_blocks: int
) -> Flow[tuple[Past, dict[str, Moment]]]:
    """Read some ranges of events before a state.

    Args:
        dialect: The dialect of the deployment.
        state: The state, whose history has not been read completely.
        undo: Rows that can be restored if the chain replaces blocks.
        most_blocks: The most blocks to request at once.

    Returns:
        The history, and the changes found.

    Raises:
        TransportError: Nothing was read: the chain can't be reached, the node does not have the
            block of the state, or it refuses even a single block.
    """
    past = state.past
    assert past is not None  # noqa: S101 - as the argument requires
    (first, last), *older = past.unread
    chunk_blocks = min(most_blocks, past.chunk_blocks or most_blocks)
    missing = _Missing(dialect, state, undo)
    found: dict[str, Moment] = {}
    for _ in range(_PIECES):
        if not missing.keys or first > last:
            break
        start = max(first, last - chunk_blocks + 1)
        try:
            logs = yield from _logs(dialect, state, start, last)
            if logs is None:  # the rest of the round does not wait for another refusal
                chunk_blocks = (last - start + 1) // 2
                break
            times = yield from _times(state, missing.found_in(logs))
        except TransportError:
            if last == past.unread[0][1]:
                raise
            break  # what was read is kept, and the next round begins with what failed
        found |= times
        missing.keys -= times.keys()
        last = start - 1
        chunk_blocks = min(most_blocks, chunk_blocks + chunk_blocks // 4 + 1)
    unread = (*_range(first, last), *older) if missing.keys else ()
    moments = past.moments.edited(found)
    return replace(past, unread=unread, moments=moments, chunk_blocks=chunk_blocks), found


def _range(first: int, last: int) -> tuple[tuple[int, int], ...]:
    return ((first, last),) if first <= last else ()


def _logs(
    dialect: Dialect, state: State, first: int, last: int
) -> Flow[tuple[PlacedLog, ...] | None]:
    """Return the Registry's events of some blocks; `None` if the node refuses so many."""
    asked = Logs((dialect.address_of(Contract.REGISTRY),), first, last)
    try:
        return (yield from of_block(state.block, iter(asked)))
    except ChainMoved:
        raise
    except (RpcRefused, RpcTimeout, BadAnswer) as error:
        if first == last:
            raise
        _LOG.info(
            "a node refuses %d blocks of events, so fewer are read at once: %s",
            last - first + 1,
            error,
        )
        return None


def _times(state: State, blocks: dict[str, int]) -> Flow[dict[str, Moment]]:
    """Return when the blocks were in which parties changed."""
    numbers = tuple(dict.fromkeys(blocks.values()))
    if not numbers:
        return {}
    read = yield from of_block(state.block, iter(all_of(tuple([BlockAt(one) for one in numbers]))))
    moments: dict[int, Moment] = {}
    for number, block in zip(numbers, read, strict=True):
        if block is None:
            raise ChainMoved("the node does not have a block whose events it returned")
        moments[number] = Moment(number, block.timestamp_unix_s)
    return {key: moments[number] for key, number in blocks.items()}


class _Missing:
    """The parties whose last change has not been found."""

    def __init__(self, dialect: Dialect, state: State, undo: Iterable[Rows]) -> None:
        self._dialect, self._state = dialect, state
        rows: chain[tuple[str, PartyRow | None]] = chain(
            state.parties.items(), *[one.parties.items() for one in undo]
        )
        self.keys = {key for key, row in rows if row and state.dated(key, row) is None}
        self._by_id: dict[PartyId, list[str]] = {}
        if not dialect.limits.events_tell_all:
            for key in self.keys:
                self._by_id.setdefault(id_of(key), []).append(key)

    def found_in(self, logs: tuple[PlacedLog, ...]) -> dict[str, int]:
        """Return the blocks in which missing parties last changed."""
        found: dict[str, int] = {}
        for log in reversed(logs):
            for change in self._dialect.changes((log,)):
                for key in self.keys.intersection(self._keys_of(change)):
                    found.setdefault(key, log.block_number)
        return found

    def _keys_of(self, change: Change) -> Iterable[str]:
        """Return the parties that a change is about, by the rules of a cache that follows."""
        if self._dialect.limits.events_tell_all:
            return (key_of(change.id),) if isinstance(change, PartySet | PartyWebsiteSet) else ()
        if not isinstance(change, PartySet | PartyDeleted):
            return ()
        account = self._state.accounts.get(change.address)
        return (*self._by_id.get(change.id, ()), *(() if account is None else account.ids))
