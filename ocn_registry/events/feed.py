"""A feed of a registry's events, block by block, with reverts when blocks are replaced.

A feed begins at a block or at a cursor. Each `read` returns the next batch: new events, and those
reverted because their blocks were replaced. A feed remembers only the blocks that could still be
replaced, so it can run indefinitely.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from ocn_registry.errors import BadAnswer, InvalidInput, NoContract, RpcRefused, UnknownRevert
from ocn_registry.events.cursor import EventCursor, Page
from ocn_registry.events.filters import EventFilter, Matcher
from ocn_registry.events.provenance import Event, events_of
from ocn_registry.flows.events import Trail, follow
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import BlockRef, Contract
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import (
    BlockAt,
    CodeSize,
    Head,
    Sleep,
    all_of,
    run,
    run_async,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.events import Step
    from ocn_registry.models import Address, PartyId
    from ocn_registry.protocol.effects import AsyncPerform, Flow, HeadBlock, Perform

# Called as blocks are read, with the number of blocks read so far and the total.
OnBlocks: TypeAlias = "Callable[[int, int], None]"

_PAUSE_S = 1.0
_MAX_WAITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch(Portable):
    """The result of a read of a feed.

    Attributes:
        reverted: Events that were undone because the chain replaced their blocks, the latest first.
        events: New events, in chain order.
        replaced: The blocks that were replaced, the latest first.
        block: The last block that was read.
        head: The chain's latest block.
        at_end: Whether there is nothing more to read for now.
    """

    reverted: tuple[Event, ...]
    events: tuple[Event, ...]
    replaced: tuple[BlockRef, ...]
    block: BlockRef
    head: BlockRef
    at_end: bool


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """Options of a feed.

    Attributes:
        filter: The filter for events.
        first_block: Number of the first block, or `next` for the chain's next one; by default the
            first block of the contracts.
        last_block: Number of the last block; `None` to continue indefinitely.
        cursor: The cursor of an earlier feed; it takes precedence over `first_block`.
    """

    filter: EventFilter = field(default_factory=EventFilter)
    first_block: int | Literal["next"] | None = None
    last_block: int | None = None
    cursor: EventCursor | None = None

    @classmethod
    def of(
        cls,
        *,
        address: str | None,
        party: PartyId | tuple[str, str] | str | None,
        first_block: int | Literal["next"] | None,
        last_block: int | None,
        cursor: EventCursor | None,
    ) -> FeedOptions:
        """Return the options for these arguments.

        Raises:
            InvalidInput: An argument is not valid, or can't be combined with another.
        """
        wanted = EventFilter.of(address, party)
        if cursor is not None:
            if wanted not in (EventFilter(), cursor.filter):
                raise InvalidInput(
                    f"the cursor is of a feed of {cursor.filter}, not of {wanted}: use the filter "
                    "that it was created with, or none",
                )
            wanted = cursor.filter
        if isinstance(first_block, int) and last_block is not None and first_block > last_block:
            raise InvalidInput(
                f"first_block {first_block} comes after last_block {last_block}: give an earlier "
                "first_block",
            )
        return cls(filter=wanted, first_block=first_block, last_block=last_block, cursor=cursor)


class FeedCore:
    """The common base of both feeds: their position, and the flows that advance it."""

    def __init__(self, dialect: Dialect, start_block: int, options: FeedOptions) -> None:
        """Create a feed. The chain is not queried yet.

        Args:
            dialect: The dialect of the deployment.
            start_block: Number of the first block that can have events of the contracts.
            options: The feed's options.
        """
        self._dialect = dialect
        self._options = options
        first = options.first_block
        self._first: int | Literal["next"] = start_block if first is None else first
        self._contracts = tuple([dialect.address_of(contract) for contract in Contract])
        self._trail: Trail | None = None
        self._pages: dict[str, Page] = {}
        self._matcher = Matcher(filter=options.filter, many_ids=dialect.limits.has_many_ids)
        self.is_complete = True
        """`False` when the node no longer knows who held the party's id at the first block. Until
        the id is next set, events that don't name it are then left out."""
        if options.cursor is not None:
            self._begin(options.cursor.pages)

    @property
    def filter(self) -> EventFilter:
        """The feed's filter."""
        return self._options.filter

    @property
    def cursor(self) -> EventCursor | None:
        """The current cursor, to resume from later; `None` before the feed has started."""
        if self._trail is None:
            return None
        pages = tuple([self._pages[block.hash] for block in self._trail.blocks])
        return EventCursor(filter=self._options.filter, pages=pages)

    def _begin(self, pages: tuple[Page, ...]) -> Trail:
        self._pages = {page.block.hash: page for page in pages}
        self._trail = Trail(blocks=tuple([page.block for page in pages]))
        self._matcher = replace(self._matcher, holder=pages[-1].holder)
        return self._trail

    def _start(self) -> Flow[BlockRef]:
        trail = self._trail
        if trail is None:
            trail = self._begin(((yield from self._first_page()),))
        return trail.blocks[-1]

    def _first_page(self) -> Flow[Page]:
        """Read the block before the feed's first one."""
        sizes = yield from all_of(tuple([CodeSize(one) for one in self._contracts]))
        for contract, size in zip(self._contracts, sizes, strict=True):
            if not size:
                raise NoContract(contract)
        head: HeadBlock = yield from Head()
        block: BlockRef | None = head.ref
        if self._first != "next":  # the first block of a chain has no events
            block = yield from BlockAt(max(self._first - 1, 0))
        if block is None:
            raise InvalidInput(
                f"block {self._first} does not exist yet: the latest is {head.ref.number}",
            )
        return Page(block=block, holder=(yield from self._holder(block.number)))

    def _holder(self, block: int) -> Flow[Address | None]:
        """Read the holder of the filter's id after a block, if the node still knows."""
        wanted = self._options.filter.party
        if wanted is None or block == 0:
            return None
        try:
            party = yield from self._dialect.party(wanted, block)
        except (NoContract, UnknownRevert):  # before the contracts existed
            return None
        except RpcRefused:
            self.is_complete = False
            return None
        return None if party is None else party.address

    def _read(self) -> Flow[EventBatch]:
        yield from self._start()
        assert self._trail is not None  # noqa: S101 - for type checkers
        last = self._options.last_block
        step = yield from follow(
            self._contracts,
            self._trail,
            chain_id=self._dialect.chain_id,
            until=last,
        )
        found = yield from events_of(self._dialect, step)
        reverted = [
            event for block in step.replaced for event in reversed(self._pages[block.hash].events)
        ]
        events = self._take(step, found)
        block = step.trail.blocks[-1]
        end = step.head.number if last is None else min(last, step.head.number)
        return EventBatch(
            reverted=tuple(reverted),
            events=events,
            replaced=step.replaced,
            block=block,
            head=step.head,
            at_end=step.trail.lagging > 0 or block.number >= end,
        )

    def _take(self, step: Step, found: tuple[Event, ...]) -> tuple[Event, ...]:
        """Add the pages of a step, and drop those that are no longer needed."""
        by_block: dict[str, list[Event]] = {}
        for event in found:
            by_block.setdefault(event.block.hash, []).append(event)
        last = step.trail.blocks[-1]
        if step.replaced:
            self._matcher = replace(self._matcher, holder=self._pages[last.hash].holder)
        new: list[Event] = []
        for block, _ in step.found:
            wanted = self._wanted(by_block.get(block.hash, []))
            new += wanted
            holder = self._matcher.holder
            self._pages[block.hash] = Page(block=block, events=wanted, holder=holder)
        self._pages.setdefault(last.hash, Page(block=last, holder=self._matcher.holder))
        self._pages = {block.hash: self._pages[block.hash] for block in step.trail.blocks}
        self._trail = step.trail
        return tuple(new)

    def _wanted(self, events: list[Event]) -> tuple[Event, ...]:
        found: list[Event] = []
        for event in events:
            if self._matcher.matches(event.change):
                found.append(event)
            self._matcher = self._matcher.after(event.change)
        return tuple(found)

    def history_flow(self, on_blocks: OnBlocks | None) -> Flow[tuple[Event, ...]]:
        """Return the flow that returns all events; see `EventFeed.history`."""
        first = (yield from self._start()).number
        last, waits = self._options.last_block, 0
        found: list[Event] = []
        while True:
            batch = yield from self._read()
            if last is None:
                last = batch.head.number
            elif last > batch.head.number and not waits:
                raise InvalidInput(
                    f"block {last} does not exist yet: the latest is {batch.head.number}",
                )
            gone = {block.hash for block in batch.replaced}
            found = [event for event in found if event.block.hash not in gone]
            found += batch.events
            if on_blocks is not None:
                on_blocks(batch.block.number - first, last - first)
            if batch.block.number >= last:
                return tuple(found)
            if batch.at_end:  # the node is behind its earlier answer
                waits += 1
                if waits > _MAX_WAITS:
                    raise BadAnswer(
                        f"the RPC node does not know block {last} any more: use another one",
                    )
                yield from Sleep(_PAUSE_S)


@checked
class EventFeed(FeedCore):
    """A feed of a registry's events, returned by `RegistryClient.events`."""

    def __init__(
        self,
        perform: Perform,
        dialect: Dialect,
        start_block: int,
        options: FeedOptions,
    ) -> None:
        """Create a feed; see `FeedCore`. `perform` performs its effects."""
        super().__init__(dialect, start_block, options)
        self._perform = perform

    def start(self) -> BlockRef:
        """Determine the first block of the feed, unless it has started already.

        Returns:
            The last block before the feed.

        Raises:
            InvalidInput: The chain does not have the first block yet.
            NoContract: There is no contract at the registry's address.
        """
        return run(self._start(), self._perform)

    def read(self) -> EventBatch:
        """Read the next blocks, as many as fit in one step.

        Raises:
            TransportError: The chain can't be reached. The feed keeps its position.
            ReorgTooDeep: The chain has replaced more blocks than the feed remembers.
        """
        return run(self._read(), self._perform)

    def history(self, *, on_blocks: OnBlocks | None = None) -> tuple[Event, ...]:
        """Return all events up to the last block, or up to the chain's latest.

        Args:
            on_blocks: Called as blocks are read, with the number of blocks read so far and the
                total.
        """
        return run(self.history_flow(on_blocks), self._perform)

    def follow(self, *, interval_s: float = 5.0) -> Iterator[EventBatch]:
        """Yield batches indefinitely. An error from `read` ends it; call it again to resume.

        Args:
            interval_s: How long to wait if there is nothing more to read.
        """
        while True:
            batch = run(self._read(), self._perform)
            yield batch
            if batch.at_end:
                self._perform(Sleep(interval_s))


@checked
class AsyncEventFeed(FeedCore):
    """A feed of a registry's events, returned by `AsyncRegistryClient.events`; see `EventFeed`."""

    def __init__(
        self,
        perform: AsyncPerform,
        dialect: Dialect,
        start_block: int,
        options: FeedOptions,
    ) -> None:
        """Create a feed; see `FeedCore`. `perform` performs its effects."""
        super().__init__(dialect, start_block, options)
        self._perform = perform

    async def start(self) -> BlockRef:
        """Determine the first block of the feed; see `EventFeed.start`."""
        return await run_async(self._start(), self._perform)

    async def read(self) -> EventBatch:
        """Read the next blocks; see `EventFeed.read`."""
        return await run_async(self._read(), self._perform)

    async def history(self, *, on_blocks: OnBlocks | None = None) -> tuple[Event, ...]:
        """Return all events up to the last block; see `EventFeed.history`."""
        return await run_async(self.history_flow(on_blocks), self._perform)

    async def follow(self, *, interval_s: float = 5.0) -> AsyncIterator[EventBatch]:
        """Yield batches indefinitely; see `EventFeed.follow`."""
        while True:
            batch = await run_async(self._read(), self._perform)
            yield batch
            if batch.at_end:
                await self._perform(Sleep(interval_s))


def history_of(
    dialect: Dialect,
    first_block: int,
    last_block: int | None = None,
) -> Flow[tuple[Event, ...]]:
    """Return all events of a registry, for flows; see `EventFeed.history`.

    Args:
        dialect: The dialect of the deployment.
        first_block: Number of the first block.
        last_block: Number of the last block; `None` for the chain's latest.
    """
    return FeedCore(dialect, first_block, FeedOptions(last_block=last_block)).history_flow(None)
