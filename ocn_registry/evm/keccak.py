"""Keccak-256, the hash that Ethereum uses for everything.

It comes from pycryptodome, whose C functions are called directly, with one state for each thread.
Its own module makes an object for each hash, which takes longer than hashing a few words does, and
takes 15 ms to import, since it runs the program `file`. That module is used if a later pycryptodome
moves the functions. Importing eth-utils takes 200 ms.
"""

from __future__ import annotations

import threading
from ctypes import CDLL, byref, c_char_p, c_size_t, c_ubyte, c_void_p, create_string_buffer
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTES = 32
_CAPACITY_BYTES = 64
_ROUNDS = 24
_PADDING = 1  # the padding byte of Keccak; SHA3's is 6
# Hashes of no bytes, of "abc", and of more than a block. Source: the Keccak team's test vectors;
# the last one by pycryptodome's own module.
_KNOWN: Final = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    bytes(200): "e1bb54e1bc3af48d01e5dbfc81015c98152a574f6428c6948aa4837c9c0baad9",
}


def _by_functions() -> Callable[[bytes], bytes]:
    """Return a hash function that calls the C functions; they return 0 on success.

    Raises:
        ImportError: pycryptodome lacks the library.
        OSError: The library can't be loaded.
        AttributeError: The library lacks a function.
    """
    found = find_spec("Crypto.Hash._keccak")
    if found is None or found.origin is None:
        raise ImportError("pycryptodome has no Crypto.Hash._keccak")
    library = CDLL(found.origin)
    init, reset = library.keccak_init, library.keccak_reset
    absorb, digest = library.keccak_absorb, library.keccak_digest
    init.argtypes = [c_void_p, c_size_t, c_ubyte]
    reset.argtypes = [c_void_p]
    absorb.argtypes = [c_void_p, c_char_p, c_size_t]
    digest.argtypes = [c_void_p, c_char_p, c_size_t, c_ubyte]

    class Local(threading.local):
        """A thread's hash state and output buffer, which are reused."""

        def __init__(self) -> None:
            self.state = c_void_p()
            init(byref(self.state), _CAPACITY_BYTES, _ROUNDS)
            self.out = create_string_buffer(_BYTES)

    local = Local()

    def hashed(message: bytes) -> bytes:
        state, out = local.state, local.out
        reset(state)
        if absorb(state, message, len(message)):
            raise ValueError("keccak can't take the message")
        digest(state, out, _BYTES, _PADDING)
        return out.raw

    return hashed


def _chosen() -> Callable[[bytes], bytes]:
    try:
        quick = _by_functions()
        if all(quick(message).hex() == known for message, known in _KNOWN.items()):
            return quick
    except (ImportError, OSError, AttributeError, ValueError):
        pass
    from Crypto.Hash import keccak  # noqa: PLC0415 - see above

    return lambda message: keccak.new(digest_bits=8 * _BYTES, data=message).digest()


_hash = _chosen()


def keccak256(message: bytes) -> bytes:
    """Hash a message.

    Args:
        message: Any bytes.

    Returns:
        32 bytes.
    """
    return _hash(message)


@lru_cache(maxsize=256)
def selector(signature: str) -> bytes:
    """Return the first four bytes by which calldata or revert data names a function or an error.

    Args:
        signature: Name and types, for example `setNode(string)`.

    Returns:
        Four bytes.
    """
    return keccak256(signature.encode())[:4]


@lru_cache(maxsize=64)
def topic(signature: str) -> str:
    """Return the first topic of an event's log.

    Args:
        signature: Name and types, for example `OperatorUpdate(address,string)`.

    Returns:
        Hexadecimal with `0x`, as logs carry it.
    """
    return "0x" + keccak256(signature.encode()).hex()
