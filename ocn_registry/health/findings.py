"""The result of a check."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """The result of a check; `remedy` is empty where nothing has to be done."""

    check: str
    ok: bool
    says: str
    remedy: str = ""
