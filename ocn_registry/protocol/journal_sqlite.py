"""A journal in a SQLite file, for any number of processes; see `journal` for the rules.

Turns are operating system locks on small files beside it, which are released when their process
ends, however it ends.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from ocn_registry.errors import JournalError
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.files import check_own_database
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, BlockRef
from ocn_registry.protocol.journal import KEPT, JournalEntry, Turn, listed, merged

if TYPE_CHECKING:
    from collections.abc import Generator

    from ocn_registry.protocol.journal import State

_VERSION: Final = 2
_BUSY_S: Final = 30.0
_PAUSE_S: Final = 0.02
_SCHEMA: Final = """
CREATE TABLE entry (
    chain_id TEXT NOT NULL, genesis_hash TEXT NOT NULL, account TEXT NOT NULL,
    number INTEGER NOT NULL, call TEXT NOT NULL, once INTEGER NOT NULL, carries TEXT NOT NULL,
    signed_unix_s INTEGER NOT NULL, state TEXT NOT NULL, reported INTEGER NOT NULL, tx_hash TEXT,
    block_number INTEGER, block_hash TEXT, block_unix_s INTEGER,
    PRIMARY KEY (chain_id, genesis_hash, account, number)
) WITHOUT ROWID;
CREATE TABLE attempt (
    chain_id TEXT NOT NULL, genesis_hash TEXT NOT NULL, account TEXT NOT NULL,
    number INTEGER NOT NULL, place INTEGER NOT NULL, tx_hash TEXT NOT NULL, raw BLOB NOT NULL,
    PRIMARY KEY (chain_id, genesis_hash, account, number, place)
) WITHOUT ROWID;
CREATE INDEX attempt_by_hash ON attempt (chain_id, tx_hash);
CREATE INDEX open_entry ON entry (chain_id, account, number)
    WHERE NOT (reported AND state IN ('final', 'lost'));
"""
_KEY: Final = "chain_id = ? AND genesis_hash = ? AND account = ? AND number = ?"
_COLUMNS: Final = (
    "chain_id, genesis_hash, account, number, call, once, carries, signed_unix_s, state, reported, "
    "tx_hash, block_number, block_hash, block_unix_s"
)
_Row: TypeAlias = "tuple[object, ...]"
_OPEN: Final[weakref.WeakSet[SqliteJournal]] = weakref.WeakSet()
_OF_PARENT: Final[list[sqlite3.Connection]] = []
_CREATING: Final = threading.Lock()  # nobody locks a file that is still to be closed


class SqliteJournal:
    """A journal in a file, which survives the process and can be shared between processes."""

    @checked
    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a journal. The file and its folder are created if missing.

        Args:
            path: The file. Only its owner can read it.

        Raises:
            JournalError: The file can't be opened, or is not a journal of this version.
            FileRefused: Somebody else owns the file or may write it: what it says about payments
                would be believed.
        """
        self._path = Path(path).absolute()  # the same wherever this process goes
        self._lock = threading.Lock()
        self._is_inherited = False
        with self._errors():
            check_own_database(os.path.realpath(self._path), what="journal")
            _created(self._path)
            self._db = _connected(self._path, _BUSY_S)
            self._write_ahead()
            self._prepare()
            self._files = _files_at(self._path)
        _OPEN.add(self)

    def close(self) -> None:
        """Close the file."""
        if not self._is_inherited:
            self._db.close()

    def leave_to_parent(self) -> None:
        """Open the file again at the next use, in a process that was just forked.

        SQLite does not allow the parent's connection to be used or closed there.
        """
        _OF_PARENT.append(self._db)
        self._lock, self._is_inherited = threading.Lock(), True

    def take(self, chain_id: int, account: Address) -> Turn | None:
        """Return the right to write for an account; see `Journal`."""
        path = self._path.with_name(f"{self._path.name}-{chain_id}-{account.lower()}.lock")
        with self._errors():
            _created(path)
            lock = _connected(path, 0)
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                lock.close()
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    return None
                raise
        return Turn(lock.close)

    def write(self, *entries: JournalEntry) -> None:
        """Commit entries; see `Journal`."""
        with self._using():
            # Only new attempts must be on disk: the chain's decisions can be looked up again.
            new = any(map(self._has_more, entries))
            self._db.execute(f"PRAGMA synchronous = {'FULL' if new else 'NORMAL'}")
            with self._transaction():
                for entry in entries:
                    self._put(merged(self._one(entry), entry))

    def remove(self, entry: JournalEntry) -> None:
        """Remove an entry that was never sent."""
        with self._using(), self._transaction():
            known = self._one(entry)
            if known is None or known.attempts != entry.attempts:
                return
            for table in ("attempt", "entry"):
                self._db.execute(f"DELETE FROM {table} WHERE {_KEY}", _key(entry))  # noqa: S608 - fixed names; values are bound

    def entries(self, chain_id: int, account: Address | None = None) -> tuple[JournalEntry, ...]:
        """Return the open entries and the last of each account; see `Journal`."""
        which, values = "chain_id = ?", [str(chain_id)]
        if account is not None:
            which, values = f"{which} AND account = ?", [*values, account]
        with self._using():
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM entry AS one WHERE {which} AND ("  # noqa: S608 - fixed names; values are bound
                "NOT (reported AND state IN ('final', 'lost')) OR number = (SELECT max(number) "
                "FROM entry WHERE chain_id = one.chain_id AND genesis_hash = one.genesis_hash AND "
                "account = one.account))",
                values,
            ).fetchall()
            return listed([self._entry(row) for row in rows])

    def find(self, chain_id: int, tx_hash: str) -> JournalEntry | None:
        """Return the entry that has an attempt with this hash; `None` if there is none."""
        with self._using():
            row = self._db.execute(
                "SELECT chain_id, genesis_hash, account, number FROM attempt "
                "WHERE chain_id = ? AND tx_hash = ?",
                (str(chain_id), tx_hash),
            ).fetchone()
            return None if row is None else self._by_key(row)

    def _write_ahead(self) -> None:
        """Switch to write-ahead logging. SQLite does not wait for a busy file by itself here."""
        until = time.monotonic() + _BUSY_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    def _prepare(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            with self._transaction():
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {_VERSION}")
                    version = _VERSION
        if version != _VERSION:
            way = "update this program" if version > _VERSION else "use the program that wrote it"
            raise JournalError(
                f"{shown(str(self._path))} is a journal of version {version}, and this program "
                f"reads version {_VERSION}: {way}, or choose another file",
            )

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _using(self) -> Generator[None]:
        """Use the file alone among this process's threads."""
        with self._errors(), self._lock:
            if self._is_inherited:
                self._db = _connected(self._path, _BUSY_S)
                self._is_inherited = False
                self._prepare()
                self._files = _files_at(self._path)
            if _files_at(self._path) != self._files:  # others would not see what is written here
                raise JournalError(
                    f"the journal {shown(str(self._path))} was deleted, emptied or replaced while "
                    "it was in use: put it back, or restart this program",
                )
            yield

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise JournalError(
                f"the journal {shown(str(self._path))} can't be used ({shown(why)}): check "
                "the file and its disk, or choose another file",
            ) from None

    def _put(self, entry: JournalEntry) -> None:
        block = entry.block
        self._db.execute(
            f"REPLACE INTO entry ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - fixed names; values are bound
            (
                *_key(entry),
                entry.call,
                entry.once,
                entry.carries,
                entry.signed_unix_s,
                entry.state,
                entry.reported,
                entry.tx_hash,
                *(
                    (None, None, None)
                    if block is None
                    else (block.number, block.hash, block.timestamp_unix_s)
                ),
            ),
        )
        self._db.execute(
            f"DELETE FROM attempt WHERE {_KEY} AND place >= ?",  # noqa: S608 - fixed names; values are bound
            (*_key(entry), len(entry.attempts)),
        )
        self._db.executemany(
            "REPLACE INTO attempt VALUES (?,?,?,?,?,?,?)",
            [
                (*_key(entry), place, attempt.tx_hash, attempt.raw)
                for place, attempt in enumerate(entry.attempts)
            ],
        )
        outdated = (str(entry.chain_id), entry.genesis_hash, entry.account, entry.number - KEPT)
        for table in ("attempt", "entry"):
            self._db.execute(
                f"DELETE FROM {table} WHERE chain_id = ? AND genesis_hash = ? AND account = ? "  # noqa: S608 - fixed names; values are bound
                "AND number < ? AND number IN (SELECT number FROM entry AS old WHERE "
                f"old.chain_id = {table}.chain_id AND old.genesis_hash = {table}.genesis_hash AND "
                f"old.account = {table}.account AND reported AND state IN ('final', 'lost'))",
                outdated,
            )

    def _has_more(self, entry: JournalEntry) -> bool:
        """Return whether an entry has attempts that are not in the file."""
        known = self._one(entry)
        return known is None or not set(entry.attempts) <= set(known.attempts)

    def _one(self, entry: JournalEntry) -> JournalEntry | None:
        return self._by_key(_key(entry))

    def _by_key(self, key: _Row) -> JournalEntry | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM entry WHERE {_KEY}", key).fetchone()  # noqa: S608 - fixed names; values are bound
        return None if row is None else self._entry(row)

    def _entry(self, row: _Row) -> JournalEntry:
        raws = self._db.execute(
            f"SELECT raw FROM attempt WHERE {_KEY} ORDER BY place",  # noqa: S608 - fixed names; values are bound
            row[:4],
        ).fetchall()
        number, block_number, block_unix_s = (cast("int", row[at]) for at in (3, 11, 13))
        return JournalEntry(
            chain_id=int(str(row[0])),
            genesis_hash=str(row[1]),
            account=Address(str(row[2])),
            number=number,
            attempts=tuple([SignedTransaction(bytes(raw)) for (raw,) in raws]),
            call=str(row[4]),
            once=bool(row[5]),
            carries=str(row[6]),
            signed_unix_s=cast("int", row[7]),
            state=cast("State", row[8]),
            reported=bool(row[9]),
            tx_hash=None if row[10] is None else str(row[10]),
            block=None
            if row[12] is None
            else BlockRef(number=block_number, hash=str(row[12]), timestamp_unix_s=block_unix_s),
        )


def _files_at(path: Path) -> list[tuple[int, int] | None]:
    """Return which files a journal consists of: the database, and its log of what is written.

    An empty database counts as missing, because opening it writes to it.
    """
    found: list[tuple[int, int] | None] = []
    target = os.path.realpath(path)
    for each, may_be_empty in ((target, False), (f"{target}-wal", True)):
        try:
            status = Path(each).stat()
        except FileNotFoundError:
            found.append(None)
        else:
            is_there = may_be_empty or status.st_size > 0
            found.append((status.st_dev, status.st_ino) if is_there else None)
    return found


def _created(path: Path) -> None:
    """Create a file that only its owner can read, if it is missing.

    An existing file is not opened: closing it again would release the locks that SQLite holds on it
    for this process, and other processes would take a turn, or delete the log of what is written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = os.path.realpath(path)  # of a link to a file that does not exist yet
    with _CREATING, suppress(FileExistsError):
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _connected(path: Path, timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def _key(entry: JournalEntry) -> tuple[str, str, str, int]:
    return str(entry.chain_id), entry.genesis_hash, str(entry.account), entry.number


def _leave_to_parent() -> None:
    for journal in _OPEN:
        journal.leave_to_parent()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_leave_to_parent)
