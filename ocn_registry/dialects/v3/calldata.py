"""The calldata of writes: the sender's own, and signed requests of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import call
from ocn_registry.dialects.v3.owner_writes import OWNER_WRITES
from ocn_registry.dialects.v3.requests import REQUESTS
from ocn_registry.errors import InvalidInput
from ocn_registry.evm import abi
from ocn_registry.intents import CloseImport, InvalidateNonce, MoveAccount, SetController
from ocn_registry.models import Contract
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.intents import Acceptance, Intent


def contract_of(intent: Intent) -> Contract:
    """Return the contract that an intent is for."""
    if isinstance(intent, InvalidateNonce | CloseImport):
        return intent.contract
    row = REQUESTS.get(type(intent)) or OWNER_WRITES[type(intent)]
    return row.contract or Contract.REGISTRY


def step(what: Intent | SignedRequest) -> bytes:
    """Return the call for an intent of the sender, or for a request that another account signed."""
    if isinstance(what, SignedRequest):
        return _signed(what)
    if row := OWNER_WRITES.get(type(what)):
        return call(row.function, *row.arguments(what))
    request = REQUESTS[type(what)]
    if not request.function:
        raise InvalidInput(
            f"{type(what).__name__} takes effect only inside another request: sign it, and pass it "
            "as the acceptance of MoveAccount or SetController",
        )
    given = request.arguments(what)
    if isinstance(what, MoveAccount | SetController):
        given.append(_acceptance(what.acceptance))
    is_short = None in request.values(what)
    return call(request.short if is_short else request.direct_signature, *given)


def _signed(signed: SignedRequest) -> bytes:
    row = REQUESTS[type(signed.intent)]
    if not row.function:
        return step(signed.intent)  # its error says why
    row.signed_values(signed.intent)  # checks that none is missing
    arguments = [
        abi.address(signed.account),
        *row.arguments(signed.intent),
        abi.uint(signed.nonce),
        abi.uint(signed.deadline_unix_s),
        abi.blob(signed.signature),
    ]
    if row.takes_acceptance:
        arguments.append(_acceptance(signed.acceptance))
    return call(row.raw_signature, *arguments)


def _acceptance(given: Acceptance | None) -> abi.Tail:
    """Return the acceptance argument; an empty one if none is needed."""
    if given is None:
        return abi.Tail(abi.join(abi.uint(0), abi.uint(0), abi.blob(b"")))
    return abi.Tail(
        abi.join(abi.uint(given.nonce), abi.uint(given.deadline_unix_s), abi.blob(given.signature)),
    )
