"""Errors as RFC 9457 problem details, each with a stable `code`.

`CODES` is the complete list, including those of a relay; OpenAPI and tests read it. Text from
outside is escaped and bounded before it reaches `detail`: every error of the package does that
itself.
"""

from __future__ import annotations

import json
from dataclasses import field, fields
from typing import TYPE_CHECKING

from ocn_registry.contract_errors import ContractError
from ocn_registry.errors import (
    CacheError,
    InvalidInput,
    NonceMismatch,
    RequestExpired,
    Reverted,
    SignatureMismatch,
    TransportError,
    UnsupportedByDialect,
)
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ocn_registry.errors import OcnRegistryError

MEDIA_TYPE = "application/problem+json"
MAX_BODY_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A kind of error: its HTTP status and title."""

    status: int
    title: str


CODES = {
    "invalid_request": ErrorCode(400, "The request can't be read"),
    "not_sponsored": ErrorCode(403, "The request has no sponsor"),
    "not_found": ErrorCode(404, "There is nothing here"),
    "method_not_allowed": ErrorCode(405, "The method is not supported here"),
    "body_timeout": ErrorCode(408, "The body did not arrive in time"),
    "nonce_in_use": ErrorCode(409, "Another live request has this nonce"),
    "not_waiting": ErrorCode(409, "The request can't be withdrawn any more"),
    "too_large": ErrorCode(413, "The body is too large"),
    "expired": ErrorCode(422, "The deadline has passed"),
    "nonce_mismatch": ErrorCode(422, "The nonce is not the account's next one"),
    "signature_mismatch": ErrorCode(422, "The signature is not the account's"),
    "would_revert": ErrorCode(422, "The contract would refuse the request"),
    "unsupported": ErrorCode(422, "These contracts can't do that"),
    "quota_exceeded": ErrorCode(429, "A daily limit is used up"),
    "too_many_waiting": ErrorCode(429, "Too many requests of the account are waiting"),
    "rate_limited": ErrorCode(429, "Too many requests from this address"),
    "internal": ErrorCode(500, "The server made a mistake"),
    "closed": ErrorCode(503, "The relay accepts nothing now"),
    "chain_unavailable": ErrorCode(503, "The chain can't be reached now"),
    "database_unavailable": ErrorCode(503, "The database can't be used now"),
}
# The first matching class applies; subclasses come before their parents.
_BY_CLASS: tuple[tuple[type[OcnRegistryError], str], ...] = (
    (UnsupportedByDialect, "unsupported"),
    (RequestExpired, "expired"),
    (NonceMismatch, "nonce_mismatch"),
    (SignatureMismatch, "signature_mismatch"),
    (Reverted, "would_revert"),
    (TransportError, "chain_unavailable"),
    (CacheError, "chain_unavailable"),
    (InvalidInput, "invalid_request"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        media_type: The media type of the body.
        body: The body.
        headers: Additional headers.
    """

    status: int = 200
    media_type: str = "application/json"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Problem(Exception):
    """An error as an answer.

    Attributes:
        code: One of `CODES`.
        detail: What is wrong and what to do next.
        more: Additional members of the answer.
        headers: Additional headers of the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Create it from the code and the detail."""
        super().__init__(detail)
        self.code, self.detail = code, detail
        self.more, self.headers = dict(more or {}), dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return CODES[self.code].status

    def body(self) -> dict[str, object]:
        """Return the members of the answer."""
        return {
            "type": f"urn:ocn-relay:problem:{self.code}",
            "title": CODES[self.code].title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }

    def reply(self) -> Reply:
        """Return the answer."""
        return Reply(
            status=self.status,
            media_type=MEDIA_TYPE,
            body=json.dumps(self.body()).encode(),
            headers=self.headers,
        )


def problem_of(
    error: OcnRegistryError, kinds: Iterable[tuple[type[OcnRegistryError], str]] = ()
) -> Problem:
    """Return the problem for an error.

    Args:
        error: The error.
        kinds: Additional error classes and their codes; they take precedence.
    """
    for kind, code in (*kinds, *_BY_CLASS):
        if isinstance(error, kind):
            return Problem(code, str(error), _extra_members(error))
    return Problem("internal", "the server made a mistake: tell its operator")


def _extra_members(error: OcnRegistryError) -> dict[str, object]:
    if isinstance(error, ContractError):
        values = {one.name: getattr(error, one.name) for one in fields(error)}
        return {"error": type(error).__name__, "arguments": _plain(values)}
    if isinstance(error, NonceMismatch):
        return {"expected": error.expected}
    return {}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value if isinstance(value, int) else str(value)
        for name, value in values.items()
        if name != "tx_hash"
    }
