"""The ABI of contract calls, as used by these contracts: words of 32 bytes.

A value becomes a word, or a `Tail` if its length varies. `join` writes them, `Words` reads them. A
node may be hostile, so each offset and length is checked, and no part of an answer is read twice.

Source: Solidity documentation, "Contract ABI Specification".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.errors import BadAnswer, InvalidInput
from ocn_registry.evm.address import Address
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
WORD = 32


class Tail(bytes):
    """A value of varying length: an offset takes its place, and it follows after all places."""

    __slots__ = ()


def uint(value: int) -> bytes:
    """Write a number."""
    if not 0 <= value < 1 << 256:
        raise InvalidInput(f"a number on the chain is from 0 to 2^256 - 1, not {shown(value)}")
    return value.to_bytes(WORD, "big")


def address(value: str) -> bytes:
    """Write an address."""
    return bytes(12) + Address(value).to_bytes()


def fixed(value: bytes) -> bytes:
    """Write `bytes2`, `bytes3` or the like."""
    return value.ljust(WORD, b"\0")


def blob(value: bytes) -> Tail:
    """Write `bytes`."""
    return Tail(uint(len(value)) + value + bytes(-len(value) % WORD))


def text(value: str) -> Tail:
    """Write `string`."""
    return blob(value.encode())


def uints(values: Iterable[int]) -> Tail:
    """Write a list of numbers of any width."""
    return items([uint(value) for value in values])


def items(values: Sequence[bytes]) -> Tail:
    """Write a list of words, or of values of varying length."""
    return Tail(uint(len(values)) + join(*values))


def join(*parts: bytes | Tail) -> bytes:
    """Lay out a tuple: words and offsets first, then the tails."""
    at = sum(WORD if isinstance(part, Tail) else len(part) for part in parts)
    heads, tails = bytearray(), bytearray()
    for part in parts:
        dynamic = isinstance(part, Tail)
        heads += uint(at + len(tails)) if dynamic else part
        tails += part if dynamic else b""
    return bytes(heads + tails)


class Words:
    """Reads the fields of one tuple, each by the method of its type, in their order."""

    __slots__ = ("_at", "_base", "_data", "_spare")

    def __init__(self, data: bytes, base: int = 0, spare: list[int] | None = None) -> None:
        """Start at `base`, to which offsets are relative, with `spare` bytes of tails left."""
        self._data, self._base, self._at = data, base, base
        self._spare = [len(data)] if spare is None else spare

    def uint(self, bits: int = 256) -> int:
        """Read a number of at most so many bits."""
        word = self._data[self._at : self._at + WORD]
        value = int.from_bytes(word, "big")
        if len(word) != WORD or value >> bits:
            raise BadAnswer(f"the answer has no number of {bits} bits at byte {self._at}")
        self._at += WORD
        return value

    def flag(self) -> bool:
        """Read `bool`."""
        return self.uint(1) == 1

    def address(self) -> Address:
        """Read an address."""
        return Address.from_bytes(self.uint(160).to_bytes(20, "big"))

    def fixed(self, size: int) -> bytes:
        """Read `bytes2`, `bytes3` or the like."""
        word = self._data[self._at : self._at + WORD]
        self._at += WORD
        if len(word) != WORD or any(word[size:]):
            raise BadAnswer(f"the answer has no bytes{size} before byte {self._at}")
        return word[:size]

    def blob(self) -> bytes:
        """Read `bytes`."""
        start, size = self._tail(1)
        return self._data[start : start + size]

    def text(self) -> str:
        """Read `string`; what is not valid UTF-8 in it is written as escapes."""
        return self.blob().decode(errors="backslashreplace")

    def uints(self, bits: int = 256) -> tuple[int, ...]:
        """Read a list of numbers of at most so many bits."""
        return self._each(lambda part: part.uint(bits))

    def list_words(self) -> bytes:
        """Read a list of words as they stand."""
        start, count = self._tail(WORD)
        return self._data[start : start + count * WORD]

    def addresses(self) -> tuple[Address, ...]:
        """Read a list of addresses."""
        return self._each(Words.address)

    def struct(self, read: Callable[[Words], T]) -> T:
        """Read a tuple of varying length."""
        return read(Words(self._data, self._base + self.uint(32), self._spare))

    def structs(self, read: Callable[[Words], T]) -> tuple[T, ...]:
        """Read a list of tuples of varying length."""
        return self._each(lambda part: part.struct(read))

    def _each(self, read: Callable[[Words], T]) -> tuple[T, ...]:
        start, count = self._tail(WORD)
        part = Words(self._data, start, self._spare)
        return tuple([read(part) for _ in range(count)])

    def _tail(self, width: int) -> tuple[int, int]:
        """Return the start of a tail's content and its length, after checking that it exists."""
        at = self._base + self.uint(32) + WORD
        count = int.from_bytes(self._data[at - WORD : at], "big")
        self._spare[0] -= WORD + count * width
        if at + count * width > len(self._data) or self._spare[0] < 0:
            raise BadAnswer(f"the answer has no {count} items at byte {at}")
        return at, count
