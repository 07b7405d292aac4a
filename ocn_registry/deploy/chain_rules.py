"""Check that a chain's rules are new enough for a contract's code, by asking the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.errors import BadAnswer, RpcRefused
from ocn_registry.transport.chain_queries import creation_runs

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Flow

# Names of opcodes, and the rules that introduced them, newest first.
_NEWER: Final = {
    0x5F: ("PUSH0", "Shanghai"),
    0x5E: ("MCOPY", "Cancun"),
    0x5C: ("TLOAD", "Cancun"),
    0x5D: ("TSTORE", "Cancun"),
    0x49: ("BLOBHASH", "Cancun"),
    0x4A: ("BLOBBASEFEE", "Cancun"),
    0x48: ("BASEFEE", "London"),
    0x46: ("CHAINID", "Istanbul"),
    0x47: ("SELFBALANCE", "Istanbul"),
}
_PUSH1, _PUSH32 = 0x60, 0x7F
_THREE_ZEROS = b"\x60\x00" * 3


def too_new(codes: tuple[bytes, ...]) -> Flow[list[str]]:
    """Return the features that the code needs and the chain lacks.

    The chain is asked to run each opcode that not every chain has.

    Args:
        codes: Deployed code, as the compiler writes it.

    Returns:
        The missing features, in words; empty if the code can run there.
    """
    if not (yield from _runs(b"\x00")):
        raise BadAnswer("the RPC node does not simulate creations: ask another one")
    problems: list[str] = []
    used: set[int] = set()
    for code in codes:
        used |= opcodes(code)
    for opcode, (name, rules) in _NEWER.items():
        if opcode in used and not (yield from _runs(_THREE_ZEROS + bytes([opcode, 0]))):
            problems.append(
                f"the code uses {name}, and the chain has no {rules} rules: update the chain first"
            )
    return problems


def _runs(code: bytes) -> Flow[bool]:
    try:
        yield from creation_runs(code)
    except RpcRefused:
        return False
    return True


def opcodes(code: bytes) -> set[int]:
    """Return the opcodes of a contract's code, without pushed data and metadata.

    Args:
        code: Deployed code, as the compiler writes it.
    """
    found: set[int] = set()
    at, end = 0, len(code) - 2 - int.from_bytes(code[-2:], "big")
    while at < end:
        found.add(code[at])
        at += 1 + (code[at] - _PUSH1 + 1 if _PUSH1 <= code[at] <= _PUSH32 else 0)
    return found
