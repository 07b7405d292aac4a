"""The base of all public values: conversion to JSON and back.

The form is that of `--json`: keys in camel case, roles, modules and permissions by name, amounts
in wei as decimal text. A field says with `key(...)` where its name in JSON differs.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, ClassVar, Self, get_type_hints

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.portable.forms import as_object, camel, plain, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from dataclasses import Field

Object = dict[str, object]

_KEY = "json"
# A cache by class: fields with their keys, and the types of fields.
_KEYS: dict[type, tuple[tuple[Field[object], str], ...]] = {}
_HINTS: dict[type, dict[str, object]] = {}


def key(name: str) -> dict[str, str]:
    """Return the metadata for a field's name in JSON; an empty name omits the field.

    The name `*` inserts the keys of the field's value.
    """
    return {_KEY: name}


class Portable:
    """A value with a JSON form, that of `--json`.

    Attributes:
        kind_key: Key for the name of the class, if a list can contain several classes.
        only_known_keys: Whether unknown keys are rejected: for instructions, not for data.
    """

    __slots__ = ()
    kind_key: ClassVar[str] = ""
    only_known_keys: ClassVar[bool] = False

    def to_dict(self) -> Object:
        """Return the value as a JSON object, in the form of `--json`."""
        found: Object = {self.kind_key: type(self).__name__} if self.kind_key else {}
        for field, name in _keys(type(self)):
            value: object = getattr(self, field.name)
            if name == "*" and isinstance(value, Portable):
                found |= value.to_dict()
            else:
                found[name] = plain(value, wei=field.name.endswith("_wei"))
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the value that a JSON object describes.

        Args:
            data: The result of `to_dict`, or equivalent JSON from any source.

        Raises:
            InvalidInput: The object does not describe such a value; the message says where.
        """
        data = as_object(data, cls.__name__)
        _check_kind(cls, data)
        hints = _hints(cls)
        values = {
            field.name: read(data if name == "*" else data[name], hints[field.name], name)
            for field, name in _keys(cls)
            if name == "*" or _is_there(cls, field, name, data)
        }
        return cls(**values)

    def to_json(self) -> str:
        """Return the value as JSON text, in the form of `--json`."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the value that JSON text describes; see `from_dict`.

        Args:
            text: A JSON object: text, or its bytes in UTF-8.

        Raises:
            InvalidInput: The text is not JSON, or does not describe such a value.
        """
        return cls.from_dict(object_of(text, cls.__name__))


def object_of(text: str | bytes, what: str) -> Object:
    """Return the JSON object in a text.

    Args:
        text: The text, or its bytes.
        what: Expected content, for the message.

    Raises:
        InvalidInput: It is not a JSON object.
    """
    if not isinstance(text, (str, bytes)):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise InvalidInput(f"{shown(text)} is not the JSON of a {what}: give text or bytes")
    try:
        found = parse_json(text.encode() if isinstance(text, str) else text)
    except (ValueError, UnicodeError) as error:
        raise InvalidInput(f"the {what} is not valid JSON: {error}") from error
    return as_object(found, what)


def _keys(kind: type[Portable]) -> tuple[tuple[Field[object], str], ...]:
    """Return the fields of a class in its JSON form, each with its key."""
    if kind not in _KEYS:
        found = [(one, str(one.metadata.get(_KEY, camel(one.name)))) for one in _fields(kind)]
        _KEYS[kind] = tuple([(field, name) for field, name in found if name])
    return _KEYS[kind]


def _fields(kind: type[Portable]) -> tuple[Field[object], ...]:
    return fields(kind)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - each is a dataclass


def _hints(kind: type[Portable]) -> dict[str, object]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _check_kind(kind: type[Portable], data: Mapping[str, object]) -> None:
    named = data.get(kind.kind_key, kind.__name__) if kind.kind_key else kind.__name__
    if named != kind.__name__:
        raise InvalidInput(f"{shown(named)} is not a {kind.__name__}: use from_dict of its class")
    known = {kind.kind_key} | {name for _, name in _keys(kind)}
    if kind.only_known_keys and (unknown := data.keys() - known):
        raise InvalidInput(
            f"{shown(min(unknown))} is not a key of {kind.__name__}: use {', '.join(sorted(known))}"
        )


def _is_there(
    kind: type[Portable], field: Field[object], name: str, data: Mapping[str, object]
) -> bool:
    if name in data:
        return True
    if field.default is MISSING and field.default_factory is MISSING:
        raise InvalidInput(f"the {kind.__name__} has no {name}: add it")
    return False
