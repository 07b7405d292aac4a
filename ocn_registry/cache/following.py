"""Bring the known state to the latest block: load it, follow the chain, or undo blocks.

It is a flow, written once for every transport. The state is a `Known`; each round returns the next
one, or raises and leaves it unchanged.

* A round reads at one block. Every node that answers must have that block, by its hash: if the
  chain moved in between, or a node behind the same URL lags or is on another chain, the round
  starts over.
* If events are complete, the next state is built from them. Otherwise they say what to read again
  at that block.
* Each known block leaves a `Mark` with the rows to undo it. If the chain has replaced the known
  block, the state returns to the newest mark that is still in the chain and continues from there.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from ocn_registry.cache.past import past_of, read_past
from ocn_registry.cache.reading import Numbers, of_block, read_again, read_all, touched_by
from ocn_registry.errors import WrongChain
from ocn_registry.events.draft import Draft, Rows
from ocn_registry.events.fold import Fold
from ocn_registry.events.state import Moment
from ocn_registry.events.tables import MissingEvents
from ocn_registry.flows.events import (
    CHUNK_BLOCKS,
    DEPTH,
    ROUNDS,
    ChainMoved,
    Trail,
    look,
    moved,
    read_on,
    start_of,
)
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import ChainId, Head, together

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.events.state import State
    from ocn_registry.models import BlockRef
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow

# A bound, since an untrusted node could send any number; no registry has as many.
_MAX_EVENTS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOptions:
    """How a registry is followed.

    Attributes:
        depth: How many blocks a reorganisation may replace before the registry is reloaded.
        chunk_blocks: How many blocks to request events for at once; public nodes accept 10,000.
        load_beyond_blocks: The registry is reloaded if more blocks than this were missed.
        start_block: The first block with events of the contracts.
    """

    depth: int = DEPTH
    chunk_blocks: int = CHUNK_BLOCKS
    load_beyond_blocks: int = 200_000
    start_block: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A block that was known, and how to undo it to reach the previous mark.

    Attributes:
        block: The block.
        undo: The former rows of the places that changed since the previous mark.
        last_membership: Number of the last membership at the previous mark.
    """

    block: BlockRef
    undo: Rows
    last_membership: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The state, and how to follow it further.

    Attributes:
        state: The registry at a block.
        marks: The blocks that the state can return to. The last one is the state's own block.
        chunk_blocks: How many blocks nodes currently accept.
        lagging: How many rounds in a row the node was behind this state.
    """

    state: State
    marks: tuple[Mark, ...]
    chunk_blocks: int
    lagging: int = 0

    @property
    def trail(self) -> Trail:
        """How far events have been read."""
        return Trail(
            blocks=tuple([mark.block for mark in self.marks]),
            chunk_blocks=self.chunk_blocks,
            lagging=self.lagging,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The result of a round.

    Attributes:
        known: The new state.
        touched: Rows that may differ from the previous state; `None` for all.
        went_back: Whether blocks were undone.
        head: Number of the chain's latest block.
        dated: Last changes of parties that this round found in earlier events.
    """

    known: Known
    touched: Rows | None
    went_back: bool
    head: int
    dated: dict[str, Moment] = field(default_factory=dict[str, Moment])


def load(dialect: Dialect, options: FollowOptions, former: State | None = None) -> Flow[Round]:
    """Load the whole registry at the latest block.

    Args:
        dialect: The dialect of the deployment.
        options: Depth and pieces.
        former: The previous state, if its block is still in the chain.
    """
    for _ in range(ROUNDS):
        seen, chain_id = yield from together(Head(), ChainId())
        if chain_id != dialect.chain_id:
            raise WrongChain(dialect.chain_id, chain_id)
        head = seen.ref
        try:
            state = yield from of_block(head, read_all(dialect, head))
        except ChainMoved:
            continue
        state = replace(state, past=past_of(head, options.start_block, former))
        mark = Mark(block=head, undo=Rows(), last_membership=None)
        known = Known(state=state, marks=(mark,), chunk_blocks=options.chunk_blocks)
        return Round(known=known, touched=None, went_back=False, head=head.number)
    raise moved()


def date(dialect: Dialect, found: Round, options: FollowOptions) -> Flow[Round]:
    """Find out more about when parties last changed before the registry was loaded.

    Raises:
        TransportError: The chain can't be asked, or refuses a single block of events.
    """
    known = found.known
    past, dated = yield from read_past(
        dialect, known.state, [mark.undo for mark in known.marks], options.chunk_blocks
    )
    known = replace(known, state=replace(known.state, past=past))
    return replace(found, known=known, dated=dated)


def follow(dialect: Dialect, known: Known, options: FollowOptions) -> Flow[Round]:
    """Update the state to the latest block.

    Args:
        dialect: The dialect of the deployment.
        known: The state.
        options: Depth and pieces.

    Raises:
        ReorgTooDeep: None of the remembered blocks is in the chain any more.
        MissingEvents: The node omits events, or sends too many.
        TransportError: The chain can't be reached, or the node is on another chain.
    """
    for _ in range(ROUNDS):
        seen = yield from look(known.trail, chain_id=dialect.chain_id, depth=options.depth)
        head = seen.head
        if seen.trail.lagging:
            behind = replace(known, lagging=seen.trail.lagging)
            return Round(known=behind, touched=Rows(), went_back=False, head=head.number)
        base, undone = _at(known, len(seen.trail.blocks))
        if head.number - base.state.block.number > options.load_beyond_blocks:
            return (yield from load(dialect, options, base.state))
        try:
            base, done = yield from _catch_up(dialect, base, head, options)
        except ChainMoved:
            continue
        return Round(
            known=replace(base, lagging=0),
            touched=undone.and_(done),
            went_back=bool(seen.replaced),
            head=head.number,
        )
    raise moved()


def _at(known: Known, count: int) -> tuple[Known, Rows]:
    """Return to the last of the first `count` marks; also return the rows that this changed."""
    if count == len(known.marks):
        return known, Rows()
    draft = Draft(known.state)
    for mark in reversed(known.marks[count:]):
        draft.put(mark.undo)
        draft.last_membership = mark.last_membership
    marks = known.marks[:count]
    state = draft.finish(marks[-1].block)
    return replace(known, state=state, marks=marks), draft.before()


def _catch_up(
    dialect: Dialect,
    known: Known,
    head: BlockRef,
    options: FollowOptions,
) -> Flow[tuple[Known, Rows]]:
    """Follow the events up to a block."""
    state = known.state
    if head.number <= state.block.number:
        if head == state.block:
            return known, Rows()
        raise ChainMoved("the node returned an earlier block than before")
    changes, chunk = yield from _changes(dialect, known, head, options)
    draft = Draft(state)
    if changes and not dialect.limits.events_tell_all:
        yield from of_block(head, read_again(dialect, touched_by(changes), draft, state, head))
    elif changes:
        fold = Fold(draft)
        for change, when in changes:
            fold.apply(change, when)
        fold.finish()
        if any(fold.unknown()):
            numbers: Numbers = yield from of_block(head, Numbers.read(dialect, fold, head))
            fold.learn(numbers.parties, numbers.services)
        if any(fold.unknown()):
            raise MissingEvents(
                "an event names a party or service that is not listed: read all again"
            )
    undo = draft.before()
    mark = Mark(block=head, undo=undo, last_membership=state.last_membership)
    marks = (*known.marks, mark)
    start = start_of([each.block.number for each in marks], head.number - options.depth)
    caught_up = Known(state=draft.finish(head), marks=marks[start:], chunk_blocks=chunk)
    return caught_up, undo


def _changes(
    dialect: Dialect,
    known: Known,
    head: BlockRef,
    options: FollowOptions,
) -> Flow[tuple[list[tuple[Change, Moment]], int]]:
    """Read the events after the state up to a block; also return how many blocks nodes accept."""
    contracts = tuple([dialect.address_of(contract) for contract in Contract])
    trail, count = known.trail, 0
    found: list[tuple[Change, Moment]] = []
    while trail.blocks[-1].number < head.number:
        step = yield from read_on(
            contracts,
            trail,
            head,
            head.number,
            depth=options.depth,
            chunk_blocks=options.chunk_blocks,
        )
        trail = step.trail
        for block, logs in step.found:
            count += len(logs)
            if count > _MAX_EVENTS:
                raise MissingEvents(f"more than {_MAX_EVENTS} events were missed: read all again")
            when = Moment(block.number, block.timestamp_unix_s)
            found += [(change, when) for change in dialect.changes(logs)]
    return found, trail.chunk_blocks
