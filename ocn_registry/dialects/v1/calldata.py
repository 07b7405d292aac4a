"""The calldata of writes: the sender's own, and signed requests of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import ID_TYPES, argument, call, id_words
from ocn_registry.dialects.v1.requests import REQUESTS, split
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.evm import abi
from ocn_registry.intents import (
    AdminDeleteOperator,
    AdminDeleteParty,
    RenounceOwnership,
    TransferOwnership,
)
from ocn_registry.models import PartyId
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects.steps import Step
    from ocn_registry.dialects.v1.requests import RequestType
    from ocn_registry.signing import Value


def step(what: Step) -> bytes:
    """Return the call for an intent of the sender, or for a request that another account signed."""
    if isinstance(what, SignedRequest):
        row = REQUESTS[type(what.intent)]
        values = (what.account, *row.values(what.intent))
        v, r, s = split(what)
        types, arguments = _arguments(row, values, with_signer=row.names_signer)
        signature = f"{row.function}Raw({','.join((*types, 'uint8', 'bytes32', 'bytes32'))})"
        return call(signature, *arguments, abi.uint(v), r, s)
    if (known := REQUESTS.get(type(what))) is not None:
        types, arguments = _arguments(known, ("", *known.values(what)), with_signer=False)
        return call(f"{known.function}({','.join(types)})", *arguments)
    match what:
        case AdminDeleteOperator():
            return call("adminDeleteOperator(address)", abi.address(what.operator))
        case AdminDeleteParty():
            return call(
                "adminDeleteParty(bytes2,bytes3)",
                *id_words(PartyId(what.country_code, what.party_id)),
            )
        case TransferOwnership():
            return call("transferOwnership(address)", abi.address(what.new_owner))
        case RenounceOwnership():
            return call("renounceOwnership()")
        case _:
            raise unsupported(f"do {type(what).__name__}")


def _arguments(
    row: RequestType,
    values: tuple[Value, ...],
    *,
    with_signer: bool,
) -> tuple[list[str], list[bytes]]:
    """Return the types and words of a function's arguments."""
    start = 0 if with_signer else 1
    types = [ID_TYPES.get(name, kind) for kind, name in row.type.fields[start:]]
    return types, [argument(*pair) for pair in zip(types, values[start:], strict=True)]
