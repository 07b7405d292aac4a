"""Calls of contract functions, for all generations of the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ocn_registry.errors import NoContract
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.models import Module, Role
from ocn_registry.protocol.effects import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address, PartyId
    from ocn_registry.signing import Value

T = TypeVar("T")
IntentT = TypeVar("IntentT")
# The values of a request; `None` is omitted from the call.
Values: TypeAlias = "tuple[Value | None, ...]"

# Ids are signed as text and sent as bytes.
ID_TYPES = {"countryCode": "bytes2", "partyId": "bytes3"}


def checked(kind: type[IntentT], read: Callable[[IntentT], T]) -> Callable[[Intent], T]:
    """Return a function of one kind of intent as a function of any, for a table.

    Args:
        kind: The kind of intent.
        read: The function of that kind.
    """

    def read_checked(intent: Intent) -> T:
        if not isinstance(intent, kind):
            raise TypeError(intent)
        return read(intent)

    return read_checked


def numbers(value: Value) -> tuple[int, ...]:
    """Return a request's value as a list of numbers."""
    if not isinstance(value, tuple):
        raise TypeError(value)
    return value


def number(value: Value) -> int:
    """Return a request's value as a number."""
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def roles(value: Value) -> tuple[Role, ...]:
    """Return a request's value as a list of roles."""
    return tuple([Role(number) for number in numbers(value)])


def modules(value: Value) -> tuple[Module, ...]:
    """Return a request's value as a list of modules."""
    return tuple([Module(number) for number in numbers(value)])


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
