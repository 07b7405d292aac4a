"""Convert signatures from the forms that wallets write to the canonical one.

A contract accepts 65 bytes r, s, v, with a low s and v of 27 or 28. Devices also count v from 0, or
add the chain id to it (EIP-155), which takes several bytes; wallets pack v into s (EIP-2098), key
services return either s, and contract wallets wrap their signature (ERC-6492). None of this changes
who signed. A signature that is not a key's, such as a Safe's, stays unchanged: only the account's
contract can interpret it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.errors import BadAnswer, InvalidInput
from ocn_registry.evm.abi import Words
from ocn_registry.evm.curve import ORDER, SIGNATURE_BYTES, recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address

_WRAPPED: Final = bytes.fromhex("6492" * 16)
_COMPACT_BYTES: Final = 64
_LONGEST_BYTES: Final = _COMPACT_BYTES + 8  # v with a chain id of 64 bits
_TOP_BIT: Final = 1 << 255
_WORD: Final = 32


def is_wrapped(signature: bytes) -> bool:
    """Return whether a signature has a wrapper for undeployed wallets (ERC-6492)."""
    return signature.endswith(_WRAPPED)


def canonical(signature: bytes, account: Address, digest: Callable[[], bytes]) -> bytes:
    """Return a signature in the form that contracts accept.

    Args:
        signature: The signature from the wallet.
        account: The account that should have signed.
        digest: Returns the 32 signed bytes; called only if they are needed.

    Returns:
        65 bytes if the account's key made it; otherwise the unchanged signature, without ERC-6492's
        wrapper.

    Raises:
        InvalidInput: The wrapper is malformed.

    Source: EIP-155, EIP-2098, ERC-6492.
    """
    if is_wrapped(signature):
        signature = _unwrapped(signature)
    if not is_odd(signature):
        return signature
    signed = digest()
    for candidate in _candidates(signature):
        if recover(signed, candidate) == account:
            return candidate
    return signature


def is_odd(signature: bytes) -> bool:
    """Return whether this may be a key's signature in a form that contracts reject."""
    is_long_enough = _COMPACT_BYTES <= len(signature) <= _LONGEST_BYTES
    return is_long_enough and not _is_canonical(signature)


def _is_canonical(signature: bytes) -> bool:
    low_s = int.from_bytes(signature[32:64], "big") <= ORDER // 2
    return len(signature) == SIGNATURE_BYTES and signature[64] in {27, 28} and low_s


def _candidates(signature: bytes) -> list[bytes]:
    """Return the canonical signatures that this can be another form of."""
    s = int.from_bytes(signature[32:64], "big")
    possible = {min(s, ORDER - s)} if s < ORDER else set[int]()
    if len(signature) == _COMPACT_BYTES:
        possible.add(s & ~_TOP_BIT)
    found = [
        signature[:32] + low.to_bytes(_WORD, "big") + bytes([v])
        for low in sorted(possible)
        for v in (27, 28)
    ]
    if len(signature) == _COMPACT_BYTES:  # or r or s began with a zero, and lost it
        for whole in (b"\0" + signature, signature[:32] + b"\0" + signature[32:]):
            found += _candidates(whole)
    return found


def _unwrapped(signature: bytes) -> bytes:
    """Return the inner signature of `(address factory, bytes calldata, bytes signature)`."""
    words = Words(signature[: -len(_WRAPPED)])
    try:
        words.address()
        words.blob()
        return words.blob()
    except BadAnswer:
        raise InvalidInput(
            "the signature ends like one of ERC-6492, but has another form: sign the request again",
        ) from None
