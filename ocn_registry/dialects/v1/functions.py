"""The writing functions, to identify a transaction's calls; a test compares them with the ABI."""

from __future__ import annotations

from functools import cache

from ocn_registry.dialects.origins import by_selector
from ocn_registry.dialects.v1.requests import REQUESTS

_OWNERS = (
    "adminDeleteOperator(address)",
    "adminDeleteParty(bytes2,bytes3)",
    "transferOwnership(address)",
    "renounceOwnership()",
)


@cache
def names() -> dict[int, str]:
    """Return the names of the writing functions, by selector."""
    rows = REQUESTS.values()
    direct, raw = [row.direct_signature for row in rows], [row.raw_signature for row in rows]
    return by_selector([*_OWNERS, *direct, *raw])
