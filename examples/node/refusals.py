"""The answers that reject a message, with the status codes that the OCN's nodes use.

A hub's own troubles (4xxx) and those with a receiver's answer (3xxx) come with HTTP 200: the
request arrived, OCPI has the bad news. What the sender did wrong (2xxx) is an HTTP 4xx.

Source: OCPI 2.2.1, section 5 (status codes); ocn-node, `OcpiExceptions.kt`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum

_LONGEST = 500


class Status(IntEnum):
    """An OCPI status code."""

    SUCCESS = 1000
    CLIENT_ERROR = 2000
    INVALID_PARAMETERS = 2001
    UNKNOWN_LOCATION = 2003
    SERVER_ERROR = 3000
    NO_MATCHING_ENDPOINTS = 3003
    UNKNOWN_RECEIVER = 4001
    TIMEOUT = 4002
    CONNECTION_PROBLEM = 4003


_HTTP = {
    Status.CLIENT_ERROR: 400,
    Status.INVALID_PARAMETERS: 400,
    Status.UNKNOWN_LOCATION: 404,
}


class Refused(Exception):
    """A message is not forwarded, and the sender learns why."""

    def __init__(self, status: Status, why: str, *, http_status: int | None = None) -> None:
        """Say why.

        Args:
            status: The OCPI status code.
            why: One sentence; other people's text in it is escaped already.
            http_status: That of HTTP, unless the usual one.
        """
        super().__init__(why)
        self.status = status
        self.http_status = http_status or _HTTP.get(status, 200)

    def body(self) -> dict[str, object]:
        """Return the OCPI answer."""
        return {
            "status_code": int(self.status),
            "status_message": str(self)[:_LONGEST],
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }


def invalid(why: str) -> Refused:
    """Refuse a message that the sender has to correct."""
    return Refused(Status.INVALID_PARAMETERS, why)
