"""The writing functions, to identify a transaction's calls."""

from __future__ import annotations

from functools import cache

from ocn_registry.dialects.origins import by_selector
from ocn_registry.dialects.v3.owner_writes import OWNER_WRITES
from ocn_registry.dialects.v3.requests import REQUESTS

_BATCHES = ("multicall(bytes[])", "tryMulticall(bytes[])")


@cache
def names() -> dict[int, str]:
    """Return the names of the writing functions, by selector."""
    found = [*_BATCHES, *[row.function for row in OWNER_WRITES.values()]]
    for row in REQUESTS.values():
        if row.function:
            found += [row.direct_signature, row.raw_signature]
        if row.short:
            found.append(row.short)
    return by_selector(found)
