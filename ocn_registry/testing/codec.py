"""The contract ABI for all types of these contracts, simple rather than fast.

Values have the model's form: numbers, text (with a lone surrogate for a byte that is not UTF-8),
tuples for lists and structs, `bytes2` and `bytes3` as text with a character for each byte, other
bytes as bytes. The package itself uses the faster `evm/abi.py`.

Source: Solidity documentation, "Contract ABI Specification".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ocn_registry.models import Address

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD: Final = 32
_ID_TYPES: Final = ("bytes2", "bytes3")


class UnreadableError(ValueError):
    """The bytes can't be decoded as this type."""


@cache
def split(kind: str) -> tuple[str, ...]:
    """Return the types of a struct's fields."""
    parts: list[str] = []
    depth, start = 0, 1
    for place, character in enumerate(kind):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if place and (depth == 0 or (depth == 1 and character == ",")):
            parts.append(kind[start:place])
            start = place + 1
    return tuple(part for part in parts if part)


@cache
def _is_dynamic(kind: str) -> bool:
    if kind.startswith("(") and not kind.endswith("]"):
        return any(map(_is_dynamic, split(kind)))
    return kind in {"string", "bytes"} or kind.endswith("[]")


def encode(kind: str, value: Any) -> bytes:  # noqa: ANN401 - of any type that the ABI has
    """Encode a value of a type."""
    if kind.endswith("[]"):
        return _word(len(value)) + join([kind[:-2]] * len(value), value)
    if kind.startswith("("):
        return join(split(kind), value)
    if kind in {"string", "bytes"}:
        text: bytes = value if kind == "bytes" else value.encode(errors="surrogateescape")
        return _word(len(text)) + text + bytes(-len(text) % WORD)
    if kind == "address":
        return bytes(12) + bytes.fromhex(value[2:])
    if kind.startswith("bytes"):
        fixed: bytes = value.encode("latin-1") if isinstance(value, str) else value
        return fixed.ljust(WORD, b"\0")
    return _word(int(value))


def _word(value: int) -> bytes:
    return value.to_bytes(WORD, "big")


def join(kinds: Sequence[str], values: Sequence[Any]) -> bytes:
    """Encode several values: words and offsets first, then dynamic content."""
    written = [encode(kind, value) for kind, value in zip(kinds, values, strict=True)]
    dynamic = [_is_dynamic(kind) for kind in kinds]
    at = sum(WORD if moves else len(part) for part, moves in zip(written, dynamic, strict=True))
    heads, tails = b"", b""
    for part, moves in zip(written, dynamic, strict=True):
        heads += _word(at + len(tails)) if moves else part
        tails += part if moves else b""
    return heads + tails


def decode(kind: str, data: bytes, at: int = 0) -> Any:  # noqa: ANN401 - of any type that the ABI has
    """Decode the value of a type at an offset.

    Raises:
        UnreadableError: There is no such value.
    """
    if kind.endswith("[]"):
        count = _number(data, at)
        if count > len(data):
            raise UnreadableError(kind)
        return parts([kind[:-2]] * count, data, at + WORD)
    if kind.startswith("("):
        return parts(split(kind), data, at)
    if kind in {"string", "bytes"}:
        end = at + WORD + _number(data, at)
        if end > len(data):
            raise UnreadableError(kind)
        text = data[at + WORD : end]
        return text if kind == "bytes" else text.decode(errors="surrogateescape")
    return _one_word(kind, data, at)


def _one_word(kind: str, data: bytes, at: int) -> object:
    number = _number(data, at)
    if kind == "address" and not number >> 160:
        return Address.from_bytes(data[at + 12 : at + WORD])
    if kind == "bool" and number in {0, 1}:
        return number == 1
    if kind in _ID_TYPES:
        return data[at : at + int(kind[5:])].decode("latin-1")
    if kind.startswith("bytes"):
        return data[at : at + int(kind[5:])]
    if kind.startswith("uint"):
        return number
    raise UnreadableError(kind)


def _number(data: bytes, at: int) -> int:
    word = data[at : at + WORD]
    if len(word) != WORD:
        raise UnreadableError(at)
    return int.from_bytes(word, "big")


def parts(kinds: Sequence[str], data: bytes, base: int) -> tuple[Any, ...]:
    """Decode several values that were encoded together, at an offset."""
    values: list[Any] = []
    at = base
    for kind in kinds:
        moves = _is_dynamic(kind)
        values.append(decode(kind, data, base + _number(data, at) if moves else at))
        at += WORD if moves else _size(kind)
    return tuple(values)


@cache
def _size(kind: str) -> int:
    return sum(map(_size, split(kind))) if kind.startswith("(") else WORD
