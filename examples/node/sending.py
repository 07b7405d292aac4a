"""HTTP to parties and other nodes: no redirects, no cookies, bounded in time and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aiohttp
from yarl import URL

from node.refusals import Refused, Status
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.notary import RESPONSE_PROPERTY, OcpiMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary import Json

# The headers of an answer that OCPI gives a meaning; they are signed, and go the whole way.
ANSWER_HEADERS = ("X-Limit", "X-Total-Count", "Link", "Location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: That of HTTP.
        headers: Those that go the whole way.
        content: The body as it came.
        body: The same, read.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Mapping[str, Json]

    @property
    def is_success(self) -> bool:
        """Whether the receiver did what was asked of it."""
        code = self.body["status_code"]
        return isinstance(code, int) and Status.SUCCESS <= code < Status.CLIENT_ERROR

    @property
    def signature(self) -> str:
        """Who signed it; empty where nobody did."""
        found = self.body.get(RESPONSE_PROPERTY)
        return found if isinstance(found, str) else ""

    def signed(self) -> OcpiMessage:
        """Return what is signed of it."""
        return OcpiMessage.response(self.headers, self.body)


class Http:
    """One client for all that this node sends; belongs to the event loop that makes it."""

    def __init__(self, answer_bytes: int) -> None:
        """Begin; `close` ends it.

        Args:
            answer_bytes: How long an answer may be.
        """
        self._answer_bytes = answer_bytes
        self._session = aiohttp.ClientSession(
            auto_decompress=False,  # nobody was asked to compress: see `send`
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: str | None,
        *,
        timeout_s: float,
    ) -> Answer:
        """Send a request, and give the OCPI answer.

        Raises:
            Refused: Nobody answers, or not in time, or with something else.
        """
        sent = {**headers, "Accept-Encoding": "identity"}
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=sent,
                data=None if content is None else content.encode(),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                content_ = await self._read(response)
                found = {name: response.headers.get(name, "") for name in ANSWER_HEADERS}
                status = response.status
        except TimeoutError:
            raise Refused(Status.TIMEOUT, "Timeout on forwarded request") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = f"Connection problem: {type(error).__name__}"
            raise Refused(Status.CONNECTION_PROBLEM, why) from None
        return Answer(
            status=status,
            headers={name: value for name, value in found.items() if value and value.isascii()},
            content=content_,
            body=_answer_in(content_),
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        pieces = bytearray()
        async for piece in response.content.iter_any():
            pieces += piece
            if len(pieces) > self._answer_bytes:
                raise Refused(Status.SERVER_ERROR, "the receiver's answer is too long")
        return bytes(pieces)


def _answer_in(content: bytes) -> Mapping[str, Json]:
    try:
        value = parse_json(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("status_code"), int):
        raise Refused(
            Status.SERVER_ERROR,
            f"Could not parse JSON response of forwarded OCPI request: {shown(content[:60])}",
        )
    return cast("dict[str, Json]", value)
