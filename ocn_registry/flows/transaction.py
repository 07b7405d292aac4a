"""One transaction: simulate, number, price, sign, send once, wait for its block.

Nothing here pays twice. A transaction is handed over once; where a node may have forgotten it, the
same signed bytes can be handed over again, which take effect at most once like any transaction.
Whoever asks for the same write again, while it is open what became of the first, waits for that
one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    FeeAboveCap,
    InsufficientFunds,
    NoContract,
    OutcomeUnknown,
    Reverted,
    TransactionReplaced,
    TransportError,
    UnknownRevert,
)
from ocn_registry.evm.transactions import Transaction
from ocn_registry.outcomes import Outcome
from ocn_registry.protocol.effects import (
    Arrival,
    Balance,
    BlockAt,
    Clock,
    CodeSize,
    FromEach,
    GasEstimate,
    GasPrice,
    Head,
    Local,
    ReceiptOf,
    Send,
    Sleep,
    TransactionCount,
    TransactionOf,
    all_of,
    together,
)
from ocn_registry.protocol.lanes import Sent, TakeTurn

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.evm.transactions import SignedTransaction
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.outcomes import Item
    from ocn_registry.protocol.effects import Call, Flow, HeadBlock, Receipt
    from ocn_registry.protocol.lanes import Lane
    from ocn_registry.signing import AnySigner

FIRST_POLL_S = 0.02
LONGEST_POLL_S = 2.0
_LOSS_S = 5.0  # for each confirmation: a block of Energy Web
_POLLS_OF_A_LOSS = 3


def transact(  # noqa: PLR0913 - what a transaction is made of
    dialect: Dialect,
    trial: Call[tuple[Reverted | None, ...]],
    write: Call[tuple[Reverted | None, ...]],
    signer: AnySigner,
    *,
    items: tuple[Item, ...],
    once: bool,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send a call as a transaction, once its trial has succeeded.

    Args:
        dialect: How the contracts are spoken to.
        trial: What is simulated.
        write: What is sent.
        signer: Signs the transaction, and pays.
        items: What was asked, for the outcome.
        once: Whether the contract takes it only once, whatever happens in between.
        options: Price and patience.
    """
    lost: OutcomeUnknown | None = None
    turn = yield from TakeTurn(signer.address)
    lane = turn.lane
    try:
        sent = yield from _open_one(lane, write, signer.address)
        if sent is None:
            transaction = yield from priced(trial, write, signer.address, dialect.chain_id, options)
            number = yield from _number(lane, transaction.nonce)
            transaction = replace(transaction, nonce=number)
            signed = yield from signed_by(signer, transaction)
            sent = Sent(
                transaction=transaction,
                signed=signed,
                write=write,
                items=items,
                once=once,
            )
            lost = yield from hand_over(lane, sent)
    finally:
        turn.give_back()
    if options.on_sent is not None:
        options.on_sent(sent.tx_hash)
    landed = yield from wait(sent.tx_hashes, sent.transaction.nonce, signer.address, options, lost)
    lane.settle(sent)
    return (yield from outcome(dialect, landed, sent.write, signer.address, sent.items))


def signed_by(signer: AnySigner, transaction: Transaction) -> Flow[SignedTransaction]:
    """Have a transaction signed, here or by a device."""
    task: Local[SignedTransaction] = Local(lambda: signer.sign_transaction(transaction))
    return (yield from task)


def hand_over(lane: Lane, sent: Sent) -> Flow[OutcomeUnknown | None]:
    """Send a transaction, once.

    Returns:
        What kept us from knowing whether it arrived: its receipt would show it. Else `None`.
    """
    # First, so that it is known even if this is interrupted while it travels.
    lane.remember(sent)
    try:
        yield from offer(sent.signed)
    except OutcomeUnknown as error:
        return error
    except TransportError:
        lane.forget(sent)
        raise
    return None


def offer(signed: SignedTransaction) -> Flow[None]:
    """Hand a transaction over, and look for it on the chain where the node did not just accept it.

    Raises:
        OutcomeUnknown: The node may have it, and none that answers knows it.
        TransportError: The node answered otherwise, and none that answers knows it.
    """
    handover = yield from Send(signed)
    if handover.error is None:
        return
    if handover.arrival is Arrival.ANSWERED:
        try:
            known = yield from FromEach(TransactionOf(signed.tx_hash))
        except TransportError:
            known = ()
        if any(known):
            return
    if handover.arrival is Arrival.UNANSWERED:
        raise OutcomeUnknown(signed.tx_hash, str(handover.error)) from handover.error
    raise handover.error


def priced(
    trial: Call[tuple[Reverted | None, ...]],
    write: Call[tuple[Reverted | None, ...]],
    sender: Address,
    chain_id: int,
    options: WriteOptions,
) -> Flow[Transaction]:
    """Simulate a call, and make a transaction of it."""
    trial = replace(trial, sender=sender)
    estimating = () if options.gas else (GasEstimate(trial),)
    (_, code_size, estimates), (head, count, balance) = yield from together(
        together(trial, CodeSize(trial.to), all_of(estimating)),
        together(Head(), TransactionCount(sender), Balance(sender)),
    )
    if not code_size:
        raise NoContract(trial.to)
    gas = options.gas or sum(estimates) * 5 // 4
    fee, tip = yield from fees(head, options)
    if balance < gas * fee:
        raise InsufficientFunds(sender, balance, gas * fee)
    return Transaction(
        chain_id=chain_id,
        nonce=count,
        to=write.to,
        data=write.data,
        gas=gas,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )


def fees(head: HeadBlock, options: WriteOptions) -> Flow[tuple[int, int | None]]:
    """Tell the most that is paid per gas and the tip; `None` for a transaction of the old form."""
    cap = options.max_fee_per_gas_wei
    if head.base_fee_wei is None:
        told = yield from GasPrice()
        price, most, tip = max(told, options.tip_per_gas_wei), None, None
    else:
        tip = options.tip_per_gas_wei
        price, most = head.base_fee_wei + tip, 2 * head.base_fee_wei + tip
    if cap is not None and cap < price:
        raise FeeAboveCap(price, cap)
    return (most if cap is None else min(cap, most)) if most else price, tip


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A transaction that is in a block which stands."""

    tx_hash: str
    receipt: Receipt
    block: BlockRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Afloat:
    """A transaction that is in no block which stands: why not, and how many blocks there are."""

    why: str
    blocks: int


def look_for(tx_hashes: tuple[str, ...], confirmations: int) -> Flow[Landed | Afloat]:
    """Look once whether one of these transactions is in a block that stands.

    A block stands when the chain has it at its number, by its hash, and enough follow it.

    Returns:
        The transaction; or why there is none yet.
    """
    receipts, head = yield from together(
        all_of(tuple([ReceiptOf(tx_hash) for tx_hash in tx_hashes])),
        Head(),
    )
    why, blocks = "it is in no block yet", 0
    for tx_hash, receipt in zip(tx_hashes, receipts, strict=True):
        if receipt is None:
            continue
        block = yield from BlockAt(receipt.block_number)
        why, blocks = f"its block has less than {confirmations} confirmations", 0
        if block and block.hash == receipt.block_hash:
            blocks = max(head.ref.number - receipt.block_number + 1, 0)
            if blocks >= confirmations:
                return Landed(tx_hash=tx_hash, receipt=receipt, block=block)
    return Afloat(why=why, blocks=blocks)


def wait(
    tx_hashes: tuple[str, ...],
    number: int | None,
    sender: Address | None,
    options: WriteOptions,
    lost: OutcomeUnknown | None = None,
) -> Flow[Landed]:
    """Wait until one of several transactions with the same number is in a block that stands.

    Args:
        tx_hashes: Their hashes, the latest last.
        number: Their number among the sender's; `None` when it is not known.
        sender: Who sent them.
        options: How long, and how many blocks have to stand.
        lost: What is already known not to be known.

    Raises:
        TransactionReplaced: Another one has taken the number, and that stands.
        OutcomeUnknown: It was not seen in time.
    """
    started = yield from Clock()
    pause = FIRST_POLL_S
    losses: list[float] = []
    while True:
        try:
            found = yield from look_for(tx_hashes, options.confirmations)
            if isinstance(found, Landed):
                return found
            why = found.why
            if options.on_wait is not None:
                options.on_wait(found.blocks, options.confirmations)
            if number is not None and sender is not None:
                gone = yield from _taken_by_another(tx_hashes, number, sender)
                losses = [*losses, (yield from Clock())] if gone else []
        except TransportError as error:
            why = str(error)
        now = yield from Clock()
        # Nodes tell of a block before they tell of what is in it: once is not enough.
        patience = _LOSS_S * options.confirmations
        if number is not None and len(losses) >= _POLLS_OF_A_LOSS and now - losses[0] >= patience:
            raise TransactionReplaced(tx_hashes[-1], number)
        left = started + options.timeout_s - now
        if left <= 0:
            raise OutcomeUnknown(tx_hashes[-1], why) from lost
        yield from Sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_POLL_S)


def outcome(
    dialect: Dialect,
    landed: Landed,
    write: Call[object],
    sender: Address,
    items: tuple[Item, ...],
) -> Flow[Outcome]:
    """Read what a transaction did; raise what it failed with.

    Args:
        dialect: How the contracts are spoken to.
        landed: The transaction and its block.
        write: The call that it makes.
        sender: Who sent it.
        items: What was asked.
    """
    receipt, tx_hash = landed.receipt, landed.tx_hash
    if not receipt.succeeded:
        reason = yield from _reason(replace(write, sender=sender, block=landed.block.number))
        reason.tx_hash = tx_hash
        raise reason
    failures = dialect.failures(receipt.logs)
    for failure in failures.values():
        failure.tx_hash = tx_hash
    return Outcome(
        tx_hash=tx_hash,
        block=landed.block,
        changes=dialect.changes(receipt.logs, tuple([item.intent for item in items])),
        items=tuple(
            [replace(item, error=failures.get(place)) for place, item in enumerate(items)],
        ),
        gas_used=receipt.gas_used,
        gas_price_wei=receipt.gas_price_wei,
    )


def _open_one(lane: Lane, write: Call[object], sender: Address) -> Flow[Sent | None]:
    """Find the transaction that makes this call already, if it still can take effect."""
    sent = lane.same(write.to, write.data)
    if sent is None:
        return None
    found, count = yield from together(
        all_of(tuple([TransactionOf(tx_hash) for tx_hash in sent.tx_hashes])),
        TransactionCount(sender, pending=False),
    )
    if any(found):
        return sent
    if count > sent.transaction.nonce:  # another one has taken its number
        lane.forget(sent)
        return None
    try:
        yield from offer(sent.signed)  # forgotten: the same bytes once more
    except OutcomeUnknown:
        pass
    except TransportError:  # the node does not want it: its number is free
        lane.forget(sent)
        return None
    return sent


def _number(lane: Lane, count: int) -> Flow[int]:
    """Tell the next number, given the node's.

    Where the node counts less than was sent, it lags, or has forgotten a transaction. It gets that
    once more, the same bytes; if it does not want it, its number is free.
    """
    while (sent := lane.sent.get(count)) is not None:
        if (yield from TransactionOf(sent.tx_hash)) is None:
            try:
                yield from offer(sent.signed)
            except OutcomeUnknown:
                pass
            except TransportError:
                return count
        count += 1
    return count


def _taken_by_another(tx_hashes: tuple[str, ...], number: int, sender: Address) -> Flow[bool]:
    count, known = yield from together(
        TransactionCount(sender, pending=False),
        all_of(tuple([TransactionOf(tx_hash) for tx_hash in tx_hashes])),
    )
    return count > number and not any(known)


def _reason(write: Call[object]) -> Flow[Reverted]:
    """Ask what a transaction that failed in its block had reverted with."""
    try:
        yield from write
    except Reverted as error:
        return error
    except TransportError:
        pass
    return UnknownRevert()
