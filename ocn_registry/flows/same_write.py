"""A write as one call, and whether an open transaction or a recent one is the same.

The same write is not paid twice while the first is open, or if another process has sent it since it
was begun.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.evm.transactions import unsigned
from ocn_registry.flows.journal_text import accounts, digests, purposes, signed_purposes
from ocn_registry.flows.journal_text import items as items_of
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.journal import call_of

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted
    from ocn_registry.flows.price import Price
    from ocn_registry.outcomes import Item, Outcome
    from ocn_registry.protocol.effects import Call
    from ocn_registry.protocol.journal import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The limits that a confirmed quote sets for a transaction.

    Attributes:
        gas: Maximum gas.
        price: Maximum price per gas, which also sets the transaction type.
    """

    gas: int
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A call to send.

    Attributes:
        trial: The call to simulate, which also yields the gas unless `gas` is given. `None` if the
            call was just simulated.
        call: The call to send.
        items: The requested intents, for the outcome.
        carries: Their description for the journal; see `journal_text`.
        once: Whether the contracts accept it only once, whatever happens in between.
        gas: The gas that it needs; `None` to ask the node.
        bound: The limits of a confirmed quote; `None` without one.
        reports: Whether its outcome is returned to the caller as soon as it is known. One of
            several is recorded as returned when all of them are.
    """

    trial: Call[tuple[Reverted | None, ...]] | None
    call: Call[tuple[Reverted | None, ...]]
    items: tuple[Item, ...]
    carries: str
    once: bool
    gas: int | None = None
    bound: Bound | None = None
    reports: bool = True


def plain(call: Call[tuple[Reverted | None, ...]]) -> Write:
    """Return the write for a call other than an intent."""
    return Write(trial=call, call=call, items=(), carries="[]", once=False)


def same_call(entries: tuple[JournalEntry, ...], write: Write) -> JournalEntry | None:
    """Return the open entry with the same call; `None` if there is none.

    For a call that can take effect repeatedly, only the latest entry counts: setting A, then B,
    then A is three writes.
    """
    call = call_of(write.call.to, write.call.data)
    last = max([entry.number for entry in entries], default=None)
    passed: set[str] = set()  # accounts about which something was sent later
    is_clear = True  # whether those are all: a write without a signature may concern any account
    for entry in reversed(entries):
        is_open = not entry.reported and entry.state != "lost"
        if is_open and entry.call == call and (entry.once or entry.number == last):
            return entry
        if is_open and write.once and is_among_others(entry, write):
            return entry
        if is_open and write.once and is_clear and _signed_again(entry, write, passed):
            return entry
        passed |= accounts(entry.carries)
        is_clear = is_clear and all(digests(entry.carries))
    return None


def sharing(entries: tuple[JournalEntry, ...], write: Write) -> JournalEntry | None:
    """Return an open entry that carries some of a write's signed requests; `None` without one.

    In the latest entry, a request that its account signed again for the same change counts too,
    unless the write's requests are fixed: those without `trial` are found by signature alone.
    """
    last = max([entry.number for entry in entries], default=None)
    for entry in entries:
        again = write.trial is not None and entry.number == last
        keys = signed_purposes if again else _signed_digests
        is_open = not entry.reported and entry.state != "lost"
        if is_open and keys(write.carries) & keys(entry.carries):
            return entry
    return None


def sent_since(
    since: tuple[JournalEntry, ...],
    entries: tuple[JournalEntry, ...],
    write: Write,
) -> JournalEntry | None:
    """Return the same call, if another process has sent it meanwhile; `None` if it has not.

    As in `same_call`, only the latest entry counts for a call that can take effect repeatedly.

    Args:
        since: The account's entries when the write was begun.
        entries: Its entries now.
        write: The write.
    """
    call = call_of(write.call.to, write.call.data)
    last = max([entry.number for entry in entries], default=None)
    for entry in reversed(_newer(entries, since)):
        if entry.call == call and (write.once or entry.number == last) and _took_effect(entry):
            return entry
    return None


def sharing_since(
    since: tuple[JournalEntry, ...],
    entries: tuple[JournalEntry, ...],
    write: Write,
) -> JournalEntry | None:
    """Return an entry that another process has sent meanwhile, with some of a write's requests."""
    for entry in _newer(entries, since):
        if _signed_digests(write.carries) & _signed_digests(entry.carries) and _took_effect(entry):
            return entry
    return None


def is_among_others(entry: JournalEntry, write: Write) -> bool:
    """Return whether an entry carries all of a write's signed requests, and more."""
    wanted, carried = set(digests(write.carries)), digests(entry.carries)
    whole = "" not in wanted and len(items_of(entry.carries)) == len(carried)
    return whole and wanted < set(carried)


def only_asked(outcome: Outcome, entry: JournalEntry | None, write: Write) -> Outcome:
    """Return an entry's outcome with the items of a write whose requests it carries."""
    if entry is None or not is_among_others(entry, write):
        return outcome
    its = dict(zip(digests(entry.carries), outcome.items, strict=True))
    return replace(outcome, items=tuple([its[one] for one in digests(write.carries)]))


def _newer(
    entries: tuple[JournalEntry, ...], since: tuple[JournalEntry, ...]
) -> list[JournalEntry]:
    known = {entry.attempts[0] for entry in since}
    return [entry for entry in entries if entry.attempts[0] not in known]


def _took_effect(entry: JournalEntry) -> bool:
    """Return whether an entry is in a block, and was not cancelled."""
    mined = [unsigned(one.raw) for one in entry.attempts if one.tx_hash == entry.tx_hash]
    return any(call_of(one.to, one.data) == entry.call for one in mined)


def _signed_digests(carries: str) -> frozenset[str]:
    return frozenset(digests(carries)) - {""}


def _signed_again(entry: JournalEntry, write: Write, passed: set[str]) -> bool:
    """Return whether a pending entry contains the same requests, signed again.

    A caller that signs for each attempt signs another deadline, and perhaps another nonce, each
    time.
    """
    signers = accounts(entry.carries)
    same = not entry.decided and purposes(entry.carries) == purposes(write.carries)
    return same and bool(signers) and passed.isdisjoint(signers)
