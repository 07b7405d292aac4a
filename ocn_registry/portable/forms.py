"""Convert fields to JSON and back, by type."""

from __future__ import annotations

import re
import time
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Literal, TypeGuard, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.text import shown

T = TypeVar("T")

# Larger numbers are written as text, since JSON parsers in other languages may round them.
_MOST_EXACT = (1 << 53) - 1
_MOST_UINT = (1 << 256) - 1
_DECIMAL = r"0|[1-9][0-9]{0,77}"
_HEX = r"0x(?:[0-9a-fA-F]{2})*"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def camel(name: str) -> str:
    """Return the name of a field in JSON."""
    first, *more = name.split("_")
    return first + "".join([word.title() for word in more])


def moment(unix_s: int) -> str:
    """Return Unix time in the form of RFC 3339."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - slow to import

    # By arithmetic: `time.gmtime` ends in the year 3000 on Windows.
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=unix_s)).strftime(_TIME)


def unix_s(value: object, name: str) -> int:
    """Return the Unix time of a moment in the form of RFC 3339.

    Raises:
        InvalidInput: It does not have that form.
    """
    from calendar import timegm  # noqa: PLC0415 - slow to import

    try:
        return timegm(time.strptime(str(value), _TIME))
    except ValueError:
        raise InvalidInput(
            f"{name} is {shown(value)}: write a time as 2026-11-28T09:30:00Z"
        ) from None


def name_of(member: Enum) -> str:
    """Return the JSON name of a member of an enumeration."""
    return str(getattr(member, "json_name", member.name))


def plain(value: object, *, wei: bool = False) -> object:  # noqa: PLR0911 - one for each kind
    """Return the JSON form of a value.

    Args:
        value: Any field of a public value.
        wei: Whether it is an amount in wei, which is written as text.
    """
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        return to_dict()
    if isinstance(value, Enum):
        return name_of(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, OcnRegistryError):
        return _error(value)
    if is_sequence(value):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if wei or value > _MOST_EXACT else int(value)
    return str(value) if isinstance(value, str) else value


def read(value: object, hint: object, name: str) -> object:
    """Return the value of a field.

    Args:
        value: The JSON value.
        hint: The field's type.
        name: Its key, for messages.

    Raises:
        InvalidInput: The value does not have that type.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _one_of(value, parts, name)
    if origin is Literal:
        if value in parts:
            return value
        raise _invalid(value, name, f"one of {', '.join(map(str, parts))}")
    if origin in {tuple, Sequence}:
        if not is_sequence(value):
            raise _invalid(value, name, "a list")
        return tuple([read(item, parts[0], name) for item in value])
    if hint is object:
        return value
    if origin is dict:
        return as_object(value, name)
    return _of_class(value, cast("type[object]", hint), name)


def part(data: Mapping[str, object], name: str, kind: type[T]) -> T:
    """Return the value of a key.

    Args:
        data: A JSON object.
        name: The key.
        kind: The type of the value.

    Raises:
        InvalidInput: The value is missing, or does not have that type.
    """
    if name not in data:
        raise InvalidInput(f"{name} is missing: add it")
    return cast("T", read(data[name], kind, name))


def _one_of(value: object, parts: tuple[object, ...], name: str) -> object:
    """Read one of several types: nothing, an enumeration or a number, or one of many classes."""
    if value is None and types.NoneType in parts:
        return None
    kinds = [part for part in parts if part is not types.NoneType]
    if is_mapping(value):
        tagged = {str(getattr(kind, "__name__", "")): kind for kind in kinds}
        key = next((str(getattr(kind, "kind_key", "")) for kind in kinds), "")
        if len(kinds) > 1 and key:
            named = value.get(key)
            if not isinstance(named, str) or named not in tagged:
                raise _invalid(named, key, f"one of {', '.join(sorted(tagged))}")
            return read(value, tagged[named], name)
    if len(kinds) > 1 and int in kinds:
        number = isinstance(value, int) or (
            isinstance(value, str) and re.fullmatch(_DECIMAL, value)
        )
        kinds = [kind for kind in kinds if (kind is int) == bool(number)]
    return read(value, kinds[0], name)


def _of_class(value: object, kind: type[object], name: str) -> object:  # noqa: PLR0911 - one for each kind
    if issubclass(kind, Enum):
        return member_of(value, kind, name)
    if issubclass(kind, OcnRegistryError):
        return _error_of(as_object(value, name))
    from_dict: object = getattr(kind, "from_dict", None)
    if callable(from_dict):
        return from_dict(as_object(value, name))
    if issubclass(kind, str) and isinstance(value, str):
        return value if kind is str else kind(value)
    if kind is int:
        return _number(value, name)
    if kind is bytes and isinstance(value, str) and re.fullmatch(_HEX, value):
        return bytes.fromhex(value[2:])
    if kind is not bool or not isinstance(value, bool):
        raise _invalid(value, name, _FORMS.get(kind, "text"))
    return value


_FORMS: dict[type[object], str] = {bool: "true or false", bytes: "0x and hexadecimal digits"}


def member_of(value: object, kind: type[Enum], name: str) -> Enum:
    """Return the member of an enumeration that JSON names; letters of any case are accepted.

    Raises:
        InvalidInput: It names none.
    """
    found = kind.__members__.get(value.upper()) if isinstance(value, str) else None
    if found is None:
        known = [name_of(one) for one in kind if not one.name.startswith("RESERVED_")]
        raise _invalid(value, name, f"one of {', '.join(known)}")
    return found


def _number(value: object, name: str) -> int:
    number = -1
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(_DECIMAL, value):
        number = int(value)
    if not 0 <= number <= _MOST_UINT:
        raise _invalid(value, name, "a whole number from 0 to 2^256 - 1")
    return number


def as_object(value: object, name: str) -> dict[str, object]:
    """Return a value that is a JSON object.

    Raises:
        InvalidInput: It is not.
    """
    if not is_mapping(value) or not all(isinstance(each, str) for each in value):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise _invalid(value, name, "a JSON object")
    return dict(value)


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, Mapping)


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Return whether a value is a list."""
    return isinstance(value, (list, tuple))


def _invalid(value: object, name: str, form: str) -> InvalidInput:
    return InvalidInput(f"{name} is {shown(value)}: use {form}")


# An error has its class, its message, and its fields.


def _error(error: OcnRegistryError) -> dict[str, object]:
    names = [name for name in vars(error) if not name.startswith("_")]
    said = {camel(name): plain(getattr(error, name)) for name in names}
    return {"error": type(error).__name__, "says": str(error)} | said


def _error_of(data: Mapping[str, object]) -> OcnRegistryError:
    from ocn_registry import contract_errors  # noqa: PLC0415 - few ask

    kinds = {kind.__name__: kind for kind in _below(OcnRegistryError)}
    kinds |= {kind.__name__: kind for kind in contract_errors.contract_errors()}
    kind = kinds.get(str(data.get("error")), OcnRegistryError)
    given = {
        _snake(name): value
        for name, value in data.items()
        if name not in {"error", "says"} or is_mapping(value)
    }
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        values = {
            field.name: read(given.pop(field.name, None), hints[field.name], field.name)
            for field in fields(kind)
        }
        error: OcnRegistryError = kind(**values)
    else:
        error = kind.__new__(kind)
        error.args = (str(data.get("says", "")),)
    for name, value in given.items():
        if name == "tx_hash" or not hasattr(OcnRegistryError, name):
            setattr(error, name, _error_field(value))
    return error


def _error_field(value: object) -> object:
    if is_sequence(value):
        return tuple([_error_field(item) for item in value])
    return _error_of(value) if is_mapping(value) and "says" in value else value


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _below(kind: type[OcnRegistryError]) -> list[type[OcnRegistryError]]:
    found = list(kind.__subclasses__())
    return [*found, *[deeper for each in found for deeper in _below(each)]]
