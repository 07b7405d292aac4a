"""Query parameters, and pages of lists in JSON or CSV, limited in size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign import csv_text
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, PartyId
from ocn_registry.registry_api.problems import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ocn_registry.models import BlockRef

Object: TypeAlias = "dict[str, object]"
T = TypeVar("T")

PAGE, MOST_IN_PAGE = 100, 500
MOST_BYTES = 180_000  # limit for the entries of a page: an answer stays below 200 KB
_LONGEST = 200
_MOST_NUMBER = (1 << 53) - 1


class QueryParameters:
    """The parameters of a question. Each is taken once; one that is not taken is an error."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Parse the parameters.

        Args:
            pairs: Decoded names and values.

        Raises:
            InvalidInput: A parameter is repeated, or is too long.
        """
        self._values: dict[str, str] = {}
        for name, value in pairs:
            if name in self._values:
                raise InvalidInput(f"{shown(name)} is given twice: give it once")
            if len(value) > _LONGEST:
                raise InvalidInput(
                    f"{shown(name)} is longer than {_LONGEST} characters: shorten it"
                )
            self._values[name] = value
        self._known: set[str] = set()

    def text(self, name: str) -> str | None:
        """Return a parameter; `None` if it is missing."""
        self._known.add(name)
        return self._values.get(name)

    def one_of(self, name: str, names: Sequence[str]) -> str | None:
        """Return a parameter that must be one of some words, in any case, as it is listed."""
        value = self.text(name)
        if value is None:
            return None
        for one in names:
            if one.lower() == value.lower():
                return one
        raise InvalidInput(f"{shown(value)} is not a valid {name}: use {', '.join(names)}")

    def address(self, name: str) -> Address | None:
        """Return a parameter that must be an address."""
        value = self.text(name)
        return None if value is None else Address(value)

    def party(self, name: str) -> PartyId | None:
        """Return a parameter that must be a party id, such as `DEABC` or `DE-ABC`."""
        value = self.text(name)
        return None if value is None else PartyId.parse(value)

    def number(self, name: str, usual: int, most: int = _MOST_NUMBER) -> int:
        """Return a parameter that must be a number."""
        value = self.text(name)
        if value is None:
            return usual
        if value.isascii() and value.isdecimal() and int(value) <= most:
            return int(value)
        raise InvalidInput(f"{shown(value)} is not a valid {name}: use a number from 0 to {most}")

    def done(self) -> None:
        """Raise `InvalidInput` for a parameter that was not taken, probably mistyped."""
        if unknown := set(self._values) - self._known:
            raise InvalidInput(
                f"{shown(min(unknown))} is not a parameter of this path: use "
                f"{', '.join(sorted(self._known)) or 'none'}",
            )


def json_of(value: object) -> bytes:
    """Return JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def block_of(block: BlockRef) -> Object:
    """Return a block in the API's JSON form."""
    return {"number": block.number, "hash": block.hash, "time": block.timestamp_unix_s}


def cut(
    found: Sequence[T], entry: Callable[[T], Object], offset: int, limit: int
) -> tuple[list[Object], int | None]:
    """Return the entries of a page, and the offset of the next one; `None` at the end.

    Args:
        found: The whole list.
        entry: Converts an entry to JSON.
        offset: Number of entries to skip.
        limit: Maximum number of entries; fewer if they are long.
    """
    entries: list[Object] = []
    size = 0
    for one in found[offset : offset + limit]:
        made = entry(one)
        size += len(json_of(made)) + 1
        if entries and size > MOST_BYTES:
            break
        entries.append(made)
    after = offset + len(entries)
    return entries, after if entries and after < len(found) else None


def page(  # noqa: PLR0913 - what a page consists of
    name: str,
    block: BlockRef,
    found: Sequence[T],
    entry: Callable[[T], Object],
    query: QueryParameters,
    *,
    complete: bool | None = None,
) -> Reply:
    """Return the requested page of a list.

    Args:
        name: The list's name.
        block: The block of the list.
        found: The whole list, in order.
        entry: Converts an entry to JSON.
        query: The parameters; takes `offset`, `limit` and `format`.
        complete: Whether the order is known for all entries; `None` where it always is.
    """
    offset = query.number("offset", 0)
    limit = max(query.number("limit", PAGE, MOST_IN_PAGE), 1)
    form = query.one_of("format", ("json", "csv"))
    query.done()
    entries, after = cut(found, entry, offset, limit)
    if form == "csv":
        return Reply(
            media_type="text/csv; charset=utf-8; header=present",
            body=as_csv(entries),
            headers={
                "Content-Disposition": f'attachment; filename="{name}.csv"',
                "X-Next-Offset": "" if after is None else str(after),
            },
        )
    return Reply(
        body=json_of(
            {
                "block": block_of(block),
                "total": len(found),
                "offset": offset,
                "next": after,
                **({} if complete is None else {"complete": complete}),
                name: entries,
            }
        )
    )


def as_csv(entries: Sequence[Mapping[str, object]]) -> bytes:
    """Return entries as CSV, with a header line; empty if there are no entries."""
    return csv_text.as_csv(entries, line_end="\r\n").encode()
