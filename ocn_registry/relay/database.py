"""The relay's database: SQLite in one file, or PostgreSQL for several workers.

Both run the same SQL, with `?` as placeholder. Commits are durable: SQLite runs with `synchronous =
FULL`. The numbered files in `migrations/` create the schema; there are no downgrades.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import check_own_database
from ocn_registry.foreign.text import shown
from ocn_registry.relay.sessions import DatabaseError, NotUnique

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from contextlib import AbstractContextManager

    from ocn_registry.relay.sessions import Database, DatabaseTransaction, Lock, Row, Value

_BUSY_S = 30.0


def open_database(url: str) -> Database:
    """Open a database and bring its schema up to date.

    Args:
        url: `sqlite:PATH` or a `postgresql://...` URL.

    Raises:
        InvalidInput: The URL is neither, or its file is a link or writable for everybody.
        DatabaseError: The database can't be opened, or a newer version created it.
    """
    database: Database
    if url.startswith("sqlite:"):
        database = SqliteDatabase(Path(url.removeprefix("sqlite:")))
    elif url.startswith(("postgresql://", "postgres://")):
        from ocn_registry.relay.postgres import PostgresDatabase  # noqa: PLC0415 - where it is used

        database = PostgresDatabase(url)
    else:
        raise InvalidInput(
            "database is not a valid database URL: use sqlite:PATH or postgresql://USER@HOST/NAME",
        )
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def migrate(database: Database) -> None:
    """Run the migrations that the database lacks, each in one transaction.

    Raises:
        DatabaseError: A newer version created the database.
    """
    steps = sorted(
        (
            file
            for file in files("ocn_registry.relay").joinpath("migrations").iterdir()
            if file.name.endswith(".sql")
        ),
        key=lambda file: file.name,
    )
    with database.transaction() as transaction:
        transaction.run("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)")
        done = {row[0] for row in transaction.run("SELECT number FROM migration")}
    numbers = {int(file.name.partition(".")[0]): file for file in steps}
    if unknown := done - set(numbers):
        raise DatabaseError(
            f"the database has migration {max(int(n or 0) for n in unknown)}, which this version "
            "does not know: update ocn-relay",
        )
    for number, file in sorted(numbers.items()):
        if number in done:
            continue
        text = "\n".join(
            line
            for line in file.read_text(encoding="utf-8").splitlines()
            if not line.startswith("--")
        )
        try:
            with database.transaction() as transaction:
                transaction.run("INSERT INTO migration VALUES (?)", number)
                for statement in text.split(";"):
                    if statement.strip():
                        transaction.run(statement)
        except NotUnique:
            continue  # another process ran it first


class SqliteDatabase:
    """A SQLite file, with one connection for writing and one for reading."""

    def __init__(self, path: Path) -> None:
        """Open the file. A missing one is created, readable by its owner only.

        Raises:
            InvalidInput: It is a link, or everybody may write it.
            DatabaseError: It can't be opened.
        """
        self._path = path
        self._mutex = threading.RLock()
        check_own_database(path, what="database", by_group=True)
        with _sqlite_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = self._connected()
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._reading = threading.RLock()
            self._reader = self._connected()

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )

    @contextmanager
    def transaction(self) -> Generator[DatabaseTransaction]:
        """Begin a transaction; see `Database`."""
        with self._mutex, _sqlite_errors(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteTransaction(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Generator[DatabaseTransaction]:
        """Begin a read-only transaction, which doesn't wait for writers."""
        with self._reading, _sqlite_errors(self._path):
            self._reader.execute("BEGIN")
            try:
                yield _SqliteTransaction(self._reader)
            finally:
                self._reader.execute("ROLLBACK")

    def lock(self, name: str) -> Lock | None:
        """Acquire a lock, on a small file beside the database."""
        path = self._path.with_name(f"{self._path.name}-{name}.lock")
        check_own_database(path, what="lock", by_group=True)
        with _sqlite_errors(path):
            path.touch(mode=0o600)
            held = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                held.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                held.close()
                if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    return None
                raise
        return _SqliteLock(self, held)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._connection.close()


class _SqliteLock:
    def __init__(self, database: SqliteDatabase, held: sqlite3.Connection) -> None:
        self._database = database
        self._held = held

    def transaction(self) -> AbstractContextManager[DatabaseTransaction]:
        return self._database.transaction()

    def release(self) -> None:
        self._held.close()


class _SqliteTransaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, *values: Value) -> list[Row]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.IntegrityError as error:
            raise NotUnique(str(error)) from None

    def run_all(self, statement: str, rows: Sequence[tuple[Value, ...]]) -> None:
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.IntegrityError as error:
            raise NotUnique(str(error)) from None

    @contextmanager
    def part(self) -> Generator[None]:
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")
            raise
        self._connection.execute("RELEASE part")


@contextmanager
def _sqlite_errors(path: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(
            f"the database {shown(str(path))} can't be used ({shown(str(error))}): check the file "
            "and the disk",
        ) from None
