"""What the relay needs of a database: transactions, locks, and the errors of both.

`database` opens one: SQLite in a file, or PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from ocn_registry.errors import OcnRegistryError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

Value: TypeAlias = str | int | None
Row: TypeAlias = "tuple[Value, ...]"


class DatabaseError(OcnRegistryError):
    """The database can't be used; the message says why."""


class NotUnique(DatabaseError):
    """A row with this key exists already."""


class DatabaseTransaction(Protocol):
    """Statements that take effect together."""

    def run(self, statement: str, *values: Value) -> list[Row]:
        """Run a statement.

        Args:
            statement: SQL with `?` for each value.
            values: The values.

        Returns:
            The rows, where the statement returns any.

        Raises:
            NotUnique: A row with this key exists already.
            DatabaseError: The statement failed for another reason.
        """
        ...

    def run_all(self, statement: str, rows: Sequence[tuple[Value, ...]]) -> None:
        """Run a statement that returns nothing once for each row of values.

        Args:
            statement: SQL with `?` for each value.
            rows: The values.

        Raises:
            NotUnique: A row with this key exists already.
            DatabaseError: The statement failed for another reason.
        """
        ...

    def part(self) -> AbstractContextManager[None]:
        """Begin a savepoint: if the block raises, only its statements are undone."""
        ...


class Lock(Protocol):
    """A lock that is released when this process ends, however it ends."""

    def transaction(self) -> AbstractContextManager[DatabaseTransaction]:
        """Begin a transaction that fails if the lock has been lost."""
        ...

    def release(self) -> None:
        """Release the lock."""
        ...


class Database(Protocol):
    """The relay's storage of accepted requests."""

    def transaction(self) -> AbstractContextManager[DatabaseTransaction]:
        """Begin a transaction: committed at the end of the block, rolled back if the block raises.

        Raises:
            DatabaseError: The database can't be reached, or the commit failed.
        """
        ...

    def reading(self) -> AbstractContextManager[DatabaseTransaction]:
        """Begin a read-only transaction, which never waits for others.

        Raises:
            DatabaseError: The database can't be reached.
        """
        ...

    def lock(self, name: str) -> Lock | None:
        """Acquire a lock; `None` while another process has it."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
