"""One GET request to a host that a stranger listed.

Such a URL can lead anywhere: to this machine, into its network, to a host that sends data forever.
So the address is looked up once, checked, and connected to; HTTPS, a maximum size and a time limit
are enforced; redirects must stay on the host; and no cookies or credentials are sent, and no proxy
is used.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.hosts import look_up
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import check_usable
from ocn_registry.portable.values import dataclass
from ocn_registry.transport.http_answers import TooLong, left, receive
from ocn_registry.transport.http_wire import send

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_OK = 200
# Prefixes of addresses with an embedded IPv4 address in their last 32 bits, which is checked.
_TRANSLATED = [ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48")]
_ISATAP = {0x00005EFE, 0x02005EFE}  # before such an IPv4 address, in any prefix
# Not public either, as later versions of Python know, or none: protocol assignments (where a cloud
# has its metadata), relays of 6to4, addresses of a site, documentation, segment routing.
_NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "3fff::/20", "5f00::/16")
]


class FetchFailed(OcnRegistryError):
    """A document could not be fetched; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """Limits of a request to a stranger's host.

    Attributes:
        allow_http: Whether to allow `http://`.
        allow_private: Whether to allow addresses that are not public: loopback, private, link-local
            and others.
        timeout_s: Time limit for everything, including redirects.
        max_bytes: Maximum length of the answer.
        tls: Certificates to trust instead of the system's.
    """

    allow_http: bool = False
    allow_private: bool = False
    timeout_s: float = 5.0
    max_bytes: int = 64 * 1024
    tls: ssl.SSLContext | None = None


def fetch(url: str, options: FetchOptions) -> bytes:
    """Return the content of a URL.

    Raises:
        FetchFailed: The content can't be fetched within the limits.
    """
    ends = time.monotonic() + options.timeout_s
    first = parts = _parts(url, options)
    for _ in range(_MAX_REDIRECTS + 1):
        status, location, content = _get(parts, options, ends)
        if status == _OK:
            return content
        if status not in _REDIRECTS or not location:
            raise FetchFailed(f"{_shown(parts)} answers with status {status}")
        following = _parts(urljoin(parts.geturl(), location), options)
        if _place(following) != _place(first):
            raise FetchFailed(f"{_shown(parts)} redirects to another host, {_shown(following)}")
        parts = following
    raise FetchFailed(f"{_shown(first)} redirects too often")


def is_public(text: str) -> bool:
    """Return whether an IP address is public, including any embedded IPv4 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inner = address.teredo[1]
        is_isatap = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
        if is_isatap or any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or any(address in network for network in _NOT_PUBLIC)
    )


def _parts(url: str, options: FetchOptions) -> SplitResult:
    try:
        check_usable(url)
    except InvalidInput as error:
        raise FetchFailed(str(error)) from None
    parts = urlsplit(url)
    if parts.scheme != "https" and not options.allow_http:
        raise FetchFailed(f"{_shown(parts)} is not fetched: only HTTPS is, unless http is allowed")
    return parts


def _place(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, _port(parts)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _shown(parts: SplitResult) -> str:
    return shown(f"{parts.scheme}://{parts.netloc}{parts.path}", public=True)


def _get(parts: SplitResult, options: FetchOptions, ends: float) -> tuple[int, str | None, bytes]:
    """Return status, redirect and content of one request."""
    try:
        with _connected(parts, options, ends) as connection:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            lines = (
                f"GET {target} HTTP/1.0",
                f"Host: {parts.netloc.rpartition('@')[2]}",
                "Accept: application/json",
                "Accept-Encoding: identity",
                "User-Agent: ocn-registry",
                "Connection: close",
            )
            send(connection, "\r\n".join((*lines, "", "")).encode("ascii"), ends)
            answer, _ = receive(connection, ends, options.max_bytes)
    except TooLong:
        raise FetchFailed(f"the answer is longer than {options.max_bytes} bytes") from None
    except TimeoutError:
        raise FetchFailed(
            f"{_shown(parts)} did not answer within {options.timeout_s:g} s"
        ) from None
    except ssl.SSLError as error:
        raise FetchFailed(f"{_shown(parts)} has no valid TLS: {shown(str(error.reason))}") from None
    except (OSError, UnicodeError, ValueError) as error:
        raise FetchFailed(f"{_shown(parts)} can't be fetched: {type(error).__name__}") from None
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchFailed("the answer is compressed, which was not asked for")
    return answer.status, answer.headers.get("location"), answer.content


def _connected(parts: SplitResult, options: FetchOptions, ends: float) -> socket.socket:
    """Connect to a checked address of the host."""
    host = parts.hostname or ""
    addresses = _addresses(host, _port(parts), ends)
    allowed = [one for one in addresses if options.allow_private or is_public(one)]
    if not allowed:
        raise FetchFailed(
            f"{_shown(parts)} is not fetched: the address of its host is not public"
            if addresses
            else f"{_shown(parts)} can't be fetched: its host has no address"
        )
    connection = _first_that_answers(allowed, _port(parts), ends)
    if parts.scheme != "https":
        return connection
    try:
        connection.settimeout(left(ends))
        context = options.tls or ssl.create_default_context()
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _first_that_answers(addresses: list[str], port: int, ends: float) -> socket.socket:
    error: OSError = OSError("no address")
    for place, address in enumerate(addresses):
        # The remaining time is shared, so that a dead address leaves time for the next.
        share = left(ends) / (len(addresses) - place)
        try:
            return socket.create_connection((address, port), timeout=share)
        except OSError as failed:
            error = failed
    raise error


def _addresses(host: str, port: int, ends: float) -> list[str]:
    try:
        found = look_up(host, port, ends)
    except TimeoutError:
        raise
    except OSError:
        return []
    return list(dict.fromkeys(str(place[4][0]) for place in found))
