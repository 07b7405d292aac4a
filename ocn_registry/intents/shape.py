"""Checks of the shape of intents, for every generation of the contracts.

Each check takes the intent and the name of a field, and raises `InvalidInput` if the field's value
is not valid.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, TypeGuard, TypeVar

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, PartyId, named, permissions_of
from ocn_registry.portable.base import Portable

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=IntEnum)
T = TypeVar("T")


def keep(intent: object, name: str, value: object) -> None:
    """Store the checked value of a field."""
    object.__setattr__(intent, name, value)


def check_text(intent: object, *names: str) -> None:
    """Check that fields hold text that can be encoded."""
    for name in names:
        value = getattr(intent, name)
        if not isinstance(value, str):
            raise InvalidInput(f"{shown(value)} is not a valid {name}: give text")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(
                f"the {name} {shown(value)} contains an unpaired surrogate: write it again",
            ) from None


def check_address(intent: object, name: str) -> None:
    """Check an address, and store it with its checksum."""
    keep(intent, name, Address(getattr(intent, name)))


def check_number(intent: object, name: str) -> None:
    """Check that a field holds a number of 256 bits."""
    value = getattr(intent, name)
    if type(value) is not int or not 0 <= value < 1 << 256:
        raise InvalidInput(
            f"{shown(value)} is not a valid {name}: give a number from 0 to 2^256 - 1",
        )


def _sequence(what: str, values: object, one: Callable[[object], T]) -> tuple[T, ...]:
    if isinstance(values, (str, bytes)) or not _is_iterable(values):
        raise InvalidInput(f"{shown(values)} is not a list of {what}: give a tuple or a list")
    return tuple([one(value) for value in values])


def _is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable)


def check_members(intent: object, name: str, kind: type[E]) -> None:
    """Check a list of members of an enumeration, or their numbers, and store a tuple."""

    def member(value: object) -> E:
        if isinstance(value, kind):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            with suppress(ValueError):
                return kind(value)
        names = ", ".join(known.name for known in named(kind))
        raise InvalidInput(
            f"{shown(value)} is not a valid {kind.__name__}: "
            f"give one of {kind.__name__}.{{{names}}}",
        )

    keep(intent, name, _sequence(name, getattr(intent, name), member))


def checked_permissions(values: object) -> tuple[int, ...]:
    """Return permissions in ascending order, without duplicates."""

    def number(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
            return int(value)
        raise InvalidInput(f"{shown(value)} is not a valid permission: give members of Permission")

    return permissions_of(_sequence("permissions", values, number))


def check_instances(intent: object, name: str, kind: type[T]) -> None:
    """Check a list of instances of a class, and store a tuple."""

    def instance(value: object) -> T:
        if isinstance(value, kind):
            return value
        raise InvalidInput(f"{shown(value)} is not a {kind.__name__}: give values of that class")

    keep(intent, name, _sequence(name, getattr(intent, name), instance))


def check_optional_id(intent: object) -> None:
    """Check an id that may be left out: both halves, or neither."""
    country_code: str | None = getattr(intent, "country_code")  # noqa: B009
    party_id: str | None = getattr(intent, "party_id")  # noqa: B009
    if country_code is not None or party_id is not None:
        PartyId(country_code or "", party_id or "")


class IntentBase(Portable):
    """The base of all intents. In JSON, the key `intent` names the class; no key may be unknown."""

    __slots__ = ()
    signable: ClassVar[bool] = True
    kind_key: ClassVar[str] = "intent"
    only_known_keys: ClassVar[bool] = True


class OwnerIntentBase(IntentBase):
    """The base of intents that can't be signed for a spender; see `kinds`."""

    __slots__ = ()
    signable: ClassVar[bool] = False
