"""Decode signed transactions."""

from __future__ import annotations

from ocn_registry.evm.transactions import digest, signature_in, unsigned
from ocn_registry.protocol.effects import SentTransaction
from ocn_registry.signing import recover


def read_transaction(raw: bytes) -> SentTransaction:
    """Decode a transaction, and recover its sender.

    Args:
        raw: The argument of `eth_sendRawTransaction`.

    Raises:
        ValueError: It is not a transaction, or not of a type that this package sends.
    """
    transaction, signature = unsigned(raw), signature_in(raw)
    sender = None if signature is None else recover(digest(transaction), signature)
    if sender is None:
        raise ValueError("this transaction has no valid signature")
    return SentTransaction(
        sender=sender,
        transaction=transaction,
        raw=raw,
        block_number=None,
    )
