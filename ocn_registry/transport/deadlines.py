"""HTTP answers that are read until a deadline, and whose headers are some, for urllib3.

A socket's own limit is one for each read. A node that sends a byte now and then, or one interim
response after the other, would keep whoever waits for the headers for as long as it likes. And of
headers that are none urllib3 would write into the log, as they are, with the URL and the key in it.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.response import assert_header_parsing

if TYPE_CHECKING:
    import socket


def punctual(pools: urllib3.PoolManager) -> urllib3.PoolManager:
    """Have all that comes back through these pools come within the time that a request has."""
    classes: dict[str, type[urllib3.HTTPConnectionPool | urllib3.HTTPSConnectionPool]]
    classes = {"http": _HttpPool, "https": _HttpsPool}
    pools.pool_classes_by_scheme = classes
    return pools


class _Stream(io.RawIOBase):
    """What a socket receives, until a moment."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        # urllib3 has just set what is left of the time that the request has.
        left = sock.gettimeout()
        self._until = None if left is None else time.monotonic() + left

    def readable(self) -> bool:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override, explicit-override]
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:  # type: ignore[explicit-override]
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = io.BufferedReader(_Stream(sock, self.fp.detach()))

    def begin(self) -> None:  # type: ignore[explicit-override]
        super().begin()
        assert_header_parsing(self.msg)


class _Http(HTTPConnection):
    response_class = _Response


class _Https(HTTPSConnection):
    response_class = _Response


class _HttpPool(urllib3.HTTPConnectionPool):
    # urllib3's own connections don't fit its protocol of one either.
    ConnectionCls = _Http  # pyright: ignore[reportAssignmentType]


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https  # pyright: ignore[reportAssignmentType]
