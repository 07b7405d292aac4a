"""The package's journal, kept in the relay's database.

An entry and the states of its requests are committed in one transaction, before anything is sent.
An account's entries are written on the connection that holds its lock, so a sender that has lost
the lock can't commit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from ocn_registry.errors import JournalError
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.flows.journal_text import digests
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address, BlockRef
from ocn_registry.protocol.journal import JournalEntry, Turn, merged
from ocn_registry.relay import store
from ocn_registry.relay.sessions import DatabaseError

if TYPE_CHECKING:
    from ocn_registry.protocol.journal import State
    from ocn_registry.relay.sessions import Database, DatabaseTransaction, Lock, Row

_KEY = "chain_id = ? AND genesis_hash = ? AND account = ? AND number = ?"


def members_of(entry: JournalEntry) -> tuple[str, ...]:
    """Return the ids of the requests in an entry."""
    return tuple([digest for digest in digests(entry.carries) if digest])


class Taken(JournalError):
    """Another sender took a request of this transaction, or it was withdrawn."""


class DatabaseJournal:
    """A `Journal` that updates the states of requests along with its entries."""

    def __init__(self, database: Database) -> None:
        """Create a journal in a database.

        Args:
            database: The relay's database.
        """
        self._database = database
        self._locks: dict[tuple[int, Address], Lock] = {}

    def take(self, chain_id: int, account: Address) -> Turn | None:
        """Return the right to write for an account; see `Journal`."""
        key = (chain_id, account)
        if key in self._locks:
            return None
        try:
            lock = self._database.lock(f"{chain_id}-{account.lower()}")
        except DatabaseError as error:
            raise JournalError(str(error)) from None
        if lock is None:
            return None
        self._locks[key] = lock

        def give_back() -> None:
            self._locks.pop(key).release()

        return Turn(give_back)

    def write(self, *entries: JournalEntry) -> None:
        """Commit entries and the new states of their requests; see `Journal`."""
        accounts = {(entry.chain_id, entry.account) for entry in entries}
        held = self._locks.get(accounts.pop()) if len(accounts) == 1 else None
        begin = self._database.transaction if held is None else held.transaction
        try:
            with begin() as transaction:
                for entry in entries:
                    known = self._by_key(transaction, entry)
                    whole = merged(known, entry)
                    self._put(transaction, whole)
                    if known is None or known.tx_hashes[-1] != whole.tx_hashes[-1]:
                        _take(transaction, known, whole)
        except DatabaseError as error:
            raise JournalError(str(error)) from None

    def remove(self, entry: JournalEntry) -> None:
        """Keep the entry, and its requests with it, as sent.

        Another process may have found it here and handed it over by now. The same bytes are handed
        over again until the chain has decided.
        """

    def entries(self, chain_id: int, account: Address | None = None) -> tuple[JournalEntry, ...]:
        """Return the open entries and each account's last; see `Journal`."""
        where, values = ("", ()) if account is None else (" AND account = ?", (str(account),))
        try:
            with self._database.reading() as transaction:
                rows = transaction.run(
                    f"SELECT content FROM entry AS one WHERE chain_id = ?{where} AND (is_open = 1 "  # noqa: S608 - fixed names; values are bound
                    "OR number = (SELECT max(number) FROM entry WHERE chain_id = one.chain_id AND "
                    "genesis_hash = one.genesis_hash AND account = one.account)) "
                    "ORDER BY account, number",
                    str(chain_id),
                    *values,
                )
        except DatabaseError as error:
            raise JournalError(str(error)) from None
        return tuple([_read(row) for row in rows])

    def find(self, chain_id: int, tx_hash: str) -> JournalEntry | None:
        """Return the entry that has an attempt with this hash; `None` if there is none."""
        try:
            with self._database.reading() as transaction:
                rows = transaction.run(
                    "SELECT entry.content FROM attempt JOIN entry ON "
                    "entry.chain_id = attempt.chain_id AND "
                    "entry.genesis_hash = attempt.genesis_hash AND "
                    "entry.account = attempt.account AND entry.number = attempt.number "
                    "WHERE attempt.chain_id = ? AND attempt.tx_hash = ?",
                    str(chain_id),
                    tx_hash,
                )
        except DatabaseError as error:
            raise JournalError(str(error)) from None
        return _read(rows[0]) if rows else None

    def close(self) -> None:
        """Release the locks. The database belongs to the caller."""
        while self._locks:
            self._locks.popitem()[1].release()

    def _by_key(self, transaction: DatabaseTransaction, entry: JournalEntry) -> JournalEntry | None:
        rows = transaction.run(f"SELECT content FROM entry WHERE {_KEY}", *_key(entry))  # noqa: S608 - fixed names; values are bound
        return _read(rows[0]) if rows else None

    def _put(self, transaction: DatabaseTransaction, entry: JournalEntry) -> None:
        transaction.run(
            "INSERT INTO entry (chain_id, genesis_hash, account, number, content, is_open) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (chain_id, genesis_hash, account, number) "
            "DO UPDATE SET content = excluded.content, is_open = excluded.is_open",
            *_key(entry),
            _written(entry),
            int(entry.open),
        )
        for tx_hash in entry.tx_hashes:
            transaction.run(
                "INSERT INTO attempt (chain_id, tx_hash, genesis_hash, account, number) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                str(entry.chain_id),
                tx_hash,
                *_key(entry)[1:],
            )


def _take(
    transaction: DatabaseTransaction, known: JournalEntry | None, entry: JournalEntry
) -> None:
    """Move the requests of a new attempt to `sent`.

    All of them must still be waiting: paying for one that was withdrawn, or that another sender has
    taken, would be a waste. Otherwise nothing is committed, and so nothing is sent.
    """
    for request_id in members_of(entry):
        taken = store.move(
            transaction,
            request_id,
            "sent",
            since=("accepted",) if known is None else ("accepted", "sent"),
            tx_hash=entry.tx_hashes[-1],
        )
        if not taken and known is None and store.find(transaction, request_id) is not None:
            raise Taken(f"request {request_id} does not wait any more: choose the requests again")


def _key(entry: JournalEntry) -> tuple[str, str, str, int]:
    return str(entry.chain_id), entry.genesis_hash, str(entry.account), entry.number


def _written(entry: JournalEntry) -> str:
    block = entry.block
    return json.dumps(
        {
            "chainId": entry.chain_id,
            "genesisHash": entry.genesis_hash,
            "account": entry.account,
            "number": entry.number,
            "attempts": [attempt.raw.hex() for attempt in entry.attempts],
            "call": entry.call,
            "once": entry.once,
            "carries": entry.carries,
            "signed": entry.signed_unix_s,
            "state": entry.state,
            "reported": entry.reported,
            "hash": entry.tx_hash,
            "block": block and [block.number, block.hash, block.timestamp_unix_s],
        },
    )


def _read(row: Row) -> JournalEntry:
    fields = cast("dict[str, object]", parse_json(str(row[0]).encode()))
    block = cast("list[object] | None", fields["block"])
    return JournalEntry(
        chain_id=cast("int", fields["chainId"]),
        genesis_hash=str(fields["genesisHash"]),
        account=Address(str(fields["account"])),
        number=cast("int", fields["number"]),
        attempts=tuple(
            [SignedTransaction(bytes.fromhex(raw)) for raw in cast("list[str]", fields["attempts"])]
        ),
        call=str(fields["call"]),
        once=bool(fields["once"]),
        carries=str(fields["carries"]),
        signed_unix_s=cast("int", fields["signed"]),
        state=cast("State", fields["state"]),
        reported=bool(fields["reported"]),
        tx_hash=cast("str | None", fields["hash"]),
        block=None
        if block is None
        else BlockRef(
            number=cast("int", block[0]),
            hash=str(block[1]),
            timestamp_unix_s=cast("int", block[2]),
        ),
    )
