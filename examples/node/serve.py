"""A stand-in for an ASGI server: enough to try the example, and for its tests.

For production, use uvicorn, hypercorn or the like. This one passes the requests of aiohttp's HTTP
server to an ASGI application. It has no WebSockets, no TLS and no workers.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from node.app import Message, Receive, Send

    Application = Callable[[Message, Receive, Send], Awaitable[None]]

_MOST_HEADER_BYTES = 1 << 17
_BLOCK_BYTES = 1 << 16


class StartFailed(Exception):
    """The application could not start."""


def listen(port: int = 0) -> socket.socket:
    """Take a port of 127.0.0.1; 0 for a free one.

    Raises:
        OSError: It is taken.
    """
    return socket.create_server(("127.0.0.1", port))


def url_of(listening: socket.socket) -> str:
    """Return the URL of a port that was taken."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


class Server:
    """Serves an application on 127.0.0.1 for as long as its `async with` block.

    Attributes:
        url: Where it listens.
    """

    _lifespan: asyncio.Future[None]

    def __init__(self, application: Application, listening: socket.socket) -> None:
        """Say what is served.

        Args:
            application: The ASGI application.
            listening: Where; see `listen`. It is closed at the end.
        """
        self.url = url_of(listening)
        self._listening = listening
        self._application = application
        self._to_lifespan: asyncio.Queue[Message] = asyncio.Queue()
        self._from_lifespan: asyncio.Queue[Message] = asyncio.Queue()
        # Long headers: signatures are some.
        made = web.Server(self._handle, max_field_size=_MOST_HEADER_BYTES, lingering_time=1.0)
        self._runner = web.ServerRunner(made, shutdown_timeout=5.0)

    async def __aenter__(self) -> Self:
        """Start the application, then listen.

        Raises:
            StartFailed: The application says that it can't.
            Exception: Whatever else ended it.
        """
        scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}}
        application = self._application
        self._lifespan = asyncio.ensure_future(
            application(scope, self._to_lifespan.get, self._from_lifespan.put),
        )
        try:
            await self._tell("startup")
        except BaseException:
            self._listening.close()
            raise
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let requests end, then the application."""
        await self._runner.cleanup()
        await self._tell("shutdown")
        await self._lifespan

    async def _tell(self, what: str) -> None:
        await self._to_lifespan.put({"type": f"lifespan.{what}"})
        told = asyncio.ensure_future(self._from_lifespan.get())
        either: set[asyncio.Future[Any]] = {told, self._lifespan}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            told.cancel()
            await self._lifespan  # which raises what ended the application, as a rule
            raise StartFailed("the application has ended")
        if told.result()["type"] != f"lifespan.{what}.complete":
            raise StartFailed(told.result().get("message", ""))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.rel_url.path,
            "raw_path": request.raw_path.partition("?")[0].encode(),
            "query_string": request.rel_url.raw_query_string.encode(),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.raw_headers],
            "client": None,
            "server": self._listening.getsockname(),
        }
        sent: list[Message] = []

        async def receive() -> Message:
            body = await request.content.read(_BLOCK_BYTES)
            more = not request.content.at_eof()
            return {"type": "http.request", "body": body, "more_body": more}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._application(scope, receive, send)
        start, *parts = sent
        response = web.Response(
            status=start["status"],
            body=b"".join(part.get("body", b"") for part in parts),
        )
        for name, value in start["headers"]:
            response.headers[name.decode()] = value.decode()
        return response
