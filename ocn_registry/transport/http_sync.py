"""JSON-RPC over persistent HTTP connections, blocking; see `rpc_pool` for the rules."""

from __future__ import annotations

import math
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.protocol.effects import Sleep, run
from ocn_registry.transport.http_answers import TooLong, receive
from ocn_registry.transport.http_wire import Target, is_alive, send
from ocn_registry.transport.local import LOCAL, LocalEffects
from ocn_registry.transport.replies import HttpReply, NoReply, slow, too_long, unreachable
from ocn_registry.transport.rpc_pool import (
    CLOSED,
    MAX_ANSWER_BYTES,
    MAX_BATCH,
    RETRIES,
    TIMEOUT_S,
    Nodes,
    Post,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence

    from ocn_registry.errors import TransportError
    from ocn_registry.protocol.effects import Answer, AnyEffect
    from ocn_registry.transport.endpoint import Endpoint

# Number of threads that can each have a persistent connection.
_MOST_KEPT = 16


class HttpTransport:
    """Performs effects on RPC nodes over HTTP.

    Attributes:
        meanwhile: Called once, while the first answer is awaited: for work that comes next anyway.
    """

    @checked
    def __init__(  # noqa: PLR0913 - each has a default
        self,
        urls: Sequence[str],
        *,
        chain_id: int | None = None,
        timeout_s: float = TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        max_batch: int = MAX_BATCH,
        retries: int = RETRIES,
        total_s: float | None = None,
    ) -> None:
        """Create a transport.

        Args:
            urls: URLs of RPC nodes, the preferred one first.
            chain_id: The required chain id; `None` to accept any.
            timeout_s: Time limit for an answer, in seconds, over all nodes and their addresses.
            headers: HTTP headers for every request, for example an authorization.
            proxy: URL of an HTTP proxy.
            ca_file: File with the certificates of the authorities to trust, instead of the
                system's.
            max_answer_bytes: Longer answers are rejected.
            max_batch: Maximum number of calls in a request; fewer if a node accepts fewer.
            retries: How often to retry a failed read if that may help, after pauses of 0.1 s up to
                5 s.
            total_s: Time limit for all answers together, in seconds from now, including pauses;
                `None` for no limit other than `timeout_s`.

        Raises:
            InvalidInput: There is no URL, or a URL or the proxy's is not valid.
        """
        self._nodes = Nodes(
            urls,
            chain_id=chain_id,
            headers=headers,
            proxy=proxy,
            timeout_s=timeout_s,
            max_answer_bytes=max_answer_bytes,
            max_batch=max_batch,
            retries=retries,
        )
        self.meanwhile: Callable[[], object] | None = None
        self._local = LocalEffects()
        self._ends = math.inf if total_s is None else time.monotonic() + total_s
        self._proxy = proxy
        self._ca_file = ca_file
        self._max_answer_bytes = max_answer_bytes
        self._targets: dict[Endpoint, Target] = {}
        self._kept: dict[Endpoint, list[socket.socket]] = {}
        self._closed = False
        weakref.finalize(self, _close, self._kept)  # in case the caller forgets to close it

    def close(self) -> None:
        """Close the connections; nothing can be asked any more."""
        self._closed = True
        _close(self._kept)

    def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, Post):
            return self._post(effect)
        if isinstance(effect, Sleep):
            effect = Sleep(max(0.0, min(effect.seconds, self._ends - time.monotonic())))
        if isinstance(effect, LOCAL):
            return self._local.perform(effect)
        return run(self._nodes.ask(effect), self.perform)

    def _post(self, post: Post) -> HttpReply | NoReply:
        if self._closed:
            raise InvalidInput(CLOSED)
        endpoint = post.endpoint
        started = time.monotonic()
        deadline = min(started + post.timeout_s, self._ends)
        sock: socket.socket | None = None
        arrived = False
        try:
            target = self._target(endpoint)
            sock = self._kept_one(endpoint) or target.connect(deadline)
            arrived = True
            send(sock, target.request(post.body), deadline)
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
            answer, keeps = receive(sock, deadline, self._max_answer_bytes)
        except (TooLong, OSError) as error:
            if sock is not None:
                sock.close()
            failure = self._failure(post, error)
            return NoReply(error=failure, arrived=arrived, took_s=time.monotonic() - started)
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        self._keep(endpoint, sock, keeps=keeps)
        return HttpReply(
            status=answer.status,
            content=answer.content,
            coding=answer.headers.get("content-encoding"),
            retry_after=answer.headers.get("retry-after"),
            location=answer.headers.get("location"),
            took_s=time.monotonic() - started,
        )

    def _target(self, endpoint: Endpoint) -> Target:
        target = self._targets.get(endpoint)
        if target is None:
            target = Target(endpoint.url, endpoint.headers, self._proxy, self._ca_file)
            self._targets[endpoint] = target
        return target

    def _kept_one(self, endpoint: Endpoint) -> socket.socket | None:
        connections = self._kept.get(endpoint)
        while connections:
            try:
                sock = connections.pop()
            except IndexError:  # another thread was faster
                return None
            if is_alive(sock):
                return sock
            sock.close()
        return None

    def _keep(self, endpoint: Endpoint, sock: socket.socket, *, keeps: bool) -> None:
        connections = self._kept.setdefault(endpoint, [])
        if keeps and not self._closed and len(connections) < _MOST_KEPT:
            connections.append(sock)
        else:
            with suppress(OSError):
                sock.close()

    def _failure(self, post: Post, error: Exception) -> TransportError:
        if isinstance(error, TooLong):
            return too_long(post.endpoint, self._max_answer_bytes)
        if isinstance(error, TimeoutError):
            return slow(post.endpoint, post.timeout_s)
        return unreachable(post.endpoint, error)


def _close(kept: dict[Endpoint, list[socket.socket]]) -> None:
    for connections in kept.values():
        while connections:
            connections.pop().close()
