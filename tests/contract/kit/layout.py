"""Where both contracts keep what they know, by the drawings beside their structs."""

from eth_utils.crypto import keccak

# Slots of the state variables.
REGISTRY = {
    "counters": 4,
    "accounts": 5,
    "holders": 6,
    "ids": 7,
    "domains": 8,
    "hosts": 9,
    "operators": 10,
}
PERMISSIONS = {
    "counters": 2,
    "accounts": 3,
    "providers": 4,
    "descriptions": 5,
    "consents": 6,
    "consented_to": 7,
}


def entry(mapping: int, key: bytes | int | str) -> int:
    """Return the slot of a mapping's entry.

    Args:
        mapping: Slot of the mapping.
        key: Number, address, or `bytesN`, which stand at the left of their word.
    """
    if isinstance(key, str):
        key = int(key, 16)
    word = key.to_bytes(32, "big") if isinstance(key, int) else key.ljust(32, b"\0")
    return int.from_bytes(keccak(word + mapping.to_bytes(32, "big")), "big")


def item(array: int, index: int) -> int:
    """Return the slot of a dynamic array's item, a word each."""
    return int.from_bytes(keccak(array.to_bytes(32, "big")), "big") + index


def fields(word: int, **widths: int) -> dict[str, int]:
    """Cut a slot into its fields, from the lowest byte up; refuse bits past the last."""
    values = {}
    for name, size in widths.items():
        values[name] = word & ((1 << 8 * size) - 1)
        word >>= 8 * size
    if word:
        raise AssertionError(f"bits past the last field: {word:#x}")
    return values
