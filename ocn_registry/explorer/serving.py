"""Serve the page and its API on this machine, for `ocn-registry explore`.

The server listens on the loopback address, and rejects requests for another host name, which a
foreign web page can make a browser send (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.registry_api.changes import Position, stream
from ocn_registry.registry_api.problems import MAX_BODY_BYTES, Problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import ClassVar

    from ocn_registry.explorer.files import PageFiles
    from ocn_registry.registry_api.api import RegistryApi
    from ocn_registry.registry_api.problems import Reply

HOST: Final = "127.0.0.1"
_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_IDLE_S: Final = 30.0
_MOST_FOLLOWERS: Final = 50
_MOST_DROPPED: Final = 1 << 20


@contextmanager
def served(api: RegistryApi, files: PageFiles, *, port: int = 0) -> Generator[str]:
    """Serve the page and its API within a `with` block, and yield the page's URL.

    Args:
        api: The API.
        files: The page.
        port: Port on the loopback address; 0 for a free one.

    Raises:
        InvalidInput: The port is in use, or not permitted.
    """
    stopped = threading.Event()
    handler = type("Handler", (_Handler,), {"api": api, "files": files, "stopped": stopped})
    try:
        server = _Server((HOST, port), handler)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is out of range"
        raise InvalidInput(f"port {port} can't be used ({reason}): choose another one") from None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="ocn-explore")
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[RegistryApi]
    files: ClassVar[PageFiles]
    stopped: ClassVar[threading.Event]
    followers: ClassVar[set[int]] = set()

    protocol_version = "HTTP/1.1"
    server_version = "ocn-registry"
    sys_version = ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Answer an API request, or send a file."""
        self._answer_safely(b"")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def do_POST(self) -> None:
        """Answer an API request with a body."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            with suppress(ConnectionError, TimeoutError):  # or a reset loses the answer
                self.rfile.read(min(int(length), _MOST_DROPPED) if length.isdecimal() else 0)
            problem = Problem("too_large", f"send a body of at most {MAX_BODY_BYTES} bytes")
            self._send(problem.reply())
            return
        self._answer_safely(self.rfile.read(int(length)))

    def _answer_safely(self, body: bytes) -> None:
        with suppress(ConnectionError, TimeoutError):
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        if self.headers.get("Host", "").rpartition(":")[0] not in _NAMES:
            self._send(Problem("not_found", "this server answers only this machine").reply())
            return
        asked = urlsplit(self.path)
        path = unquote(asked.path)
        query = parse_qsl(asked.query, keep_blank_values=True)
        if path == "/v1/changes":
            self._follow(dict(query).get("after"))
            return
        if path.startswith("/v1/"):
            self._send(self.api.answer(self.command, path, query, body))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = self.files.answer(path.removeprefix("/"), headers)
        self._send(found or Problem("not_found", "there is no such file: open /").reply())

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in {"Cache-Control": "no-store", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _follow(self, after: str | None) -> None:
        try:
            mark = Position.read(self.headers.get("Last-Event-ID") or after)
        except OcnRegistryError as error:
            self._send(problem_of(error).reply())
            return
        if len(self.followers) >= _MOST_FOLLOWERS:
            self._send(Problem("closed", "too many pages are open: close some").reply())
            return
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.followers.add(id(self))
        try:
            asyncio.run(self._pass_on(mark))
        finally:
            self.followers.discard(id(self))

    async def _pass_on(self, mark: Position) -> None:
        async for text in stream(self.api.changes, mark):
            if self.stopped.is_set():
                return
            self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # type: ignore[explicit-override]  # noqa: A002 - typing.override needs Python 3.12
        """Log nothing: standard error belongs to the command."""
