"""The relay's database in PostgreSQL, for several workers.

Writing transactions run one at a time, as in SQLite: otherwise they could lock counters and rows in
different orders and wait for each other. Reads wait for nobody.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import psycopg

from ocn_registry.foreign.text import shown
from ocn_registry.relay.sessions import DatabaseError, NotUnique

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from contextlib import AbstractContextManager

    from psycopg import Connection

    from ocn_registry.relay.sessions import DatabaseTransaction, Lock, Row, Value

_UNIQUE = "23505"  # the SQLSTATE
_WRITERS = 0x6F636E  # the advisory lock of writing transactions
_IDLE = "30s"  # a worker that stops in the middle of a transaction keeps others waiting no longer


class PostgresDatabase:
    """A PostgreSQL database, with a connection for each thread and for each lock."""

    def __init__(self, url: str) -> None:
        """Store the URL. No connection is opened yet.

        Args:
            url: A `postgresql://...` URL. It may hold a password, so it is never shown.
        """
        self._url = url
        self._own = threading.local()
        self._all: set[Connection[Row]] = set()

    def transaction(self) -> AbstractContextManager[DatabaseTransaction]:
        """Begin a transaction; see `Database`."""
        return _transaction(self._connection())

    @contextmanager
    def reading(self) -> Generator[DatabaseTransaction]:
        """Yield a transaction that only reads; see `Database`. Each reads the latest commit."""
        yield _PostgresTransaction(self._connection())

    def lock(self, name: str) -> Lock | None:
        """Acquire an advisory lock, which ends with its connection."""
        connection = self._connected()
        session = _PostgresTransaction(connection)
        rows = session.run("SELECT pg_try_advisory_lock(hashtextextended(?, 0))", name)
        if not rows[0][0]:
            self.drop(connection)
            return None
        return _PostgresLock(self, connection)

    def drop(self, connection: Connection[Row]) -> None:
        """Close a connection for good."""
        self._all.discard(connection)
        connection.close()

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self._all):
            self.drop(connection)

    def _connection(self) -> Connection[Row]:
        connection: Connection[Row] | None = getattr(self._own, "connection", None)
        if connection is not None and (connection.closed or connection.broken):
            self.drop(connection)
            connection = None
        if connection is None:
            connection = self._own.connection = self._connected()
        return connection

    def _connected(self) -> Connection[Row]:
        try:
            connection: Connection[Row] = psycopg.connect(
                self._url, autocommit=True, connect_timeout=10
            )
            self._all.add(connection)
            connection.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE}'".encode())
        except psycopg.Error:
            raise DatabaseError(
                "the PostgreSQL database can't be reached: check its URL and that it runs",
            ) from None
        return connection


class _PostgresLock:
    def __init__(self, database: PostgresDatabase, connection: Connection[Row]) -> None:
        self._database = database
        self._connection = connection

    def transaction(self) -> AbstractContextManager[DatabaseTransaction]:
        return _transaction(self._connection)

    def release(self) -> None:
        self._database.drop(self._connection)


class _PostgresTransaction:
    def __init__(self, connection: Connection[Row]) -> None:
        self._connection = connection

    def run(self, statement: str, *values: Value) -> list[Row]:
        with _statement_errors():
            cursor = self._connection.execute(_marked(statement), values or None)
            return cursor.fetchall() if cursor.description else []

    def run_all(self, statement: str, rows: Sequence[tuple[Value, ...]]) -> None:
        with _statement_errors():
            self._connection.cursor().executemany(_marked(statement), rows)

    @contextmanager
    def part(self) -> Generator[None]:
        with self._connection.transaction():
            yield


@lru_cache(maxsize=1_000)
def _marked(statement: str) -> bytes:
    """Return a statement with psycopg's parameter marks."""
    return statement.replace("?", "%s").encode()


@contextmanager
def _statement_errors() -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        kind = NotUnique if error.sqlstate == _UNIQUE else DatabaseError
        raise kind(f"the database refused a statement ({shown(str(error))})") from None


@contextmanager
def _transaction(connection: Connection[Row]) -> Generator[DatabaseTransaction]:
    try:
        with connection.transaction():
            transaction = _PostgresTransaction(connection)
            transaction.run("SELECT pg_advisory_xact_lock(?)", _WRITERS)
            yield transaction
    except psycopg.Error as error:
        raise DatabaseError(
            f"the PostgreSQL database can't be used ({type(error).__name__}): check that it runs",
        ) from None
