"""The calldata of writes: the sender's own, and signed requests of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import call, id_words
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


def step(what: Step) -> bytes:
    """Return the call for an intent of the sender, or for a request that another account signed."""
    if isinstance(what, SignedRequest):
        row = REQUESTS[type(what.intent)]
        signer = (abi.address(what.account),) if row.names_signer else ()
        v, r, s = split(what)
        return call(row.raw_signature, *signer, *row.arguments(what.intent), abi.uint(v), r, s)
    if (known := REQUESTS.get(type(what))) is not None:
        return call(known.direct_signature, *known.arguments(what))
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
