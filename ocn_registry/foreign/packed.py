"""Unpack compressed data within a size limit and a compression ratio.

Source: RFC 9110, section 8.4.1 (content codings).
"""

from __future__ import annotations

import zlib

from ocn_registry.foreign.limits import MAX_UNPACKED_RATIO, UNPACKED_FREE_BYTES
from ocn_registry.foreign.strict_json import BeyondLimits

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # recognized by their first bytes
_BARE_DEFLATE = -zlib.MAX_WBITS


def most_unpacked(packed_bytes: int, max_bytes: int) -> int:
    """Return the maximum unpacked size for a compressed size."""
    return min(max_bytes, UNPACKED_FREE_BYTES + MAX_UNPACKED_RATIO * packed_bytes)


def unpacked(content: bytes, coding: str | None, max_bytes: int) -> bytes:
    """Return decoded content.

    Args:
        content: The received bytes.
        coding: The header `Content-Encoding`. Content that starts like gzip is unpacked without it.
        max_bytes: The maximum unpacked size.

    Raises:
        BeyondLimits: The unpacked content is larger.
        ValueError: The coding is not supported, or the content does not match it.
    """
    coding = (coding or "").strip().lower()
    if content.startswith(_GZIP_MAGIC) or coding in {"gzip", "x-gzip"}:
        return _inflated(content, _GZIP_OR_ZLIB, max_bytes)
    if coding == "deflate":  # zlib's format by the standard, raw from some servers
        try:
            return _inflated(content, _GZIP_OR_ZLIB, max_bytes)
        except BeyondLimits:
            raise
        except ValueError:
            return _inflated(content, _BARE_DEFLATE, max_bytes)
    if coding not in {"", "identity"}:
        raise ValueError(f"content coding {coding!r}")
    return content


def _inflated(content: bytes, form: int, max_bytes: int) -> bytes:
    most = most_unpacked(len(content), max_bytes)
    inflater = zlib.decompressobj(form)
    try:
        found = inflater.decompress(content, most + 1)
    except zlib.error:
        raise ValueError("the content is not what its content coding says") from None
    if len(found) > most:
        raise BeyondLimits(f"unpacked to more than {most} bytes")
    if not inflater.eof:
        raise ValueError("the packed content is cut off")
    return found
