"""JSON-RPC over persistent HTTP connections, blocking; see `rpc_pool` for the rules."""

from __future__ import annotations

import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.protocol.effects import Sleep, run
from ocn_registry.transport.http_answers import TooLong, receive
from ocn_registry.transport.http_base import HttpBase
from ocn_registry.transport.http_wire import Target, is_alive, send
from ocn_registry.transport.local import LOCAL, LocalEffects
from ocn_registry.transport.replies import HttpReply, NoReply, slow, too_long, unreachable
from ocn_registry.transport.rpc_pool import CLOSED, Post

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ocn_registry.errors import TransportError
    from ocn_registry.protocol.effects import Answer, AnyEffect
    from ocn_registry.transport.endpoint import Endpoint

# Number of threads that can each have a persistent connection.
_MOST_KEPT = 16


class HttpTransport(HttpBase):
    """Performs effects on RPC nodes over HTTP.

    Attributes:
        meanwhile: Called once, while the first answer is awaited: for work that comes next anyway.
    """

    meanwhile: Callable[[], object] | None = None

    def _prepare(self) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self._local = LocalEffects()
        self._targets: dict[Endpoint, Target] = {}
        self._kept: dict[Endpoint, list[socket.socket]] = {}
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
            effect = self._shortened(effect)
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
            sock = self._reusable(endpoint) or target.connect(deadline)
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

    def _reusable(self, endpoint: Endpoint) -> socket.socket | None:
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
