"""Times and durations in a form for people."""

from __future__ import annotations

import time
from typing import Final

_YEAR_10000: Final = 253_402_300_800
_MONTH_S: Final = 30 * 86_400
_UNITS: Final = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def moment(unix_s: int, now_unix_s: float | None = None) -> str:
    """Return a time as a date in UTC, with its distance from now.

    Args:
        unix_s: The time, in Unix seconds; any integer.
        now_unix_s: The current time; by default from this machine's clock.
    """
    if not 0 <= unix_s < _YEAR_10000:
        return date(unix_s)
    away = int(unix_s - (time.time() if now_unix_s is None else now_unix_s))
    if away < 0:
        return f"{date(unix_s)} ({span(-away)} ago)"
    return f"{date(unix_s)} (in {'more than 30 days' if away > _MONTH_S else span(away)})"


def date(unix_s: int) -> str:
    """Return a moment as a date in UTC.

    Args:
        unix_s: The moment, in Unix time; any integer.
    """
    if not 0 <= unix_s < _YEAR_10000:
        return "after the year 9999" if unix_s > 0 else "before the year 1970"
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - slow to import

    # By arithmetic: `time.gmtime` ends in the year 3000 on Windows.
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=unix_s)
    return found.strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: int) -> str:
    """Return a duration in the largest unit of which it has at least two, or in seconds."""
    for unit, length in _UNITS:
        if seconds >= 2 * length or length == 1:
            count = seconds // length
            return f"{count} {unit if count != 1 else unit.removesuffix('s')}"
    return ""
