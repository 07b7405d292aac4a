"""JSON-RPC over kept HTTP connections, for callers that wait; `exchange` has the rules."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from ocn_registry.errors import OcnRegistryError, TransportError
from ocn_registry.protocol.effects import run
from ocn_registry.transport.deadlines import punctual
from ocn_registry.transport.local import LOCAL, Here
from ocn_registry.transport.rpc_pool import (
    MAX_ANSWER_BYTES,
    MAX_BATCH,
    RETRIES,
    Nodes,
    NoReply,
    Post,
    Reply,
    slow,
    too_long,
    unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.protocol.effects import Answer, AnyEffect
    from ocn_registry.transport.endpoint import Endpoint

_CHUNK_BYTES = 1 << 18
# So many threads can ask at once, each by a connection that is kept; urllib3 warns of more.
_CONNECTIONS = 16


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
        max_batch: int = MAX_BATCH,
        retries: int = RETRIES,
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
            max_batch: Most questions that go in one request; fewer where a node takes fewer.
            retries: How often a read is tried anew when the nodes are out of reach or out of
                order, after pauses of 0.1 s and more, 5 s at most.

        Raises:
            InvalidInput: There is no URL, or one, or the proxy's, is of another kind.
        """
        self._nodes = Nodes(
            urls,
            chain_id=chain_id,
            headers=headers,
            proxy=proxy,
            max_batch=max_batch,
            retries=retries,
        )
        self._here = Here()
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._pool = punctual(
            urllib3.ProxyManager(proxy, ca_certs=ca_file, maxsize=_CONNECTIONS)
            if proxy
            else urllib3.PoolManager(ca_certs=ca_file, maxsize=_CONNECTIONS)
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect."""
        if isinstance(effect, Post):
            return self._post(effect.endpoint, effect.body)
        if isinstance(effect, LOCAL):
            return self._here.perform(effect)
        return run(self._nodes.ask(effect), self.perform)

    def _post(self, endpoint: Endpoint, body: bytes) -> Reply | NoReply:
        deadline = time.monotonic() + self._timeout_s
        try:
            response = self._pool.request(
                "POST",
                endpoint.url,
                body=body,
                headers=endpoint.headers,
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
            return _failure(endpoint, error, self._timeout_s)
        return Reply(
            status=response.status,
            content=content,
            retry_after=response.headers.get("Retry-After"),
        )

    def _content(
        self,
        endpoint: Endpoint,
        response: urllib3.BaseHTTPResponse,
        deadline: float,
    ) -> bytes:
        content = bytearray()
        # `read1` returns with what has arrived: an answer that drips can't outlast the deadline.
        while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
            content += chunk
            if len(content) > self._max_answer_bytes:
                raise too_long(endpoint, self._max_answer_bytes)
            if time.monotonic() > deadline:
                raise slow(endpoint, self._timeout_s)
        return bytes(content)


def _failure(endpoint: Endpoint, error: Exception, timeout_s: float) -> NoReply:
    """Say what kept an answer from coming, and whether a transaction may have arrived."""
    cause = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(cause, ProxyError):
        cause = cause.original_error
    never_arrived = isinstance(cause, (NewConnectionError, ConnectTimeoutError))
    if isinstance(cause, TransportError):
        told = cause
    elif isinstance(cause, (ReadTimeoutError, ConnectTimeoutError)) and not isinstance(
        cause,
        NewConnectionError,
    ):
        told = slow(endpoint, timeout_s)
    else:
        told = unreachable(endpoint, cause or error)
    return NoReply(error=told, arrived=not never_arrived)
