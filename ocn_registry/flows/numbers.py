"""The nonce of an account's next transaction, from the journal and the chain.

Nonces have no gaps: a transaction behind a gap would wait forever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import JournalError
from ocn_registry.flows.confirmation import FIRST_POLL_S, LONGEST_POLL_S
from ocn_registry.flows.sender import counts_of
from ocn_registry.protocol.effects import BlockAt, Clock, Sleep

if TYPE_CHECKING:
    from ocn_registry.flows.sender import Counts, Sender
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.journal import JournalEntry

_LAG_S = 15.0  # how long to wait for a node that is behind the journal: three blocks


def next_number(sender: Sender, entries: tuple[JournalEntry, ...], counts: Counts) -> Flow[int]:
    """Return the nonce of the next transaction.

    Args:
        sender: The account.
        entries: Open entries and the last one.
        counts: The chain's answer.

    Raises:
        JournalError: The node is behind the journal, or its chain was reset.
    """
    started = yield from Clock()
    pause = FIRST_POLL_S
    own = [entry for entry in entries if sender.is_of(entry, counts)]
    waiting = {entry.number for entry in own if not entry.decided}
    while (number := (yield from _next(sender, own, waiting, counts))) is None:
        now = yield from Clock()
        if now - started >= _LAG_S:
            last = max(entry.number for entry in own)
            raise JournalError(
                f"number {counts.pending} of {sender.account} is missing: the RPC node does not "
                f"know it, and number {last} is in the journal. The node lags behind (wait, or use "
                "another), or that transaction was dropped (send it again with the program that "
                "sent it), or the chain was reset (use another journal for it)",
            )
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
        counts = counts_of((yield from sender.ask_counts()))
    foreign = [each for each in range(counts.mined, counts.pending) if each not in waiting]
    if foreign:
        sender.options.notice(foreign_waiting(sender.account, foreign))
    return number


def foreign_waiting(account: Address, numbers: list[int]) -> str:
    """Return a sentence about pending transactions that the journal does not know."""
    first, more = numbers[0], len(numbers) - 1
    which = f"number {first}" + (f" and {more} more" if more else "")
    return (
        f"transaction {which} of {account}, sent by another program, is pending: this one comes "
        "after it; if that is the same write, both are paid; if it is stuck, replace it with that "
        "program"
    )


def _next(
    sender: Sender,
    own: list[JournalEntry],
    waiting: set[int],
    counts: Counts,
) -> Flow[int | None]:
    """Return the next nonce; `None` if the node lacks earlier ones."""
    taken = [entry for entry in own if entry.state != "lost"]
    last = max(taken, key=lambda entry: entry.number, default=None)
    if last is None or last.number < counts.pending:
        return counts.pending
    if not last.decided:
        whole = last.block is not None or all(
            number in waiting for number in range(counts.pending, last.number)
        )
        return last.number + 1 if whole else None
    stands = yield from _is_still_final(sender, last, counts)
    if stands is None:
        return None
    return last.number + 1 if stands else counts.pending


def _is_still_final(sender: Sender, entry: JournalEntry, counts: Counts) -> Flow[bool | None]:
    """Return whether a final entry is still in the chain; `None` if the node may be behind.

    A test chain can be reset, but is never behind: one program makes all of its blocks.
    """
    if entry.block is None:
        return True
    block = yield from BlockAt(entry.block.number)
    if block is not None:
        return block.hash == entry.block.hash
    older = counts.head.ref.timestamp_unix_s < entry.block.timestamp_unix_s
    return None if older and not sender.deployment.starts_again else False
