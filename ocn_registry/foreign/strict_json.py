"""The one reader of foreign JSON.

Python's parser makes an object for each pair of brackets and recurses for each bracket within
another. It trusts the interpreter's recursion limit to stop it, which libraries raise. So size,
depth, items and digits are measured first, in a few passes of compiled code over the bytes.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from ocn_registry.foreign.limits import ANYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.foreign.limits import JsonLimits

# A text, or one that does not end. It always matches where a text starts, so that one pass is all.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_STEPS = [0] * 256
_STEPS[ord("[")] = _STEPS[ord("{")] = 1
_STEPS[ord("]")] = _STEPS[ord("}")] = -1
# Everything up to an escape that is half of a character of UTF-16.
_HALF = re.compile(
    rb"(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+\\u",
    re.DOTALL,
)


class BeyondLimits(ValueError):
    """It is larger, deeper or of more parts than anything that is expected here."""


TooDeep = BeyondLimits


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
        content: UTF-8, UTF-16 or UTF-32, with a byte order mark or without.
        limits: The most that it may be.
        pairs: Makes an object of its pairs.
        number: Makes a value of a number that is not an integer.
        strict_text: Refuse a text with an unpaired surrogate, which no file or page can hold.

    Raises:
        BeyondLimits: It is beyond the limits.
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
    except RecursionError:  # a caller is deep in calls of its own
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

    Windows writes such marks, and PowerShell UTF-16, with a mark or without.

    Args:
        content: Text that starts with two ASCII characters, in UTF-8, UTF-16 or UTF-32.

    Raises:
        UnicodeDecodeError: It is not text in UTF-16 or UTF-32, and looks like it.
    """
    encoding = json.detect_encoding(content[:4])
    return content if encoding == "utf-8" else content.decode(encoding).encode()


def _check(content: bytes, limits: JsonLimits) -> None:
    """Measure the content, in time proportional to its length."""
    # First with what stands in texts, which is quick, and for almost everything enough.
    openings = content.count(b"[") + content.count(b"{")
    commas = content.count(b",")
    if openings + commas <= limits.max_items and openings <= limits.max_depth:
        _check_digits(content, limits)
        return
    # Each value and each name may be a text. Taking texts out costs more than counting them.
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
