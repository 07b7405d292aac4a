"""Live changes as server-sent events, which clients can resume.

An event's id is the position among a relay's events, a hyphen, and the known block with the first
digits of its hash, so it has the same meaning after a restart and in every process. A client whose
block is no longer remembered, or whose place is ahead of the relay's, receives a `reload` event.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from ocn_registry.cache.updates import AgreementEnded, Cause
from ocn_registry.errors import InvalidInput
from ocn_registry.registry_api.pages import block_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ocn_registry.cache.core import CacheCore
    from ocn_registry.cache.updates import Difference, Update
    from ocn_registry.models import BlockRef
    from ocn_registry.registry_api.pages import Object

    _Requests: TypeAlias = Callable[[int | None], tuple[int, list[Object]]]

_REMEMBERED = 500  # updates
_MOST_CHANGES = 100  # in one event; a follower reads lists again where there are more
_LOOK_S, _HEARTBEAT_S = 0.5, 15.0
_FORGOTTEN: Final = "0.00000000"  # the mark of no block
_ID = re.compile(r"([0-9]{1,16})(?:-([0-9]{1,16}\.[0-9a-f]{8}))?")


class Position(NamedTuple):
    """A client's position: its place among a relay's events, and the block it knows."""

    place: int | None
    block: str | None

    @classmethod
    def read(cls, text: str | None) -> Position:
        """Parse the id of an event; without one, the stream starts with the next event.

        Raises:
            InvalidInput: The text is not the id of an event.
        """
        if text is None:
            return cls(None, None)
        found = _ID.fullmatch(text)
        if found is None:
            raise InvalidInput("after is not a valid place: use the id of an event")
        return cls(int(found[1]), found[2])


class ChangeLog:
    """The latest updates of a cache."""

    def __init__(self, cache: CacheCore) -> None:
        """Subscribe to a cache, which should be loaded: the first update lists everything."""
        self._cache = cache
        self._updates: deque[Update] = deque(maxlen=_REMEMBERED)
        self._end = cache.subscribe(self._updates.append)

    def close(self) -> None:
        """End the subscription."""
        self._end()

    def newest(self) -> str | None:
        """Return the mark of the current block; `None` before the first load."""
        updates = list(self._updates)
        if updates:
            return mark_of(updates[-1].block)
        return None if self._cache.block_number is None else mark_of(self._cache.block)

    def since(self, mark: str | None) -> list[Update] | None:
        """Return the updates after a block; `None` if the block is not remembered."""
        updates = list(self._updates)
        if mark is None or not updates:
            return [] if mark == self.newest() else None
        for place in range(len(updates) - 1, -1, -1):
            if mark_of(updates[place].block) == mark:
                return updates[place + 1 :]
        former = updates[0].former
        return updates if former is not None and mark_of(former) == mark else None

    def about(self) -> Object:
        """Return the data of an event without changes."""
        known = self._cache.block_number is not None
        return {"block": block_of(self._cache.block) if known else None, "changes": [], "more": 0}


async def stream(
    log: ChangeLog,
    mark: Position,
    requests: _Requests | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> AsyncIterator[str]:
    """Yield server-sent events until the server ends.

    Args:
        log: The registry's changes.
        mark: The client's position.
        requests: Returns a relay's events after a place, and the last place; called with `None`,
            only the place. It runs in a thread.
        is_ending: Returns whether the server ends. Clients resume at the next one.
    """
    place, known = mark if requests is None else await asyncio.to_thread(_known, mark, requests)
    if known is None:
        known = log.newest()
    quiet_since = time.monotonic()
    yield "retry: 2000\n\n"
    if known not in {None, _FORGOTTEN}:
        yield _event("block", log.about(), place, known)
    while not is_ending():
        quiet = True
        if requests is not None:
            last, events = await asyncio.to_thread(requests, place)
            for event in events:
                quiet = False
                place = cast("int", event["place"])
                yield _event("request", event, place, known)
            place = last
        updates = log.since(known)
        if updates is None:
            known = log.newest()
            yield _event("reload", log.about(), place, known)
        for update in updates or ():
            quiet, known = False, mark_of(update.block)
            name = "registry" if update.changes or update.cause is not Cause.FOLLOWED else "block"
            yield _event(name, of_update(update), place, known)
        if not quiet:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _HEARTBEAT_S:
            quiet_since = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(_LOOK_S)


def _known(mark: Position, requests: _Requests) -> Position:
    """Return a client's position among the events that a relay has."""
    last, _ = requests(None)
    if mark.place is None:
        return mark._replace(place=last)
    if mark.place > last:  # the relay's database was restored from a backup
        return Position(last, _FORGOTTEN)
    return mark


def _event(name: str, data: Object, place: int | None, known: str | None) -> str:
    mark = "" if known is None else f"-{known}"
    return f"id: {place or 0}{mark}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


def mark_of(block: BlockRef) -> str:
    """Return a block in the form used in event ids."""
    return f"{block.number}.{block.hash[2:10]}"


def of_update(update: Update) -> Object:
    """Return an update as an event's data."""
    return {
        "block": block_of(update.block),
        "cause": update.cause.value,
        "changes": [_change(one) for one in update.changes[:_MOST_CHANGES]],
        "more": max(0, len(update.changes) - _MOST_CHANGES),
    }


def _change(change: Difference) -> Object:
    if isinstance(change, AgreementEnded):
        return {"change": "AgreementEnded", "user": change.user, "provider": change.provider}
    return change.to_dict()
