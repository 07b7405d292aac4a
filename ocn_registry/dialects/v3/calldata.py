"""Calldata of every write, for the sender itself and for a signed request of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import argument, call
from ocn_registry.dialects.v3.owner_writes import OWNER_WRITES
from ocn_registry.dialects.v3.requests import REQUESTS
from ocn_registry.evm import abi
from ocn_registry.intents import CloseImport, InvalidateNonce
from ocn_registry.models import Contract
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.intents import Intent


def contract_of(intent: Intent) -> Contract:
    """Return the contract that takes an intent."""
    if isinstance(intent, InvalidateNonce | CloseImport):
        return intent.contract
    row = REQUESTS.get(type(intent)) or OWNER_WRITES[type(intent)]
    return row.contract or Contract.REGISTRY


def step(what: Intent | SignedRequest) -> bytes:
    """Return the call that takes an intent of the sender, or a request that another signed."""
    if isinstance(what, SignedRequest):
        return _signed(what)
    if row := OWNER_WRITES.get(type(what)):
        return call(row.function, *row.arguments(what))
    request = REQUESTS[type(what)]
    given = [
        (kind, value)
        for kind, value in zip(request.argument_types, request.values(what), strict=True)
        if value is not None
    ]
    whole = len(given) == len(request.argument_types)
    name = request.function if whole else request.short
    types = ",".join([kind for kind, _ in given])
    return call(f"{name}({types})", *[argument(kind, value) for kind, value in given])


def _signed(signed: SignedRequest) -> bytes:
    row = REQUESTS[type(signed.intent)]
    types = ("address", *row.argument_types, "uint256", "uint256")
    values = (
        signed.account,
        *row.signed_values(signed.intent),
        signed.nonce,
        signed.deadline_unix_s,
    )
    arguments = [argument(kind, value) for kind, value in zip(types, values, strict=True)]
    return call(row.raw_signature, *arguments, abi.blob(signed.signature))
