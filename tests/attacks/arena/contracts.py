"""Contracts that attackers deploy: malicious signers, in a few bytes of machine code each.

Machine code is what an attacker would use, and needs no compiler.
"""

from eth_utils.address import to_checksum_address

from .people import Person
from .target import Target

# isValidSignature(bytes32,bytes), which is also the answer for a valid signature.
_MAGIC = "1626ba7e"


def _store_first(word: str) -> str:
    """Store a word of up to 4 bytes, left-aligned, in memory at 0."""
    return f"63{word}60e01b600052"  # PUSH4 word, PUSH1 224, SHL, PUSH1 0, MSTORE


_YES = _store_first(_MAGIC) + "60206000f3"  # RETURN 32 bytes

CODES = {
    "says yes": _YES,
    "answers nothing": "00",  # STOP
    "says true": "600160005260206000f3",
    "says yes in 4 bytes": _store_first(_MAGIC) + "60046000f3",
    "says yes in 31 bytes": _store_first(_MAGIC) + "601f6000f3",
    "says yes as a number": f"63{_MAGIC}60005260206000f3",
    "says yes and more": _store_first(_MAGIC) + "600160045360206000f3",  # MSTORE8
    "says yes and reverts": _store_first(_MAGIC) + "60206000fd",
    "repeats the question": "366000600037366000f3",  # CALLDATACOPY, RETURN
    "burns all gas": "5b600056",  # JUMPDEST, PUSH1 0, JUMP
    "answers with 300 kB": "620493e06000f3",
}


def contract_at(number: int, name: str = "contract") -> Person:
    """Return the contract that `place` puts there."""
    return Person(name, to_checksum_address(f"0x{0xC0DE0000 + number:040x}"))


def place(t: Target, behaviour: str, number: int = 1) -> Person:
    """Deploy a contract that behaves like this when it is asked about a signature."""
    return place_code(t, behaviour, CODES[behaviour], number)


def place_code(t: Target, name: str, code: str, number: int = 1) -> Person:
    signer = contract_at(number, name)
    t.chain.request("anvil_setCode", signer.address, "0x" + code)
    return signer


def sends_when_asked(target: str, data: bytes) -> str:
    """Return code that accepts any signature, and first sends its own call if the signature is
    not empty.
    """
    # CALLDATASIZE, PUSH1 100, EQ, PUSH2 <end>, JUMPI: the calldata is longer with a signature.
    head = "3660641461{end:04x}57"
    # CODECOPY the calldata to memory, CALL target with it, POP.
    send = "61{size:04x}61{start:04x}600039" + "6000600061{size:04x}60006000" + "73{to}5af150"
    texts = {"to": target[2:].lower(), "size": len(data)}
    lengths = len((head + send).format(end=0, start=0, **texts)) // 2
    tail = "5b" + _YES
    start = lengths + len(tail) // 2
    return (head + send).format(end=lengths, start=start, **texts) + tail + data.hex()
