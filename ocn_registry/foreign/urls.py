"""URLs of nodes, services and websites: one rule for the library and the command line.

The contracts reject characters, but can't check hosts. This also rejects URLs that no client can
use, so that nobody pays for an unreachable entry. Messages name the problem and show the correct
form.

Source: contracts/libraries/TextRules.sol; RFC 3986; RFC 1035, section 2.3.1.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import HIDDEN, looks_like_key, shown

MAX_URL_BYTES = 255
MAX_HOST_CHARS = 253
MAX_PORT = 65535

_SCHEMES = ("https://", "http://")
_PORTS = {"http": 80, "https": 443}
_PARTS = r"(?s)(https?)://(\[[^\]/?#]*\]|[^:/?#\[\]]*)(:[^/?#]*)?(/[^?#]*|)(.*)"
_ANY_SCHEMES = r"(?i)(https?)(?::/*|//+)(?:https?(?::/*|//+))*"
_OTHER_SCHEME = r"(?i)^(?!https?:)[a-z][a-z0-9+.-]*://"
_USER = r"//[^/?#]*@"
_LABEL = r"(?i)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NUMBER = r"(?i)[0-9]+|0x[0-9a-f]*"
_OTHER = r"[^a-z0-9\-._~:/%\[\]]"
_BAD_ESCAPE = r"%(?![0-9a-fA-F]{2})"
# Python's codec implements IDNA 2003, and would return another host than browsers do.
_OTHER_BY_IDNA_2008 = re.compile("[\u00df\u03c2\u200c\u200d]")
_WHITE = r"\s+"
_SPECIAL = {
    "?": "a query can't be listed",
    "#": "a fragment can't be listed",
    "@": "a user and a password can't be listed",
    "\\": "write / instead",
}


def check_url(url: str) -> None:
    """Raise for a URL that clients can't reach, or that the contracts reject.

    Raises:
        InvalidInput: The URL is not valid; the message shows the correct form.
    """
    wrong = _unlisted(url)
    if wrong is not None:
        raise _refusal(url, wrong)


def check_usable(url: str) -> None:
    """Raise for a URL that no client can use; allow capital letters, queries and a final `/`.

    For contracts that don't check URLs.

    Raises:
        InvalidInput: No client can use the URL.
    """
    wrong = unusable(url)
    if wrong is not None:
        raise _refusal(url, wrong)


def unusable(url: str) -> str | None:
    """Return why no client can use a URL; `None` if it is usable."""
    for scheme in _SCHEMES:
        if url.lower().startswith(scheme):
            url = scheme + url[len(scheme) :]
    found = re.fullmatch(_PARTS, url)
    if found is None:
        return "it has to begin with https:// or http://"
    _, host, port, path, rest = found.groups()
    blank = next((letter for letter in url if letter.isspace() or not letter.isprintable()), None)
    if blank is not None:
        return f"{shown(blank)} can't stand in a URL"
    if rest and rest[0] not in "?#":
        return f"{shown(rest)} after the host is neither a port nor a path"
    if "@" in host + (port or ""):
        return _SPECIAL["@"]
    return _wrong_host(host, port) or _wrong_port(port) or _wrong_path(path)


def suggested_url(text: str) -> str | None:
    """Return the listable URL that a text most likely means; `None` if there is none."""
    text = re.sub(_USER, "//", re.sub(_OTHER_SCHEME, "https://", re.sub(_WHITE, "", text)))
    schemes = re.match(_ANY_SCHEMES, text)
    scheme = "http://" if schemes and schemes[1].lower() == "http" else "https://"
    found = re.fullmatch(_PARTS, scheme + text[schemes.end() if schemes else 0 :].lstrip("/"))
    if found is None:
        return None
    scheme, host, port, path, _ = found.groups()
    host = _punycode(host.rpartition("@")[2].lower().rstrip("."))
    if port in (":", f":{_PORTS[scheme]}"):
        port = ""
    url = f"{scheme}://{host}{port or ''}{path.lower()}".rstrip("/.")
    return url if _unlisted(url) is None else None


def same_url(text: str) -> str:
    """Return the normalized form of a URL, equivalent for every client.

    The host is in lower case, and the default port and a final `/` are removed. Other problems are
    left unchanged.
    """
    found = re.fullmatch(_PARTS, text)
    if found is None:
        return text
    scheme, host, port, path, rest = found.groups()
    if port == f":{_PORTS[scheme]}":
        port = ""
    return f"{scheme}://{host.lower()}{port or ''}{path if rest else path.rstrip('/')}{rest}"


def _unlisted(url: str) -> str | None:
    """Return why a URL can't be listed."""
    if len(url.encode(errors="surrogatepass")) > MAX_URL_BYTES:
        return f"it is longer than {MAX_URL_BYTES} bytes: shorten it"
    if not url.startswith(_SCHEMES):
        return "it has to begin with https:// or http://"
    other = re.search(_OTHER, url)
    if other is not None:
        return _letter(other[0], other.start())
    wrong = unusable(url)
    if wrong is None and url[-1] in "/.":
        wrong = f"it can't end in {shown(url[-1])}"
    return wrong


def _letter(letter: str, position: int) -> str:
    where = f"{shown(letter)} at position {position + 1}"
    if letter in _SPECIAL:
        return f"{where}: {_SPECIAL[letter]}"
    if "A" <= letter <= "Z":
        return f"{where} is a capital letter: use lower case, in the path too"
    if letter.isascii() or unicodedata.category(letter)[0] in "CZ":
        return f"{where} can't stand in a URL"
    return f"{where} is not ASCII: write the host in punycode, and a path with % and digits"


def _wrong_host(host: str, port: str | None) -> str | None:
    if not host:
        return "it has no host"
    if host.lower() in _PORTS and port in (None, ":"):
        return "it has two schemes: write one"
    if "%" in host:
        return "an IPv6 address with a zone can't be listed"
    labels = host.split(".")
    address = IPv6Address if host[0] == "[" else IPv4Address if _is_number(labels[-1]) else None
    if address is not None:
        try:
            address(host.strip("[]"))
        except ValueError:
            return f"{shown(host)} is not an IPv{'6' if host[0] == '[' else '4'} address"
    elif len(host) > MAX_HOST_CHARS or not all(re.fullmatch(_LABEL, label) for label in labels):
        return f"{shown(host)} is not the name of a host"
    return None if all(map(_is_known_to_dns, labels)) else f"{shown(host)} is not punycode"


def _wrong_port(port: str | None) -> str | None:
    digits = (port or ":1")[1:]
    plain = digits.isascii() and digits.isdigit() and digits[0] != "0"
    if plain and len(digits) <= len(str(MAX_PORT)) and int(digits) <= MAX_PORT:
        return None
    return f"{shown(digits)} is not a port: use a number from 1 to {MAX_PORT}"


def _wrong_path(path: str) -> str | None:
    if re.search(_BAD_ESCAPE, path):
        return "a % in the path is followed by two hexadecimal digits"
    if "[" in path or "]" in path:
        return "[ and ] can't stand in a path"
    if {".", ".."} & set(path.split("/")):
        return "a path with . or .. between slashes means another path"
    return None


def _is_number(label: str) -> bool:
    return bool(re.fullmatch(_NUMBER, label))


def _is_known_to_dns(label: str) -> bool:
    if not label.lower().startswith("xn--"):
        return True
    try:
        return bool(label[4:].encode("ascii").decode("punycode"))
    except (UnicodeError, ValueError, OverflowError):
        return False


def _punycode(host: str) -> str:
    if host.isascii() or _OTHER_BY_IDNA_2008.search(host):
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _refusal(url: str, wrong: str) -> InvalidInput:
    public = not looks_like_key(url)
    start = url[: 4 * MAX_URL_BYTES]
    usable = suggested_url(start) if public else None
    hint = f"use {usable}" if usable not in (None, url) else "write it as https://node.example.com"
    url = re.sub(_USER, f"//{HIDDEN}@", start) + url[len(start) :]
    return InvalidInput(f"{shown(url, public=public)} is not a valid URL: {wrong}; {hint}")
