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
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.hosts import look_up
from ocn_registry.transport.certificates import trusting
from ocn_registry.transport.http_answers import AnswerReader, WireError, left

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

_OK = 200
_PORTS = {"http": 80, "https": 443}


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
        status, _ = AnswerReader(sock, deadline).head()
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
                    if not _ready(wrapped, left(deadline)):
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
    sock.settimeout(left(deadline))
    sock.sendall(data)


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """Connect to an address of a host; each gets a share of the remaining time."""
    found = look_up(host, port, deadline)
    error: OSError | None = None
    for place, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left(deadline) / (len(found) - place))
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
