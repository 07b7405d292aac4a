"""Keccak-256, the hash of everything on the chain.

From pycryptodome: it imports in 15 ms, where eth-utils brings along what takes 200 ms.
"""

from functools import lru_cache

from Crypto.Hash import keccak


def keccak256(message: bytes) -> bytes:
    """Hash a message.

    Args:
        message: Any bytes.

    Returns:
        32 bytes.
    """
    return keccak.new(digest_bits=256, data=message).digest()


@lru_cache(maxsize=256)
def selector(signature: str) -> bytes:
    """Tell the first four bytes by which calldata or revert data names a function or an error.

    Args:
        signature: Name and types, for example `setNode(string)`.

    Returns:
        Four bytes.
    """
    return keccak256(signature.encode())[:4]


@lru_cache(maxsize=64)
def topic(signature: str) -> str:
    """Tell the first topic of an event's log.

    Args:
        signature: Name and types, for example `OperatorUpdate(address,string)`.

    Returns:
        Hexadecimal with `0x`, as logs carry it.
    """
    return "0x" + keccak256(signature.encode()).hex()
