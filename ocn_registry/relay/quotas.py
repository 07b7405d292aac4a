"""The quotas in the database: what was used of each, by day.

A quota is reserved in the transaction that accepts a request. Gas is reserved as an upper bound,
and replaced by what was used when the request ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import OcnRegistryError
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.relay.sessions import DatabaseTransaction

DAY_S = 24 * 60 * 60
EVER = 0  # the day of a quota that never begins again


class QuotaExceeded(OcnRegistryError):
    """A quota is exhausted, for today or for good.

    Attributes:
        name: Name of the quota.
        limit: What it allows a day, or in all.
        resets_unix_s: When the next day begins, in Unix time; `None` if it never begins again.
    """

    def __init__(self, name: str, limit: int, resets_unix_s: int | None) -> None:
        """Create the error for a quota and the time at which it begins again."""
        super().__init__(
            f"the limit of {limit} for {name} is used up: get a new one, or pay for the "
            "transaction yourself"
            if resets_unix_s is None
            else f"the daily limit of {limit} for {name} is used up: try again after midnight UTC, "
            "or pay for the transaction yourself",
        )
        self.name, self.limit, self.resets_unix_s = name, limit, resets_unix_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a request needs of a quota.

    Attributes:
        name: Name of the quota.
        limit: What the quota allows.
        day: The day it counts for, in days since 1970; `EVER` for all days.
        amount: What the request needs.
    """

    name: str
    limit: int
    day: int
    amount: int = 1


def reserve(transaction: DatabaseTransaction, demands: Iterable[Demand]) -> None:
    """Reserve what requests need, in the transaction that accepts them.

    Raises:
        QuotaExceeded: A quota is exhausted. The caller must roll back the transaction.
    """
    limits: dict[tuple[str, int], int] = {}
    amounts: dict[tuple[str, int], int] = {}
    for one in demands:
        key = one.name, one.day
        limits[key] = one.limit
        amounts[key] = amounts.get(key, 0) + one.amount
    if not amounts:
        return
    rows = transaction.run(
        "INSERT INTO quota (name, day, used) VALUES "  # noqa: S608 - parameter marks
        f"{', '.join(['(?, ?, ?)'] * len(amounts))} ON CONFLICT (name, day) "
        "DO UPDATE SET used = quota.used + excluded.used RETURNING name, day, used",
        *[value for (name, day), amount in amounts.items() for value in (name, day, amount)],
    )
    now_used = {(str(name), int(day or 0)): int(used or 0) for name, day, used in rows}
    for key, limit in limits.items():
        if now_used[key] > limit:
            day = key[1]
            raise QuotaExceeded(key[0], limit, None if day == EVER else (day + 1) * DAY_S)


def used(transaction: DatabaseTransaction, name: str, now_unix_s: int) -> int:
    """Return how much of a quota was used today."""
    rows = transaction.run(
        "SELECT used FROM quota WHERE name = ? AND day = ?", name, now_unix_s // DAY_S
    )
    return int(rows[0][0] or 0) if rows else 0


def gas_of(sponsor: str) -> str:
    """Return the name of a sponsor's quota of gas."""
    return f"gas of {sponsor}"


def settle_gas(
    transaction: DatabaseTransaction, sponsor: str, accepted_unix_s: int, more: int
) -> None:
    """Correct a sponsor's quota of gas by the difference between what was used and reserved."""
    transaction.run(
        "UPDATE quota SET used = used + ? WHERE name = ? AND day = ?",
        more,
        gas_of(sponsor),
        accepted_unix_s // DAY_S,
    )
