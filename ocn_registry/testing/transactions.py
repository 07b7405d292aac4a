"""Decode signed transactions.

Source: EIP-155 and EIP-1559.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.evm import rlp
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.transactions import Transaction
from ocn_registry.models import Address
from ocn_registry.protocol.effects import SentTransaction
from ocn_registry.signing import recover

if TYPE_CHECKING:
    from ocn_registry.evm.rlp import Read

_FEE_MARKET: Final = 2
_OLD_FIELDS: Final = 9
_NEW_FIELDS: Final = 12
_FIRST_CHAIN_V: Final = 35


def read_transaction(raw: bytes) -> SentTransaction:
    """Decode a transaction, and recover its sender.

    Args:
        raw: The argument of `eth_sendRawTransaction`.

    Raises:
        ValueError: It is not a transaction, or not of a type that this package sends.
    """
    new = raw[:1] == bytes([_FEE_MARKET])
    fields = rlp.decode(raw[1:] if new else raw)
    if not isinstance(fields, list) or len(fields) != (_NEW_FIELDS if new else _OLD_FIELDS):
        raise ValueError("it is of another kind")
    v = _number(fields[-3])
    if new:
        chain_id, nonce, tip, fee, gas, _, value = map(_number, [*fields[:5], b"", fields[6]])
        to, data = _bytes(fields[5]), _bytes(fields[7])
        digest = keccak256(raw[:1] + rlp.encode(fields[:-3]))
        parity = v
    else:
        nonce, fee, gas, _, value = map(_number, [*fields[:3], b"", fields[4]])
        to, data, tip = _bytes(fields[3]), _bytes(fields[5]), None
        chain_id, parity = divmod(v - _FIRST_CHAIN_V, 2)
        digest = keccak256(rlp.encode([*fields[:6], chain_id, 0, 0]))
    signature = b"".join([_bytes(part).rjust(32, b"\0") for part in fields[-2:]])
    sender = recover(digest, signature + bytes([27 + parity % 2]))
    if sender is None or value:
        raise ValueError("it is signed by nobody, or carries value")
    return SentTransaction(
        sender=sender,
        transaction=Transaction(
            chain_id=chain_id,
            nonce=nonce,
            to=Address.from_bytes(to),
            data=data,
            gas=gas,
            max_fee_per_gas_wei=fee,
            tip_per_gas_wei=tip,
        ),
        raw=raw,
        block_number=None,
    )


def _bytes(item: Read) -> bytes:
    if not isinstance(item, bytes):
        raise ValueError("a list stands where a value belongs")  # noqa: TRY004 - one error for all
    return item


def _number(item: Read) -> int:
    return int.from_bytes(_bytes(item), "big")
