"""The cache's file: saved atomically, and intact however the process ends.

It is one SQLite database. In one transaction, a round changes the rows that it touched, the block,
and the undo record, so the file always holds the state at one block. This is true even after `kill
-9`; after a power cut the file may be a few rounds old. Only one process can use it at a time.

The file says which deployment it belongs to. It is neither an archive nor an exchange format: if
another version of the package wrote it, or if it is damaged, it is created again from the chain.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zlib import crc32

from ocn_registry.cache.tables import TABLES, read, write
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import DATABASE_ENDINGS, check_own_database
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ocn_registry.cache.following import Known
    from ocn_registry.events.draft import Rows
    from ocn_registry.events.state import Moment
    from ocn_registry.networks import Deployment

_LOG = logging.getLogger("ocn_registry.cache")
_APPLICATION_ID = 0x4F434E52  # "OCNR", at byte 68 of the file
_FORMAT = crc32(TABLES.encode()) >> 1  # other tables are another format
_MAGIC = b"SQLite format 3\0"


class Store:
    """A file that stores the state of one deployment."""

    def __init__(self, path: str | Path, deployment: Deployment) -> None:
        """Open the file, or create it.

        Args:
            path: The file; its folder must exist.
            deployment: The registry's deployment.

        Raises:
            InvalidInput: The file belongs to another program or deployment, is in use, can't be
                written, or could have been written by another user.
        """
        self._path = Path(path)
        self._lock = threading.Lock()
        self._about = {
            "chain_id": str(deployment.chain_id),
            "dialect": deployment.dialect,
            "registry": str(deployment.registry),
            "permissions": str(deployment.permissions),
        }
        self._database: sqlite3.Connection | None = None
        try:
            self._database = self._open()
        except sqlite3.OperationalError as error:
            raise InvalidInput(
                f"the file {shown(str(path))} can't be used ({error}): give each process its own "
                "file, in a folder that it may write to",
            ) from None
        except sqlite3.DatabaseError as error:
            if not _is_cache_file(self._path):
                raise self._not_a_cache_file() from None
            self._database = self._start_over(error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def load(self, chunk_blocks: int) -> tuple[Known, int] | None:
        """Read the state, and when it was last compared with the chain, in Unix seconds.

        Returns:
            `None` if there is nothing yet, or the file is damaged.
        """
        with self._lock:
            database = self._database
            if database is None:
                return None
            try:
                return read(database, chunk_blocks)
            except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
                database.close()
                self._database = self._start_over(error)
                return None

    def save(
        self,
        known: Known,
        touched: Rows | None,
        dated: Mapping[str, Moment],
        checked_unix_s: int,
    ) -> None:
        """Write the state in one transaction.

        Args:
            known: The state.
            touched: The rows that may have changed since the last save; `None` for all.
            dated: What was found in earlier events since the last save.
            checked_unix_s: When the state was compared with the chain.

        Raises:
            OSError: The file can't be written. It is unchanged.
        """
        with self._lock:
            database = self._database
            if database is None:
                return
            try:
                with database:
                    database.execute("BEGIN IMMEDIATE")
                    write(database, known, touched, dated)
                    past = known.state.past
                    values: dict[str, object] = {
                        "checked_unix_s": checked_unix_s,
                        "last_membership": known.state.last_membership,
                        "past": None if past is None else [past.loaded, past.unread],
                    }
                    database.executemany(
                        "REPLACE INTO about VALUES (?, ?)",
                        [(key, json.dumps(value)) for key, value in values.items()],
                    )
            except sqlite3.Error as error:
                raise OSError(f"the file {self._path} can't be written: {error}") from error

    def _open(self) -> sqlite3.Connection:
        self._check_file()
        database = sqlite3.connect(
            self._path,
            timeout=0.5,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN IMMEDIATE")
            (found,) = database.execute("PRAGMA user_version").fetchone()
            (owner,) = database.execute("PRAGMA application_id").fetchone()
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and owner != _APPLICATION_ID:
                raise self._not_a_cache_file()  # noqa: TRY301 - the connection has to be closed
            if tables and found != _FORMAT:
                raise sqlite3.DatabaseError(f"another version of the package wrote it: {found}")  # noqa: TRY301 - as if damaged
            if not tables:
                self._create(database)
            database.execute("COMMIT")
            self._check_deployment(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            database.close()
            raise
        return database

    def _check_file(self) -> None:
        """Reject a file that another user could have written: its content would be trusted."""
        check_own_database(self._path, what="cache file")
        with contextlib.suppress(OSError):  # SQLite reports what is wrong with the folder
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def _not_a_cache_file(self) -> InvalidInput:
        return InvalidInput(
            f"the file {shown(str(self._path))} is not the file of a cache: give another name",
        )

    def _create(self, database: sqlite3.Connection) -> None:
        for statement in TABLES.split(";"):
            database.execute(statement)
        database.executemany("INSERT INTO about VALUES (?, ?)", self._about.items())
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {_FORMAT}")

    def _check_deployment(self, database: sqlite3.Connection) -> None:
        rows = cast(
            "Iterable[tuple[str, str]]",
            database.execute("SELECT key, value FROM about"),
        )
        stored = dict(rows)
        if any(stored.get(key) != value for key, value in self._about.items()):
            raise InvalidInput(
                f"the file {shown(str(self._path))} keeps the registry "
                f"{shown(stored.get('registry', ''))} on chain "
                f"{shown(stored.get('chain_id', ''))}: give each deployment a file of its own",
            )

    def _start_over(self, why: Exception) -> sqlite3.Connection:
        _LOG.warning("the cache's file %s is created again: %s", self._path, shown(str(why), 300))
        for ending in ("", *DATABASE_ENDINGS):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{ending}").unlink()
        return self._open()


def _is_cache_file(path: Path) -> bool:
    """Return whether a file starts like ours, whatever the rest is."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return False
    return head[:16] == _MAGIC and head[68:72] == _APPLICATION_ID.to_bytes(4, "big")
