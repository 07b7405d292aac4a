"""The parser for foreign JSON.

Python's parser creates an object for each pair of brackets and recurses for each nested bracket. It
relies on the interpreter's recursion limit, which libraries raise. So size, depth, items and digits
are measured first, in a few passes of compiled code over the bytes.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.foreign.limits import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.foreign.limits import JsonLimits

# A string, complete or unterminated. It always matches where a string starts, so one pass is
# enough.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_STEPS = [0] * 256
_STEPS[ord("[")] = _STEPS[ord("{")] = 1
_STEPS[ord("]")] = _STEPS[ord("}")] = -1
# Everything up to an escaped surrogate.
_HALF = re.compile(
    rb"(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+\\u",
    re.DOTALL,
)


class BeyondLimits(ValueError):
    """The data is larger, deeper or has more parts than allowed."""


TooDeep = BeyondLimits


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Return whether parsed JSON is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether parsed JSON is a list."""
    return isinstance(value, list)


def parse_json(
    content: bytes,
    limits: JsonLimits = ANYTHING,
    *,
    pairs: Callable[[list[tuple[str, object]]], object] | None = None,
    number: Callable[[str], object] | None = None,
    strict_text: bool = True,
) -> object:
    """Parse JSON.

    Args:
        content: UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
        limits: The limits.
        pairs: Converts the pairs of an object.
        number: Converts a number that is not an integer.
        strict_text: Whether to reject strings with an unpaired surrogate, which can't be encoded.

    Raises:
        BeyondLimits: The content exceeds a limit.
        ValueError: It is not JSON.
    """
    if len(content) > limits.max_bytes:
        raise BeyondLimits(f"longer than {limits.max_bytes} bytes")
    content = as_utf8(content)
    _check(content, limits)
    if strict_text and b"\\u" in content and _HALF.match(content):
        raise ValueError("a text contains an unpaired surrogate")
    try:
        found: object = _decoder(pairs, number).decode(content.decode())
    except RecursionError:  # if the caller's stack is already deep
        raise BeyondLimits("nested too deeply") from None
    return found


@lru_cache(maxsize=32)
def _decoder(
    pairs: Callable[[list[tuple[str, object]]], object] | None,
    number: Callable[[str], object] | None,
) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=pairs,
        parse_float=number,
        parse_constant=number or _no_constant,
    )


def as_utf8(content: bytes) -> bytes:
    """Return the content as UTF-8 without a byte order mark.

    Windows writes such marks, and PowerShell writes UTF-16, with or without a mark.

    Args:
        content: Text that starts with two ASCII characters, in UTF-8, UTF-16 or UTF-32.

    Raises:
        UnicodeDecodeError: It looks like UTF-16 or UTF-32, but is not valid.
    """
    encoding = json.detect_encoding(content[:4])
    return content if encoding == "utf-8" else content.decode(encoding).encode()


def _check(content: bytes, limits: JsonLimits) -> None:
    """Measure the content, in time proportional to its length."""
    # First including the content of strings, which is fast and almost always sufficient.
    openings = content.count(b"[") + content.count(b"{")
    commas = content.count(b",")
    if openings + commas <= limits.max_items and openings <= limits.max_depth:
        _check_digits(content, limits)
        return
    # Each value and each name can be a string. Removing strings costs more than counting them.
    if content.count(b'"') - content.count(b'\\"') > 4 * (limits.max_items + 1):
        raise BeyondLimits(f"of more than {limits.max_items} parts")
    bare = _TEXT.sub(b'"', content)
    openings = bare.count(b"[") + bare.count(b"{")
    if openings + bare.count(b",") > limits.max_items:
        raise BeyondLimits(f"of more than {limits.max_items} parts")
    brackets = bare.translate(None, _NOT_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > limits.max_depth:
        raise BeyondLimits(f"nested too deeply: more than {limits.max_depth} levels")
    _check_digits(bare, limits)


def _check_digits(content: bytes, limits: JsonLimits) -> None:
    run = b"0" * (limits.max_digits + 1)
    if run in content.translate(_DIGITS) and run in _TEXT.sub(b'"', content).translate(_DIGITS):
        raise BeyondLimits(f"with a number of more than {limits.max_digits} digits")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
