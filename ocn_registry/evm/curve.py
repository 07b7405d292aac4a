"""Sign, recover and check signatures on the curve secp256k1.

It uses coincurve (libsecp256k1) directly: with eth-account around it, a signature takes seven times
as long, and the first one waits 0.9 s for imports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.evm.address import Address
from ocn_registry.evm.keccak import keccak256

if TYPE_CHECKING:
    from coincurve import PrivateKey, PublicKey

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGNATURE_BYTES: Final = 65
_V_FROM: Final = 27


def sign(key: PrivateKey, digest: bytes) -> bytes:
    """Sign 32 bytes.

    Args:
        key: The private key.
        digest: The bytes, which are not hashed again.

    Returns:
        65 bytes: r, s, v, with a low s and v of 27 or 28.
    """
    made = key.sign_recoverable(digest, hasher=None)  # pyright: ignore[reportUnknownMemberType] # its hasher's
    return made[:64] + bytes([made[64] + _V_FROM])


def recover(digest: bytes, signature: bytes) -> Address | None:
    """Return the address whose key made a signature.

    Args:
        digest: The 32 bytes that were signed.
        signature: 65 bytes: r, s, v.

    Returns:
        The address; `None` if a contract would not accept the signature (65 bytes, low s, v of
        27 or 28), or if it belongs to no key.
    """
    from coincurve import PublicKey  # noqa: PLC0415 - only for callers that check signatures

    if len(signature) != SIGNATURE_BYTES or signature[64] not in {27, 28}:
        return None
    if int.from_bytes(signature[32:64], "big") > ORDER // 2:
        return None
    plain = signature[:64] + bytes([signature[64] - _V_FROM])
    try:
        return address_of(PublicKey.from_signature_and_message(plain, digest, hasher=None))
    except ValueError:
        return None


def address_of(key: PublicKey) -> Address:
    """Return the address of a public key."""
    return Address.from_bytes(keccak256(key.format(compressed=False)[1:])[-20:])
