"""The URL of an RPC node, and what is known about the node."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import masked_url, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

# After this many full requests, a node that refused longer ones is tried with twice the batch size;
# if it refuses again, the interval is quadrupled.
_FIRST_PATIENCE = 16
_MOST_PATIENCE = 4096


class Endpoint:
    """A URL, and what is known about the node behind it.

    Attributes:
        url: The URL, without user and password.
        headers: Sent with every request.
        shown: Its name in messages: the URL's scheme, host and port.
        batch: Current maximum number of calls in a request.
        checked: Whether its chain id was verified.
        by_hash: Whether it supports blocks by hash (EIP-1898), as far as known.
    """

    __slots__ = (
        "_doubted",
        "_full",
        "_most",
        "_patience",
        "batch",
        "by_hash",
        "checked",
        "headers",
        "shown",
        "url",
    )

    def __init__(self, url: str, headers: Mapping[str, str], batch: int) -> None:
        """Parse the URL of a node.

        Args:
            url: `http://` or `https://`; a user and a password in it become a header.
            headers: Sent with every request.
            batch: Maximum number of calls in a request.

        Raises:
            InvalidInput: The URL is not valid, or a header can't be sent.
        """
        plain = origin(url)
        if plain is None:
            raise InvalidInput(
                f"{shown(masked_url(url))} is not a valid URL of an RPC node: use http:// or https://",
            )
        self.shown = plain
        parsed = urlsplit(url)
        self.url = parsed._replace(netloc=parsed.netloc.rpartition("@")[2], fragment="").geturl()
        self.headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if parsed.username:
            login = f"{unquote(parsed.username)}:{unquote(parsed.password or '')}"
            coded = base64.b64encode(login.encode()).decode()
            self.headers["Authorization"] = f"Basic {coded}"
        self.headers |= headers
        for name, value in self.headers.items():
            if not (name + value).isprintable() or not (name + value).isascii() or not name:
                raise InvalidInput(
                    f"the header {shown(name)} is not a valid header: use visible ASCII characters",
                )
        self.batch = self._most = batch
        self.checked = False
        self.by_hash = True
        self._patience = _FIRST_PATIENCE
        self._full = 0
        self._doubted = 0

    def takes(self, questions: int) -> None:
        """Record that the node answered a request with this many calls."""
        if questions > self._doubted:
            self._doubted = 0
        if questions < self.batch or self.batch == self._most:
            return
        self._full += 1
        if self._full >= self._patience:
            self._full = 0
            self._patience = min(4 * self._patience, _MOST_PATIENCE)
            self.batch = min(2 * self.batch, self._most)

    def refuses(self, questions: int) -> None:
        """Record that the node refused a request with this many calls."""
        self.batch = max(1, min(self.batch, questions) // 2)
        self._full = 0

    def note_ambiguous_failure(self, questions: int, *, fewer_worked: bool) -> None:
        """Record a failure that may or may not be due to the number of questions in the request.

        The limit is lowered if fewer questions were answered afterwards, twice in a row: a single
        time may be chance.

        Args:
            questions: How many were asked at once before.
            fewer_worked: Whether fewer at once were answered then.
        """
        if fewer_worked and self._doubted:
            self._doubted = 0
            return
        self._doubted = self.batch if fewer_worked else 0
        self.batch = questions


def origin(url: str) -> str | None:
    """Return scheme, host and port of a URL; `None` if it is not an HTTP URL.

    Path, query and user are left out because they can contain an API key.
    """
    try:
        parsed = urlsplit(url)
        host, port = parsed.hostname, parsed.port
    except ValueError:
        return None
    if parsed.scheme not in {"http", "https"} or not host or not url.isprintable() or " " in url:
        return None
    if ":" in host:
        host = f"[{host}]"
    return f"{parsed.scheme}://{host}" + (f":{port}" if port else "")
