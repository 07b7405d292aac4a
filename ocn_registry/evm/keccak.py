"""Keccak-256, the hash that Ethereum uses for everything.

It comes from pycryptodome, which imports in 15 ms; eth-utils takes 200 ms. Its objects take longer
to create than a few words take to hash, so its C functions are called directly, with one state for
each thread. If a later pycryptodome moves them, its objects are used.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from Crypto.Hash import keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BYTES = 32
_CAPACITY_BYTES = 64
_ROUNDS = 24
_PADDING = 1  # the padding byte of Keccak; SHA3's is 6


def _by_objects(message: bytes) -> bytes:
    return keccak.new(digest_bits=8 * _BYTES, data=message).digest()


class _Functions(Protocol):
    """The functions of pycryptodome's library; they return 0 on success."""

    def keccak_init(self, state: object, capacity_bytes: object, rounds: object, /) -> int: ...
    def keccak_reset(self, state: object, /) -> int: ...
    def keccak_absorb(self, state: object, message: bytes, size: object, /) -> int: ...
    def keccak_digest(
        self, state: object, out: object, size: object, padding: object, /
    ) -> int: ...


class _Pointer(Protocol):
    def address_of(self) -> object: ...
    def get(self) -> object: ...


def _by_functions() -> Callable[[bytes], bytes]:
    """Return a hash function that makes no objects.

    Raises:
        KeyError: pycryptodome lacks the expected functions.
    """
    library = cast("_Functions", vars(keccak)["_raw_keccak_lib"])
    api = vars(import_module("Crypto.Util._raw_api"))
    pointer = cast("Callable[[], _Pointer]", api["VoidPointer"])
    size, byte = (cast("Callable[[int], object]", api[name]) for name in ("c_size_t", "c_ubyte"))
    buffer = cast("Callable[[int], Iterable[bytes]]", api["create_string_buffer"])
    read = cast("Callable[[object], bytes]", api["get_raw_buffer"])
    out_size, padding = size(_BYTES), byte(_PADDING)

    class Local(threading.local):
        """A thread's hash state and output buffer, which are reused."""

        def __init__(self) -> None:
            made = pointer()
            library.keccak_init(made.address_of(), size(_CAPACITY_BYTES), byte(_ROUNDS))
            self.state, self.out = made.get(), buffer(_BYTES)

    local = Local()

    def hashed(message: bytes) -> bytes:
        state, out = local.state, local.out
        library.keccak_reset(state)
        if library.keccak_absorb(state, message, size(len(message))):
            raise ValueError("keccak can't take the message")
        library.keccak_digest(state, out, out_size, padding)
        return read(out)

    return hashed


def _chosen() -> Callable[[bytes], bytes]:
    try:
        quick = _by_functions()
        known = [b"", bytes(200), b"abc"]
        if [quick(one) for one in known] == [_by_objects(one) for one in known]:
            return quick
    except (KeyError, AttributeError, ImportError, TypeError, ValueError):
        pass
    return _by_objects


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
