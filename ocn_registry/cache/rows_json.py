"""Rows as JSON: how the file stores what undoes a block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar, cast

from ocn_registry.events.draft import Rows
from ocn_registry.events.state import (
    AccountRow,
    Consent,
    ConsentsRow,
    Moment,
    NodeRow,
    PartyRow,
    ServiceRow,
)
from ocn_registry.foreign.limits import CACHE_ROW
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address, permissions_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ocn_registry.events.state import Member

    Pairs: TypeAlias = list[list[object]]

K = TypeVar("K")
R = TypeVar("R")


def rows_to_json(rows: Rows) -> str:
    """Return rows as JSON: a list of keys and rows for each table; empty text for no rows."""
    if not rows:
        return ""
    tables = (
        rows.nodes,
        rows.operators,
        rows.parties,
        rows.accounts,
        rows.services,
        rows.consents,
    )
    return json.dumps([list(table.items()) for table in tables], separators=(",", ":"))


def rows_from_json(text: str) -> Rows:
    """Return the rows that `rows_to_json` wrote."""
    if not text:
        return Rows()
    nodes, operators, parties, accounts, services, consents = cast(
        "list[Pairs]",
        parse_json(text.encode(), CACHE_ROW),
    )
    return Rows(
        nodes=_table(nodes, cast("Callable[[object], int]", int), _node),
        operators=_table(operators, _address, cast("Callable[[object], int]", int)),
        parties=_table(parties, str, _party),
        accounts=_table(accounts, _address, _account),
        services=_table(services, member_of, _service),
        consents=_table(consents, member_of, _consents),
    )


def member_of(value: object) -> Member:
    """Return the member that JSON holds: a number, or an address."""
    return value if isinstance(value, int) else _address(value)


def _table(
    pairs: Pairs,
    key: Callable[[object], K],
    row: Callable[[object], R],
) -> dict[K, R | None]:
    return {key(one): None if other is None else row(other) for one, other in pairs}


def _address(value: object) -> Address:
    return Address(str(value))


def _node(value: object) -> NodeRow:
    operator, *rest = cast("list[object]", value)
    return NodeRow._make((_address(operator), *rest))


def _party(value: object) -> PartyRow:
    account, *rest, changed = cast("list[object]", value)
    return PartyRow._make((_address(account), *rest, Moment(*cast("tuple[int, int]", changed))))


def _account(value: object) -> AccountRow:
    address, ids, member, membership = cast("tuple[str, list[str], object, int | None]", value)
    return AccountRow(Address(address), tuple(ids), member_of(member), membership)


def _service(value: object) -> ServiceRow:
    account, name, url, permissions, version, shown = cast(
        "tuple[str, str, str, list[int], int | None, str]",
        value,
    )
    needed = permissions_of(tuple(permissions))
    return ServiceRow(Address(account), name, url, needed, version, shown)


def _consents(value: object) -> ConsentsRow:
    user, consents = cast("tuple[str, list[tuple[object, int | None]]]", value)
    found = [Consent(member_of(provider), version) for provider, version in consents]
    return ConsentsRow(Address(user), tuple(found))
