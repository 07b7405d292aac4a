"""How the public Kotlin nodes read a body: into maps or into a class, and what a class misreads.

Such a node parses the body of a request into one of its classes and verifies the values of that
object. A field that the class lacks is lost, a 32-bit float has a different text from the number
that was sent, and a body that does not fit is refused. PATCH requests and the `data` of responses
are parsed into maps, which keep everything.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.notary.node_classes import ANY, CLASSES, ENUMS, FLOAT_FIELDS
from ocn_registry.notary.numbers import float_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.notary.node_classes import Field
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain

MAX_INT = (1 << 31) - 1
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,9}", re.ASCII)
# A body belongs to the first class whose fields listed here it has.
_KINDS = (
    ("Response", {"status_code", "timestamp"}),
    ("CDR", {"cdr_token", "cdr_location"}),
    ("Session", {"cdr_token", "kwh"}),
    ("Tariff", {"elements", "currency"}),
    ("Location", {"coordinates", "publish"}),
    ("Evse", {"uid", "connectors"}),
    ("Connector", {"standard", "power_type"}),
    ("Token", {"uid", "whitelist"}),
    ("ReserveNow", {"response_url", "token", "reservation_id"}),
    ("StartSession", {"response_url", "token"}),
    ("StopSession", {"response_url", "session_id"}),
    ("UnlockConnector", {"response_url", "connector_id"}),
    ("CancelReservation", {"response_url", "reservation_id"}),
    ("SetChargingProfile", {"response_url", "charging_profile"}),
    ("ActiveChargingProfile", {"start_date_time", "charging_profile"}),
    ("ChargingPreferences", {"profile_type"}),
    ("ClientInfo", {"country_code", "party_id", "role", "status"}),
    ("LocationReferences", {"location_id", "evse_uids"}),
    ("LocationReferences", {"location_id", "connector_ids"}),
    ("GenericChargingProfileResult", {"result", "profile"}),
    ("CommandResult", {"result", "message"}),
)


class Misread(Enum):
    """Why a node does not read a value as it was sent."""

    UNKNOWN_FIELD = 1
    UNKNOWN_VALUE = 2
    NOT_AN_INTEGER = 3
    WRONG_TYPE = 4
    MISSING = 5


class Misreading(NamedTuple):
    """A value that a node's class does not hold.

    Attributes:
        path: Where it is.
        kind: Name of the class, or of the enumeration.
        why: What is wrong.
        value: The value.
        expected: The type of the field, where that is what is wrong.
    """

    path: Path
    kind: str
    why: Misread
    value: Plain
    expected: str = ""


def is_float_field(path: Path, *, into_maps: bool) -> bool:
    """Return whether a node stores the value at a path as a 32-bit float, judging by its name.

    Args:
        path: The path of a value in the message.
        into_maps: Whether nodes parse the body into maps; see `reads_into_maps`.
    """
    return not into_maps and path[0] == "body" and path[-1] in FLOAT_FIELDS


def reads_into_maps(root: dict[str, Plain], method: str | None = None) -> bool:
    """Return whether nodes parse a body into maps, which keep every field and number.

    Args:
        root: The message.
        method: The request's method, if known.
    """
    return method == "PATCH" or kind_of(root.get("body")) == "Response"


def kind_of(body: Plain) -> str | None:
    """Return the class that nodes parse a body into; `None` if they have none for it."""
    if not isinstance(body, dict):
        return None
    named = next((kind for kind, fields in _KINDS if fields <= body.keys()), None)
    if named is not None:
        return named
    if body.keys() == {"location_id"}:
        return "LocationReferences"
    if body.keys() == {"result"}:  # of the two classes, the one that has the value
        of_profile = body["result"] in ENUMS["ChargingProfileResultType"]
        of_command = body["result"] in ENUMS["CommandResultType"]
        return "GenericChargingProfileResult" if of_profile > of_command else "CommandResult"
    return None


def misread(root: dict[str, Plain]) -> Iterator[Misreading]:
    """Yield the values that nodes' classes can't hold, and the fields that they need."""
    body = root.get("body")
    kind = kind_of(body)
    if kind is not None and isinstance(body, dict):
        yield from _in_object(body, kind, ("body",))


def _in_object(value: dict[str, Plain], kind: str, path: Path) -> Iterator[Misreading]:
    for key, item in value.items():
        field = CLASSES[kind].get(key)
        if field is not None:
            yield from _in_field(item, field, kind, (*path, key))
        elif item not in (None, "", [], {}):
            yield Misreading((*path, key), kind, Misread.UNKNOWN_FIELD, item)
    for key, field in CLASSES[kind].items():
        if field.is_required and value.get(key) is None:
            yield Misreading((*path, key), kind, Misread.MISSING, None)


def _in_field(value: Plain, field: Field, kind: str, path: Path) -> Iterator[Misreading]:
    if value is None or field.model == ANY:
        return
    if not field.is_list:
        yield from _in_one(value, field, kind, path)
    elif not isinstance(value, list):
        yield Misreading(path, kind, Misread.WRONG_TYPE, value, "a list")
    else:
        for index, item in enumerate(value):
            if item is not None:
                yield from _in_one(item, field, kind, (*path, index))


def _in_one(value: Plain, field: Field, kind: str, path: Path) -> Iterator[Misreading]:
    expected = _expected(value, field)
    if expected:
        yield Misreading(path, kind, Misread.WRONG_TYPE, value, expected)
    elif field.model and isinstance(value, dict):
        yield from _in_object(value, field.model, path)
    elif field.enum and value not in ENUMS[field.enum]:
        yield Misreading(path, field.enum, Misread.UNKNOWN_VALUE, value)
    elif field.is_int and isinstance(value, (int, float)) and not _is_int(value):
        yield Misreading(path, kind, Misread.NOT_AN_INTEGER, value)


def _expected(value: Plain, field: Field) -> str:
    """Return the type that a field needs, if the value has another one; otherwise empty text.

    Jackson reads a text as a number, and a number as a text. That is harmless as long as the text
    that it reads is the one that was sent.
    """
    if field.model:
        return "" if isinstance(value, dict) else "an object"
    if isinstance(value, (dict, list)):
        return "one value"
    if field.is_bool:
        return "" if isinstance(value, bool) or value in ("true", "false") else "true or false"
    if field.is_int or field.is_float:
        is_bool = isinstance(value, bool)
        is_other_text = isinstance(value, str) and not _is_number_text(value, field)
        return "a number" if is_bool or is_other_text else ""
    return ""


def _is_number_text(text: str, field: Field) -> bool:
    """Return whether a number that is read from a text has this text."""
    if field.is_int:
        return bool(_INTEGER.fullmatch(text)) and abs(int(text)) <= MAX_INT
    try:
        return float_text(float(text)) == text
    except (ValueError, OverflowError):
        return False


def _is_int(value: float) -> bool:
    """Return whether a 32-bit integer holds a number unchanged."""
    return value == int(value) and abs(value) <= MAX_INT
