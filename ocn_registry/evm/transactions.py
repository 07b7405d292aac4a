"""Transactions as they are signed and sent: RLP, of the form of EIP-1559 or of the one before.

Written out here so that a signature can be put to a transaction that was never out of our hands:
whoever signs, a key of this process or a device, gives 65 bytes, and all else is ours.

Source: EIP-1559, EIP-2718, EIP-155.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.rlp import decode
from ocn_registry.models import Address
from ocn_registry.portable.base import Portable

_TYPE = b"\x02"
_SIGNATURE_FIELDS = 3
_WORD = 32
_ADDRESS = 20
_V_OF_CHAIN = 35  # EIP-155: v is this, twice the chain id, and the parity
Fields: TypeAlias = "list[bytes | list[bytes]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction, ready to be signed.

    Attributes:
        chain_id: Chain that it is for.
        nonce: Number among the sender's transactions.
        to: Address of the contract.
        data: Calldata.
        gas: Greatest amount of gas that it may use.
        max_fee_per_gas_wei: Most that is paid per gas.
        tip_per_gas_wei: Most of it that goes to the validator; `None` for a transaction of the
            old form, which pays `max_fee_per_gas_wei` whatever happens.
    """

    chain_id: int
    nonce: int
    to: Address
    data: bytes
    gas: int
    max_fee_per_gas_wei: int
    tip_per_gas_wei: int | None


@dataclass(frozen=True, slots=True)
class SignedTransaction(Portable):
    """A transaction as it is sent."""

    raw: bytes

    @property
    def tx_hash(self) -> str:
        """Its hash, by which its receipt is found."""
        return "0x" + keccak256(self.raw).hex()


def digest(transaction: Transaction) -> bytes:
    """Hash a transaction: 32 bytes, which are what is signed."""
    if transaction.tip_per_gas_wei is None:
        return keccak256(_rlp([*_fields(transaction), _number(transaction.chain_id), b"", b""]))
    return keccak256(_TYPE + _rlp(_fields(transaction)))


def join(transaction: Transaction, signature: bytes) -> SignedTransaction:
    """Put a signature to a transaction.

    Args:
        transaction: What was signed.
        signature: 65 bytes: r, s, v, with v of 27 or 28.
    """
    parity = signature[64] - 27
    legacy = transaction.tip_per_gas_wei is None
    v = parity + _V_OF_CHAIN + 2 * transaction.chain_id if legacy else parity
    numbers = (v, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"))
    whole = _rlp([*_fields(transaction), *map(_number, numbers)])
    return SignedTransaction(whole if legacy else _TYPE + whole)


def signature_in(raw: bytes) -> bytes | None:
    """Take the signature out of a transaction that another program put together.

    Args:
        raw: A signed transaction, of either form.

    Returns:
        65 bytes: r, s, v, with v of 27 or 28; `None` when this is no such transaction. That it
        is the transaction that was asked for is not looked at: `digest` and `join` see to that.
    """
    typed = raw[:1] == _TYPE
    items = _items(raw[1:] if typed else raw)
    if len(items) <= _SIGNATURE_FIELDS or max(map(len, items[-_SIGNATURE_FIELDS:])) > _WORD:
        return None
    v, r, s = [int.from_bytes(item, "big") for item in items[-_SIGNATURE_FIELDS:]]
    parity = v if typed else (v - _V_OF_CHAIN) % 2
    if parity not in {0, 1}:
        return None
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])


def unsigned(raw: bytes) -> Transaction:
    """Return what a signed transaction says.

    Args:
        raw: A transaction as `join` makes it.

    Raises:
        ValueError: It is a transaction of another form: one that carries value, say.
    """
    typed = raw[:1] == _TYPE
    items = decode(raw[1:] if typed else raw)
    if not isinstance(items, list) or len(items) != (12 if typed else 9):
        raise ValueError("this is not a transaction of a known form")
    accessed: object = items.pop(8) if typed else []
    fields = [item for item in items if isinstance(item, bytes)]
    if accessed != [] or len(fields) != len(items):
        raise ValueError("this is not a transaction of a known form")
    numbers = [int.from_bytes(field, "big") for field in fields]
    chain_id, tip, fee = (numbers[0], numbers[2], numbers[3]) if typed else (0, None, numbers[1])
    if not typed:
        chain_id = max(numbers[6] - _V_OF_CHAIN, 0) // 2
    nonce, gas, to, value, data = (
        (numbers[1], numbers[4], fields[5], numbers[6], fields[7])
        if typed
        else (numbers[0], numbers[2], fields[3], numbers[4], fields[5])
    )
    if value or len(to) != _ADDRESS:
        raise ValueError("this transaction carries value, or calls nothing")
    return Transaction(
        chain_id=chain_id,
        nonce=nonce,
        to=Address.from_bytes(to),
        data=data,
        gas=gas,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )


def as_request(transaction: Transaction, sender: str) -> dict[str, str]:
    """Write a transaction as the argument of `eth_signTransaction`: numbers in hexadecimal."""
    fields = {
        "from": sender,
        "to": str(transaction.to),
        "value": "0x0",
        "data": "0x" + transaction.data.hex(),
        "chainId": hex(transaction.chain_id),
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas),
    }
    if transaction.tip_per_gas_wei is None:
        return {**fields, "gasPrice": hex(transaction.max_fee_per_gas_wei)}
    return {
        **fields,
        "type": "0x2",
        "maxFeePerGas": hex(transaction.max_fee_per_gas_wei),
        "maxPriorityFeePerGas": hex(transaction.tip_per_gas_wei),
    }


def _fields(transaction: Transaction) -> Fields:
    to, value, data = transaction.to.to_bytes(), b"", transaction.data
    fee, gas = _number(transaction.max_fee_per_gas_wei), _number(transaction.gas)
    nonce = _number(transaction.nonce)
    if transaction.tip_per_gas_wei is None:
        return [nonce, fee, gas, to, value, data]
    tip, chain_id = _number(transaction.tip_per_gas_wei), _number(transaction.chain_id)
    return [chain_id, nonce, tip, fee, gas, to, value, data, []]


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _rlp(item: bytes | Fields | list[bytes]) -> bytes:
    """Code an item; in a dozen lines, because a list of these never needs more."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:  # noqa: PLR2004 - the format's own numbers
            return item
        return _head(0x80, len(item)) + item
    whole = b"".join([_rlp(part) for part in item])
    return _head(0xC0, len(whole)) + whole


def _head(kind: int, length: int) -> bytes:
    if length <= 55:  # noqa: PLR2004 - the format's own number
        return bytes([kind + length])
    size = _number(length)
    return bytes([kind + 55 + len(size)]) + size


def _items(coded: bytes) -> list[bytes]:
    """Read the items of a list, inner lists as they are coded; none when it is no whole list."""
    start, end, is_list = _span(coded, 0)
    items: list[bytes] = []
    at = start
    while is_list and end == len(coded) and at < end:
        first, at, _ = _span(coded, at)
        items.append(coded[first:at])
    return items if at == end == len(coded) else []


def _span(coded: bytes, at: int) -> tuple[int, int, bool]:
    """Tell where an item's content begins and ends, and whether it is a list."""
    kind = coded[at] if at < len(coded) else 0
    if kind < 0x80:  # noqa: PLR2004 - the format's own numbers
        return at, at + 1, False
    is_list = kind >= 0xC0  # noqa: PLR2004
    length = kind - (0xC0 if is_list else 0x80)
    start = at + 1
    if length > 55:  # noqa: PLR2004
        start += length - 55
        length = int.from_bytes(coded[at + 1 : start], "big")
    return start, start + length, is_list
