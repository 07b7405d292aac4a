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
INTERRUPTED: Final = 130

MEANINGS: Final = {
    DONE: "done; an empty list too",
    UNEXPECTED: "something unexpected",
    USAGE: "the command can't be used like this",
    NOT_LISTED: "not listed",
    REJECTED: "rejected before it was sent, or reverted",
    RPC: "the RPC node, or the way to it, failed",
    UNKNOWN: "sent, and the outcome is not known: see `tx status`",
    INTERRUPTED: "interrupted, or answered with no",
}
