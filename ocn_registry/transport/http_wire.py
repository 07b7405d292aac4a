"""HTTP/1.1 over a socket, as needed to post JSON to a node.

It is not a library because everything has to end in time: a name can have many addresses, and a
node can send a byte now and then, or one interim response after another. Libraries limit each read
or address; this limit covers all of them together. It also accounts for most of the speed of a
lookup.

Source: RFC 9112 (HTTP/1.1), RFC 9110.
"""

from __future__ import annotations

import base64
import select
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.hosts import look_up
from ocn_registry.transport.certificates import trusting

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

_MAX_HEAD_BYTES = 1 << 16
_MAX_INTERIM = 16
_CHUNK_BYTES = 1 << 18
_FIRST_FINAL_STATUS = 200
_NO_BODY = {204, 304}
_OK = 200
_PORTS = {"http": 80, "https": 443}


class WireError(ConnectionError):
    """The answer is not HTTP, or ends too early."""


class TooLong(Exception):
    """The answer is longer than allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Target:
    """The destination of requests: the node, or a proxy, and the head of every request."""

    __slots__ = ("_before", "_ca_file", "_context", "_host", "_port", "_proxy", "_tls", "key")

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        proxy: str | None = None,
        ca_file: str | None = None,
        *,
        method: str = "POST",
    ) -> None:
        """Parse the URLs.

        Args:
            url: URL of the node.
            headers: Sent with every request.
            proxy: URL of an HTTP proxy; a user and a password in it become a header.
            ca_file: File with the certificates of authorities to trust instead of the usual ones.
            method: The HTTP method of every request.

        Raises:
            InvalidInput: The kind of proxy is not supported.
        """
        parsed = urlsplit(url)
        self._tls = parsed.scheme == "https"
        self._host, self._port = parsed.hostname or "", parsed.port or _PORTS[parsed.scheme]
        self._proxy = None if proxy is None else urlsplit(proxy)
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None
        if self._proxy is not None and self._proxy.scheme != "http" and self._tls:
            raise InvalidInput(
                "a node at https:// can't be asked by a proxy at https://: use http://"
            )
        self.key = (url, proxy)
        path = parsed.path or "/"
        if parsed.query:
            path += f"?{parsed.query}"
        names = {name.lower() for name in headers}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        if "host" not in names:
            lines.insert(0, f"Host: {parsed.netloc}")
        if "user-agent" not in names:
            lines.append("User-Agent: ocn-registry")
        if self._proxy is not None and not self._tls:  # asked for the whole URL
            path = f"http://{parsed.netloc}{path}"
            lines += self._proxy_login()
        self._before = "\r\n".join(
            [f"{method} {path} HTTP/1.1", *lines, "Content-Length: "]
        ).encode()

    def request(self, body: bytes) -> bytes:
        """Return the bytes of a request."""
        return b"%b%d\r\n\r\n%b" % (self._before, len(body), body)

    def connect(self, deadline: float) -> socket.socket:
        """Connect to the first address that answers in time."""
        via = self._proxy
        host, port = self._host, self._port
        if via is not None:
            host, port = via.hostname or "", via.port or _PORTS[via.scheme]
        sock = _connected(host, port, deadline)
        try:
            if via is not None and via.scheme == "https":
                sock = self._secured(sock, host, deadline)
            if self._tls:
                if via is not None:
                    self._tunnel(sock, deadline)
                sock = self._secured(sock, self._host, deadline)
        except BaseException:
            sock.close()
            raise
        return sock

    def _tunnel(self, sock: socket.socket, deadline: float) -> None:
        host = f"[{self._host}]" if ":" in self._host else self._host
        lines = [f"CONNECT {host}:{self._port} HTTP/1.1", f"Host: {host}:{self._port}"]
        request = "\r\n".join([*lines, *self._proxy_login(), "", ""]).encode()
        send(sock, request, deadline)
        status, _ = _Reader(sock, deadline).head()
        if status != _OK:
            raise WireError(f"the proxy answered {status}")

    def _proxy_login(self) -> list[str]:
        via = self._proxy
        if via is None or not via.username:
            return []
        login = f"{unquote(via.username)}:{unquote(via.password or '')}"
        return [f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}"]

    def _secured(self, sock: socket.socket, host: str, deadline: float) -> ssl.SSLSocket:
        import ssl  # noqa: PLC0415 - 10 ms, for those who need it

        if self._context is None:
            self._context = trusting(self._ca_file)
        wrapped = self._context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False
        )
        wrapped.settimeout(0)
        try:
            while True:
                try:
                    wrapped.do_handshake()
                except ssl.SSLWantReadError:
                    if not _ready(wrapped, _left(deadline)):
                        raise TimeoutError from None
                else:
                    return wrapped
        except BaseException:
            wrapped.close()
            raise


def is_alive(sock: socket.socket) -> bool:
    """Return whether a persistent connection is still open, with no data waiting."""
    return not _ready(sock, 0)


def send(sock: socket.socket, data: bytes, deadline: float) -> None:
    """Send bytes, all of them by the deadline."""
    sock.settimeout(_left(deadline))
    sock.sendall(data)


def receive(sock: socket.socket, deadline: float, max_bytes: int) -> tuple[Answer, bool]:
    """Receive an answer, all of it by the deadline.

    Returns:
        The answer, and whether the connection can be reused.

    Raises:
        TimeoutError: The deadline has passed.
        TooLong: The body is longer than `max_bytes`.
        WireError: The answer is not HTTP, or ends too early.
    """
    reader = _Reader(sock, deadline)
    for _ in range(_MAX_INTERIM):
        status, headers = reader.head()
        if status >= _FIRST_FINAL_STATUS:
            break
    else:
        raise WireError("one interim response after the other")
    keeps = headers.get("connection", "").lower() != "close" and not reader.is_old
    if status in _NO_BODY:
        content = b""
    elif (coding := headers.get("transfer-encoding", "").lower()) not in {"", "identity"}:
        if coding.rpartition(",")[2].strip() != "chunked":
            raise WireError("a transfer coding that was not asked for")
        content = reader.chunks(max_bytes)
    elif (length := headers.get("content-length")) is not None:
        content = reader.exactly(_length(length, max_bytes))
    else:
        content, keeps = reader.rest(max_bytes), False
    return Answer(status=status, headers=headers, content=content), keeps and reader.is_empty


class _Reader:
    """A buffered reader of a socket, with a deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._buffer = bytearray()
        self.is_old = False  # HTTP/1.0, which has no persistent connections

    @property
    def is_empty(self) -> bool:
        return not self._buffer

    def head(self) -> tuple[int, dict[str, str]]:
        """Read status and headers."""
        start = 0
        while (end := self._buffer.find(b"\r\n\r\n", start)) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise WireError("headers without an end")
            start = max(len(self._buffer) - 3, 0)
            self._more()
        first, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise WireError("no status line of HTTP")
        self.is_old = version == "HTTP/1.0"
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            key = name.lower()
            if not colon or not name or name != name.strip():
                raise WireError("a header that is none")
            value = value.strip()
            if key == "content-length" and headers.get(key, value) != value:
                raise WireError("two lengths")
            headers[key] = value
        return int(rest[:3]), headers

    def exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        return self._taken(count)

    def rest(self, max_bytes: int) -> bytes:
        try:
            while len(self._buffer) <= max_bytes:
                self._more()
        except WireError:
            return self._taken(len(self._buffer))
        raise TooLong

    def chunks(self, max_bytes: int) -> bytes:
        content = bytearray()
        while size := _hexadecimal(self._line()):
            if len(content) + size > max_bytes:
                raise TooLong
            content += self.exactly(size)
            if self.exactly(2) != b"\r\n":
                raise WireError("a chunk without an end")
        while self._line():
            pass  # trailers
        return bytes(content)

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise WireError("a line without an end")
            self._more()
        line = self._taken(end)
        del self._buffer[:2]
        return line

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> None:
        self._sock.settimeout(_left(self._deadline))
        chunk = self._sock.recv(_CHUNK_BYTES)
        if not chunk:
            raise WireError("the connection ends too early")
        self._buffer += chunk


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """Connect to an address of a host; each gets a share of the remaining time."""
    found = look_up(host, port, deadline)
    error: OSError | None = None
    for place, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(deadline) / (len(found) - place))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as failure:
            error = failure
            sock.close()
        else:
            return sock
    raise error or OSError("the name has no address")


def _ready(sock: socket.socket, timeout_s: float) -> bool:
    """Wait for data or the end, up to a time limit; return whether there is any."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([sock], [], [], timeout_s)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _length(text: str, max_bytes: int) -> int:
    if not text.isdecimal() or not text.isascii():
        raise WireError("a length that is none")
    if len(text) > len(str(max_bytes)) or int(text) > max_bytes:
        raise TooLong
    return int(text)


def _hexadecimal(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):  # noqa: PLR2004 - 64 bits
        raise WireError("a length that is none")
    return int(digits, 16)
