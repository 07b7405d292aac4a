"""Clients of a relay: submit a signed request, wait for it, look up an allowance.

Submitting is safe to repeat: a request's id is the digest that its account signed, so the relay
accepts it only once.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import field
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote, urlsplit

from ocn_registry.errors import InvalidInput, OcnRegistryError, RpcTimeout
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import masked_url, shown
from ocn_registry.portable.base import Portable, key
from ocn_registry.portable.closing import Closing
from ocn_registry.portable.values import dataclass
from ocn_registry.relay.event_stream import (
    EVENT_ID,
    MOST_BYTES,
    RelayUnavailable,
    in_time,
    read_events,
)
from ocn_registry.transport.endpoint import origin
from ocn_registry.transport.http_answers import Incoming, TooLong, receive
from ocn_registry.transport.http_wire import Target, send
from ocn_registry.transport.wordings import cause_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ocn_registry.networks import Deployment
    from ocn_registry.relay.documents import Voucher
    from ocn_registry.relay.event_stream import RelayEvent
    from ocn_registry.signing import SignedRequest, Signer

_SHORT_PAUSE_S, _LONG_PAUSE_S = 0.2, 10.0
_ENDED: Final = frozenset({"done", "failed", "expired", "superseded", "withdrawn"})
_STATES: Final = _ENDED | {"accepted", "sent", "mined"}
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_CODE: Final = re.compile(r"[a-z_]{1,64}")


class RelayRefused(OcnRegistryError):
    """The relay did not accept a request.

    Attributes:
        code: Stable code of the error, for example `not_sponsored`.
        status: The HTTP status.
    """

    def __init__(self, code: str, status: int, detail: str) -> None:
        """Create the error from the relay's answer."""
        super().__init__(f"the relay refused ({code}): {detail}")
        self.code, self.status = code, status


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayedRequest(Portable):
    """A request, as reported by a relay.

    Attributes:
        id: The digest that its account signed.
        state: `accepted`, `sent`, `mined`, `done`, `failed`, `expired`, `superseded` or
            `withdrawn`.
        sponsor: The sponsor of the request.
        tx_hash: The transaction that contains it; `None` before it is sent.
        block_number: The block that contains it; `None` before it is mined.
        error: Why it had no effect; `None` if it had one, or still may. This is the relay's text:
            escape it before you show it.
    """

    id: str
    state: str = field(metadata=key("status"))
    sponsor: str
    tx_hash: str | None = field(metadata=key("hash"))
    block_number: int | None = field(metadata=key("block"))
    error: str | None

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in _ENDED


@checked
class RelayClient(Closing):
    """A synchronous client of a relay."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 20.0) -> None:
        """Create a client. The relay is not contacted yet.

        Args:
            url: The relay's URL: `https://HOST`, with a path if it has one.
            key: An API key, if the relay gave you one.
            timeout_s: How long a request to the relay may take.

        Raises:
            InvalidInput: The URL is not valid.
        """
        if origin(url) is None:
            raise InvalidInput(
                f"{shown(masked_url(url))} is not a valid relay URL: use https://HOST",
            )
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if key is not None:
            if not key.isascii() or not key.isprintable():
                raise InvalidInput("the relay's key is not ASCII text: copy it again")
            self._headers["Authorization"] = f"Bearer {key}"
        self._timeout_s = timeout_s

    def close(self) -> None:
        """End the use of the client, which keeps no connection between requests."""

    def submit(self, signed: SignedRequest, *, voucher: Voucher | None = None) -> RelayedRequest:
        """Submit a signed request.

        Args:
            signed: The request.
            voucher: A voucher from a node's operator, if the account has one.

        Returns:
            The request as stored by the relay; the same one if it was accepted before.

        Raises:
            RelayRefused: The relay rejected it; `code` says why.
            RelayUnavailable: The relay can't be reached. It is safe to submit again.
        """
        body: object = signed.document()
        if voucher is not None:
            body = {"request": body, "voucher": voucher.to_dict()}
        return _request(self._ask("POST", "/v1/requests", body))

    def request(self, request_id: str) -> RelayedRequest:
        """Return the state of a request.

        Args:
            request_id: Its id: `0x` and 64 hexadecimal digits.

        Returns:
            The request, with its state and, once it is sent, its transaction.

        Raises:
            RelayRefused: The relay does not know the request.
            RelayUnavailable: The relay can't be reached.
        """
        return _request(self._ask("GET", f"/v1/requests/{quote(request_id, safe='')}"))

    def withdraw(
        self, request_id: str, *, deployment: Deployment, signer: Signer | None = None
    ) -> RelayedRequest:
        """Withdraw a request that has not been sent yet.

        Anyone who has the signed document can still send it until its deadline. To rule that out,
        cancel it on the chain.

        Args:
            request_id: Its id.
            deployment: The registry that the request is for.
            signer: The key that signed the request; not needed if the client's API key sponsored
                it.

        Returns:
            The request in its new state, `withdrawn`.

        Raises:
            RelayRefused: The request was sent or has ended (`not_waiting`), or another key signed
                it.
            RelayUnavailable: The relay can't be reached.
        """
        from ocn_registry.relay.documents import withdrawal  # noqa: PLC0415 - few withdraw

        signature = None if signer is None else signer.sign(withdrawal(deployment, request_id))
        body = None if signature is None else {"signature": f"0x{signature.hex()}"}
        return _request(self._ask("DELETE", f"/v1/requests/{quote(request_id, safe='')}", body))

    def follow(self, *, after: str | None = None) -> Iterator[RelayEvent]:
        """Yield the relay's events indefinitely; lost connections are resumed.

        Args:
            after: The id of the last event that you have seen; `None` to start with the next one.

        Raises:
            RelayRefused: The relay rejected the connection.
            InvalidInput: The id is not that of an event.
        """
        if after is not None and not EVENT_ID.fullmatch(after):
            raise InvalidInput(f"{shown(after)} is not the id of an event: give its `id`")
        pause_s = _SHORT_PAUSE_S
        while True:
            try:
                for event in self._events(after):
                    after, pause_s = event.id or after, _SHORT_PAUSE_S
                    yield event
            except RelayUnavailable:
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONG_PAUSE_S)

    def _events(self, after: str | None) -> Iterator[RelayEvent]:
        headers = {"Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = after
        target = self._target("GET", "/v1/changes", headers)
        deadline = time.monotonic() + self._timeout_s
        try:
            with target.connect(deadline) as sock:
                send(sock, target.request(b""), deadline)
                reply = Incoming(sock, deadline)
                if reply.status != 200:  # noqa: PLR2004 - an HTTP status
                    _answer(reply.status, reply.content(MOST_BYTES))
                    raise RelayUnavailable(f"the relay answered HTTP {reply.status}: check its URL")
                yield from read_events(in_time(reply))
        except (TooLong, OSError, UnicodeError) as error:
            cause = "" if isinstance(error, TooLong) else f" ({cause_of(error)})"
            raise RelayUnavailable(
                f"the relay can't be followed{cause}: check its URL",
            ) from None
        raise RelayUnavailable("the relay ended the stream: follow it again")

    def wait(
        self,
        request_id: str,
        *,
        until: str = "mined",
        timeout_s: float = 120.0,
        on_state: Callable[[RelayedRequest], None] | None = None,
    ) -> RelayedRequest:
        """Wait until a request is in a block, or has ended without.

        Args:
            request_id: Its id.
            until: `mined` to wait for a block, `done` to wait until it is final.
            timeout_s: How long to wait.
            on_state: Called with the request whenever its state changes.

        Returns:
            The request.

        Raises:
            RpcTimeout: The time is over. The relay continues; ask again later.
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
                        f"request {request_id} has not ended within "
                        f"{timeout_s:.0f} s (it is {found.state}): ask again later",
                    )
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def allowance(self, account: str) -> dict[str, object]:
        """Return what is left of an account's quotas today, as the relay's JSON object.

        Args:
            account: Address of the account.

        Returns:
            The quotas, in the form of the relay's API description.

        Raises:
            RelayRefused: The address is not valid, or the relay refuses the API key.
            RelayUnavailable: The relay can't be reached.
        """
        return self._ask("GET", f"/v1/accounts/{quote(account, safe='')}/allowance")

    def _target(self, method: str, path: str, headers: Mapping[str, str]) -> Target:
        headers = {**self._headers, "Connection": "close", **headers}
        headers["Host"] = urlsplit(self._url).netloc.rpartition("@")[2]
        return Target(self._url + path, headers, method=method)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        headers: dict[str, str] = {}
        content = b""
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        target = self._target(method, path, headers)
        deadline = time.monotonic() + self._timeout_s  # of all of it, however slowly it comes
        try:
            with target.connect(deadline) as sock:
                send(sock, target.request(content), deadline)
                reply, _ = receive(sock, deadline, MOST_BYTES)
        except TooLong:
            raise RelayUnavailable(
                f"the relay answered more than {MOST_BYTES} bytes: check its URL",
            ) from None
        except (OSError, UnicodeError) as error:
            raise RelayUnavailable(
                f"the relay can't be reached ({cause_of(error)}): check its URL, then repeat; "
                "nothing is paid twice",
            ) from None
        return _answer(reply.status, reply.content)


def _answer(status: int, text: bytes) -> dict[str, object]:
    try:
        whole = parse_json(text)
    except (ValueError, InvalidInput):
        whole = None
    if not isinstance(whole, dict):
        raise RelayUnavailable(
            f"the relay answered HTTP {status} without a JSON object: check its URL",
        )
    answer = cast("dict[str, object]", whole)
    if status >= 400:  # noqa: PLR2004 - an HTTP status
        code, detail = answer.get("code"), answer.get("detail")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise RelayUnavailable(f"the relay answered HTTP {status}: check its URL")
        raise RelayRefused(code, status, shown(detail, 400))
    return answer


def _request(answer: dict[str, object]) -> RelayedRequest:
    def text(name: str) -> str | None:
        value = answer.get(name)
        return value[:400] if isinstance(value, str) else None

    request_id, state = text("id"), text("state")
    tx_hash = text("transaction")
    if request_id is None or not _HASH.fullmatch(request_id) or state not in _STATES:
        raise RelayUnavailable("the relay's answer is not that of a relay: check its URL")
    if tx_hash is not None and not _HASH.fullmatch(tx_hash):
        raise RelayUnavailable("the relay's transaction is not a hash: check its URL")
    block = answer.get("block")
    return RelayedRequest(
        id=request_id,
        state=state,
        sponsor=text("sponsor") or "",
        tx_hash=tx_hash,
        block_number=block if isinstance(block, int) else None,
        error=text("error"),
    )
