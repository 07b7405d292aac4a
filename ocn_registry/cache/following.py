"""How what is known becomes what stands at the latest block: load, follow, go back.

Written once for every transport, as a flow. What is known is a `Known`; each round gives the next
one, or raises and leaves it as it was.

* All of a round is about one block. Whoever answers has to have that block, by its hash, and tells
  with each answer: where the chain moved in between, or a node behind the same URL lags or is on
  another chain, the round begins again.
* Events come in pieces of as many blocks as nodes take: a piece that is refused is halved. The last
  block of each piece has to stand below the head.
* Contracts whose events tell all: the next state is made of them. Others': the events name what to
  read again, at that block.
* Each block that was known leaves a `Mark`, with the rows to go back by. When the chain has
  replaced the block that is known, the newest mark that still stands is gone back to, and followed
  from. Where none does, `ReorgTooDeep`. Before anything is believed of other blocks than those that
  are known, the chain's id is asked: the node behind a URL may have become another chain's.
* A chain that is *shorter* than what is known is told by a node that lags: what is known stays,
  until that was told several times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.cache.draft import Draft, Rows
from ocn_registry.cache.fold import Fold
from ocn_registry.cache.reading import of_block, read_again, read_all, touched_by
from ocn_registry.errors import ReorgTooDeep, WrongChain
from ocn_registry.events.replay import MissingEvents
from ocn_registry.flows.events import (
    CHUNK_BLOCKS,
    DEPTH,
    LAGGING_ROUNDS,
    ROUNDS,
    Moved,
    count_standing,
    moved,
    piece,
    start_of,
)
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import BlockAt, ChainId, Head, all_of, together

if TYPE_CHECKING:
    from ocn_registry.cache.state import State
    from ocn_registry.dialects import Dialect
    from ocn_registry.models import BlockRef, Party, Service
    from ocn_registry.protocol.effects import Flow, Log

_ENDS_AT_ONCE = 100
# Few registries ever had as many; a node that is not to be trusted could tell of any number.
_MOST_EVENTS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How a registry is followed.

    Attributes:
        depth: How many blocks back a reorganisation may go that is survived without loading anew.
        chunk_blocks: How many blocks are looked through in one piece; public nodes take 10,000.
        load_beyond_blocks: When more blocks than this were missed, all is loaded anew.
    """

    depth: int = DEPTH
    chunk_blocks: int = CHUNK_BLOCKS
    load_beyond_blocks: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A block that was known, and how to go back from it to the mark before.

    Attributes:
        block: The block.
        undo: What stood in the places that changed since the mark before.
        last_listing: Number of the last listing at the mark before.
    """

    block: BlockRef
    undo: Rows
    last_listing: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known.

    Attributes:
        state: The registry at a block.
        marks: The blocks that can be gone back to, the latest last: that is the state's.
        chunk_blocks: How many blocks nodes take at the moment.
        lagging: How many rounds in a row the node knew less than this.
    """

    state: State
    marks: tuple[Mark, ...]
    chunk_blocks: int
    lagging: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round gave.

    Attributes:
        known: What is known now.
        touched: Rows that may differ from what was known before; `None` for all.
        went_back: Whether blocks were replaced.
        head: Number of the latest block that the node told of.
    """

    known: Known
    touched: Rows | None
    went_back: bool
    head: int


def load(dialect: Dialect, how: Following) -> Flow[Round]:
    """Read all of a registry at the latest block."""
    for _ in range(ROUNDS):
        told, chain_id = yield from together(Head(), ChainId())
        _check_chain(dialect, chain_id)
        head = told.ref
        try:
            state = yield from of_block(head, read_all(dialect, head))
        except Moved:
            continue
        mark = Mark(block=head, undo=Rows(), last_listing=None)
        known = Known(state=state, marks=(mark,), chunk_blocks=how.chunk_blocks)
        return Round(known=known, touched=None, went_back=False, head=head.number)
    raise moved()


def follow(dialect: Dialect, known: Known, how: Following) -> Flow[Round]:
    """Bring what is known to the latest block.

    Args:
        dialect: How the contracts are spoken to.
        known: What is known.
        how: Depth and pieces.

    Raises:
        ReorgTooDeep: No block that is remembered stands any more.
        MissingEvents: The node leaves events out, or tells of more than are worth following.
        TransportError: The chain can't be asked, or is another one by now.
    """
    for _ in range(ROUNDS):
        here = known.state.block
        told, standing = yield from together(Head(), BlockAt(here.number))
        head = told.ref
        if standing == here:
            back = known, Rows()
        elif standing is None and known.lagging < LAGGING_ROUNDS:
            behind = replace(known, lagging=known.lagging + 1)
            return Round(known=behind, touched=Rows(), went_back=False, head=head.number)
        else:
            _check_chain(dialect, (yield from ChainId()))
            back = yield from _go_back(known, how)
        base, undone = back
        if head.number - base.state.block.number > how.load_beyond_blocks:
            return (yield from load(dialect, how))
        try:
            base, done = yield from _catch_up(dialect, base, head, how)
        except Moved:
            continue
        base = replace(base, lagging=0)
        touched = undone.and_(done)
        return Round(known=base, touched=touched, went_back=standing != here, head=head.number)
    raise moved()


def _go_back(known: Known, how: Following) -> Flow[tuple[Known, Rows]]:
    """Give what was known at the newest mark that stands, and the rows that this changed."""
    count = yield from count_standing([mark.block for mark in known.marks])
    if not count:
        raise ReorgTooDeep(known.state.block.number, how.depth)
    return _at(known, count)


def _at(known: Known, count: int) -> tuple[Known, Rows]:
    """Go back to the last of so many marks."""
    draft = Draft(known.state)
    for mark in reversed(known.marks[count:]):
        draft.put(mark.undo)
        draft.last_listing = mark.last_listing
    marks = known.marks[:count]
    state = draft.finish(marks[-1].block)
    return replace(known, state=state, marks=marks), draft.before


def _catch_up(
    dialect: Dialect,
    known: Known,
    head: BlockRef,
    how: Following,
) -> Flow[tuple[Known, Rows]]:
    """Follow the events up to a block."""
    state = known.state
    if head.number <= state.block.number:
        if head == state.block:
            return known, Rows()
        raise Moved("the node told of an earlier block than before")
    logs, chunk = yield from _events(dialect, known, head, how)
    draft = Draft(state)
    changes = dialect.changes(logs)
    if not dialect.limits.events_tell_all and changes:
        again = read_again(dialect, touched_by(changes), state, head.number)
        draft.put((yield from of_block(head, again)))
    elif changes:
        fold = Fold(draft)
        fold.apply(changes)
        if any(fold.unknown()):
            fold.learn(*(yield from of_block(head, _numbers(dialect, fold, head))))
        if any(fold.unknown()):
            raise MissingEvents("a party or service of the events is not there: read all again")
    mark = Mark(block=head, undo=draft.before, last_listing=state.last_listing)
    return (
        Known(
            state=draft.finish(head),
            marks=_kept((*known.marks, mark), head.number - how.depth),
            chunk_blocks=chunk,
        ),
        draft.before,
    )


def _numbers(
    dialect: Dialect,
    fold: Fold,
    head: BlockRef,
) -> Flow[tuple[tuple[Party | None, ...], tuple[Service | None, ...]]]:
    """Read the parties and services whose numbers no event has told."""
    parties, providers = fold.unknown()
    return (
        yield from together(
            all_of(tuple([dialect.party(party, head.number) for party in parties])),
            all_of(tuple([dialect.service(one, head.number) for one in providers])),
        )
    )


def _events(
    dialect: Dialect,
    known: Known,
    head: BlockRef,
    how: Following,
) -> Flow[tuple[tuple[Log, ...], int]]:
    """Read the events after what is known up to a block, in pieces."""
    contracts = (dialect.address_of(Contract.REGISTRY), dialect.address_of(Contract.PERMISSIONS))
    first, chunk = known.state.block.number + 1, known.chunk_blocks
    found: list[Log] = []
    ends: list[BlockRef] = []
    while first <= head.number:
        part = yield from piece(contracts, first, head.number, chunk, how.chunk_blocks)
        found += part.logs
        if len(found) > _MOST_EVENTS:
            raise MissingEvents(f"more than {_MOST_EVENTS} events were missed: read all again")
        ends.append(part.end)
        first, chunk = part.end.number + 1, part.chunk_blocks
    if ends[-1] != head:
        raise Moved("the chain moved while it was read")
    yield from _hold_to(head, ends[:-1])
    return tuple(found), chunk


def _hold_to(head: BlockRef, ends: list[BlockRef]) -> Flow[None]:
    """See that blocks stand below a head: pieces of events may have come from several nodes."""
    for start in range(0, len(ends), _ENDS_AT_ONCE):
        some = (*ends[start : start + _ENDS_AT_ONCE], head)
        if (yield from all_of(tuple([BlockAt(block.number) for block in some]))) != some:
            raise Moved("the chain moved while it was read")


def _check_chain(dialect: Dialect, chain_id: int) -> None:
    if chain_id != dialect.chain_id:
        raise WrongChain(dialect.chain_id, chain_id)


def _kept(marks: tuple[Mark, ...], oldest: int) -> tuple[Mark, ...]:
    """Leave out the marks that are deeper than anything that is gone back to, but one."""
    return marks[start_of([mark.block.number for mark in marks], oldest) :]
