"""One RPC node's URL, and what is known of the node behind it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping


class Endpoint:
    """One URL, and what is known of the node behind it."""

    __slots__ = ("batch", "checked", "headers", "shown", "url")

    def __init__(self, url: str, headers: Mapping[str, str], batch: int) -> None:
        """Read the URL of a node.

        Args:
            url: `http://` or `https://`; a user and a password in it become a header.
            headers: Sent with every request.
            batch: How many questions go in one request.

        Raises:
            InvalidInput: It is no such URL, or a header can't be sent.
        """
        plain = origin(url)
        if plain is None:
            raise InvalidInput(f"{shown(url)} is no URL of an RPC node: give http:// or https://")
        self.shown = plain
        parsed = urlsplit(url)
        self.url = parsed._replace(netloc=parsed.netloc.rpartition("@")[2]).geturl()
        self.headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if parsed.username:
            login = f"{unquote(parsed.username)}:{unquote(parsed.password or '')}"
            coded = base64.b64encode(login.encode()).decode()
            self.headers["Authorization"] = f"Basic {coded}"
        self.headers |= headers
        for name, value in self.headers.items():
            if not (name + value).isprintable() or not (name + value).isascii():
                raise InvalidInput(f"the header {shown(name)} holds what no header can: see to it")
        self.batch = batch
        self.checked = False


def origin(url: str) -> str | None:
    """Write scheme, host and port of a URL; `None` when it is none of HTTP.

    A path, query or user may hold the key that somebody pays for.
    """
    try:
        parsed = urlsplit(url)
        host, port = parsed.hostname, parsed.port
    except ValueError:
        return None
    if parsed.scheme not in {"http", "https"} or not host or not url.isprintable():
        return None
    return f"{parsed.scheme}://{host}" + (f":{port}" if port else "")
