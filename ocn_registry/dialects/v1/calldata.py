"""Calldata of every write, for the sender itself and for a signed request of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import argument, call, id_words
from ocn_registry.dialects.v1.requests import REQUEST_TYPES, split, values_of
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.evm import abi
from ocn_registry.intents import (
    AdminDeleteOperator,
    AdminDeleteParty,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    RenounceOwnership,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    TransferOwnership,
)
from ocn_registry.models import PartyId
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects.base import Step
    from ocn_registry.dialects.v1.requests import RequestType
    from ocn_registry.signing import Value

# The ids are signed as text and sent as bytes.
_ID_TYPES = {"countryCode": "bytes2", "partyId": "bytes3"}


def step(what: Step) -> bytes:
    """Write the call that takes an intent of the sender, or a request that another signed."""
    match what:
        case SignedRequest():
            kind = REQUEST_TYPES[type(what.intent)]
            values = (what.account, *values_of(what.intent))
            v, r, s = split(what)
            types, arguments = _arguments(kind, values, with_signer=kind.tells_signer)
            signature = f"{kind.function}Raw({','.join((*types, 'uint8', 'bytes32', 'bytes32'))})"
            return call(signature, *arguments, abi.uint(v), r, s)
        case (
            SetNode()
            | DeleteNode()
            | SetParty()
            | SetPartyModules()
            | DeleteParty()
            | SetService()
            | DeleteService()
            | CreateAgreement()
            | RevokeAgreement()
        ):
            kind = REQUEST_TYPES[type(what)]
            types, arguments = _arguments(kind, ("", *values_of(what)), with_signer=False)
            return call(f"{kind.function}({','.join(types)})", *arguments)
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
    kind: RequestType,
    values: tuple[Value, ...],
    *,
    with_signer: bool,
) -> tuple[list[str], list[bytes]]:
    """Give types and words of a function's arguments."""
    start = 0 if with_signer else 1
    types = [_ID_TYPES.get(name, told) for told, name in kind.type.fields[start:]]
    return types, [argument(*pair) for pair in zip(types, values[start:], strict=True)]
