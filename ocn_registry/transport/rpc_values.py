"""Read values in a node's JSON: nothing is trusted before it is checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer
from ocn_registry.foreign.strict_json import is_list, is_object
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEX = re.compile(r"0x[0-9a-fA-F]*")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+")
_HASH_DIGITS = 66
# Where nodes and gateways put words.
_SAYING = (
    *("message", "error_description", "errorMessage", "msg", "title"),
    *("reason", "detail", "details", "cause", "error", "errors", "data"),
)
_CODE = re.compile(r"-?[0-9]{1,9}")
_ADDRESS_BYTES = 20
_LAST_NONCE = (1 << 64) - 2
_YEAR_10000 = 253_402_300_800  # in Unix seconds; text of a time has four digits for the year


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


def number_or_none(value: object) -> int | None:
    """Read a number that some nodes leave out or write in another form; `None` then."""
    try:
        return as_number(value)
    except BadAnswer:
        return None


def as_nonce(value: object) -> int:
    """Read the nonce of an account's next transaction.

    Source: EIP-2681 (nonces are less than 2^64 - 1).
    """
    found = as_number(value)
    if found > _LAST_NONCE:
        raise BadAnswer(f"the RPC node answered {shown(value)} where a nonce was expected")
    return found


def as_time(value: object) -> int:
    """Read a time in Unix seconds, before the year 10000."""
    found = as_number(value)
    if found >= _YEAR_10000:
        raise BadAnswer(f"the RPC node answered {shown(value)} where a time was expected")
    return found


def as_hash(value: object) -> str:
    """Read a hash: `0x` and 64 hexadecimal digits."""
    if isinstance(value, str) and len(value) == _HASH_DIGITS and _HEX.fullmatch(value):
        return value.lower()
    raise BadAnswer(f"the RPC node answered {shown(value)} where a hash was expected")


def as_address(value: object) -> Address:
    """Read an address in any letter case."""
    found = as_bytes(value)
    if len(found) != _ADDRESS_BYTES:
        raise BadAnswer(f"the RPC node answered {shown(value)} where an address was expected")
    return Address.from_bytes(found)


def code_of(error: dict[str, object]) -> int:
    """Return the code of a node's error; 0 if it has none."""
    code = error.get("code")
    if isinstance(code, str) and _CODE.fullmatch(code):
        return int(code)
    return code if isinstance(code, int) else 0


def error_in(response: dict[str, object]) -> object:
    """Return the error of a response; `None` if there is none.

    Some servers write an empty error beside a result.
    """
    error = response.get("error")
    return error if error or response.get("result") is None else None


def words_of(error: dict[str, object]) -> str:
    """Return the text of a node's error: its message, and text in its data."""
    parts: list[str] = []
    for words in _words_in(error, depth=3):
        if not _HEX.fullmatch(words) and not any(words in part for part in parts):
            parts.append(words[:1000])
    return ": ".join(parts[:3])


def _words_in(value: object, depth: int) -> Iterator[str]:
    """Return the texts in an error, the message first, without revert data."""
    if isinstance(value, str):
        yield value
    elif is_list(value) and depth:
        for one in value[:3]:
            yield from _words_in(one, depth - 1)
    elif is_object(value) and depth:
        for name in _SAYING:
            if name in value:
                yield from _words_in(value[name], depth - 1)
