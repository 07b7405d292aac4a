"""Read events in chain order, in ranges that nodes accept, and follow the chain.

A `Trail` records how far they were read: the last block, and those before it that could still be
replaced. Each step checks that the last block is still in the chain, then reads some ranges, or
returns the blocks of the trail that were replaced. A hash commits to all earlier blocks, so the
events are from one chain even if several nodes answered: whoever returns a range also has the last
block of the range before it, or of the trail, and one node has the head and the last block of each
range.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, ReorgTooDeep, RpcRefused, RpcTimeout, WrongChain
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import BlockAt, ChainId, Head, Logs, all_of, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import Address, BlockRef
    from ocn_registry.protocol.effects import Flow, PlacedLog

CHUNK_BLOCKS = 10_000  # what public nodes accept at once
DEPTH = 128
LAGGING_ROUNDS = 3
ROUNDS = 5
_LOG = logging.getLogger("ocn_registry.events")
_AT_ONCE = 32
# Ranges in a step, so that long reads cost about one request for each range.
_PIECES = 16
_EVENTS = 2_000


class ChainMoved(BadAnswer):
    """The chain moved during a read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The events in a range of blocks.

    Attributes:
        logs: The events.
        end: The last block of the range.
        chunk_blocks: How many blocks to request next.
    """

    logs: tuple[PlacedLog, ...]
    end: BlockRef
    chunk_blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """How far events have been read.

    Attributes:
        blocks: Blocks that were read, at least one. All events up to the last one are known.
        chunk_blocks: How many blocks nodes currently accept.
        lagging: How many times in a row the node was behind the trail.
    """

    blocks: tuple[BlockRef, ...]
    chunk_blocks: int = CHUNK_BLOCKS
    lagging: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of a step.

    Attributes:
        trail: How far events have been read.
        head: The chain's latest block.
        replaced: Blocks of the trail that are no longer in the chain, the latest first.
        found: Blocks with events, in order.
    """

    trail: Trail
    head: BlockRef
    replaced: tuple[BlockRef, ...] = ()
    found: tuple[tuple[BlockRef, tuple[PlacedLog, ...]], ...] = ()

    @property
    def is_at_head(self) -> bool:
        """Whether there is nothing more to read for now."""
        return self.trail.blocks[-1] == self.head


def piece(  # noqa: PLR0913 - two have a default
    contracts: tuple[Address, ...],
    first: int,
    last: int,
    chunk_blocks: int,
    most_blocks: int = CHUNK_BLOCKS,
    *,
    after: BlockRef | None = None,
) -> Flow[Piece]:
    """Read the events of the next blocks, as many as the node accepts, and the last block.

    Args:
        contracts: Addresses of the contracts.
        first: Number of the first block.
        last: Number of the last block to read.
        chunk_blocks: How many blocks to request; halved if the node refuses.
        most_blocks: The most to request next time.
        after: The block that the events have to follow, if one is known.

    Raises:
        ChainMoved: The node does not have the last block or the one before the events, or has
            replaced one in the meantime.
        TransportError: The chain can't be reached, or the node refuses even a single block.
    """
    chunk = chunk_blocks
    while True:
        number = min(first + chunk - 1, last)
        try:
            before, logs, end, standing = yield from together(
                BlockAt(number),
                Logs(contracts, first, number),
                BlockAt(number),
                # Last, so that a branch is noticed that came during the request.
                BlockAt(number if after is None else after.number),
            )
        except (RpcRefused, RpcTimeout, BadAnswer) as error:
            if number == first:
                raise
            chunk = max(1, (number - first + 1) // 2)
            _LOG.info(
                "a node refuses %d blocks of events, so fewer are read at once: %s",
                number - first + 1,
                error,
            )
            continue
        if end is None or before != end or standing != (after or end):
            raise ChainMoved("the node does not have the blocks that it returned before")
        return Piece(logs=logs, end=end, chunk_blocks=min(most_blocks, chunk + chunk // 4 + 1))


def count_standing(blocks: Sequence[BlockRef]) -> Flow[int]:
    """Return the number of blocks up to the last one that is still in the chain; 0 for none."""
    count = len(blocks)
    while count:
        some = blocks[max(0, count - _AT_ONCE) : count]
        found = yield from all_of(tuple([BlockAt(block.number) for block in some]))
        for known, block in zip(reversed(some), reversed(found), strict=True):
            if known == block:
                return count
            count -= 1
    return 0


def start_of(numbers: Sequence[int], oldest: int) -> int:
    """Return the index of the first block to keep, given how deep a reorganisation may be."""
    start = 0
    while start + 1 < len(numbers) and numbers[start + 1] <= oldest:
        start += 1
    return start


def follow(
    contracts: tuple[Address, ...],
    trail: Trail,
    *,
    chain_id: int,
    until: int | None = None,
    depth: int = DEPTH,
) -> Flow[Step]:
    """Advance by one step: read some ranges, or return to the last block that was not replaced.

    Args:
        contracts: Addresses of the contracts.
        trail: How far they have been read.
        chain_id: The chain that the trail is on.
        until: Number of the last block to read; `None` for the latest.
        depth: How many blocks a reorganisation may replace.

    Raises:
        ReorgTooDeep: No block of the trail is in the chain any more.
        TransportError: The chain can't be reached, or the node is on another chain.
    """
    for _ in range(ROUNDS):
        step = yield from look(trail, chain_id=chain_id, depth=depth)
        last = step.head.number if until is None else min(until, step.head.number)
        if step.trail.lagging or step.replaced or last <= step.trail.blocks[-1].number:
            return step
        try:
            return (yield from read_on(contracts, step.trail, step.head, last, depth=depth))
        except ChainMoved:
            continue
    raise moved()


def look(trail: Trail, *, chain_id: int, depth: int = DEPTH) -> Flow[Step]:
    """Look up the head, and return to the last block that was not replaced; see `follow`.

    If the chain is shorter than the trail, the node lags: the trail is kept until that happens
    several times in a row. Before trusting any block but the trail's last, the chain id is checked,
    because the node behind the URL may have changed.
    """
    latest = trail.blocks[-1]
    head_block, latest_now = yield from together(Head(), BlockAt(latest.number))
    head = head_block.ref
    if latest_now is None and trail.lagging < LAGGING_ROUNDS:
        return Step(trail=replace(trail, lagging=trail.lagging + 1), head=head)
    trail = replace(trail, lagging=0)
    if latest_now == latest:
        return Step(trail=trail, head=head)
    found = yield from ChainId()
    if found != chain_id:
        raise WrongChain(chain_id, found)
    count = yield from count_standing(trail.blocks)
    if not count:
        raise ReorgTooDeep(latest.number, depth)
    kept, gone = trail.blocks[:count], trail.blocks[count:]
    return Step(trail=replace(trail, blocks=kept), head=head, replaced=gone[::-1])


def read_on(  # noqa: PLR0913 - two have a default
    contracts: tuple[Address, ...],
    trail: Trail,
    head: BlockRef,
    last: int,
    *,
    depth: int = DEPTH,
    chunk_blocks: int = CHUNK_BLOCKS,
) -> Flow[Step]:
    """Read some ranges after the trail, up to a known head.

    Args:
        contracts: Addresses of the contracts.
        trail: How far they have been read.
        head: The latest block. Everything read must be part of its chain.
        last: Number of the last block to read, beyond the trail.
        depth: How many blocks a reorganisation may replace.
        chunk_blocks: The most blocks to request in one range.

    Raises:
        Moved: The chain moved during the read: look again.
        TransportError: The chain can't be reached.
    """
    parts: list[Piece] = []
    read, chunk = trail.blocks[-1].number, trail.chunk_blocks
    while read < last and len(parts) < _PIECES and sum(len(each.logs) for each in parts) < _EVENTS:
        after = parts[-1].end if parts else trail.blocks[-1]
        part = yield from piece(contracts, read + 1, last, chunk, chunk_blocks, after=after)
        parts.append(part)
        read, chunk = part.end.number, part.chunk_blocks
    found = yield from _in_blocks(parts, head)
    end = parts[-1].end
    blocks = [*trail.blocks, *[block for block, _ in found if block != end], end]
    start = start_of([block.number for block in blocks], head.number - depth)
    return Step(
        trail=Trail(blocks=tuple(blocks[start:]), chunk_blocks=chunk), head=head, found=found
    )


def moved() -> BadAnswer:
    """Return the error for a chain that moved during every attempt to read it."""
    return ChainMoved(
        "the chain moved each time while it was read: check that all RPC nodes behind the URL are "
        "on one chain, then try again",
    )


def _in_blocks(
    parts: Sequence[Piece],
    head: BlockRef,
) -> Flow[tuple[tuple[BlockRef, tuple[PlacedLog, ...]], ...]]:
    """Group events by block, and check that the known head is still in the chain."""
    by_number: dict[int, list[PlacedLog]] = {}
    for log in [log for part in parts for log in part.logs]:
        by_number.setdefault(log.block_number, []).append(log)
    known = {part.end.number: part.end for part in parts} | {head.number: head}
    # The known blocks and the new ones are read in one request, so from one node. A single range
    # that ends at the head was already checked against it.
    asked = tuple([number for number in by_number if number not in known])
    if asked or len(known) > 1 or parts[-1].end != head:
        blocks = yield from all_of(tuple([BlockAt(number) for number in (*asked, *known)]))
        if blocks[len(asked) :] != tuple(known.values()):
            raise ChainMoved("the chain moved while it was read")
        for number, block in zip(asked, blocks, strict=False):
            if block is None:
                raise ChainMoved("the chain moved while it was read")
            known[number] = block
    if parts[-1].end.number == head.number and parts[-1].end != head:
        raise ChainMoved("the chain moved while it was read")
    found: list[tuple[BlockRef, tuple[PlacedLog, ...]]] = []
    for number, logs in by_number.items():
        block = known[number]
        if any(log.block_hash != block.hash for log in logs):
            raise ChainMoved("the chain moved while it was read")
        found.append((block, tuple(logs)))
    return tuple(found)
