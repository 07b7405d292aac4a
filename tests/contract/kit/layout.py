"""The storage layout of both contracts, as drawn in `contracts/libraries/Words.sol`."""

from eth_utils.crypto import keccak

# Slots of the state variables.
REGISTRY = {
    "counters": 4,
    "accounts": 5,
    "controllers": 6,
    "parties": 7,
    "websites": 8,
    "ids": 9,
    "other_ids": 10,
    "heirs": 11,
    "domains": 12,
    "hosts": 13,
    "left": 14,
    "nodes": 15,
}
PERMISSIONS = {
    "counters": 2,
    "nonce_counts": 3,
    "offers": 4,
    "descriptions": 5,
    "providers": 6,
    "consents": 7,
    "agreements": 8,
}


def entry(mapping: int, key: bytes | int | str) -> int:
    """Return the slot of a mapping's entry.

    Args:
        mapping: Slot of the mapping.
        key: Number, address, or `bytesN`, which are left-aligned in their word.
    """
    if isinstance(key, str):
        key = int(key, 16)
    word = key.to_bytes(32, "big") if isinstance(key, int) else key.ljust(32, b"\0")
    return int.from_bytes(keccak(word + mapping.to_bytes(32, "big")), "big")


def fields(word: int, **widths: int) -> dict[str, int]:
    """Split a slot into fields of the given widths, lowest first; refuse bits past the last."""
    values = {}
    for name, bits in widths.items():
        values[name] = word & ((1 << bits) - 1)
        word >>= bits
    if word:
        raise AssertionError(f"bits past the last field: {word:#x}")
    return values
