"""Turns: what keeps the transactions of one spender from fighting over their numbers.

Whoever sends for a spender has its turn from before it asks for the next number until the node has
the transaction; waiting for the block needs none. Turns of one spender share a lane, which knows
what was sent in the turns before: so a node that lags behind gives no number out twice, one that
has forgotten a transaction leaves no gap, and who asks for the same write again, not knowing what
became of it, gets that one and pays no second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Item
    from ocn_registry.protocol.effects import Call

_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sent:
    """A transaction that was, or may have been, handed to a node.

    Attributes:
        transaction: What was signed.
        signed: What was handed over.
        write: The call that it makes; it knows what the contract's refusals mean.
        items: What was asked.
        once: Whether it can take effect only once, whatever is sent between: all of it was signed
            with nonces of the contract.
        before: Hashes of transactions of the same content and number, which this one replaces.
    """

    transaction: Transaction
    signed: SignedTransaction
    write: Call[object]
    items: tuple[Item, ...]
    once: bool
    before: tuple[str, ...] = ()

    @property
    def tx_hash(self) -> str:
        """Its hash."""
        return self.signed.tx_hash

    @property
    def tx_hashes(self) -> tuple[str, ...]:
        """All hashes by which it may be found in a block, its own last."""
        return (*self.before, self.tx_hash)

    def is_for(self, to: Address, data: bytes) -> bool:
        """Tell whether it makes this call."""
        return (self.transaction.to, self.transaction.data) == (to, data)


@dataclass(slots=True)
class Lane:
    """What one spender has sent on one chain, as far as this process knows.

    Attributes:
        sent: Its transactions by number; of those with the same number, the last.
        open: Those by number of which nobody was told yet what became of them.
    """

    sent: dict[int, Sent] = field(default_factory=dict["int", "Sent"])
    open: dict[int, Sent] = field(default_factory=dict["int", "Sent"])

    def remember(self, sent: Sent) -> None:
        """Keep a transaction that is about to be handed over."""
        number = sent.transaction.nonce
        self.sent[number] = self.open[number] = sent
        for kept in (self.sent, self.open):
            while len(kept) > _MOST_REMEMBERED:
                del kept[min(kept)]

    def forget(self, sent: Sent) -> None:
        """Drop a transaction that no node took, or that can't take effect any more."""
        self.settle(sent)
        if self.sent.get(sent.transaction.nonce) is sent:
            del self.sent[sent.transaction.nonce]

    def settle(self, sent: Sent) -> None:
        """Note that its caller knows what became of a transaction."""
        if self.open.get(sent.transaction.nonce) is sent:
            del self.open[sent.transaction.nonce]

    def same(self, to: Address, data: bytes) -> Sent | None:
        """Find an open transaction that makes the same call.

        One that can take effect again counts only if nothing was sent after it: setting A, then B,
        then A is three writes.
        """
        last = max(self.sent, default=None)
        for number, sent in reversed(self.open.items()):
            if sent.is_for(to, data) and (sent.once or number == last):
                return sent
        return None

    def by_hash(self, tx_hash: str) -> Sent | None:
        """Find a transaction by its hash."""
        return next((sent for sent in self.sent.values() if tx_hash in sent.tx_hashes), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to send for a spender, until it is given back."""

    lane: Lane
    give_back: Callable[[], None]


@dataclass(frozen=True, slots=True)
class TakeTurn(Effect[Turn]):
    """Wait until nobody else sends for this account; the turn has to be given back."""

    account: Address
