"""JSON values in JavaScript's property order.

Signatures cover text, and the text of a value is the result of JavaScript's `String()` after
`JSON.parse`. Properties that look like array indexes come first there, in ascending order. `plain`
puts a value in that order and rejects what JSON can't represent.

Source: ECMA-262, OrdinaryOwnPropertyKeys (10.1.11.1), SerializeJSONProperty (25.5.2.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.foreign.text import shown
from ocn_registry.notary.numbers import javascript_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Scalar: TypeAlias = bool | int | float | str
# Callers pass mappings, lists and tuples. A `Plain` value holds only dicts and lists.
Json: TypeAlias = "Scalar | Mapping[str, Json] | Sequence[Json] | None"
Plain: TypeAlias = "Scalar | dict[str, Plain] | list[Plain] | None"

MAX_DEPTH = 64

_DOUBLES_END = 1 << 1024
_MAX_ARRAY_INDEX = (1 << 32) - 2
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotPlain(ValueError):
    """JSON can't represent a value, or it can't be signed."""

    def __init__(self, why: str) -> None:
        """Create the error from the reason; the location is added while it propagates."""
        super().__init__(why)
        self.why = why
        self.where = ""

    def within(self, step: str) -> NotPlain:
        """Add a step to the location."""
        self.where = step + self.where
        return self


def plain(value: object, depth: int = MAX_DEPTH) -> Plain:
    """Return a copy of a value as JavaScript would hold it.

    Args:
        value: The result of a JSON parser, or mappings, lists and tuples.
        depth: Maximum nesting of arrays and objects.

    Returns:
        A copy that shares no array or object with the value, in JavaScript's order.

    Raises:
        NotPlain: The value is nested too deeply, or JSON can't represent it.
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
    raise NotPlain(
        f"a {shown(type(value).__name__)} is not a JSON value: use text, a number, a list or a "
        "mapping"
    )


def _text(value: str) -> str:
    if _SURROGATE.search(value):
        raise NotPlain("it contains an unpaired surrogate, which has no UTF-8")
    return str.__str__(value)


def _number(value: float) -> int | float:
    if isinstance(value, int):
        if abs(value) >= _DOUBLES_END:
            raise NotPlain("the number is beyond what JSON readers hold")
        return int(value)
    if not isfinite(value):
        raise NotPlain(f"{value} is not a JSON number")
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
            raise NotPlain(f"the key {shown(key)} is not text")
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
    """Return the signed text of a value: the result of JavaScript's `String()`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return javascript_text(value)


def json_text(value: Plain) -> str:
    """Return a value as JavaScript's `JSON.stringify` writes it: no spaces, raw UTF-8."""
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
