"""Turns: what keeps the transactions of one spender from fighting over their numbers.

Whoever sends for a spender has its turn from before it asks for the next number until the node has
the transaction; waiting for the block needs none. A turn knows what was sent in the turns before
it, so that a node that lags behind gives no number out twice, and one that has forgotten a
transaction leaves no gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ocn_registry.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address

_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction that was, or may have been, handed to a node.

    Attributes:
        tx_hash: Its hash.
        nonce: Its number among the spender's transactions.
        to: Where it goes.
        data: What it asks for.
    """

    tx_hash: str
    nonce: int
    to: Address
    data: bytes


@dataclass(slots=True)
class Lane:
    """What one spender has sent on one chain, as far as this process knows.

    Attributes:
        sent: Its transactions by number; of those with the same number, the last.
        open: The last one, as long as nobody was told what became of it.
    """

    sent: dict[int, Sent] = field(default_factory=dict["int", "Sent"])
    open: Sent | None = None

    def remember(self, sent: Sent) -> None:
        """Keep a transaction that is about to be handed over."""
        self.sent[sent.nonce] = sent
        self.open = sent
        while len(self.sent) > _MOST_REMEMBERED:
            del self.sent[min(self.sent)]

    def forget(self, sent: Sent) -> None:
        """Drop a transaction that no node took."""
        if self.sent.get(sent.nonce) == sent:
            del self.sent[sent.nonce]
        self.settle(sent)

    def settle(self, sent: Sent) -> None:
        """Note that its caller knows what became of a transaction."""
        if self.open == sent:
            self.open = None

    def next_after(self, count: int) -> int:
        """Tell the number after those that are known here without a gap from `count` on."""
        while count in self.sent:
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send for a spender, until it is given back."""

    lane: Lane
    give_back: Callable[[], None]


@dataclass(frozen=True, slots=True)
class TakeTurn(Effect[Turn]):
    """Wait until nobody else sends for this account; the turn has to be given back."""

    account: Address
