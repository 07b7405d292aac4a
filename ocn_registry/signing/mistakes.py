"""Find out what a key signed in place of a request, for the error that is raised anyway.

A signature of anything else recovers to an unknown address. The usual mistakes are few, so each is
tried: if one of them recovers to the account, the message names it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocn_registry.evm.curve import recover
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.typed_data import DOMAIN_TYPE, TypedData
from ocn_registry.signing.payload import PersonalPayload
from ocn_registry.signing.signatures import LONGEST_BYTES, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ocn_registry.models import Address
    from ocn_registry.signing.payload import Payload

_SHORTEST_BYTES: Final = 64
_ETHEREUM: Final = 1  # the chain that wallets start with
_NEAR: Final = (1, -1, 2, -2)
_AS_MESSAGE: Final = "as a personal message, not as typed data (eth_signTypedData_v4)"


def signed_instead(
    payload: Payload, signature: bytes, signer: Address, chains: Iterable[int] = ()
) -> str | None:
    """Return what a key signed in place of a payload, for messages; `None` if that is not known.

    Args:
        payload: The payload that should have been signed.
        signature: The signature, in any form.
        signer: The address of the key.
        chains: Ids of the chains to try besides Ethereum.
    """
    if not _SHORTEST_BYTES <= len(signature) <= LONGEST_BYTES:
        return None
    for digest, what in _candidates(payload, chains):
        if recover(digest, canonical(signature, signer, _constant(digest))) == signer:
            return what
    return None


def _constant(digest: bytes) -> Callable[[], bytes]:
    return lambda: digest


def _candidates(payload: Payload, chains: Iterable[int]) -> Iterator[tuple[bytes, str]]:
    """Yield the hashes that may have been signed, each with a description."""
    if isinstance(payload, PersonalPayload):
        yield payload.hash(), "of the bare hash, not as a personal message (personal_sign)"
        yield _personal(_text(payload.hash())), "of the hash as text, not as 32 bytes"
    if not isinstance(payload, TypedData):
        return
    digest = payload.digest()
    yield _personal(digest), _AS_MESSAGE
    yield _personal(_text(digest)), _AS_MESSAGE
    for text in _written(payload):
        yield _personal(text.encode()), _AS_MESSAGE
    yield keccak256(digest), "of the hash of its hash (don't hash the digest)"
    yield payload.digest_with_packed_lists(), "with its lists packed, as web3j before 4.9.4 does it"
    domain = payload.domain
    for chain_id in sorted({_ETHEREUM, *chains}):
        if chain_id != domain.chain_id:
            other = replace(domain, chain_id=chain_id)
            yield replace(payload, domain=other).digest(), f"for chain {chain_id}"
    for _, field in DOMAIN_TYPE.fields:
        yield payload.digest_without(field), f"without {field} in the domain"
    for step in _NEAR:
        *others, nonce, deadline = payload.values
        if isinstance(nonce, int) and nonce + step >= 0:
            values = (*others, nonce + step, deadline)
            yield replace(payload, values=values).digest(), f"for nonce {nonce + step}"


def _written(payload: TypedData) -> Iterator[str]:
    """Yield a document's texts, as they may have been pasted into a wallet."""
    document = payload.document()
    yield (pretty := json.dumps(document, indent=2, ensure_ascii=False))
    yield pretty + "\n"
    yield json.dumps(document, separators=(",", ":"), ensure_ascii=False)  # JavaScript


def _personal(message: bytes) -> bytes:
    """Return the hash of a personal message (ERC-191)."""
    head = f"\x19Ethereum Signed Message:\n{len(message)}".encode()
    return keccak256(head + message)


def _text(digest: bytes) -> bytes:
    return f"0x{digest.hex()}".encode()
