"""Read values in a node's JSON: nothing is believed before it is checked."""

from __future__ import annotations

import re
from typing import TypeGuard

from ocn_registry.errors import BadAnswer
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address

_HEX = re.compile(r"0x[0-9a-fA-F]*")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+")
_HASH_DIGITS = 66
_ADDRESS_BYTES = 20


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether a value is a JSON list."""
    return isinstance(value, list)


def as_object(value: object) -> dict[str, object]:
    """Read a JSON object."""
    if not is_object(value):
        raise BadAnswer(f"the RPC node answered {shown(value)} where an object was expected")
    return value


def as_bytes(value: object) -> bytes:
    """Read bytes, written as `0x` and hexadecimal digits."""
    if isinstance(value, str) and value[:2] == "0x":
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise BadAnswer(f"the RPC node answered {shown(value)} where bytes were expected")


def as_number(value: object) -> int:
    """Read a number of at most 256 bits, written as `0x` and hexadecimal digits."""
    if isinstance(value, str) and len(value) <= _HASH_DIGITS and _NUMBER.fullmatch(value):
        return int(value, 16)
    raise BadAnswer(f"the RPC node answered {shown(value)} where a number was expected")


def as_hash(value: object) -> str:
    """Read a hash: `0x` and 64 hexadecimal digits."""
    if isinstance(value, str) and len(value) == _HASH_DIGITS and _HEX.fullmatch(value):
        return value.lower()
    raise BadAnswer(f"the RPC node answered {shown(value)} where a hash was expected")


def as_address(value: object) -> Address:
    """Read an address, in whatever letters."""
    found = as_bytes(value)
    if len(found) != _ADDRESS_BYTES:
        raise BadAnswer(f"the RPC node answered {shown(value)} where an address was expected")
    return Address.from_bytes(found)
