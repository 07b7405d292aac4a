"""JSON-RPC over one kept HTTP connection, for callers that wait.

Reads go to the next URL when one fails; a transaction is sent to one URL, once. Before the first
answer of a URL is believed, the node's chain id is checked, in the same request where that is safe.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.util.url import parse_url

from ocn_registry.effects import Clock, Local, Send, Sleep, Together, UnixTime
from ocn_registry.errors import (
    BadAnswer,
    InvalidInput,
    OcnRegistryError,
    OutcomeUnknown,
    RpcTimeout,
    RpcUnavailable,
    WrongChain,
)
from ocn_registry.strict_json import parse_json
from ocn_registry.text import shown
from ocn_registry.transport.jsonrpc import (
    answer_of,
    as_number,
    error_of,
    is_list,
    is_object,
    request_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.effects import Answer, AnyEffect
    from ocn_registry.errors import (
        TransportError,
    )

MAX_ANSWER_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 18
_MAX_TOGETHER = 100
_OK = 200
_SERVER_ERROR = 500


class _Endpoint:
    """One URL, and what is known of the node behind it."""

    __slots__ = ("batches", "checked", "shown", "url")

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise InvalidInput(f"{shown(url)} is no URL of an RPC node: give http:// or https://")
        self.url = url
        port = f":{parsed.port}" if parsed.port else ""
        # A path, query or user may hold the key that somebody pays for.
        self.shown = f"{parsed.scheme}://{parsed.host}{port}"
        self.checked = False
        self.batches = True


class HttpTransport:
    """Asks RPC nodes over HTTP."""

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        urls: Sequence[str],
        *,
        chain_id: int | None = None,
        timeout_s: float = 10.0,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        """Say where to ask.

        Args:
            urls: RPC nodes, the preferred one first.
            chain_id: The chain that they have to be on; `None` to believe them.
            timeout_s: How long one request may take.
            headers: Sent with every request: an authorization, say.
            proxy: URL of an HTTP proxy.
            ca_file: File with the certificates of authorities to trust instead of the usual ones.
            max_answer_bytes: A longer answer is refused.

        Raises:
            InvalidInput: There is no URL, or one is of another kind.
        """
        if isinstance(urls, str) or not urls:
            raise InvalidInput("no RPC node is known for this chain: give rpc_urls=[...]")
        self._endpoints = [_Endpoint(url) for url in urls]
        self._chain_id = chain_id
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._max_answer_bytes = max_answer_bytes
        self._pool = (
            urllib3.ProxyManager(proxy, ca_certs=ca_file)
            if proxy
            else urllib3.PoolManager(ca_certs=ca_file)
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect."""
        match effect:
            case Sleep():
                return time.sleep(effect.seconds)
            case Clock():
                return time.monotonic()
            case UnixTime():
                return int(time.time())
            case Local():
                return effect.task()
            case Send():
                return self._send(effect)
            case _:
                parts: list[AnyEffect] = []
                _flatten(effect, parts)
                answers = iter(self._read(parts))
                return _nest(effect, answers)

    def _read(self, parts: list[AnyEffect]) -> list[Answer]:
        """Ask one node after the other, the one that answered last first."""
        failed: TransportError | None = None
        for endpoint in tuple(self._endpoints):
            try:
                answers = self._ask_all(endpoint, parts)
            except (RpcUnavailable, RpcTimeout) as error:
                failed = failed or error
                self._endpoints.append(self._endpoints.pop(self._endpoints.index(endpoint)))
            else:
                return answers
        raise failed or RpcUnavailable("no RPC node is known")

    def _send(self, effect: Send) -> None:
        endpoint = self._endpoints[0]
        if not endpoint.checked and self._chain_id is not None:
            self._check_chain(endpoint, self._ask(endpoint, [_request(0, "eth_chainId", [])])[0])
        tx_hash = effect.transaction.tx_hash
        try:
            (response,) = self._ask(endpoint, [_request(1, *request_of(effect))], tx_hash=tx_hash)
        except BadAnswer as error:
            raise OutcomeUnknown(tx_hash, str(error)) from error
        if response.get("error") is None and not isinstance(response.get("result"), str):
            raise OutcomeUnknown(tx_hash, f"{endpoint.shown} answered neither yes nor no")
        _unwrap(effect, response)

    def _ask_all(self, endpoint: _Endpoint, parts: list[AnyEffect]) -> list[Answer]:
        requests = [_request(place, *request_of(part)) for place, part in enumerate(parts, 1)]
        if not endpoint.checked and self._chain_id is not None:
            requests.insert(0, _request(0, "eth_chainId", []))
        responses: list[dict[str, object]] = []
        for start in range(0, len(requests), _MAX_TOGETHER):
            responses += self._ask(endpoint, requests[start : start + _MAX_TOGETHER])
        if len(responses) > len(parts):
            self._check_chain(endpoint, responses.pop(0))
        return [_unwrap(part, response) for part, response in zip(parts, responses, strict=True)]

    def _check_chain(self, endpoint: _Endpoint, response: dict[str, object]) -> None:
        got = as_number(response.get("result"))
        if self._chain_id is not None and got != self._chain_id:
            raise WrongChain(self._chain_id, got)
        endpoint.checked = True

    def _ask(
        self,
        endpoint: _Endpoint,
        requests: list[dict[str, object]],
        *,
        tx_hash: str | None = None,
    ) -> list[dict[str, object]]:
        """Ask several things in one HTTP request where the node takes that; responses in order."""
        if len(requests) == 1:
            return [_response(endpoint, self._post(endpoint, requests[0], tx_hash))]
        if endpoint.batches:
            answer = self._post(endpoint, requests, tx_hash)
            if is_list(answer):
                told = [_response(endpoint, response) for response in answer]
                by_id = {response.get("id"): response for response in told if _has_id(response)}
                if len(by_id) == len(requests) and all(_id(asked) in by_id for asked in requests):
                    return [by_id[_id(asked)] for asked in requests]
                raise BadAnswer(f"{endpoint.shown} answered to other questions than were asked")
            endpoint.batches = False
        return [_response(endpoint, self._post(endpoint, one, tx_hash)) for one in requests]

    def _post(self, endpoint: _Endpoint, body: object, tx_hash: str | None) -> object:
        """Post JSON and read JSON; with `tx_hash`, tell apart what may have arrived."""
        deadline = time.monotonic() + self._timeout_s
        try:
            response = self._pool.request(
                "POST",
                endpoint.url,
                body=json.dumps(body, separators=(",", ":")).encode(),
                headers=self._headers,
                timeout=urllib3.Timeout(total=self._timeout_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                content = self._content(endpoint, response, deadline)
            except BaseException:
                response.close()
                raise
            response.release_conn()
        except (HTTPError, OcnRegistryError, OSError) as error:
            raise _failure(endpoint, error, self._timeout_s, tx_hash) from error
        if response.status != _OK:
            failed = RpcUnavailable(
                f"the RPC node {endpoint.shown} is out of order (HTTP {response.status}): "
                "try again later, or another node",
            )
            if tx_hash is not None and response.status >= _SERVER_ERROR:
                raise OutcomeUnknown(tx_hash, str(failed))
            raise failed
        try:
            return parse_json(content)
        except ValueError:
            raise BadAnswer(
                f"{endpoint.shown} answered with no JSON: is that the URL of an RPC node?",
            ) from None

    def _content(
        self,
        endpoint: _Endpoint,
        response: urllib3.BaseHTTPResponse,
        deadline: float,
    ) -> bytes:
        content = bytearray()
        # `read1` returns with what has arrived: an answer that drips can't outlast the deadline.
        while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
            content += chunk
            if len(content) > self._max_answer_bytes:
                raise BadAnswer(
                    f"{endpoint.shown} answered with more than {self._max_answer_bytes} bytes",
                )
            if time.monotonic() > deadline:
                raise RpcTimeout(_slow(endpoint, self._timeout_s))
        return bytes(content)


def _slow(endpoint: _Endpoint, timeout_s: float) -> str:
    return (
        f"the RPC node {endpoint.shown} did not answer within {timeout_s:g} s: try again, or "
        "another node"
    )


def _failure(
    endpoint: _Endpoint,
    error: Exception,
    timeout_s: float,
    tx_hash: str | None,
) -> OcnRegistryError:
    """Say what kept an answer from coming, and whether a transaction may have arrived."""
    cause = error.reason if isinstance(error, MaxRetryError) else error
    told: OcnRegistryError
    if isinstance(cause, OcnRegistryError):
        told = cause
    elif isinstance(cause, (ReadTimeoutError, ConnectTimeoutError)) and not isinstance(
        cause,
        NewConnectionError,
    ):
        told = RpcTimeout(_slow(endpoint, timeout_s))
    else:
        told = RpcUnavailable(
            f"the RPC node {endpoint.shown} can't be reached ({type(cause).__name__}): check the "
            "URL and that the node runs",
        )
    never_arrived = (NewConnectionError, ConnectTimeoutError, LocationParseError)
    if tx_hash is None or isinstance(cause, never_arrived):
        return told
    return OutcomeUnknown(tx_hash, str(told))


def _request(place: int, method: str, params: list[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": place, "method": method, "params": params}


def _id(message: dict[str, object]) -> object:
    return message["id"]


def _has_id(message: dict[str, object]) -> bool:
    return isinstance(message.get("id"), int)


def _response(endpoint: _Endpoint, response: object) -> dict[str, object]:
    if not is_object(response):
        raise BadAnswer(f"{endpoint.shown} answered with no JSON-RPC response")
    return response


def _unwrap(effect: AnyEffect, response: dict[str, object]) -> Answer:
    if response.get("error") is not None:
        error = error_of(effect, response["error"])
        if error is not None:
            raise error
        return None
    return answer_of(effect, response.get("result"))


def _flatten(effect: AnyEffect, parts: list[AnyEffect]) -> None:
    if isinstance(effect, Together):
        for part in effect.parts:
            _flatten(part, parts)
    else:
        parts.append(effect)


def _nest(effect: AnyEffect, answers: Answer) -> Answer:
    if isinstance(effect, Together):
        return tuple([_nest(part, answers) for part in effect.parts])
    return next(answers)
