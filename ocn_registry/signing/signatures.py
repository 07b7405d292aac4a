"""Convert signatures from the forms that wallets write to the canonical one.

A contract accepts 65 bytes r, s, v, with a low s and v of 27 or 28. Devices also count v from 0, or
add the chain id to it (EIP-155), which takes several bytes; wallets pack v into s (EIP-2098), key
services return either s, also in DER form and without v, some libraries write v first, and contract
wallets wrap their signature (ERC-6492). None of this changes who signed. A signature that is not a
key's, such as a Safe's, stays unchanged: only the account's contract can interpret it.
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
LONGEST_BYTES: Final = _COMPACT_BYTES + 8  # v with a chain id of 64 bits; or in DER form
_TOP_BIT: Final = 1 << 255
_WORD: Final = 32
_FIRST_V: Final = {0, 1, 27, 28, 31, 32}  # 31, 32: of a compressed key, in Bitcoin's libraries


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

    Source: EIP-155, EIP-2098, ERC-6492; SEC 1, section C.8 (DER form).
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
    is_long_enough = _COMPACT_BYTES <= len(signature) <= LONGEST_BYTES
    return is_long_enough and not _is_canonical(signature)


def _is_canonical(signature: bytes) -> bool:
    low_s = int.from_bytes(signature[32:64], "big") <= ORDER // 2
    return len(signature) == SIGNATURE_BYTES and signature[64] in {27, 28} and low_s


def _candidates(signature: bytes) -> list[bytes]:
    """Return the canonical signatures that this can be another form of."""
    parts = _der_parts(signature)
    if parts is not None:
        return _with_both_v(parts)
    found = _with_both_v(signature[:_COMPACT_BYTES], compact=len(signature) == _COMPACT_BYTES)
    if len(signature) == _COMPACT_BYTES:  # or r or s began with a zero, and lost it
        found += _with_both_v(b"\0" + signature[:-1])
        found += _with_both_v(signature[:_WORD] + b"\0" + signature[_WORD:-1])
    elif len(signature) == SIGNATURE_BYTES and signature[0] in _FIRST_V:
        found += _with_both_v(signature[1:])
    return found


def _with_both_v(parts: bytes, *, compact: bool = False) -> list[bytes]:
    """Return the canonical signatures of r and s, 64 bytes; s may hold v (EIP-2098)."""
    s = int.from_bytes(parts[_WORD:], "big")
    possible = {min(s, ORDER - s)} if s < ORDER else set[int]()
    if compact:
        possible.add(s & ~_TOP_BIT)
    return [
        parts[:_WORD] + low.to_bytes(_WORD, "big") + bytes([v])
        for low in sorted(possible)
        for v in (27, 28)
    ]


def _der_parts(signature: bytes) -> bytes | None:
    """Return r and s, 64 bytes, of a signature in DER form; `None` if it has another form."""
    if signature[:1] != b"\x30" or signature[1] != len(signature) - 2:
        return None
    rest, parts = signature[2:], b""
    for _ in range(2):
        if rest[:1] != b"\x02" or len(rest) < 2:  # noqa: PLR2004 - tag and length
            return None
        number, rest = rest[2 : 2 + rest[1]].lstrip(b"\0"), rest[2 + rest[1] :]
        if len(number) > _WORD:
            return None
        parts += number.rjust(_WORD, b"\0")
    return None if rest else parts


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
