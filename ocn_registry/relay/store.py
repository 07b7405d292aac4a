"""Accepted requests in the database, and their states.

```
accepted -> sent -> mined -> done | failed
   +-> expired | superseded | withdrawn | failed
mined -> sent | accepted     the block was replaced
sent -> accepted             the number was taken by another transaction, and that stands
```

Every change of state appends an event in the same transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

if TYPE_CHECKING:
    from ocn_registry.relay.database import Row, Transaction

State: TypeAlias = Literal[
    "accepted", "sent", "mined", "done", "failed", "expired", "superseded", "withdrawn"
]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("accepted", "sent", "mined")
_COLUMNS = (
    "id, contract, account, nonce, deadline_unix_s, kind, document, by_contract, sponsor, state, "
    "tx_hash, block_number, gas_used, error, accepted_unix_s, place"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A request that the relay accepted.

    Attributes:
        id: The digest that its account signed: `0x` and 64 hexadecimal digits.
        contract: Address of the contract that it is for.
        account: The account of the request.
        nonce: Its nonce.
        deadline_unix_s: Its deadline.
        kind: Name of its EIP-712 type.
        document: The signed document, in JSON.
        by_contract: Whether a contract signed it.
        sponsor: The sponsor of the request.
        state: See the module.
        tx_hash: The transaction that contains it; `None` before `sent`.
        block_number: Its block; `None` before `mined`.
        gas_used: Its share of the transaction's gas; `None` before `mined`.
        error: Why it had no effect, for people; `None` if it had one, or still may.
        accepted_unix_s: When it was accepted.
        place: Its position among all accepted requests.
    """

    id: str
    contract: str
    account: str
    nonce: int
    deadline_unix_s: int
    kind: str
    document: str
    by_contract: bool
    sponsor: str
    state: State = "accepted"
    tx_hash: str | None = None
    block_number: int | None = None
    gas_used: int | None = None
    error: str | None = None
    accepted_unix_s: int = 0
    place: int = 0


def add(transaction: Transaction, request: Accepted) -> Accepted:
    """Add a request, accepted now.

    Raises:
        NotUnique: The request exists, or a pending request has its nonce.
    """
    place = _next(transaction, "last_request")
    transaction.run(
        f"INSERT INTO request ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constants
        request.id,
        request.contract,
        request.account,
        request.nonce,
        request.deadline_unix_s,
        request.kind,
        request.document,
        int(request.by_contract),
        request.sponsor,
        "accepted",
        None,
        None,
        None,
        None,
        request.accepted_unix_s,
        place,
    )
    _tell(transaction, request.id, "accepted")
    return find(transaction, request.id) or request


def find(transaction: Transaction, request_id: str) -> Accepted | None:
    """Return a request by its id; `None` if there is none."""
    rows = transaction.run(f"SELECT {_COLUMNS} FROM request WHERE id = ?", request_id)  # noqa: S608
    return _read(rows[0]) if rows else None


def live(transaction: Transaction, contract: str, account: str) -> tuple[Accepted, ...]:
    """Return an account's pending requests for a contract, in the order of their nonces."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE contract = ? AND account = ? "  # noqa: S608
        "AND state IN ('accepted', 'sent', 'mined') ORDER BY nonce",
        contract,
        account,
    )
    return tuple([_read(row) for row in rows])


def in_state(transaction: Transaction, state: State, most: int) -> tuple[Accepted, ...]:
    """Return requests in a state, the earliest first."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE state = ? ORDER BY place LIMIT ?",  # noqa: S608
        state,
        most,
    )
    return tuple([_read(row) for row in rows])


def of_transaction(transaction: Transaction, tx_hash: str) -> tuple[Accepted, ...]:
    """Return the requests in a transaction, in the order of acceptance."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE tx_hash = ? ORDER BY place",  # noqa: S608
        tx_hash,
    )
    return tuple([_read(row) for row in rows])


def of_account(
    transaction: Transaction, account: str, *, before: int, most: int
) -> tuple[Accepted, ...]:
    """Return an account's requests, the latest first."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE account = ? AND place < ? "  # noqa: S608
        "ORDER BY place DESC LIMIT ?",
        account,
        before,
        most,
    )
    return tuple([_read(row) for row in rows])


def counts(transaction: Transaction) -> dict[str, int]:
    """Return the number of requests in each state."""
    rows = transaction.run("SELECT state, count(*) FROM request GROUP BY state")
    return {str(state): int(count or 0) for state, count in rows}


def move(  # noqa: PLR0913 - what a state consists of
    transaction: Transaction,
    request_id: str,
    state: State,
    *,
    since: tuple[State, ...] = LIVE,
    carried_by: tuple[str, ...] = (),
    tx_hash: str | None = None,
    block_number: int | None = None,
    gas_used: int | None = None,
    error: str | None = None,
) -> bool:
    """Change a request's state, if it is still in one of the expected states.

    Args:
        transaction: The transaction.
        request_id: The request's id.
        state: The new state.
        since: The expected states.
        carried_by: The expected transactions, if that matters: another process may have put the
            request in a new one.
        tx_hash: The transaction that contains it now.
        block_number: The block that contains it now.
        gas_used: Its share of the transaction's gas.
        error: Why it had no effect.

    Returns:
        Whether it was changed.
    """
    places = ", ".join("?" * len(since))
    carriers = f" AND tx_hash IN ({', '.join('?' * len(carried_by))})" if carried_by else ""
    changed = transaction.run(
        "UPDATE request SET state = ?, tx_hash = ?, block_number = ?, gas_used = ?, error = ? "  # noqa: S608
        f"WHERE id = ? AND state IN ({places}){carriers} RETURNING id",
        state,
        tx_hash,
        block_number,
        gas_used,
        error,
        request_id,
        *since,
        *carried_by,
    )
    if changed:
        _tell(transaction, request_id, state)
    return bool(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change of a request's state, and its position among all changes."""

    place: int
    request: str
    state: State
    at_unix_s: int


def events(transaction: Transaction, after: int, most: int) -> tuple[Event, ...]:
    """Return the events after a position, in order."""
    rows = transaction.run(
        "SELECT place, request, state, at_unix_s FROM event WHERE place > ? ORDER BY place LIMIT ?",
        after,
        most,
    )
    return tuple(
        [
            Event(
                place=int(place or 0),
                request=str(request),
                state=cast("State", state),
                at_unix_s=int(at or 0),
            )
            for place, request, state, at in rows
        ],
    )


def last_event(transaction: Transaction) -> int:
    """Return the position of the latest event; 0 before the first."""
    return int(transaction.run("SELECT number FROM setting WHERE name = 'last_event'")[0][0] or 0)


def is_paused(transaction: Transaction) -> bool:
    """Return whether the relay is paused."""
    return bool(transaction.run("SELECT number FROM setting WHERE name = 'paused'")[0][0])


def pause(transaction: Transaction, *, paused: bool) -> None:
    """Pause or resume the relay."""
    transaction.run("UPDATE setting SET number = ? WHERE name = 'paused'", int(paused))


def _next(transaction: Transaction, counter: str) -> int:
    """Return the next number of a counter. The next caller waits until this one commits."""
    rows = transaction.run(
        "UPDATE setting SET number = number + 1 WHERE name = ? RETURNING number", counter
    )
    return int(rows[0][0] or 0)


def _tell(transaction: Transaction, request_id: str, state: State) -> None:
    transaction.run(
        "INSERT INTO event (place, request, state, at_unix_s) VALUES (?, ?, ?, ?)",
        _next(transaction, "last_event"),
        request_id,
        state,
        int(time.time()),
    )


def _read(row: Row) -> Accepted:
    whole = dict(zip(_COLUMNS.split(", "), row, strict=True))
    whole["by_contract"] = bool(whole["by_contract"])
    return Accepted(**whole)  # type: ignore[arg-type]  # the columns are the fields
