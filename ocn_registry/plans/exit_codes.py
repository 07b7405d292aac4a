"""Exit codes, by class of outcome."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
NOT_LISTED: Final = 3
REJECTED: Final = 4
RPC: Final = 5
UNKNOWN: Final = 6
UNPROVEN: Final = 7
INTERRUPTED: Final = 130

MEANINGS: Final = {
    DONE: "done; also for an empty list",
    UNEXPECTED: "unexpected error, or a check failed",
    USAGE: "the command line is not valid",
    NOT_LISTED: "not listed",
    REJECTED: "rejected before it was sent, or reverted",
    RPC: "the RPC node, or the connection to it, failed",
    UNKNOWN: "sent, but the outcome is not known: see `tx status`",
    UNPROVEN: "`verify`, `doctor`: the code matches, but the storage is not proven",
    INTERRUPTED: "interrupted, or the answer was no",
}
