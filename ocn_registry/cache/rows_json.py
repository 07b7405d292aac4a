"""Rows as JSON, as the file keeps the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from ocn_registry.cache.draft import Rows
from ocn_registry.cache.state import Consent, PartyRow, ServiceRow
from ocn_registry.foreign.limits import CACHE_ROW
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address, permissions_of

if TYPE_CHECKING:
    from typing import TypeAlias

    Number: TypeAlias = int | None
    Written: TypeAlias = tuple[
        dict[str, str | None],
        dict[str, tuple[str, str, str, int, int, int, str, Number, bool] | None],
        dict[str, tuple[str, str, list[int], Number] | None],
        dict[str, list[tuple[str, Number, Number]] | None],
    ]


def rows_to_json(rows: Rows) -> str:
    """Write rows: four objects by address, in the order of the tables; empty text for none."""
    if not rows:
        return ""
    tables = (rows.nodes, rows.parties, rows.services, rows.consents)
    return json.dumps(tables, separators=(",", ":"))


def rows_from_json(text: str) -> Rows:
    """Read what `rows_to_json` wrote."""
    if not text:
        return Rows()
    nodes, parties, services, consents = cast("Written", parse_json(text.encode(), CACHE_ROW))
    return Rows(
        nodes={Address(key): domain for key, domain in nodes.items()},
        parties={
            Address(key): None if row is None else _party(*row) for key, row in parties.items()
        },
        services={
            Address(key): None if row is None else _service(*row) for key, row in services.items()
        },
        consents={
            Address(user): None if row is None else tuple([_consent(*one) for one in row])
            for user, row in consents.items()
        },
    )


def _party(  # noqa: PLR0913, PLR0917 - what a row is
    address: str,
    country_code: str,
    party_id: str,
    roles: int,
    sender: int,
    receiver: int,
    operator: str,
    listing: int | None,
    holds_id: bool,  # noqa: FBT001 - a column
) -> PartyRow:
    where, at = Address(address), Address(operator)
    return PartyRow(where, country_code, party_id, roles, sender, receiver, at, listing, holds_id)


def _service(name: str, url: str, permissions: list[int], version: int | None) -> ServiceRow:
    return ServiceRow(name, url, permissions_of(tuple(permissions)), version)


def _consent(provider: str, listing: int | None, version: int | None) -> Consent:
    return Consent(Address(provider), listing, version)
