"""The wire form of a signature: base64 of compressed JSON, within limits.

It is written in brotli, at quality 4, and read in brotli or gzip (OLI's newer node). A few bytes
can unpack to millions of objects, so the unpacked length and number of values are limited in
proportion to the compressed size, and checked before parsing. Anything that is not a signature
raises `MalformedSignature`.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from ocn_registry.foreign.limits import SIGNATURE_HEADER
from ocn_registry.foreign.packed import most_unpacked
from ocn_registry.foreign.strict_json import TooDeep, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.notary.errors import BrotliMissing, MalformedSignature
from ocn_registry.notary.values import NotPlain, plain
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.notary.values import Plain

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = 16 + zlib.MAX_WBITS
_QUALITY = 4
# Maximum values for each byte of a header. Signatures of real messages stay far below.
_ITEMS_A_BYTE, _ITEMS_ANYWAY = 8, 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NotaryLimits:
    """The limits of a signature. A page of a hundred locations stays below each of them.

    Attributes:
        header_chars: Length of the header. HTTP servers allow 8 to 64 thousand characters; the
            signature of a response is in its body.
        json_bytes: Length of the JSON.
        fields: Number of fields.
        rewrites: Number of rewrites; each node on the way adds at most one.
        rewritten_fields: Number of fields of one rewrite.
    """

    header_chars: int = 512 * 1024
    json_bytes: int = SIGNATURE_HEADER.max_bytes
    fields: int = 50_000
    rewrites: int = 16
    rewritten_fields: int = 256


DEFAULT_LIMITS = NotaryLimits()


def pack(text: str) -> str:
    """Return JSON compressed, in base64.

    Raises:
        BrotliMissing: The extra `notary` is not installed.
    """
    return b64encode(_brotli().compress(text.encode(), quality=_QUALITY)).decode()


def unpack(text: str, limits: NotaryLimits) -> dict[str, Plain]:
    """Return the JSON object in a header.

    Raises:
        MalformedSignature: There is none, or it exceeds a limit.
        BrotliMissing: The extra `notary` is not installed.
    """
    text = text.strip()
    if len(text) > limits.header_chars:
        raise MalformedSignature(
            f"the signature has {len(text)} characters, and {limits.header_chars} are allowed",
        )
    try:
        packed = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedSignature(f"the signature is not base64: {shown(text)}") from None
    read = _gunzip if packed.startswith(_GZIP_MAGIC) else _unbrotli
    unpacked = read(packed, most_unpacked(len(packed), limits.json_bytes))
    items = unpacked.count(b",") + unpacked.count(b"{")
    refuse_above(
        min(4 * limits.fields, _ITEMS_ANYWAY + _ITEMS_A_BYTE * len(packed)), "values", items
    )
    return _object(unpacked)


def text_in(value: dict[str, Plain], name: str) -> str:
    """Return a property, which must be text."""
    text = value.get(name)
    if not isinstance(text, str):
        raise MalformedSignature(f"the signature's {name} is missing, or is not text")
    return text


def fields_in(value: dict[str, Plain]) -> tuple[str, ...]:
    """Return the paths of a signature."""
    paths = value.get("fields")
    if not isinstance(paths, list):
        raise MalformedSignature("the fields of a signature are a list of paths")
    fields = tuple(path for path in paths if isinstance(path, str))
    if len(fields) != len(paths):
        raise MalformedSignature("the fields of a signature are paths, which are text")
    return fields


def refuse_above(limit: int, name: str, number: int) -> None:
    """Raise `MalformedSignature` if there are more than allowed."""
    if number > limit:
        raise MalformedSignature(f"the signature has {number} {name}, and {limit} are allowed")


def _unbrotli(packed: bytes, limit: int) -> bytes:
    brotli = _brotli()
    reader = brotli.Decompressor()
    try:
        read = reader.process(packed, output_buffer_limit=limit + 1)
        # The output can come in several chunks, the last of them empty.
        while len(read) <= limit and not reader.is_finished():
            more = reader.process(b"", output_buffer_limit=limit + 1 - len(read))
            if not more:
                break
            read += more
    except brotli.error:
        raise MalformedSignature(
            "the signature is neither brotli nor gzip, or is damaged"
        ) from None
    return _checked_output(read, limit, finished=reader.is_finished())


class _BrotliReader(Protocol):
    def process(self, data: bytes, /, *, output_buffer_limit: int) -> bytes: ...

    def is_finished(self) -> bool: ...


class _Brotli(Protocol):
    error: type[Exception]

    def compress(self, string: bytes, /, *, quality: int) -> bytes: ...

    def Decompressor(self) -> _BrotliReader: ...  # noqa: N802 - brotli's name


@cache
def _brotli() -> _Brotli:
    """Load the library, which is untyped."""
    try:
        module = import_module("brotli")
    except ImportError:
        raise BrotliMissing from None
    # Before 1.2 the unpacked size is unbounded.
    if not hasattr(module.Decompressor, "can_accept_more_data"):
        raise BrotliMissing
    return cast("_Brotli", module)


def _gunzip(packed: bytes, limit: int) -> bytes:
    reader = zlib.decompressobj(_GZIP_WBITS)
    try:
        read = reader.decompress(packed, limit + 1)
    except zlib.error:
        raise MalformedSignature("the signature begins like gzip and is damaged") from None
    return _checked_output(read, limit, finished=reader.eof and not reader.unused_data)


def _checked_output(read: bytes, limit: int, *, finished: bool) -> bytes:
    if len(read) > limit:
        raise MalformedSignature(f"the signature unpacks to more than {limit} bytes")
    if not finished:
        raise MalformedSignature("the compressed signature is cut off, or something follows it")
    return read


def _object(text: bytes) -> dict[str, Plain]:
    try:
        value = plain(parse_json(text, SIGNATURE_HEADER, pairs=_without_duplicates))
    except UnicodeDecodeError:
        raise MalformedSignature("the signature is not UTF-8 text") from None
    except (RecursionError, TooDeep):
        raise MalformedSignature("the signature's JSON is nested too deeply") from None
    except NotPlain as error:
        raise MalformedSignature(f"the signature's JSON can't be used: {error.why}") from None
    except MalformedSignature:
        raise
    except ValueError:
        raise MalformedSignature(f"the signature is not JSON: {shown(text)}") from None
    if not isinstance(value, dict):
        raise MalformedSignature("the signature's JSON is not an object")
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedSignature("the signature's JSON names a property twice")
    return value
