"""Answers of HTTP/1.1 from a socket: bounded, and all of one by its deadline.

`receive` returns a whole answer. `Incoming` has read the head, for a body that is read in parts.

Source: RFC 9112 (HTTP/1.1), RFC 9110.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

_MAX_HEAD_BYTES = 1 << 16
_MAX_INTERIM = 16
_CHUNK_BYTES = 1 << 18
_FIRST_FINAL_STATUS = 200
_NO_BODY = {204, 304}


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


def receive(sock: socket.socket, deadline: float, max_bytes: int) -> tuple[Answer, bool]:
    """Receive an answer, all of it by the deadline.

    Returns:
        The answer, and whether the connection can be reused.

    Raises:
        TimeoutError: The deadline has passed.
        TooLong: The body is longer than `max_bytes`.
        WireError: The answer is not HTTP, or ends too early.
    """
    incoming = Incoming(sock, deadline)
    content = incoming.content(max_bytes)
    answer = Answer(status=incoming.status, headers=incoming.headers, content=content)
    return answer, incoming.keeps


class Incoming:
    """An answer whose head has arrived, and whose body is read as one, or in parts."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        """Receive the head.

        Raises:
            TimeoutError: The deadline has passed.
            WireError: The answer is not HTTP, or ends too early.
        """
        self._reader = AnswerReader(sock, deadline)
        for _ in range(_MAX_INTERIM):
            self.status, self.headers = self._reader.head()
            if self.status >= _FIRST_FINAL_STATUS:
                break
        else:
            raise WireError("too many interim responses")
        self._ends_itself = True

    @property
    def keeps(self) -> bool:
        """Whether the connection can be reused, once the body is read."""
        stays = self.headers.get("connection", "").lower() != "close" and not self._reader.is_old
        return stays and self._ends_itself and self._reader.is_empty

    @property
    def _is_chunked(self) -> bool:
        coding = self.headers.get("transfer-encoding", "").lower()
        if coding in {"", "identity"}:
            return False
        if coding.rpartition(",")[2].strip() != "chunked":
            raise WireError("a transfer coding that was not requested")
        return True

    def content(self, max_bytes: int) -> bytes:
        """Receive the body, all of it by the deadline; see `receive`."""
        if self.status in _NO_BODY:
            return b""
        if self._is_chunked:
            return b"".join(self._reader.chunks(max_bytes))
        if (length := self.headers.get("content-length")) is not None:
            return self._reader.exactly(_length(length, max_bytes))
        self._ends_itself = False
        return self._reader.rest(max_bytes)

    def parts(self, max_bytes: int) -> Iterator[bytes]:
        """Yield the body in parts, as they arrive by the deadline; see `extend`.

        Args:
            max_bytes: The maximum length of a part.

        Raises:
            TimeoutError: The deadline has passed.
            TooLong: A part is longer.
            WireError: The answer is not HTTP, or ends too early.
        """
        if self._is_chunked:
            yield from self._reader.chunks(max_bytes, each=True)
        else:
            yield from self._reader.pieces()

    def extend(self, deadline: float) -> None:
        """Set the deadline of what has not arrived yet."""
        self._reader.deadline = deadline


class AnswerReader:
    """A buffered reader of a socket, with a deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        """Create a reader of what a socket receives from now on."""
        self._sock = sock
        self.deadline = deadline
        self._buffer = bytearray()
        self.is_old = False  # HTTP/1.0, which has no persistent connections

    @property
    def is_empty(self) -> bool:
        """Whether nothing is buffered."""
        return not self._buffer

    def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers."""
        start = 0
        while (end := self._buffer.find(b"\r\n\r\n", start)) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise WireError("headers without an end")
            start = max(len(self._buffer) - 3, 0)
            self._receive_more()
        first, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise WireError("no HTTP status line")
        self.is_old = version == "HTTP/1.0"
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            key = name.lower()
            if not colon or not name or name != name.strip():
                raise WireError("an invalid header")
            value = value.strip()
            if key == "content-length" and headers.get(key, value) != value:
                raise WireError("two lengths")
            headers[key] = value
        return int(rest[:3]), headers

    def exactly(self, count: int) -> bytes:
        """Return the next bytes, this many."""
        while len(self._buffer) < count:
            self._receive_more()
        return self._taken(count)

    def rest(self, max_bytes: int) -> bytes:
        """Return all bytes up to the end of the connection."""
        try:
            while len(self._buffer) <= max_bytes:
                self._receive_more()
        except WireError:
            return self._taken(len(self._buffer))
        raise TooLong

    def pieces(self) -> Iterator[bytes]:
        """Yield bytes as they arrive."""
        while True:
            if self._buffer:
                yield self._taken(len(self._buffer))
            self._receive_more()

    def chunks(self, max_bytes: int, *, each: bool = False) -> Iterator[bytes]:
        """Yield chunks of at most `max_bytes`: together, or each."""
        left = max_bytes
        while size := _hexadecimal(self._line()):
            if size > left:
                raise TooLong
            if not each:
                left -= size
            yield self.exactly(size)
            if self.exactly(2) != b"\r\n":
                raise WireError("a chunk without an end")
        while self._line():
            pass  # trailers

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise WireError("a line without an end")
            self._receive_more()
        line = self._taken(end)
        del self._buffer[:2]
        return line

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _receive_more(self) -> None:
        self._sock.settimeout(left(self.deadline))
        chunk = self._sock.recv(_CHUNK_BYTES)
        if not chunk:
            raise WireError("the connection ends too early")
        self._buffer += chunk


def left(deadline: float) -> float:
    """Return the seconds up to a deadline; raise `TimeoutError` if it has passed."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _length(text: str, max_bytes: int) -> int:
    if not text.isdecimal() or not text.isascii():
        raise WireError("an invalid length")
    if len(text) > len(str(max_bytes)) or int(text) > max_bytes:
        raise TooLong
    return int(text)


def _hexadecimal(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):  # noqa: PLR2004 - 64 bits
        raise WireError("an invalid length")
    return int(digits, 16)
