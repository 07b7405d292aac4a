"""The error for what these contracts can't do: it is raised, never silently ignored."""

from __future__ import annotations

from ocn_registry.errors import UnsupportedByDialect


def unsupported(what: str) -> UnsupportedByDialect:
    """Return the error for something that contracts of this generation can't do."""
    return UnsupportedByDialect(f"contracts of the first generation can't {what}")
