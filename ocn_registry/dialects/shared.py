"""Signed requests and calls of contract functions, for all generations of the contracts."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ocn_registry.errors import InvalidInput, NoContract
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.errors import Reverted
    from ocn_registry.evm.typed_data import StructType
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Address, PartyId
    from ocn_registry.signing import Value

T = TypeVar("T")
# The values of a request; `None` is omitted from the call.
Values: TypeAlias = "tuple[Value | None, ...]"

# Ids are signed as text and sent as bytes.
ID_TYPES = {"countryCode": "bytes2", "partyId": "bytes3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignableType:
    """How a kind of intent is signed. Each field of the typed data is an attribute of the intent.

    Attributes:
        intent: The class of the intent.
        type: The typed data. Its first field is the account.
        missing: What to do if a value is `None` but must be signed.
    """

    intent: type[SignableIntent]
    type: StructType
    missing: str = ""

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Type and name of the fields that come from the intent."""
        return self.type.fields[1:]

    @property
    def argument_types(self) -> tuple[str, ...]:
        """The types of a function's arguments for `values`."""
        return tuple([ID_TYPES.get(name, kind) for kind, name in self.fields])

    def arguments(self, intent: Intent) -> list[bytes]:
        """Return a function's arguments for `values`, without those that are `None`."""
        pairs = zip(self.argument_types, self.values(intent), strict=True)
        return [argument(kind, value) for kind, value in pairs if value is not None]

    def values(self, intent: Intent) -> Values:
        """Return the values of an intent, in the order of the fields."""
        return tuple([getattr(intent, _attribute(name)) for _, name in self.fields])

    def signed_values(self, intent: Intent) -> tuple[Value, ...]:
        """Return the values of an intent for signing, which requires all of them.

        Raises:
            InvalidInput: A value is missing.
        """
        values = self.values(intent)
        named = tuple([value for value in values if value is not None])
        if len(named) != len(values):
            raise InvalidInput(self.missing)
        return named

    def build(self, values: tuple[Value, ...], **more: object) -> SignableIntent:
        """Return the intent with these values.

        Args:
            values: The values of the fields, in order.
            more: What else its class takes.

        Raises:
            InvalidInput: A value does not exist.
        """
        names = [_attribute(name) for _, name in self.fields]
        return _make(self.intent, **dict(zip(names, values, strict=True)), **more)


def _make(kind: Callable[..., SignableIntent], **values: object) -> SignableIntent:
    """Return an instance of a class, which checks the values itself."""
    return kind(**values)


@cache
def _attribute(name: str) -> str:
    """Return the attribute for a field of typed data: `party_id` for `partyId`."""
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def number(value: Value) -> int:
    """Return a request's value as a number."""
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def call(signature: str, *arguments: bytes) -> bytes:
    """Return a call of a function.

    Args:
        signature: Its name and types.
        arguments: Words and tails, in their order.
    """
    return selector(signature) + abi.join(*arguments)


def argument(kind: str, value: Value) -> bytes:
    """Return an argument of a function; ids are text in requests, and bytes in calls."""
    if isinstance(value, tuple):
        return abi.uints(value)
    if isinstance(value, int):
        return abi.uint(value)
    if kind == "address":
        return abi.address(value)
    return abi.text(value) if kind == "string" else abi.fixed(value.encode("latin-1"))


def id_words(party: PartyId) -> tuple[bytes, bytes]:
    """Return a party's id as the two arguments of a function.

    Each character of a `PartyId` is a byte, so any id in a contract can be expressed. For ids that
    can be written, it equals the UTF-8 encoding.
    """
    return argument("bytes2", party.country_code), argument("bytes3", party.party_id)


def address_or_none(reader: Words) -> Address | None:
    """Read an address; `None` if it is zero."""
    address = reader.address()
    return None if address.is_zero else address


def question(  # noqa: PLR0913 - what a question is made of
    to: Address,
    signature: str,
    arguments: tuple[bytes, ...],
    *,
    decode: Callable[[Words], T],
    refuse: Callable[[bytes], Reverted],
    block: int | None,
) -> Call[T]:
    """Return the call of a view function.

    Args:
        to: Address of the contract.
        signature: The function's name and types.
        arguments: Words and tails.
        decode: Decodes the answer.
        refuse: Converts revert data to an error.
        block: Block after which to read; `None` for the latest.
    """

    def answer(data: bytes) -> T:
        if not data:
            raise NoContract(to)
        return decode(Words(data))

    return Call(to, call(signature, *arguments), answer, refuse, None, block)
