"""Accepted requests in the database, and their states.

```
accepted -> sent -> mined -> done | failed
   +-> expired | superseded | withdrawn | failed
mined -> sent | accepted     the block was replaced
mined -> accepted            the transaction reverted with others in it, and that stands: sent alone
sent -> accepted             the number was taken by another transaction, and that stands
```

Every change of state appends an event in the same transaction.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from ocn_registry.portable.values import dataclass
from ocn_registry.relay.quotas import settle_gas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.relay.sessions import DatabaseTransaction, Row, Value

State: TypeAlias = Literal[
    "accepted", "sent", "mined", "done", "failed", "expired", "superseded", "withdrawn"
]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("accepted", "sent", "mined")
_ID: Final = re.compile(r"0x[0-9a-f]{64}")
_COLUMNS = (
    "id, contract, account, nonce, deadline_unix_s, kind, document, by_contract, sponsor, state, "
    "tx_hash, block_number, gas_used, error, accepted_unix_s, place, gas_reserved"
)
_NAMES = _COLUMNS.split(", ")
_QUALIFIED = ", ".join(f"request.{name}" for name in _NAMES)


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
        tx_hash: The transaction that contains it; `None` before `sent`. In an accepted request,
            one that reverted with others in it.
        block_number: Its block; `None` before `mined`.
        gas_used: Its share of the transaction's gas; `None` before `mined`.
        error: Why it had no effect, for people; `None` if it had one, or still may.
        accepted_unix_s: When it was accepted.
        place: Its position among all accepted requests.
        gas_reserved: Gas that it reserved of its sponsor's quota, until its end.
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
    gas_reserved: int = 0


def add(transaction: DatabaseTransaction, request: Accepted) -> Accepted:
    """Add a request in the state `accepted`.

    Raises:
        NotUnique: It exists already, or a live request has its nonce.
    """
    return add_all(transaction, (request,))[0]


def add_all(transaction: DatabaseTransaction, requests: Sequence[Accepted]) -> list[Accepted]:
    """Add requests in the state `accepted`.

    Raises:
        NotUnique: One of them exists already, or a live request has its nonce.
    """
    count = len(requests)
    first = _next(transaction, "last_request", count) - count + 1
    added = [replace(one, state="accepted", place=first + n) for n, one in enumerate(requests)]
    marks = ", ".join("?" * len(_NAMES))
    transaction.run_all(
        f"INSERT INTO request ({_COLUMNS}) VALUES ({marks})",  # noqa: S608 - constants
        [_row(one) for one in added],
    )
    _tell(transaction, [one.id for one in added], "accepted")
    return added


def find(transaction: DatabaseTransaction, request_id: str) -> Accepted | None:
    """Return a request by its id; `None` if there is none, or if the text is not an id."""
    if _ID.fullmatch(request_id) is None:  # databases refuse some texts: NUL, half characters
        return None
    rows = transaction.run(f"SELECT {_COLUMNS} FROM request WHERE id = ?", request_id)  # noqa: S608 - fixed names; values are bound
    return _read(rows[0]) if rows else None


def live(transaction: DatabaseTransaction, contract: str, account: str) -> tuple[Accepted, ...]:
    """Return an account's pending requests for a contract, in the order of their nonces."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE contract = ? AND account = ? "  # noqa: S608 - fixed names; values are bound
        "AND state IN ('accepted', 'sent', 'mined') ORDER BY nonce",
        contract,
        account,
    )
    return tuple([_read(row) for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the database says when a request is submitted.

    Attributes:
        is_paused: Whether an operator paused the relay.
        known: The same request, if it was accepted before.
        live: The account's live requests for the contract, by nonce.
        waiting: The number of the account's live requests for all contracts.
    """

    is_paused: bool
    known: Accepted | None
    live: tuple[Accepted, ...]
    waiting: int


def situation(
    transaction: DatabaseTransaction, request_id: str, contract: str, account: str
) -> Situation:
    """Return what the database says when a request is submitted, in one statement."""
    rows = transaction.run(
        f"SELECT setting.number, {_QUALIFIED} FROM setting LEFT JOIN request ON request.id = ? OR "  # noqa: S608 - fixed names; values are bound
        "(request.contract IN ('registry', 'permissions') AND request.account = ? AND "
        "request.state IN ('accepted', 'sent', 'mined')) "
        "WHERE setting.name = 'paused' ORDER BY request.nonce",
        request_id,
        account,
    )
    found = [_read(row[1:]) for row in rows if row[1] is not None]
    waiting = [one for one in found if one.state in LIVE]
    return Situation(
        is_paused=bool(rows[0][0]),
        known=next((one for one in found if one.id == request_id), None),
        live=tuple([one for one in waiting if one.contract == contract]),
        waiting=len(waiting),
    )


def in_state(transaction: DatabaseTransaction, state: State, most: int) -> tuple[Accepted, ...]:
    """Return requests in a state, the earliest first."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE state = ? ORDER BY place LIMIT ?",  # noqa: S608 - fixed names; values are bound
        state,
        most,
    )
    return tuple([_read(row) for row in rows])


def of_transaction(transaction: DatabaseTransaction, tx_hash: str) -> tuple[Accepted, ...]:
    """Return the requests in a transaction, in the order of acceptance."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE tx_hash = ? ORDER BY place",  # noqa: S608 - fixed names; values are bound
        tx_hash,
    )
    return tuple([_read(row) for row in rows])


def of_account(
    transaction: DatabaseTransaction, account: str, *, before: int, most: int
) -> tuple[Accepted, ...]:
    """Return an account's requests, the latest first."""
    rows = transaction.run(
        f"SELECT {_COLUMNS} FROM request WHERE account = ? AND place < ? "  # noqa: S608 - fixed names; values are bound
        "ORDER BY place DESC LIMIT ?",
        account,
        before,
        most,
    )
    return tuple([_read(row) for row in rows])


def counts(transaction: DatabaseTransaction) -> dict[str, int]:
    """Return the number of requests in each state."""
    rows = transaction.run("SELECT state, count(*) FROM request GROUP BY state")
    return {str(state): int(count or 0) for state, count in rows}


def move(  # noqa: PLR0913 - what a state consists of
    transaction: DatabaseTransaction,
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
        "UPDATE request SET state = ?, tx_hash = ?, block_number = ?, gas_used = ?, error = ? "  # noqa: S608 - fixed names; values are bound
        f"WHERE id = ? AND state IN ({places}){carriers} "
        "RETURNING sponsor, accepted_unix_s, gas_reserved",
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
        _tell(transaction, [request_id], state)
        if state not in LIVE:
            sponsor, accepted_unix_s, reserved = changed[0]
            more = (gas_used or 0) - int(reserved or 0)
            settle_gas(transaction, str(sponsor), int(accepted_unix_s or 0), more)
    return bool(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """A change of a request's state, and its position among all changes."""

    place: int
    request: str
    state: State
    at_unix_s: int


def events(transaction: DatabaseTransaction, after: int, most: int) -> tuple[RequestEvent, ...]:
    """Return the events after a position, in order."""
    rows = transaction.run(
        "SELECT place, request, state, at_unix_s FROM event WHERE place > ? ORDER BY place LIMIT ?",
        after,
        most,
    )
    return tuple(
        [
            RequestEvent(
                place=int(place or 0),
                request=str(request),
                state=cast("State", state),
                at_unix_s=int(at or 0),
            )
            for place, request, state, at in rows
        ],
    )


def last_event(transaction: DatabaseTransaction) -> int:
    """Return the position of the latest event; 0 before the first."""
    return int(transaction.run("SELECT number FROM setting WHERE name = 'last_event'")[0][0] or 0)


def is_paused(transaction: DatabaseTransaction) -> bool:
    """Return whether the relay is paused."""
    return bool(transaction.run("SELECT number FROM setting WHERE name = 'paused'")[0][0])


def pause(transaction: DatabaseTransaction, *, paused: bool) -> None:
    """Pause or resume the relay."""
    transaction.run("UPDATE setting SET number = ? WHERE name = 'paused'", int(paused))


def _next(transaction: DatabaseTransaction, counter: str, count: int) -> int:
    """Return the last of the next numbers of a counter."""
    rows = transaction.run(
        "UPDATE setting SET number = number + ? WHERE name = ? RETURNING number", count, counter
    )
    return int(rows[0][0] or 0)


def _tell(transaction: DatabaseTransaction, request_ids: Sequence[str], state: State) -> None:
    count, now = len(request_ids), int(time.time())
    first = _next(transaction, "last_event", count) - count + 1
    transaction.run_all(
        "INSERT INTO event (place, request, state, at_unix_s) VALUES (?, ?, ?, ?)",
        [(first + n, one, state, now) for n, one in enumerate(request_ids)],
    )


def _row(request: Accepted) -> tuple[Value, ...]:
    values: list[Value] = [getattr(request, name) for name in _NAMES]
    return tuple([int(one) if isinstance(one, bool) else one for one in values])


def _read(row: Row) -> Accepted:
    whole = dict(zip(_NAMES, row, strict=True))
    whole["by_contract"] = bool(whole["by_contract"])
    return Accepted(**whole)  # type: ignore[arg-type]  # the columns are the fields
