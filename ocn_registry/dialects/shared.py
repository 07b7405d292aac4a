"""Calls of contract functions: what the generations of the contracts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.errors import NoContract
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.protocol.effects import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.errors import Reverted
    from ocn_registry.models import Address, PartyId
    from ocn_registry.signing import Value

T = TypeVar("T")


def call(signature: str, *arguments: bytes) -> bytes:
    """Write a call of a function.

    Args:
        signature: Its name and types.
        arguments: Words and tails, in their order.
    """
    return selector(signature) + abi.join(*arguments)


def argument(kind: str, value: Value) -> bytes:
    """Write one argument of a function; ids are text here and bytes there."""
    if isinstance(value, tuple):
        return abi.uints(value)
    if isinstance(value, int):
        return abi.uint(value)
    if kind == "address":
        return abi.address(value)
    return abi.text(value) if kind == "string" else abi.fixed(value.encode("latin-1"))


def id_words(party: PartyId) -> tuple[bytes, bytes]:
    """Write a party's id as the two arguments of a function.

    A character of a `PartyId` is a byte, so that whatever a contract holds can be named; of what
    can be written, that byte is also its UTF-8.
    """
    return argument("bytes2", party.country_code), argument("bytes3", party.party_id)


def question(  # noqa: PLR0913 - what a question is made of
    to: Address,
    signature: str,
    arguments: tuple[bytes, ...],
    *,
    decode: Callable[[Words], T],
    refuse: Callable[[bytes], Reverted],
    block: int | None,
) -> Call[T]:
    """Ask a function of a contract.

    Args:
        to: Address of the contract.
        signature: The function's name and types.
        arguments: Words and tails.
        decode: Reads the answer.
        refuse: Makes an error of what the function reverts with.
        block: Block at whose end it is asked; `None` for the latest.
    """

    def answer(data: bytes) -> T:
        if not data:
            raise NoContract(to)
        return decode(Words(data))

    return Call(to, call(signature, *arguments), answer, refuse, None, block)
