"""The tables of a cache's file, and what stands in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from ocn_registry.cache.draft import Rows
from ocn_registry.cache.following import Known, Mark
from ocn_registry.cache.rows_json import rows_from_json, rows_to_json
from ocn_registry.cache.state import Consent, PartyRow, ServiceRow, State
from ocn_registry.models import Address, BlockRef, permissions_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from ocn_registry.cache.state import Consents

TABLES = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE nodes (operator TEXT PRIMARY KEY, domain TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE parties (
    address TEXT PRIMARY KEY, country_code TEXT NOT NULL, party_id TEXT NOT NULL,
    roles INTEGER NOT NULL, sender INTEGER NOT NULL, receiver INTEGER NOT NULL,
    operator TEXT NOT NULL, listing INTEGER, holds_id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE services (
    provider TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, permissions TEXT NOT NULL,
    version INTEGER) WITHOUT ROWID;
CREATE TABLE consents (
    user TEXT NOT NULL, place INTEGER NOT NULL, provider TEXT NOT NULL, listing INTEGER,
    version INTEGER, PRIMARY KEY (user, place)) WITHOUT ROWID;
CREATE TABLE marks (
    number INTEGER PRIMARY KEY, hash TEXT NOT NULL, timestamp_unix_s INTEGER NOT NULL,
    undo TEXT NOT NULL, last_listing INTEGER);
"""


def _address(text: str) -> Address:
    """Take an address of our own file: its checksum was computed when it was first seen."""
    return str.__new__(Address, text)


def read(database: sqlite3.Connection, chunk_blocks: int) -> tuple[Known, int] | None:
    """Read what is known, and when it was last compared with the chain; `None` when nothing is.

    Args:
        database: The open file.
        chunk_blocks: How many blocks of events to ask for at once.
    """
    marks = tuple(
        [
            Mark(
                block=BlockRef(number=number, hash=hash_, timestamp_unix_s=timestamp),
                undo=rows_from_json(undo),
                last_listing=last_listing,
            )
            for number, hash_, timestamp, undo, last_listing in cast(
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
    interned: dict[str, Address] = {}

    def one(text: str) -> Address:
        """Give one object for each operator and provider, however often it is named."""
        return interned.setdefault(text, _address(text))

    parties: dict[Address, PartyRow] = {}
    ids: dict[tuple[str, str], PartyRow] = {}
    countries: dict[str, str] = {}
    make, text = PartyRow._make, str.__new__  # once each, as this runs for each party
    for address, country, party_id, roles, sender, receiver, operator, listing, holds in cast(
        "Iterable[tuple[str, str, str, int, int, int, str, int | None, int]]",
        database.execute("SELECT * FROM parties"),
    ):
        code = countries.setdefault(country, country)
        key, at = text(Address, address), interned.get(operator) or one(operator)
        row = make((key, code, party_id, roles, sender, receiver, at, listing, holds == 1))
        parties[key] = row
        if holds:
            ids[code, party_id] = row
    consents: dict[Address, Consents] = {}
    for user, _, provider, listing, version in cast(
        "Iterable[tuple[str, int, str, int | None, int | None]]",
        database.execute("SELECT * FROM consents ORDER BY user, place"),
    ):
        key = one(user)
        consents[key] = (*consents.get(key, ()), Consent(one(provider), listing, version))
    state = State(
        block=marks[-1].block,
        nodes={
            one(operator): domain
            for operator, domain in cast(
                "Iterable[tuple[str, str]]",
                database.execute("SELECT * FROM nodes"),
            )
        },
        parties=parties,
        services={
            one(provider): ServiceRow(name, url, _numbers(permissions), version)
            for provider, name, url, permissions, version in cast(
                "Iterable[tuple[str, str, str, str, int | None]]",
                database.execute("SELECT * FROM services"),
            )
        },
        consents=consents,
        ids=ids,
        last_listing=json.loads(about["last_listing"]),
    )
    known = Known(state=state, marks=marks, chunk_blocks=chunk_blocks)
    return known, int(json.loads(about["checked_unix_s"]))


def _numbers(text: str) -> tuple[int, ...]:
    return permissions_of(tuple([int(number) for number in text.split()]))


def write(database: sqlite3.Connection, known: Known, touched: Rows | None) -> None:
    """Write what is known; has to be within a transaction.

    Args:
        database: The open file.
        known: What is known.
        touched: The rows that may differ from what stands there; `None` for all.
    """
    state = known.state
    if touched is None:
        for table in ("nodes", "parties", "services", "consents", "marks"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
        touched = Rows(
            nodes=dict(state.nodes),
            parties=dict(state.parties),
            services=dict(state.services),
            consents=dict(state.consents),
        )
    _delete(database, "nodes", "operator", touched.nodes)
    database.executemany(
        "INSERT INTO nodes VALUES (?, ?)",
        [(key, state.nodes[key]) for key in touched.nodes if key in state.nodes],
    )
    _delete(database, "parties", "address", touched.parties)
    database.executemany(
        "INSERT INTO parties VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [state.parties[key] for key in touched.parties if key in state.parties],
    )
    _delete(database, "services", "provider", touched.services)
    database.executemany(
        "INSERT INTO services VALUES (?, ?, ?, ?, ?)",
        [
            (key, row.name, row.url, " ".join([str(int(one)) for one in row.permissions]), row[3])
            for key in touched.services
            if (row := state.services.get(key)) is not None
        ],
    )
    _delete(database, "consents", "user", touched.consents)
    database.executemany(
        "INSERT INTO consents VALUES (?, ?, ?, ?, ?)",
        [
            (user, place, *consent)
            for user in touched.consents
            for place, consent in enumerate(state.consents.get(user, ()))
        ],
    )
    _write_marks(database, known.marks)


def _delete(database: sqlite3.Connection, table: str, key: str, rows: Iterable[Address]) -> None:
    statement = f"DELETE FROM {table} WHERE {key} = ?"  # noqa: S608 - names of our own
    database.executemany(statement, [(one,) for one in rows])


def _write_marks(database: sqlite3.Connection, marks: tuple[Mark, ...]) -> None:
    """Bring the marks to what they are now; most of them stand there already."""
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
                mark.last_listing,
            )
            for mark in marks
            if (mark.block.number, mark.block.hash) not in there
        ],
    )
