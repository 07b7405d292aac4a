"""What happened in a registry as somebody is told it: block by block, and back where it has to be.

A `Story` remembers what it told of the blocks that could still be replaced, so that it can say what
is taken back when they are, and how it goes on from any place in it. It holds no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.cli.change_words import words_of
from ocn_registry.cli.happenings import happenings
from ocn_registry.cli.whose import at_block
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, NoContract
from ocn_registry.flows.events import Trail, follow
from ocn_registry.protocol.effects import BlockAt, CodeSize, Head, all_of, run

if TYPE_CHECKING:
    from ocn_registry.cli.entries import Entry
    from ocn_registry.cli.happenings import Happening
    from ocn_registry.cli.whose import Whose
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.flows.events import Step
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.protocol.effects import HeadBlock


class Told(NamedTuple):
    """One change as it was told: in words, and for programs."""

    says: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A block that was read.

    Attributes:
        block: The block.
        told: What was told of it.
        holder: Who held the id that was asked for at its end.
    """

    block: BlockRef
    told: tuple[Told, ...] = ()
    holder: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a step gave.

    Attributes:
        back: What is so no more, the latest first: the chain has replaced its blocks.
        told: What is new, in order.
        replaced: The blocks that were replaced.
        head: The latest block of the chain.
        waits: Whether there is nothing more to read at the moment.
    """

    back: tuple[Told, ...]
    told: tuple[Told, ...]
    replaced: tuple[BlockRef, ...]
    head: BlockRef
    waits: bool


class Story:
    """What happened from some block on."""

    def __init__(self, client: RegistryClient, whose: Whose, pages: tuple[Page, ...]) -> None:
        """Go on after a page.

        Args:
            client: Where.
            whose: Whose changes are told.
            pages: Blocks that were read, at least one, the latest last.
        """
        self._client = client
        self._dialect = dialect_of(client.deployment)
        self._whose = replace(whose, holder=pages[-1].holder)
        self._pages = {page.block.hash: page for page in pages}
        self._trail = Trail(blocks=tuple([page.block for page in pages]))

    @property
    def pages(self) -> tuple[Page, ...]:
        """The blocks that were read and can still be replaced, and one below."""
        return tuple([self._pages[block.hash] for block in self._trail.blocks])

    @property
    def block(self) -> BlockRef:
        """The last block that was read."""
        return self._trail.blocks[-1]

    def go_on(self, until: int | None = None) -> Part:
        """Read the next blocks.

        Args:
            until: Number of the last block to read; `None` for the latest.

        Raises:
            TransportError: The chain can't be asked; the story stays where it is.
            ReorgTooDeep: The chain has replaced more than is remembered.
        """
        here, perform = self._client.deployment, self._client.transport.perform
        contracts = (here.registry, here.permissions)
        step = run(follow(contracts, self._trail, until=until), perform)
        happened = run(happenings(here, self._dialect, step), perform)
        back = [one for block in step.replaced for one in reversed(self._pages[block.hash].told)]
        told = self._turn(step, happened)
        last = step.head.number if until is None else min(until, step.head.number)
        return Part(
            back=tuple(back),
            told=told,
            replaced=step.replaced,
            head=step.head,
            waits=step.trail.lagging > 0 or self.block.number >= last,
        )

    def _turn(self, step: Step, happened: tuple[Happening, ...]) -> tuple[Told, ...]:
        """Write the pages of a step, and drop those that are not needed any more."""
        by_block: dict[str, list[Happening]] = {}
        for one in happened:
            by_block.setdefault(one.block.hash, []).append(one)
        if step.replaced:
            base = self._pages[step.trail.blocks[-1].hash]
            self._whose = replace(self._whose, holder=base.holder)
        new: list[Told] = []
        for block, _ in step.found:
            told = self._wanted(by_block.get(block.hash, []))
            new += told
            page = Page(block=block, told=told, holder=self._whose.holder)
            self._pages[block.hash] = page
        last = step.trail.blocks[-1]
        self._pages.setdefault(last.hash, Page(block=last, holder=self._whose.holder))
        self._trail = step.trail
        self._pages = {page.block.hash: page for page in self.pages}
        return tuple(new)

    def _wanted(self, happened: list[Happening]) -> tuple[Told, ...]:
        told: list[Told] = []
        for one in happened:
            if self._whose.wants(one.change):
                told.append(Told(words_of(one), one.entry()))
            self._whose = self._whose.after(one.change)
        return tuple(told)


def first_page(client: RegistryClient, whose: Whose, first: int | None) -> Page:
    """Read where a story begins.

    Args:
        client: Where.
        whose: Whose changes are told.
        first: Number of the first block to tell of; `None` for the next one of the chain.

    Raises:
        InvalidInput: The chain has no such block yet.
        NoContract: There is nothing to tell of.
    """
    here, perform = client.deployment, client.transport.perform
    contracts = (here.registry, here.permissions)
    sizes: tuple[int, ...] = perform(all_of(tuple([CodeSize(one) for one in contracts])))
    for contract, size in zip(contracts, sizes, strict=True):
        if not size:
            raise NoContract(contract)
    told: HeadBlock = perform(Head())
    block: BlockRef | None = told.ref
    if first is not None:  # the block below it; there are no events in the first of a chain
        block = perform(BlockAt(max(first - 1, 0)))
    if block is None:
        raise InvalidInput(f"block {first} is not there yet: the latest is {told.ref.number}")
    return Page(block=block, holder=at_block(whose, client, block.number).holder)
