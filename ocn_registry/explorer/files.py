"""The page's files over HTTP: compressed once, with a strict content security policy."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import masked, shown
from ocn_registry.networks import built_in, names
from ocn_registry.registry_api.problems import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.networks import Deployment

PAGE: Final = Path(__file__).parent / "page"
"""The folder of the page."""

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# Nothing comes from elsewhere, only a relay may be asked elsewhere, and no text becomes markup or
# code. `data:` is for the icons that wallets announce.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'{relay}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


_HOST: Final = re.compile(r"([-.a-zA-Z0-9]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?")


class _File(NamedTuple):
    media_type: str
    content: bytes
    packed: bytes
    tag: str


class PageFiles:
    """Serves the page's files."""

    def __init__(self, *, api: str, relay: bool | str, rpc_urls: tuple[str, ...] = ()) -> None:
        """Read the page.

        Args:
            api: URL of the registry's API, relative to the page.
            relay: Whether that API takes signed requests, as a relay's does; or the URL of a relay
                elsewhere that takes them.
            rpc_urls: RPC nodes to offer to a wallet that lacks the chain.
        """
        settings = _file(
            ".json", json.dumps({"api": api, "relay": relay, "rpcUrls": list(rpc_urls)}).encode()
        )
        elsewhere = f" {origin(relay)}" if isinstance(relay, str) else ""
        page = _files()
        if elsewhere:  # the page's own policy holds too
            content = page["index.html"].content.replace(
                b"connect-src 'self'", f"connect-src 'self'{elsewhere}".encode()
            )
            page = {**page, "index.html": _file(".html", content)}
        self._files = {**page, "settings.json": settings}
        self._headers = {
            "Content-Security-Policy": _POLICY.format(relay=elsewhere),
            **_HEADERS,
        }

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply | None:
        """Return a file of the page; `None` if there is none.

        Args:
            path: The path relative to the page, without a leading slash; empty for the page itself.
            headers: The request's headers, with lower-case names.
        """
        file = self._files.get(path or "index.html")
        if file is None:
            return None
        answered = {**self._headers, "ETag": file.tag}
        if headers.get("if-none-match") == file.tag:
            return Reply(status=304, media_type=file.media_type, headers=answered)
        if "gzip" in headers.get("accept-encoding", ""):
            answered["Content-Encoding"] = "gzip"
            return Reply(media_type=file.media_type, body=file.packed, headers=answered)
        return Reply(media_type=file.media_type, body=file.content, headers=answered)


def public_rpc_urls(deployment: Deployment) -> tuple[str, ...]:
    """Return the RPC nodes that can be offered to wallets: those without user, path or query.

    Args:
        deployment: The deployment. The URLs of its nodes can contain an API key.
    """
    networks = [built_in(name) for name in names()]
    known = [each.rpc_urls for each in networks if each.chain_id == deployment.chain_id]
    urls = [url for urls in (deployment.rpc_urls, *known) for url in urls if masked(url) == url]
    return tuple(dict.fromkeys(urls))


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, as a content security policy names a source.

    Raises:
        InvalidInput: It is not the URL of a web server.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        raise InvalidInput(f"{shown(masked(url))} is not a valid URL here: use https://HOST")
    return f"{parts.scheme}://{parts.netloc}"


def files_of_page() -> dict[str, bytes]:
    """Return the page's files by their paths below its folder."""
    return {
        path.relative_to(PAGE).as_posix(): path.read_bytes()
        for path in sorted(PAGE.rglob("*"))
        if path.suffix in _TYPES
    }


@cache
def _files() -> dict[str, _File]:
    return {name: _file(Path(name).suffix, content) for name, content in files_of_page().items()}


def _file(suffix: str, content: bytes) -> _File:
    tag = f'"{sha256(content).hexdigest()[:20]}"'
    return _File(_TYPES[suffix], content, gzip.compress(content, mtime=0), tag)
