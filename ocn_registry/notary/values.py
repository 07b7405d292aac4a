"""JSON values, and how JavaScript writes them.

What is signed is text, and the text of a value is what JavaScript's `String()` makes of it after
`JSON.parse`: every number is a double there, and properties that look like array indexes come
first, in ascending order. `plain` brings a value into that form and refuses what has none.

Source: ECMA-262, Number::toString (6.1.6.1.20), OrdinaryOwnPropertyKeys (10.1.11.1),
SerializeJSONProperty (25.5.2.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Scalar: TypeAlias = bool | int | float | str
# What callers give: any mapping, lists and tuples. A `Plain` value holds only dicts and lists.
Json: TypeAlias = "Scalar | Mapping[str, Json] | Sequence[Json] | None"
Plain: TypeAlias = "Scalar | dict[str, Plain] | list[Plain] | None"

MAX_DEPTH = 64

_EXACT_INTEGERS = 1 << 53
_DOUBLES_END = 1 << 1024
_MAX_ARRAY_INDEX = (1 << 32) - 2
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotPlain(ValueError):
    """A value has no form in JSON, or none that can be signed."""

    def __init__(self, why: str) -> None:
        """Say why; where it stands is added on the way out."""
        super().__init__(why)
        self.why = why
        self.where = ""

    def within(self, step: str) -> NotPlain:
        """Add the step that led there."""
        self.where = step + self.where
        return self


def plain(value: object, depth: int = MAX_DEPTH) -> Plain:
    """Copy a value as JavaScript would hold it.

    Args:
        value: What a JSON reader gives, or is made of mappings, lists and tuples.
        depth: How many levels of arrays and objects it may have.

    Returns:
        A copy that shares no array or object with the value; objects in JavaScript's order.

    Raises:
        NotPlain: It is nested too deeply, or holds something that JSON does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if depth <= 0:
        raise NotPlain(f"it is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return _object(value, depth)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return _array(value, depth)  # pyright: ignore[reportUnknownArgumentType]
    raise NotPlain(f"a {shown(type(value).__name__)} is no JSON value: give text or a number")


def _text(value: str) -> str:
    if _SURROGATE.search(value):
        raise NotPlain("text with half a character (a lone surrogate) has no UTF-8")
    return str.__str__(value)


def _number(value: float) -> int | float:
    if isinstance(value, int):
        if abs(value) >= _DOUBLES_END:
            raise NotPlain("the number is beyond what JSON readers hold")
        return int(value)
    if not isfinite(value):
        raise NotPlain(f"{value} is no JSON number")
    return float(value)


def _array(value: list[object] | tuple[object, ...], depth: int) -> list[Plain]:
    copy: list[Plain] = []
    for item in value:
        try:
            copy.append(plain(item, depth - 1))
        except NotPlain as error:
            raise error.within(f"[{len(copy)}]") from None
    return copy


def _object(value: Mapping[object, object], depth: int) -> dict[str, Plain]:
    copy: dict[str, Plain] = {}
    indexes: list[str] = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotPlain(f"the key {shown(key)} is no text")
        try:
            name = _text(key)
            copy[name] = plain(item, depth - 1)
        except NotPlain as error:
            raise error.within(f"[{shown(key)}]") from None
        if _INDEX.fullmatch(name) and int(name) <= _MAX_ARRAY_INDEX:
            indexes.append(name)
    if not indexes:
        return copy
    return {name: copy[name] for name in sorted(indexes, key=int)} | copy


def scalar_text(value: Scalar) -> str:
    """Write a value as it is signed: what JavaScript's `String()` gives."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if -_EXACT_INTEGERS <= value <= _EXACT_INTEGERS:
            return str(value)
        value = float(value)
    return _double_text(value)


def _double_text(value: float) -> str:
    sign, digits, point = _shortest(value)
    if not digits:
        return "0"
    if len(digits) <= point <= 21:  # noqa: PLR2004 - from 1e21 on there is an exponent
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:  # noqa: PLR2004 - the same
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004 - below 1e-6 there is an exponent
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def java_text(value: Scalar) -> str:
    """Write a value as the JVM libraries sign it: they keep `5.0` and `5` apart.

    Source: `java.lang.Double.toString`, which Kotlin's `message += value` calls.
    """
    if not isinstance(value, float):
        return str(value) if type(value) is int else scalar_text(value)
    sign, digits, point = _shortest(value)
    if not digits:
        return f"{'-' if str(value)[0] == '-' else ''}0.0"
    if -3 < point <= 7:  # noqa: PLR2004 - from 0.001 to below ten million there is no exponent
        whole = digits[: max(point, 0)].ljust(point, "0") or "0"
        return f"{sign}{whole}.{'0' * -min(point, 0)}{digits[max(point, 0) :] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Take a number apart: sign, the fewest digits that name it, where the point stands.

    The value is 0.DIGITS times ten to the power of the last. Python and JavaScript both choose the
    shortest digits, and of these the nearest; only their layouts differ.
    """
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(power or 0)
    return "-" if value < 0 else "", digits.rstrip("0"), point


def json_text(value: Plain) -> str:
    """Write a value as JavaScript's `JSON.stringify` does: no space, text as raw UTF-8."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        items = (f"{json_text(key)}:{json_text(item)}" for key, item in value.items())
        return f"{{{','.join(items)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    return scalar_text(value)
