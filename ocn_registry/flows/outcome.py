"""Read a transaction's outcome, or the reason for its failure, from the receipt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import Reverted, TransportError, UnknownRevert
from ocn_registry.evm.transactions import unsigned
from ocn_registry.outcomes import Outcome
from ocn_registry.protocol.effects import Call, HeaderAt

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.flows.confirmation import Included
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Item
    from ocn_registry.protocol.effects import Flow


def outcome(
    dialect: Dialect,
    included: Included,
    transaction: Transaction,
    sender: Address,
    items: tuple[Item, ...],
) -> Flow[Outcome]:
    """Return the outcome of a transaction; raise its error if it failed.

    Args:
        dialect: The dialect of the deployment.
        included: The transaction and its block.
        transaction: The signed transaction.
        sender: Who sent it.
        items: The requested intents.
    """
    receipt, tx_hash = included.receipt, included.tx_hash
    if not receipt.succeeded:
        reason = yield from _reason(dialect, transaction, sender, included.block.number)
        reason.tx_hash = tx_hash
        raise reason
    failures = dialect.failures(receipt.logs)
    for failure in failures.values():
        failure.tx_hash = tx_hash
    price = receipt.gas_price_wei
    most = transaction.max_fee_per_gas_wei
    if price is None or not min(1, most) <= price <= most:  # missing, or wrong: some nodes say 0
        price = yield from _price(transaction, included)
    return Outcome(
        tx_hash=tx_hash,
        block=included.block,
        changes=dialect.changes(receipt.logs, tuple([item.intent for item in items])),
        items=tuple(
            [replace(item, error=failures.get(place)) for place, item in enumerate(items)],
        ),
        gas_used=receipt.gas_used,
        gas_price_wei=price,
        seen=included.seen,
    )


def created(included: Included) -> Outcome:
    """Return the outcome of a contract creation; raise if it failed."""
    receipt = included.receipt
    if not receipt.succeeded:
        failed = UnknownRevert()
        failed.tx_hash = included.tx_hash
        raise failed
    return Outcome(
        tx_hash=included.tx_hash,
        block=included.block,
        changes=(),
        items=(),
        gas_used=receipt.gas_used,
        gas_price_wei=receipt.gas_price_wei,
    )


def attempt_of(attempts: tuple[SignedTransaction, ...], tx_hash: str) -> Transaction:
    """Return the transaction of the attempt with this hash."""
    (attempt,) = [one for one in attempts if one.tx_hash == tx_hash]
    return unsigned(attempt.raw)


def _price(transaction: Transaction, included: Included) -> Flow[int | None]:
    """Compute the price paid per gas from transaction and block; `None` if not possible."""
    tip = transaction.tip_per_gas_wei
    if tip is None:
        return transaction.max_fee_per_gas_wei
    try:
        header = yield from HeaderAt(included.block.number)
    except TransportError:
        return None
    if header is None or header.base_fee_wei is None or header.ref.hash != included.block.hash:
        return None
    return min(transaction.max_fee_per_gas_wei, header.base_fee_wei + tip)


def _reason(
    dialect: Dialect,
    transaction: Transaction,
    sender: Address,
    block: int,
) -> Flow[Reverted]:
    """Return the error of a transaction that failed on the chain."""
    call = Call(transaction.to, transaction.data, bytes, dialect.error_of, sender, block)
    try:
        yield from call
    except Reverted as error:
        return error
    except TransportError:
        pass
    return UnknownRevert()
