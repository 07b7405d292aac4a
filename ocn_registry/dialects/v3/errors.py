"""Convert revert data to errors of `contract_errors`."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

from ocn_registry.errors import BadAnswer, UnknownRevert
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector

if TYPE_CHECKING:
    from ocn_registry.contract_errors import ContractError
    from ocn_registry.errors import Reverted


@cache
def by_selector() -> dict[bytes, type[ContractError]]:
    """Return the error classes by selector."""
    # imported on demand: forty classes take a sixth of the client's import time
    from ocn_registry.contract_errors import contract_errors  # noqa: PLC0415

    return {selector(error.signature): error for error in contract_errors()}


def refuse(data: bytes) -> Reverted:
    """Return the error for revert data.

    Args:
        data: The error's selector and arguments; empty if there was no reason.

    Returns:
        The error, or `UnknownRevert`.
    """
    error = by_selector().get(data[:4])
    if error is None:
        return UnknownRevert(data)
    types = error.signature.removesuffix(")").partition("(")[2]
    words = Words(data[4:])
    try:
        values = [_argument(words, kind) for kind in types.split(",") if kind]
    except BadAnswer:
        return UnknownRevert(data)
    return error(**dict(zip([field.name for field in fields(error)], values, strict=True)))


def _argument(words: Words, kind: str) -> object:
    match kind:
        case "address":
            return words.address()
        case "string":
            return words.text()
        case "bytes2" | "bytes3":
            return words.fixed(int(kind[5:])).decode("latin-1")
        case "uint256[]":
            return words.uints()
        case _:
            return words.uint()
