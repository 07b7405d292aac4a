"""The result of a check."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """The result of a check.

    Attributes:
        check: The name of the check.
        ok: Whether it passed.
        says: What was found, in words.
        remedy: What to do about it; empty if nothing has to be done.
    """

    check: str
    ok: bool
    says: str
    remedy: str = ""
