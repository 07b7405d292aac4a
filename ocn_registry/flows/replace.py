"""A transaction that was sent: what became of it, and how one that is stuck is replaced.

What replaces a transaction has its number, so that only one of the two can take effect, and pays a
quarter more at least, or nodes would not take it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    FeeAboveCap,
    InvalidInput,
    OutcomeUnknown,
    TransportError,
    WrongChain,
)
from ocn_registry.flows.transaction import (
    Landed,
    fees,
    hand_over,
    look_for,
    outcome,
    signed_by,
    wait,
)
from ocn_registry.foreign.text import shown
from ocn_registry.protocol.effects import Call, Head, TransactionOf
from ocn_registry.protocol.lanes import Sent, TakeTurn

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.evm.transactions import Transaction
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Item, Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.lanes import Lane
    from ocn_registry.signing import AnySigner

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_GAS_OF_NOTHING = 21_000


def outcome_of(dialect: Dialect, tx_hash: str, confirmations: int) -> Flow[Outcome | None]:
    """Look up what became of a transaction.

    Args:
        dialect: How the contracts are spoken to.
        tx_hash: Its hash.
        confirmations: How many blocks have to stand, its own counted.

    Returns:
        What it did; `None` when it is in no block that stands.
    """
    found = yield from look_for((_checked(tx_hash),), confirmations)
    if not isinstance(found, Landed):
        return None
    return (yield from _outcome(dialect, found))


def await_outcome(dialect: Dialect, tx_hash: str, options: WriteOptions) -> Flow[Outcome]:
    """Wait for a transaction that was sent before.

    Args:
        dialect: How the contracts are spoken to.
        tx_hash: Its hash.
        options: How long, and how many blocks have to stand.
    """
    tx_hash = _checked(tx_hash)
    known = yield from TransactionOf(tx_hash)
    number = None if known is None else known.transaction.nonce
    sender = None if known is None else known.sender
    landed = yield from wait((tx_hash,), number, sender, options)
    return (yield from _outcome(dialect, landed))


def speed_up(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send a transaction again for more, with its number; wait for whichever gets into a block.

    Args:
        dialect: How the contracts are spoken to.
        tx_hash: Hash of the one that is stuck.
        signer: Who sent it.
        options: Price and patience.
    """
    landed, stuck = yield from _replace(dialect, _checked(tx_hash), signer, options, void=False)
    return (yield from outcome(dialect, landed, stuck.write, signer.address, stuck.items))


def cancel(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome | None]:
    """Send a transaction that does nothing, with the number of one that is stuck.

    Args:
        dialect: How the contracts are spoken to.
        tx_hash: Hash of the one that is stuck.
        signer: Who sent it.
        options: Price and patience.

    Returns:
        `None` when it will never take effect; what it did when it was quicker.
    """
    landed, stuck = yield from _replace(dialect, _checked(tx_hash), signer, options, void=True)
    if landed.tx_hash not in stuck.tx_hashes:
        return None
    return (yield from outcome(dialect, landed, stuck.write, signer.address, stuck.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stuck:
    """A transaction that is to be replaced, and all hashes that its content has."""

    transaction: Transaction
    write: Call[object]
    items: tuple[Item, ...]
    tx_hashes: tuple[str, ...]


def _replace(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
    *,
    void: bool,
) -> Flow[tuple[Landed, _Stuck]]:
    """Replace a transaction that is in no block; give the one that got there, and what it was."""
    turn = yield from TakeTurn(signer.address)
    lane = turn.lane
    try:
        stuck = yield from _known(dialect, lane, tx_hash, signer.address)
        hashes, number = stuck.tx_hashes, stuck.transaction.nonce
        if not isinstance((yield from look_for(hashes, 1)), Landed):
            dearer = yield from _dearer(stuck.transaction, options)
            if void:
                dearer = replace(dearer, to=signer.address, data=b"", gas=_GAS_OF_NOTHING)
            second = Sent(
                transaction=dearer,
                signed=(yield from signed_by(signer, dearer)),
                write=stuck.write,
                items=stuck.items,
                once=False,
                before=() if void else hashes,
            )
            first = lane.sent.get(number)
            try:
                yield from hand_over(lane, second)
            except TransportError:
                if first is not None:
                    lane.remember(first)
                # Refused because the first one got into a block just now?
                if not isinstance((yield from look_for(hashes, 1)), Landed):
                    raise
            else:
                hashes = (*hashes, second.tx_hash)
    finally:
        turn.give_back()
    if options.on_sent is not None:
        options.on_sent(hashes[-1])
    landed = yield from wait(hashes, number, signer.address, options)
    lane.open.pop(number, None)
    return landed, stuck


def _known(dialect: Dialect, lane: Lane, tx_hash: str, sender: Address) -> Flow[_Stuck]:
    """Tell what a transaction was: this process knows it, or the node does."""
    sent = lane.by_hash(tx_hash)
    if sent is not None:
        return _Stuck(
            transaction=sent.transaction,
            write=sent.write,
            items=sent.items,
            tx_hashes=sent.tx_hashes,
        )
    found = yield from TransactionOf(tx_hash)
    if found is None:
        raise OutcomeUnknown(tx_hash, "the RPC node does not know it (any more)")
    if found.sender != sender:
        raise InvalidInput(
            f"transaction {tx_hash} was sent by {found.sender} and the signer is {sender}: only "
            "its sender can replace it",
        )
    if found.transaction.chain_id != dialect.chain_id:
        raise WrongChain(dialect.chain_id, found.transaction.chain_id)
    return _Stuck(
        transaction=found.transaction,
        write=_call(dialect, found.transaction),
        items=(),
        tx_hashes=(tx_hash,),
    )


def _dearer(transaction: Transaction, options: WriteOptions) -> Flow[Transaction]:
    was = transaction.max_fee_per_gas_wei, transaction.tip_per_gas_wei
    fee, tip = yield from raised(was, options)
    return replace(transaction, max_fee_per_gas_wei=fee, tip_per_gas_wei=tip)


def raised(
    was: tuple[int, int | None],
    options: WriteOptions,
) -> Flow[tuple[int, int | None]]:
    """Tell what a transaction has to pay that takes the place of another.

    Args:
        was: What the other pays at most, in wei per gas, and its tip; `None` for the old form.
        options: Bound what is paid.

    Returns:
        The same two, of the new one: what is paid now, and a quarter more than it was at least.

    Raises:
        FeeAboveCap: That is more than the options allow.
    """
    fee_was, tip_was = was
    head = yield from Head()
    fee, tip = yield from fees(head, options)
    fee = max(fee, _more(fee_was))
    if tip_was is None or tip is None:
        tip = None
    else:
        tip = max(tip, _more(tip_was))
        fee = max(fee, tip)
    cap = options.max_fee_per_gas_wei
    if cap is not None and fee > cap:
        raise FeeAboveCap(fee, cap)
    return fee, tip


def _more(price_wei: int) -> int:
    return price_wei + price_wei // 4 + 1


def _outcome(dialect: Dialect, landed: Landed) -> Flow[Outcome]:
    """Read what a transaction did of which only the hash is known."""
    found = yield from TransactionOf(landed.tx_hash)
    if found is None:
        raise OutcomeUnknown(landed.tx_hash, "the RPC node has lost it again")
    write = _call(dialect, found.transaction)
    return (yield from outcome(dialect, landed, write, found.sender, ()))


def _call(dialect: Dialect, transaction: Transaction) -> Call[object]:
    return Call(transaction.to, transaction.data, _nothing, dialect.error_of)


def _nothing(answer: bytes) -> None:
    del answer


def _checked(tx_hash: str) -> str:
    if not _HASH.fullmatch(tx_hash):
        raise InvalidInput(
            f"{shown(tx_hash)} is no hash of a transaction: give 0x and 64 hexadecimal digits",
        )
    return tx_hash.lower()
