"""The tables of a cache's file, and their rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from ocn_registry.cache.following import Known, Mark
from ocn_registry.cache.rows_json import member_of, rows_from_json, rows_to_json
from ocn_registry.events.draft import Rows
from ocn_registry.events.state import (
    AccountRow,
    Consent,
    ConsentsRow,
    Moment,
    NodeRow,
    PartyRow,
    Past,
    ServiceRow,
    State,
)
from ocn_registry.events.tables import Table
from ocn_registry.foreign.limits import CACHE_ROW
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address, BlockRef, permissions_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from ocn_registry.events.state import Member

# A member is a number or an address, so those columns have no type.
_KEY = 5
TABLES = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE nodes (
    number INTEGER PRIMARY KEY, operator TEXT NOT NULL, domain TEXT);
CREATE TABLE accounts (
    address TEXT PRIMARY KEY, ids TEXT NOT NULL, member NOT NULL, membership INTEGER) WITHOUT ROWID;
CREATE TABLE parties (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, roles INTEGER NOT NULL, sender INTEGER NOT NULL,
    receiver INTEGER NOT NULL, node INTEGER NOT NULL, website TEXT,
    block_number INTEGER NOT NULL, timestamp_unix_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE past (
    key TEXT PRIMARY KEY, block_number INTEGER NOT NULL, timestamp_unix_s INTEGER NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE services (
    member PRIMARY KEY NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
    permissions TEXT NOT NULL, version INTEGER, shown TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE consents (
    member NOT NULL, place INTEGER NOT NULL, user TEXT NOT NULL, provider NOT NULL, version INTEGER,
    PRIMARY KEY (member, place)) WITHOUT ROWID;
CREATE TABLE marks (
    number INTEGER PRIMARY KEY, hash TEXT NOT NULL, timestamp_unix_s INTEGER NOT NULL,
    undo TEXT NOT NULL, last_membership INTEGER);
"""


def _address(text: str) -> Address:
    """Return an address from our own file without computing its checksum again."""
    return str.__new__(Address, text)


def _value(text: str) -> object:
    return parse_json(text.encode(), CACHE_ROW)


def read(database: sqlite3.Connection, chunk_blocks: int) -> tuple[Known, int] | None:
    """Read the state, and when it was last compared with the chain; `None` if there is none.

    Args:
        database: The open file.
        chunk_blocks: How many blocks of events to request at once.
    """
    marks = tuple(
        [
            Mark(
                block=BlockRef(number=number, hash=hash_, timestamp_unix_s=timestamp),
                undo=rows_from_json(undo),
                last_membership=last_membership,
            )
            for number, hash_, timestamp, undo, last_membership in cast(
                "Iterable[tuple[int, str, int, str, int | None]]",
                database.execute("SELECT * FROM marks ORDER BY number"),
            )
        ],
    )
    if not marks:
        return None
    about = dict(
        cast("Iterable[tuple[str, str]]", database.execute("SELECT key, value FROM about")),
    )
    nodes = {
        number: NodeRow(_address(operator), domain)
        for number, operator, domain in cast(
            "Iterable[tuple[int, str, str | None]]",
            database.execute("SELECT * FROM nodes"),
        )
    }
    accounts, parties = _parties(database)
    state = State(
        block=marks[-1].block,
        nodes=Table(nodes),
        operators=Table({row.operator: number for number, row in nodes.items()}),
        parties=Table(parties),
        accounts=Table(accounts),
        services=Table(
            {
                member_of(member): ServiceRow(
                    _address(account),
                    name,
                    url,
                    permissions_of(tuple([int(number) for number in permissions.split()])),
                    version,
                    shown,
                )
                for member, account, name, url, permissions, version, shown in cast(
                    "Iterable[tuple[object, str, str, str, str, int | None, str]]",
                    database.execute("SELECT * FROM services"),
                )
            },
        ),
        consents=Table(_consents(database)),
        last_membership=cast("int | None", _value(about["last_membership"])),
        past=_past(database, _value(about["past"])),
    )
    known = Known(state=state, marks=marks, chunk_blocks=chunk_blocks)
    return known, int(cast("int", _value(about["checked_unix_s"])))


def _parties(
    database: sqlite3.Connection,
) -> tuple[dict[Address, AccountRow], dict[str, PartyRow]]:
    """Read accounts and parties, which share their strings: there can be a million of them."""
    accounts: dict[Address, AccountRow] = {}
    holders: dict[str, Address] = {}
    make_account, make_party, text = AccountRow._make, PartyRow._make, str.__new__
    for address, ids, member, membership in cast(
        "Iterable[tuple[str, str, object, int | None]]",
        database.execute("SELECT * FROM accounts"),
    ):
        account = text(Address, address)
        keys = (ids,) if len(ids) == _KEY else tuple(cast("list[str]", _value(ids)))
        for key in keys:
            holders[key] = account
        found = member if isinstance(member, int) else account
        accounts[account] = make_account((account, keys, found, membership))
    # The parties reuse this dictionary, so that both tables share the keys.
    parties = cast("dict[str, PartyRow]", holders)
    moments: dict[tuple[int, int], Moment] = {}
    for key, _, roles, sender, receiver, node, website, number, time in cast(
        "Iterable[tuple[str, str, int, int, int, int, str | None, int, int]]",
        database.execute("SELECT * FROM parties"),
    ):
        account = holders[key]
        changed = moments.get((number, time))
        if changed is None:
            changed = moments[number, time] = Moment(number, time)
        parties[key] = make_party((account, roles, sender, receiver, node, website, changed))
    return accounts, parties


def _past(database: sqlite3.Connection, about: object) -> Past | None:
    if about is None:
        return None
    loaded, unread = cast("tuple[tuple[int, int], list[tuple[int, int]]]", about)
    moments: dict[str, Moment] = {}
    for key, number, time in cast(
        "Iterable[tuple[str, int, int]]", database.execute("SELECT * FROM past")
    ):
        moments[key] = Moment(number, time)
    return Past(
        loaded=Moment(*loaded),
        unread=tuple([(first, last) for first, last in unread]),
        moments=Table(moments),
    )


def _ids(keys: tuple[str, ...]) -> str:
    """Return keys as stored in the file: nearly all accounts have one, of five characters."""
    return keys[0] if len(keys) == 1 and len(keys[0]) == _KEY else json.dumps(keys)


def _consents(database: sqlite3.Connection) -> dict[Member, ConsentsRow]:
    found: dict[Member, ConsentsRow] = {}
    for written, _, user, provider, version in cast(
        "Iterable[tuple[object, int, str, object, int | None]]",
        database.execute("SELECT * FROM consents ORDER BY member, place"),
    ):
        member, consent = member_of(written), Consent(member_of(provider), version)
        before = found.get(member)
        consents = (consent,) if before is None else (*before.consents, consent)
        found[member] = ConsentsRow(_address(user), consents)
    return found


def write(
    database: sqlite3.Connection,
    known: Known,
    touched: Rows | None,
    dated: Mapping[str, Moment],
) -> None:
    """Write the state. Call it within a transaction.

    Args:
        database: The open file.
        known: The state.
        touched: The rows that may differ from the stored ones; `None` for all.
        dated: What was found in earlier events since the last save.
    """
    state = known.state
    if touched is None:
        for table in ("nodes", "accounts", "parties", "services", "consents", "marks", "past"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        touched = Rows(
            nodes=dict(state.nodes.items()),
            accounts=dict(state.accounts.items()),
            parties=dict(state.parties.items()),
            services=dict(state.services.items()),
            consents=dict(state.consents.items()),
        )
        dated = {} if state.past is None else dict(state.past.moments.items())
    nodes, accounts, parties = touched.nodes, touched.accounts, touched.parties
    services, consents = touched.services, touched.consents
    _replace(
        database,
        "nodes",
        nodes,
        [(key, *node) for key in nodes if (node := state.nodes.get(key)) is not None],
    )
    _replace(
        database,
        "accounts",
        accounts,
        [
            (key, _ids(account.ids), account.member, account.membership)
            for key in accounts
            if (account := state.accounts.get(key)) is not None
        ],
    )
    _replace(
        database,
        "parties",
        parties,
        [
            (key, *party[:-1], *party.changed)
            for key in parties
            if (party := state.parties.get(key)) is not None
        ],
    )
    _replace(
        database,
        "services",
        services,
        [
            (key, *offer[:3], " ".join([str(int(one)) for one in offer.permissions]), *offer[4:])
            for key in services
            if (offer := state.services.get(key)) is not None
        ],
    )
    _replace(
        database,
        "consents",
        consents,
        [
            (member, place, agreed.user, *consent)
            for member in consents
            if (agreed := state.consents.get(member)) is not None
            for place, consent in enumerate(agreed.consents)
        ],
    )
    database.executemany(
        "REPLACE INTO past VALUES (?, ?, ?)", [(key, *moment) for key, moment in dated.items()]
    )
    _write_marks(database, known.marks)


_KEYS = {
    "nodes": "number",
    "accounts": "address",
    "parties": "key",
    "services": "member",
    "consents": "member",
}


def _replace(
    database: sqlite3.Connection,
    table: str,
    touched: Iterable[Member | str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Replace the touched rows with the current ones."""
    delete = f"DELETE FROM {table} WHERE {_KEYS[table]} = ?"  # noqa: S608 - names of our own
    database.executemany(delete, [(key,) for key in touched])
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - fixed names; values are bound


def _write_marks(database: sqlite3.Connection, marks: tuple[Mark, ...]) -> None:
    """Update the marks; most of them are stored already."""
    there = set(
        cast(
            "Iterable[tuple[int, str]]",
            database.execute("SELECT number, hash FROM marks"),
        ),
    )
    kept = {(mark.block.number, mark.block.hash) for mark in marks}
    database.executemany("DELETE FROM marks WHERE number = ? AND hash = ?", there - kept)
    database.executemany(
        "INSERT INTO marks VALUES (?, ?, ?, ?, ?)",
        [
            (
                mark.block.number,
                mark.block.hash,
                mark.block.timestamp_unix_s,
                rows_to_json(mark.undo),
                mark.last_membership,
            )
            for mark in marks
            if (mark.block.number, mark.block.hash) not in there
        ],
    )
