"""The position of a feed of events, as a value and as a file.

A cursor holds the blocks that were read and could still be replaced, with the matching events in
them, so that a resumed feed can also report what was reverted in between. Events are stored in raw
form and decoded when a cursor is loaded. Save a cursor after you have processed its events: if the
program is killed, it resumes there. It may see the last events twice, but misses none.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import BadAnswer, InvalidInput
from ocn_registry.events.filters import EventFilter
from ocn_registry.events.provenance import event_of
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.files import read_own, write_own
from ocn_registry.foreign.limits import CURSOR_FILE
from ocn_registry.foreign.strict_json import is_list, is_object, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, BlockRef, Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import PlacedLog

if TYPE_CHECKING:
    from ocn_registry.events.provenance import Event
    from ocn_registry.models import PartyId
    from ocn_registry.networks import Deployment

_FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A block that was read.

    Attributes:
        block: The block.
        events: The matching events in it.
        holder: The account that holds the filter's id after the block.
    """

    block: BlockRef
    events: tuple[Event, ...] = ()
    holder: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCursor:
    """The position of a feed.

    Attributes:
        filter: The feed's filter.
        pages: The blocks that were read and could still be replaced, at least one; the latest last.
    """

    filter: EventFilter
    pages: tuple[Page, ...]

    @property
    def block(self) -> BlockRef:
        """The last block that was read."""
        return self.pages[-1].block


@checked
class CursorFile:
    """A file with the cursor of a feed. It is replaced atomically."""

    def __init__(
        self,
        path: str | Path,
        deployment: Deployment,
        *,
        address: str | None = None,
        party: PartyId | tuple[str, str] | str | None = None,
    ) -> None:
        """Create it for a path. The file is not opened yet.

        Args:
            path: The file; its folder must exist.
            deployment: The feed's registry.
            address: As for the feed.
            party: As for the feed.
        """
        self._path = Path(path)
        self._filter = EventFilter.of(address, party)
        self._dialect = dialect = dialect_of(deployment)
        self._about: dict[str, object] = {
            "format": _FORMAT,
            "chainId": dialect.chain_id,
            "registry": dialect.address_of(Contract.REGISTRY),
            "permissions": dialect.address_of(Contract.PERMISSIONS),
            "filter": str(self._filter),
        }

    def load(self) -> EventCursor | None:
        """Return the saved cursor; `None` if there is no file yet.

        Raises:
            InvalidInput: The file is not a cursor, belongs to another feed, or could have been
                written by another user.
        """
        raw = read_own(self._path, CURSOR_FILE.max_bytes, what="cursor file")
        if raw is None:
            return None
        try:
            content = parse_json(raw, CURSOR_FILE)
        except ValueError:
            raise self._unusable() from None
        if not is_object(content) or "format" not in content:
            raise self._unusable()
        for key, value in self._about.items():
            if content.get(key) != value:
                raise InvalidInput(
                    f"the file {shown(str(self._path))} is the cursor of a feed with another "
                    f"{key}, {shown(content.get(key))}: give each feed a file of its own",
                )
        try:
            pages = tuple([self._page(each) for each in _list(content["pages"])])
        except (KeyError, TypeError, ValueError, BadAnswer):
            raise self._unusable() from None
        if not pages:
            raise self._unusable()
        return EventCursor(filter=self._filter, pages=pages)

    def save(self, cursor: EventCursor | None) -> None:
        """Replace the file.

        Args:
            cursor: The feed's cursor; `None`, from a feed that has not started, is ignored.

        Raises:
            InvalidInput: The file can't be written. It still holds the previous cursor.
        """
        if cursor is None:
            return
        content = json.dumps(self._about | {"pages": [_written(page) for page in cursor.pages]})
        write_own(self._path, content.encode("ascii"), what="cursor file")

    def _page(self, value: object) -> Page:
        fields = _object(value)
        block = BlockRef(
            number=_number(fields["number"]),
            hash=_text(fields["hash"]),
            timestamp_unix_s=_number(fields["timestamp"]),
        )
        holder = fields["holder"]
        return Page(
            block=block,
            holder=None if holder is None else Address(_text(holder)),
            events=tuple([self._event(block, each) for each in _list(fields["events"])]),
        )

    def _event(self, block: BlockRef, value: object) -> Event:
        fields = _object(value)
        log = PlacedLog(
            address=Address(_text(fields["address"])),
            topics=tuple([_text(topic) for topic in _list(fields["topics"])]),
            data=bytes.fromhex(_text(fields["data"])),
            block_number=block.number,
            block_hash=block.hash,
            tx_hash=_text(fields["txHash"]),
            index=_number(fields["index"]),
        )
        sender = fields["sender"]
        event = event_of(
            self._dialect,
            block,
            log,
            None if sender is None else Address(_text(sender)),
            tuple([_text(name) for name in _list(fields["functions"])]),
        )
        if event is None:
            raise ValueError(fields["topics"])
        by_controller = event.how == "signed" and fields["how"] == "controller"
        return replace(event, how="controller") if by_controller else event

    def _unusable(self) -> InvalidInput:
        return InvalidInput(
            f"the file {shown(str(self._path))} is not the cursor of a feed: give another name",
        )


def _written(page: Page) -> dict[str, object]:
    return {
        "number": page.block.number,
        "hash": page.block.hash,
        "timestamp": page.block.timestamp_unix_s,
        "holder": page.holder,
        "events": [
            {
                "address": event.log.address,
                "topics": list(event.log.topics),
                "data": event.log.data.hex(),
                "txHash": event.log.tx_hash,
                "index": event.log.index,
                "sender": event.sender,
                "functions": list(event.functions),
                "how": event.how,
            }
            for event in page.events
        ],
    }


def _object(value: object) -> dict[str, object]:
    if not is_object(value):
        raise TypeError
    return value


def _list(value: object) -> list[object]:
    if not is_list(value):
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value
