"""Find out what a key signed in place of a request, for the error that is raised anyway.

A signature of something else recovers an address that nobody knows. The usual mistakes are few,
so each is tried: if one recovers the account, the message says which one it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import SignatureMismatch
from ocn_registry.evm.curve import SIGNATURE_BYTES, recover
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.typed_data import TypedData
from ocn_registry.signing.payload import PersonalPayload
from ocn_registry.signing.signatures import canonical, is_odd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ocn_registry.models import Address
    from ocn_registry.signing.payload import Payload
    from ocn_registry.signing.requests import SignedRequest

_SHORTEST_BYTES: Final = 64
_LONGEST_BYTES: Final = 72
_UNDEPLOYED: Final = (
    "in the form of a contract's, and no contract is there to check it (deploy the wallet first)"
)
_CHAINS: Final = (1, 246, 73799, 31337)  # Ethereum, which wallets start with, and ours
_NEAR: Final = (1, -1, 2, -2)
_AS_MESSAGE: Final = "as a personal message, not as typed data (eth_signTypedData_v4)"


def mismatch_of(request: SignedRequest, signer: Address, *, wallets: bool) -> SignatureMismatch:
    """Return the error for a request that its signer, which is not a contract, did not sign.

    Args:
        request: The request.
        signer: The account, or its controller.
        wallets: Whether a contract wallet could have signed if it were there.
    """
    payload, signature = request.request.payload, request.signature
    if wallets and len(signature) != SIGNATURE_BYTES and not is_odd(signature):
        instead: str | None = _UNDEPLOYED
    else:
        instead = signed_instead(payload, signature, signer)
    return SignatureMismatch(
        signer,
        recover(payload.digest(), signature),
        controlled=None if signer == request.account else request.account,
        instead=instead,
    )


def signed_instead(payload: Payload, signature: bytes, signer: Address) -> str | None:
    """Return what a key signed in place of a payload, for messages; `None` if that is not known.

    Args:
        payload: The payload that should have been signed.
        signature: The signature, in any form.
        signer: The address of the key.
    """
    if not _SHORTEST_BYTES <= len(signature) <= _LONGEST_BYTES:
        return None
    for digest, what in _candidates(payload):
        if recover(digest, canonical(signature, signer, _of(digest))) == signer:
            return what
    return None


def _of(digest: bytes) -> Callable[[], bytes]:
    return lambda: digest


def _candidates(payload: Payload) -> Iterator[tuple[bytes, str]]:
    """Yield the hashes that may have been signed, and what each of them is of."""
    if isinstance(payload, PersonalPayload):
        yield payload.hash(), "of the bare hash, not as a personal message (personal_sign)"
        yield _personal(_text(payload.hash())), "of the hash as text, not as 32 bytes"
    if not isinstance(payload, TypedData):
        return
    digest = payload.digest()
    yield _personal(digest), _AS_MESSAGE
    yield _personal(_text(digest)), _AS_MESSAGE
    yield keccak256(digest), "of the hash of its hash (don't hash the digest)"
    domain = payload.domain
    for chain_id in _CHAINS:
        if chain_id != domain.chain_id:
            other = replace(domain, chain_id=chain_id)
            yield replace(payload, domain=other).digest(), f"for chain {chain_id}"
    for step in _NEAR:
        *others, nonce, deadline = payload.values
        if isinstance(nonce, int) and nonce + step >= 0:
            values = (*others, nonce + step, deadline)
            yield replace(payload, values=values).digest(), f"for nonce {nonce + step}"


def _personal(message: bytes) -> bytes:
    """Return the hash of a personal message (ERC-191)."""
    head = f"\x19Ethereum Signed Message:\n{len(message)}".encode()
    return keccak256(head + message)


def _text(digest: bytes) -> bytes:
    return f"0x{digest.hex()}".encode()
