"""Explain why a signature is rejected.

Only callers that check a single request get this explanation: trying the usual mistakes takes a
dozen recoveries, and a stranger must not be able to cause that at a relay with each bad signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.errors import SignatureMismatch
from ocn_registry.evm.curve import SIGNATURE_BYTES
from ocn_registry.models import Address
from ocn_registry.networks import built_in, names
from ocn_registry.protocol.effects import Local
from ocn_registry.signing import SignedRequest, is_odd
from ocn_registry.signing.mistakes import signed_instead

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.errors import RequestRejected
    from ocn_registry.protocol.effects import Flow

_UNDEPLOYED: Final = (
    "in the form of a contract's, and no contract is there to check it (deploy the wallet first)"
)


def explained(
    dialect: Dialect,
    request: SignedRequest,
    error: RequestRejected,
    contracts: tuple[Address, ...],
) -> Flow[RequestRejected]:
    """Return the error, with what was signed in place of the request if that can be determined.

    Args:
        dialect: The dialect of the deployment.
        request: The request.
        error: Why it was rejected. Only errors about a key's signature are explained; others are
            returned unchanged.
        contracts: The contracts that checked its signatures (ERC-1271).
    """
    if not isinstance(error, SignatureMismatch):
        return error
    has_contract = error.account in contracts  # of an account that delegates, a key counts, too
    accepted = request.request.acceptance
    if isinstance(accepted, SignedRequest) and accepted.account == error.account:
        request = accepted
    signature, payload, signer = request.signature, request.request.payload, Address(error.account)
    wallets = dialect.limits.has_contract_signers
    if wallets and not has_contract and len(signature) != SIGNATURE_BYTES and not is_odd(signature):
        instead: str | None = _UNDEPLOYED
    else:
        chains = [built_in(name).chain_id for name in names()]
        instead = yield from Local(lambda: signed_instead(payload, signature, signer, chains))
        if has_contract and instead is None:
            return error
    return SignatureMismatch(signer, error.recovered, controlled=error.controlled, instead=instead)
