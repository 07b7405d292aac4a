"""Clients of a relay: hand in a signed request, wait for it, see what is left of an allowance.

Handing in is safe to repeat: the request's id is the digest that its account signed, so the relay
accepts it once. `AsyncRelayClient` runs the same calls in threads.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import quote, urlsplit

import urllib3

from ocn_registry.errors import InvalidInput, OcnRegistryError, RpcTimeout, TransportError
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.portable.base import Portable, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.relay.documents import Voucher
    from ocn_registry.signing import SignedRequest

_MOST_BYTES: Final = 1 << 20
_ENDED: Final = frozenset({"done", "failed", "expired", "superseded", "withdrawn"})
_STATES: Final = _ENDED | {"accepted", "sent", "mined"}
_CODE: Final = re.compile(r"[a-z_]{1,64}")


class RelayRefused(OcnRegistryError):
    """The relay did not accept a request.

    Attributes:
        code: The stable code of the refusal, for example `not_sponsored`.
        status: The HTTP status.
    """

    def __init__(self, code: str, status: int, detail: str) -> None:
        """Keep what the relay answered."""
        super().__init__(f"the relay refused ({code}): {detail}")
        self.code, self.status = code, status


class RelayUnavailable(TransportError):
    """The relay can't be reached, or did not answer as a relay does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedRequest(Portable):
    """A request as a relay tells about it.

    Attributes:
        id: Digest that its account signed.
        state: `accepted`, `sent`, `mined`, `done`, `failed`, `expired`, `superseded` or
            `withdrawn`.
        sponsor: Who lets the relay pay.
        tx_hash: The transaction that carries it; `None` before it was sent.
        block_number: The block it is in; `None` before.
        error: Why it had no effect; `None` where it had, or may still have. The relay's own
            text: escape it before you show it.
    """

    id: str
    state: str = field(metadata=key("status"))
    sponsor: str
    tx_hash: str | None = field(metadata=key("hash"))
    block_number: int | None = field(metadata=key("block"))
    error: str | None

    @property
    def ended(self) -> bool:
        """Whether the state won't change any more."""
        return self.state in _ENDED


class RelayClient:
    """Talks to one relay, for callers that wait."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 20.0) -> None:
        """Say where the relay is. Nothing is asked yet.

        Args:
            url: The relay's URL: `https://HOST`, with a path where it has one.
            key: An API key, if the relay gave you one.
            timeout_s: How long one question may take.

        Raises:
            InvalidInput: The URL is not valid.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(
                f"{shown(url)} is not a valid relay URL: use https://HOST",
            )
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(retries=False)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def submit(self, signed: SignedRequest, *, voucher: Voucher | None = None) -> RelayedRequest:
        """Hand in a signed request.

        Args:
            signed: The request.
            voucher: A voucher of a node's operator, if the account has one.

        Returns:
            The request as the relay stored it; the same when it was accepted before.

        Raises:
            RelayRefused: The relay does not accept it; `code` says why.
            RelayUnavailable: The relay can't be reached. Repeating is safe.
        """
        body: object = signed.document()
        if voucher is not None:
            body = {"request": body, "voucher": voucher.to_dict()}
        return _request(self._ask("POST", "/v1/requests", body))

    def request(self, request_id: str) -> RelayedRequest:
        """Return what became of a request.

        Args:
            request_id: Its id.

        Raises:
            RelayRefused: The relay does not know it.
            RelayUnavailable: The relay can't be reached.
        """
        return _request(self._ask("GET", f"/v1/requests/{quote(request_id, safe='')}"))

    def wait(
        self,
        request_id: str,
        *,
        until: str = "mined",
        timeout_s: float = 120.0,
        on_state: Callable[[RelayedRequest], None] | None = None,
    ) -> RelayedRequest:
        """Wait until a request is in a block, or has ended.

        Args:
            request_id: Its id.
            until: `mined` for the first block, `done` for the final one.
            timeout_s: How long to wait.
            on_state: Called with the request at each change of its state.

        Returns:
            The request.

        Raises:
            RpcTimeout: It took longer. The relay goes on; ask again later.
            RelayRefused: The relay does not know the request.
        """
        ends, before, pause = time.monotonic() + timeout_s, "", 0.1
        while True:
            try:
                found = self.request(request_id)
            except RelayUnavailable:
                if time.monotonic() > ends:
                    raise
            else:
                if found.state != before and on_state is not None:
                    on_state(found)
                before = found.state
                if found.ended or found.state == until:
                    return found
                if time.monotonic() > ends:
                    raise RpcTimeout(
                        f"the relay has not sent request {request_id} to the end within "
                        f"{timeout_s:.0f} s (it is {found.state}): ask again later",
                    )
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def allowance(self, account: str) -> dict[str, object]:
        """Return what is left of an account's quotas today, as the relay tells it.

        Args:
            account: Address of the account.
        """
        return self._ask("GET", f"/v1/accounts/{quote(account, safe='')}/allowance")

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        headers = dict(self._headers)
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            reply = self._pool.request(
                method,
                self._url + path,
                body=content,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(total=self._timeout_s),
            )
            try:
                text = reply.read(_MOST_BYTES + 1, decode_content=True)
            finally:
                reply.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise RelayUnavailable(
                f"the relay can't be reached ({type(error).__name__}): check its URL, then repeat; "
                "nothing is paid twice",
            ) from None
        return _answer(reply.status, text)


class AsyncRelayClient:
    """Talks to one relay, for callers that share a thread; see `RelayClient`."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 20.0) -> None:
        """Say where the relay is; see `RelayClient`."""
        self._client = RelayClient(url, key=key, timeout_s=timeout_s)

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._client.close)

    async def submit(
        self, signed: SignedRequest, *, voucher: Voucher | None = None
    ) -> RelayedRequest:
        """Hand in a signed request; see `RelayClient.submit`."""
        return await asyncio.to_thread(self._client.submit, signed, voucher=voucher)

    async def request(self, request_id: str) -> RelayedRequest:
        """Return what became of a request; see `RelayClient.request`."""
        return await asyncio.to_thread(self._client.request, request_id)

    async def wait(
        self,
        request_id: str,
        *,
        until: str = "mined",
        timeout_s: float = 120.0,
        on_state: Callable[[RelayedRequest], None] | None = None,
    ) -> RelayedRequest:
        """Wait until a request is in a block, or has ended; see `RelayClient.wait`."""
        return await asyncio.to_thread(
            self._client.wait, request_id, until=until, timeout_s=timeout_s, on_state=on_state
        )

    async def allowance(self, account: str) -> dict[str, object]:
        """Return what is left of an account's quotas today; see `RelayClient.allowance`."""
        return await asyncio.to_thread(self._client.allowance, account)


def _answer(status: int, text: bytes) -> dict[str, object]:
    if len(text) > _MOST_BYTES:
        raise RelayUnavailable(f"the relay answered more than {_MOST_BYTES} bytes: check its URL")
    try:
        whole = parse_json(text)
    except (ValueError, InvalidInput):
        whole = None
    if not isinstance(whole, dict):
        raise RelayUnavailable(
            f"the relay answered HTTP {status} without a JSON object: check its URL",
        )
    told = cast("dict[str, object]", whole)
    if status >= 400:  # noqa: PLR2004 - an HTTP status
        code, detail = told.get("code"), told.get("detail")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise RelayUnavailable(f"the relay answered HTTP {status}: check its URL")
        raise RelayRefused(code, status, shown(detail, 400))
    return told


def _request(told: dict[str, object]) -> RelayedRequest:
    def text(name: str) -> str | None:
        value = told.get(name)
        return value[:400] if isinstance(value, str) else None

    request_id, state = text("id"), text("state")
    if request_id is None or state not in _STATES:
        raise RelayUnavailable("the relay's answer is not that of a relay: check its URL")
    block = told.get("block")
    return RelayedRequest(
        id=request_id,
        state=state,
        sponsor=text("sponsor") or "",
        tx_hash=text("transaction"),
        block_number=block if isinstance(block, int) else None,
        error=text("error"),
    )
