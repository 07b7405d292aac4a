"""The journal: the transactions that an account has signed, until the chain has decided.

A journal ensures that nothing is paid twice. Its rules apply to every implementation: the two here,
and any that stores entries in another database.

* There is one writer at a time for each chain and account: hold a turn (`take`) from before you
  choose a nonce until the signed bytes are sent.
* Nonce, signed bytes and their purpose are committed (`write`) before the bytes leave the machine.
  A node's answer never removes an entry; only an entry that was never sent can be removed.
* An entry has one nonce and any number of attempts: the same call signed again at a higher price,
  or a transaction that does nothing, to cancel it. At most one attempt can take effect.

The states of an entry:

```
signed -> mined -> final      in a block that stands; in one that many blocks stand on
  +-> lost                    another transaction took the number, and that stands
mined -> signed               the block was replaced
```
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from ocn_registry.errors import JournalError
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.models import Address, BlockRef
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable


State: TypeAlias = Literal["signed", "mined", "final", "lost"]

# How many decided entries of an account are kept for looking up their outcomes.
KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry(Portable):
    """A transaction nonce of an account, and everything signed with it.

    Attributes:
        chain_id: Id of the chain.
        genesis_hash: Hash of the chain's first block. It distinguishes a restarted development
            chain from the previous one.
        account: Account that signs and pays.
        number: The transaction's nonce.
        attempts: The transactions signed with this nonce, the latest last.
        call: Fingerprint of the call; see `call_of`.
        once: Whether the contracts accept the call only once, whatever happens in between.
        carries: Purpose of the call, as text that its writer can read back.
        signed_unix_s: When the first attempt was signed, in Unix time.
        state: See the module.
        reported: Whether the outcome was returned to a caller. The same call is then a new one.
        tx_hash: Hash of the attempt that is in a block; `None` in the other states.
        block: The block that it is in; `None` in the other states.
    """

    chain_id: int
    genesis_hash: str
    account: Address
    number: int
    attempts: tuple[SignedTransaction, ...]
    call: str
    once: bool
    carries: str
    signed_unix_s: int
    state: State = "signed"
    reported: bool = False
    tx_hash: str | None = None
    block: BlockRef | None = None

    @property
    def tx_hashes(self) -> tuple[str, ...]:
        """The hashes of all attempts, the latest last."""
        return tuple([attempt.tx_hash for attempt in self.attempts])

    @property
    def decided(self) -> bool:
        """Whether the chain's decision is final."""
        return self.state in {"final", "lost"}

    @property
    def open(self) -> bool:
        """Whether the chain has not decided, or the outcome was not returned to a caller."""
        return not (self.decided and self.reported)


@dataclass(frozen=True, slots=True)
class Turn:
    """The exclusive right to write for an account, until it is released."""

    give_back: Callable[[], None]


class Journal(Protocol):
    """Stores entries. Methods return immediately, and raise `JournalError` on failure."""

    def take(self, chain_id: int, account: Address) -> Turn | None:
        """Return the right to write for an account; `None` while another writer holds it.

        A turn ends when it is released, and when its process ends.
        """
        ...

    def write(self, *entries: JournalEntry) -> None:
        """Commit new or changed entries of an account, all of them or none.

        New attempts are on disk when this returns. Attempts in the journal that an entry lacks are
        kept.

        Raises:
            JournalError: The journal has another open transaction with one of these nonces.
        """
        ...

    def remove(self, entry: JournalEntry) -> None:
        """Remove an entry that was never sent, if the journal has it like this."""
        ...

    def entries(self, chain_id: int, account: Address | None = None) -> tuple[JournalEntry, ...]:
        """Return the open entries, and the last entry of each account, in nonce order.

        Args:
            chain_id: Id of the chain.
            account: The account; `None` for all accounts.
        """
        ...

    def find(self, chain_id: int, tx_hash: str) -> JournalEntry | None:
        """Return the entry that has an attempt with this hash; `None` if there is none."""
        ...

    def close(self) -> None:
        """Release the journal's resources."""
        ...


class MemoryOfTransport(Effect[Journal]):
    """Get the transport's in-memory journal, for callers without one."""

    __slots__ = ()


def call_of(to: Address | None, data: bytes) -> str:
    """Return the fingerprint of a call, which identifies the same call later.

    Args:
        to: Address of the contract; `None` to create one.
        data: Calldata, or creation code.
    """
    return "0x" + keccak256((b"" if to is None else to.to_bytes()) + data).hex()


def merged(known: JournalEntry | None, entry: JournalEntry) -> JournalEntry:
    """Return the entry to store when one is written.

    Args:
        known: The stored entry with the same nonce.
        entry: The entry to write.

    Raises:
        JournalError: They are different transactions, and the stored one is open.
    """
    if known is None:
        return entry
    if not known.open and known.attempts[0] != entry.attempts[0]:
        return entry  # of a test chain that was reset
    if known.attempts[0] != entry.attempts[0]:
        raise JournalError(
            f"number {entry.number} of {entry.account} is already in the journal, as transaction "
            f"{known.attempts[0].tx_hash}: try again",
        )
    more = tuple([one for one in entry.attempts if one not in known.attempts])
    # Another writer may have looked it up before its outcome was returned, and write only now.
    reported = entry.reported or (known.reported and entry.state != "signed")
    return replace(entry, attempts=(*known.attempts, *more), reported=reported)


def listed(entries: list[JournalEntry]) -> tuple[JournalEntry, ...]:
    """Return the open entries and the last of each account, in order; see `Journal.entries`."""
    entries = sorted(entries, key=lambda one: (one.account, one.number))
    last = {(one.genesis_hash, one.account): one.number for one in entries}
    return tuple(
        [one for one in entries if one.open or last[one.genesis_hash, one.account] == one.number],
    )


class MemoryJournal:
    """A journal in memory, which is lost when the process ends."""

    def __init__(self) -> None:
        """Create an empty journal."""
        self._lock = threading.Lock()
        self._turns: set[tuple[int, Address]] = set()
        self._entries: dict[tuple[int, str, Address, int], JournalEntry] = {}

    def take(self, chain_id: int, account: Address) -> Turn | None:
        """Return the right to write for an account; see `Journal`."""
        key = (chain_id, account)
        with self._lock:
            if key in self._turns:
                return None
            self._turns.add(key)
        return Turn(lambda: self._turns.discard(key))

    def write(self, *entries: JournalEntry) -> None:
        """Store entries; see `Journal`."""
        with self._lock:
            known = self._entries
            self._entries |= {_key(one): merged(known.get(_key(one)), one) for one in entries}
            for whose in {_key(one)[:3] for one in entries}:
                closed = [one for one in known if one[:3] == whose and not known[one].open]
                for outdated in sorted(closed)[:-KEPT]:
                    del known[outdated]

    def remove(self, entry: JournalEntry) -> None:
        """Remove an entry that was never sent; see `Journal`."""
        key = _key(entry)
        with self._lock:
            known = self._entries.get(key)
            if known is not None and known.attempts == entry.attempts:
                del self._entries[key]

    def entries(self, chain_id: int, account: Address | None = None) -> tuple[JournalEntry, ...]:
        """Return the open entries and the last of each account; see `Journal`."""
        with self._lock:
            found = [
                one
                for one in self._entries.values()
                if one.chain_id == chain_id and account in {None, one.account}
            ]
        return listed(found)

    def find(self, chain_id: int, tx_hash: str) -> JournalEntry | None:
        """Return the entry that has an attempt with this hash; `None` if there is none."""
        with self._lock:
            for one in self._entries.values():
                if one.chain_id == chain_id and tx_hash in one.tx_hashes:
                    return one
        return None

    def close(self) -> None:
        """Do nothing."""


def _key(entry: JournalEntry) -> tuple[int, str, Address, int]:
    return entry.chain_id, entry.genesis_hash, entry.account, entry.number
