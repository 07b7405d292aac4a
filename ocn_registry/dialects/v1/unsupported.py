"""The error for operations that these contracts don't support."""

from __future__ import annotations

from ocn_registry.errors import UnsupportedByDialect


def unsupported(what: str) -> UnsupportedByDialect:
    """Return the error for an operation that this generation does not support."""
    return UnsupportedByDialect(f"contracts of the first generation can't {what}")
