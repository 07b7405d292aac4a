"""What a check of `doctor` found."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """What a check found; `remedy` is empty where nothing is to be done."""

    check: str
    ok: bool
    says: str
    remedy: str = ""
