"""The history of a registry, in SQLite for fast access to any page.

A thread reads the chain's events from the first block of the contracts, then follows the chain.
Events of replaced blocks are removed. The file is only a copy: if you delete it, it is read from
the chain again.

An event is indexed by each address and id that it names, and by the ids that these addresses hold
at that time, as in `events.filters`.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, cast

from ocn_registry.errors import InvalidInput, OcnRegistryError, ReorgTooDeep
from ocn_registry.events.cursor import CursorFile
from ocn_registry.events.filters import names_of
from ocn_registry.foreign.files import check_own_database
from ocn_registry.foreign.text import shown
from ocn_registry.outcomes import PartyDeleted, PartySet
from ocn_registry.plans.words import event_in_words

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.events.feed import EventBatch, EventFeed
    from ocn_registry.events.provenance import Event
    from ocn_registry.registry_api.pages import Object

_LOG = logging.getLogger("ocn_registry.registry_api")
_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0
_TABLES = """
CREATE TABLE IF NOT EXISTS event (
    place INTEGER PRIMARY KEY AUTOINCREMENT, block_hash TEXT NOT NULL, log INTEGER NOT NULL,
    tx_hash TEXT NOT NULL, content TEXT NOT NULL, UNIQUE (block_hash, log));
CREATE INDEX IF NOT EXISTS event_of_transaction ON event (tx_hash);
CREATE INDEX IF NOT EXISTS event_of_kind ON event (json_extract(content, '$.change'), place);
CREATE TABLE IF NOT EXISTS name (
    name TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS name_of_event ON name (place);
CREATE TABLE IF NOT EXISTS held (
    party TEXT NOT NULL, place INTEGER NOT NULL, account TEXT,
    PRIMARY KEY (party, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_by ON held (account, party);
CREATE INDEX IF NOT EXISTS held_since ON held (place);
"""


class HistoryLog:
    """The events of a registry; thread-safe."""

    def __init__(self, client: RegistryClient, file: Path | None = None) -> None:
        """Open the file.

        Args:
            client: Reads the chain. Its connection must not be shared.
            file: Where to store events; `None` for a temporary database.

        Raises:
            InvalidInput: The file can't be used.
        """
        self._client = client
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._unwritten: EventBatch | None = None
        self.read_to: int | None = None
        """The last block that was read; `None` before the first."""
        self.complete = False
        """Whether all blocks up to the chain's latest were read."""
        try:
            if file is not None:
                check_own_database(file, what="history file")
            self._database = sqlite3.connect(
                "" if file is None else file, isolation_level=None, check_same_thread=False
            )
            self._database.executescript(_TABLES)
        except sqlite3.Error as error:
            raise InvalidInput(
                f"the history {shown(str(file))} can't be used ({error}): choose another file",
            ) from None
        self._cursor = None
        if file is not None:
            path = file.with_name(f"{file.name}.cursor.json")
            self._cursor = CursorFile(path, client.deployment)
        cursor = None if self._cursor is None else self._cursor.load()
        self._feed = self._new_feed() if cursor is None else client.events(cursor=cursor)

    def _new_feed(self) -> EventFeed:
        """Start over: without a cursor, stored events could be from replaced blocks."""
        for table in ("event", "name", "held"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        return self._client.events()

    def start(self) -> None:
        """Follow the chain in a thread until `close`."""
        self._thread = threading.Thread(target=self._run_loop, name="ocn-history", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, and close the file."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._database.close()

    def read(self) -> bool:
        """Read the next blocks.

        Returns:
            Whether there is nothing more to read for now.

        Raises:
            TransportError: The chain can't be reached.
        """
        # The feed does not read a batch again, so one that couldn't be written is kept.
        batch = self._unwritten = self._unwritten or self._batch()
        with self._lock, closing(self._database.cursor()) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                self._write(database, batch)
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
        self._unwritten = None
        if self._cursor is not None:
            self._cursor.save(self._feed.cursor)
        self.read_to, self.complete = batch.block.number, batch.at_end
        return batch.at_end

    def _batch(self) -> EventBatch:
        try:
            return self._feed.read()
        except ReorgTooDeep as error:
            _LOG.warning("the history is read from the first block again: %s", error)
            with self._lock:
                self._feed = self._new_feed()
            return self._feed.read()

    def page(
        self, *, name: str | None = None, before: int | None = None, limit: int
    ) -> list[tuple[int, Object]]:
        """Return events, the latest first, each with its position.

        Args:
            name: An address, or an id such as `DEABC`: only its events are returned.
            before: Only events before this position are returned.
            limit: Maximum number of events.
        """
        before = (1 << 62) if before is None else before
        if name is None:
            text = "SELECT place, content FROM event WHERE place < ? ORDER BY place DESC LIMIT ?"
            return self._entries(text, before, limit)
        text = (
            "SELECT place, content FROM name JOIN event USING (place) "
            "WHERE name = ? AND place < ? ORDER BY place DESC LIMIT ?"
        )
        return self._entries(text, name.lower(), before, limit)

    def of_transaction(self, tx_hash: str, limit: int) -> list[Object]:
        """Return the events of a transaction, in their order."""
        text = "SELECT place, content FROM event WHERE tx_hash = ? ORDER BY place LIMIT ?"
        return [entry for _, entry in self._entries(text, tx_hash.lower(), limit)]

    def of_kind(self, *changes: str) -> list[Object]:
        """Return all events of some kinds of change, such as `NodeSet`, the latest first."""
        text = (
            "SELECT place, content FROM event WHERE json_extract(content, '$.change') "
            "IN (SELECT value FROM json_each(?)) ORDER BY place DESC"
        )
        return [entry for _, entry in self._entries(text, json.dumps(changes))]

    def _entries(self, text: str, *values: str | int) -> list[tuple[int, Object]]:
        with self._lock:
            rows = cast("list[tuple[int, str]]", self._database.execute(text, values).fetchall())
        return [(place, json.loads(content)) for place, content in rows]

    def _write(self, database: sqlite3.Cursor, batch: EventBatch) -> None:
        for block in batch.replaced:
            database.execute("SELECT min(place) FROM event WHERE block_hash = ?", (block.hash,))
            first = cast("tuple[int | None]", database.fetchone())[0]
            if first is not None:
                for table in ("name", "held", "event"):
                    database.execute(f"DELETE FROM {table} WHERE place >= ?", (first,))  # noqa: S608 - names of ours
        for event in batch.events:
            database.execute(
                "INSERT OR IGNORE INTO event (block_hash, log, tx_hash, content) "
                "VALUES (?, ?, ?, ?) RETURNING place",
                (event.block.hash, event.index, event.tx_hash.lower(), _content(event)),
            )
            row = cast("tuple[int] | None", database.fetchone())
            if row is not None:
                self._name(database, event, row[0])

    def _name(self, database: sqlite3.Cursor, event: Event, place: int) -> None:
        addresses, parties = names_of(event.change)
        names = {address.lower() for address in addresses}
        held = {party for name in names for party in _held(database, name)}
        names |= held | {f"{party.country_code}{party.party_id}".lower() for party in parties}
        database.executemany(
            "INSERT INTO name (name, place) VALUES (?, ?)", [(name, place) for name in names]
        )
        change = event.change
        if isinstance(change, PartySet | PartyDeleted):
            party = f"{change.id.country_code}{change.id.party_id}".lower()
            account = change.address.lower()
            holders = {party: account if isinstance(change, PartySet) else None}
            if isinstance(change, PartySet) and not self._client.limits.has_many_ids:
                holders |= dict.fromkeys(_held(database, account) - {party})
            database.executemany(
                "INSERT INTO held (party, place, account) VALUES (?, ?, ?)",
                [(one, place, holder) for one, holder in holders.items()],
            )

    def _run_loop(self) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            try:
                pause_s = _PAUSE_S if self.read() else 0.0
            except (OcnRegistryError, sqlite3.Error) as error:
                _LOG.warning("the history can't be read: %s", error)
                self.complete = False
                pause_s = min(max(2 * pause_s, _PAUSE_S), _LONGEST_PAUSE_S)


def _held(database: sqlite3.Cursor, account: str) -> set[str]:
    """Return the ids that an account holds."""
    database.execute(
        "SELECT DISTINCT party FROM held AS one WHERE account = ? AND place = "
        "(SELECT max(place) FROM held WHERE party = one.party)",
        (account,),
    )
    return {str(row[0]) for row in database.fetchall()}


def _content(event: Event) -> str:
    entry = {**event.brief(), "words": event_in_words(event)}
    return json.dumps(entry, ensure_ascii=False)
