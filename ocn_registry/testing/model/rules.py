"""The rules for values: text, ids, sets, and removal from lists.

Text is decoded as UTF-8, with a lone surrogate for a byte that is not UTF-8, like
`bytes.decode(errors="surrogateescape")`. The two halves of an id have a character for each byte.

Source: contracts/interfaces/IEntryErrors.sol and IRegistry.sol.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, TypeVar

from ocn_registry.contract_errors import (
    InvalidCountryCode,
    InvalidName,
    InvalidPartyId,
    InvalidUrl,
    TextTooLong,
    ValueOutOfRange,
)
from ocn_registry.models import PartyId

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_URL_BYTES: Final = 255
MAX_NAME_BYTES: Final = 100
ROLE_LIMIT: Final = 8
MODULE_LIMIT: Final = 16
PERMISSION_LIMIT: Final = 64

T = TypeVar("T")

# Bidirectional controls, separators of lines and paragraphs, and the byte order mark.
_MISLEADING: Final = frozenset(
    map(chr, [0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF]),
)
_SCHEMES = (b"http://", b"https://")
_HOST_START = re.compile(rb"[a-z0-9\[]")
_URL_CHARACTERS = re.compile(rb"[a-z0-9\-._~:/%\[\]]*")


def bytes_of(text: str) -> bytes:
    """Return the bytes of a text."""
    return text.encode(errors="surrogateescape")


def check_url(text: str) -> None:
    """Raise for an invalid URL: length, scheme, first character of the host, and so on."""
    url = bytes_of(text)
    if len(url) > MAX_URL_BYTES:
        raise TextTooLong(len(url), MAX_URL_BYTES)
    position = _after_scheme(url)
    if not _HOST_START.match(url, position):
        raise InvalidUrl(position)
    characters = _URL_CHARACTERS.match(url, position)
    if characters is not None and characters.end() != len(url):
        raise InvalidUrl(characters.end())
    if url.endswith((b"/", b".")):
        raise InvalidUrl(len(url) - 1)


def _after_scheme(url: bytes) -> int:
    """Return the position after the scheme; raise at the first byte that differs from it."""
    for scheme in _SCHEMES:
        if url.startswith(scheme):
            return len(scheme)
    wanted = _SCHEMES[url[4:5] == b"s"]
    same = [given == due for given, due in zip(url, wanted, strict=False)]
    raise InvalidUrl([*same, False].index(False))


def check_name(text: str) -> None:
    """Raise for an invalid name: at most 100 bytes of UTF-8, without misleading characters."""
    name = bytes_of(text)
    if len(name) > MAX_NAME_BYTES:
        raise TextTooLong(len(name), MAX_NAME_BYTES)
    position = 0
    for character in name.decode(errors="surrogateescape"):
        if unicodedata.category(character) in {"Cc", "Cs"} or character in _MISLEADING:
            raise InvalidName(position)
        position += len(bytes_of(character))


def checked_id(country_code: str, party_id: str) -> PartyId:
    """Join the halves of an id: two letters A-Z, three characters A-Z or 0-9."""
    if not re.fullmatch("[A-Z]{2}", country_code):
        raise InvalidCountryCode(country_code)
    if not re.fullmatch("[A-Z0-9]{3}", party_id):
        raise InvalidPartyId(party_id)
    return PartyId(country_code, party_id)


def checked_set(values: Sequence[int], limit: int) -> tuple[int, ...]:
    """Return numbers below a limit in ascending order, without duplicates."""
    for value in values:
        if value >= limit:
            raise ValueOutOfRange(value, limit)
    return tuple(sorted(set(values)))


def take_out(entries: list[T], entry: T) -> None:
    """Remove an entry from a list; the last entry takes its place."""
    last = entries.pop()
    if last != entry:
        entries[entries.index(entry)] = last


def page_of(entries: Sequence[T], offset: int, limit: int) -> Sequence[T]:
    """Return a page of a list: shorter at the end, empty past it."""
    return entries[offset : offset + limit]
