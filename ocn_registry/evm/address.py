"""Addresses of accounts and contracts."""

from __future__ import annotations

import re
from functools import lru_cache

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown

_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}")
_ADDRESS_BYTES = 20
_EACH_BYTE = int.from_bytes(b"\1" * 2 * _ADDRESS_BYTES, "big")


class Address(str):
    """An address of 20 bytes, written with its checksum.

    It is a `str`, so it equals other text only in the same spelling: make an `Address` of that
    first.

    Source: EIP-55.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Address:  # noqa: PYI034 - there are no subclasses
        """Return the address with its checksum.

        Args:
            text: `0x` and 40 hexadecimal digits: all in lower case, all in upper case, or with the
                checksum.

        Raises:
            InvalidInput: The text is not an address, or its checksum is wrong.
        """
        if isinstance(text, Address):
            return text
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
            raise InvalidInput(f"{shown(text)} is not a valid address: give text")
        return _read_address(text)

    @staticmethod
    def from_bytes(value: bytes) -> Address:
        """Return the address with these 20 bytes."""
        if len(value) != _ADDRESS_BYTES:
            raise InvalidInput(
                f"an address has {_ADDRESS_BYTES} bytes, not {len(value)}: {shown(value)}"
            )
        return _checksummed(value)

    def to_bytes(self) -> bytes:
        """Return the 20 bytes of the address."""
        return bytes.fromhex(self[2:])

    @property
    def is_zero(self) -> bool:
        """Whether this is the zero address, which stands for "none" in the contracts."""
        return self == ZERO_ADDRESS


@lru_cache(maxsize=1 << 14)
def _read_address(text: str) -> Address:
    if not _ADDRESS.fullmatch(text):
        raise InvalidInput(
            f"{shown(text)} is not a valid address: give 0x and 40 hexadecimal digits",
        )
    digits = text[2:]
    address = _checksummed(bytes.fromhex(digits))
    if digits not in (address[2:], digits.lower(), digits.upper()):
        raise InvalidInput(
            f"the capital letters of {text} are not its checksum, so a digit may be wrong: "
            "compare it with the original",
        )
    return address


@lru_cache(maxsize=1 << 15)
def _checksummed(value: bytes) -> Address:
    # All 40 digits at once, a byte each: a letter is capitalized where the hash has 8 or more.
    digits = value.hex().encode()
    marks = int.from_bytes(keccak256(digits).hex()[: len(digits)].encode(), "big")
    letters = int.from_bytes(digits, "big")
    capital = (marks >> 3 | marks >> 6) & letters >> 6 & _EACH_BYTE
    mixed = (letters ^ capital << 5).to_bytes(len(digits), "big")
    return str.__new__(Address, "0x" + mixed.decode())


ZERO_ADDRESS = _checksummed(bytes(20))
