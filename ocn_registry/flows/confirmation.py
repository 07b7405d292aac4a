"""The state of a transaction on the chain: in a confirmed block, not yet, or never.

Only the chain decides. A receipt counts if the chain has its block, by number and hash, and enough
blocks follow. A nonce is used by another transaction if every node that answers says so at a final
block, and none knows the transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    OcnRegistryError,
    OutcomeUnknown,
    RpcTimeout,
    RpcUnavailable,
    TransactionReplaced,
    TransportError,
)
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.calls import CalledBy
from ocn_registry.protocol.effects import (
    BlockAt,
    Clock,
    FromEach,
    Head,
    ReceiptOf,
    Send,
    Sleep,
    TransactionCount,
    all_of,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ocn_registry.evm.transactions import SignedTransaction
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Effect, Flow, HeadBlock, Receipt

    _Polled: TypeAlias = tuple[
        tuple[Receipt | None, ...], ContractCall | None, object, HeadBlock, tuple[int, ...]
    ]

FIRST_POLL_S = 0.02
LONGEST_POLL_S = 2.0
# How long to look for a transaction after the node answered with an error: three blocks of Energy
# Web. Some nodes keep the transaction anyway.
_REFUSED_PATIENCE_S = 15.0
_LOSS_S = 5.0  # nodes announce a block before they know its content
_FIRST_REPEAT_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """A transaction in a confirmed block.

    Attributes:
        tx_hash: Its hash.
        receipt: Its receipt.
        block: Its block.
        blocks: Number of confirmations, including its own block.
        seen: The answer to `WriteOptions.watch` after its block; `None` without one, or if the
            chain had moved on.
    """

    tx_hash: str
    receipt: Receipt
    block: BlockRef
    blocks: int = 1
    seen: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIncluded:
    """A transaction that is not in a confirmed block.

    Attributes:
        why: What it lacks.
        blocks: Number of confirmations, including its own block.
    """

    why: str
    blocks: int


def look_for(tx_hashes: tuple[str, ...], confirmations: int) -> Flow[Included | NotIncluded]:
    """Return whether one of several transactions is in a confirmed block, with a single lookup.

    Args:
        tx_hashes: Their hashes. At most one of them can be in the chain.
        confirmations: Number of confirmations needed, including its own block.
    """
    receipts, head = yield from together(
        all_of(tuple([ReceiptOf(tx_hash) for tx_hash in tx_hashes])),
        Head(),
    )
    return (yield from place_of(tx_hashes, receipts, head, confirmations))


def place_of(
    tx_hashes: tuple[str, ...],
    receipts: tuple[Receipt | None, ...],
    head: HeadBlock,
    confirmations: int,
    known_blocks: Mapping[int, BlockRef | None] | None = None,
) -> Flow[Included | NotIncluded]:
    """Return whether one of several transactions is in a confirmed block, given their receipts.

    Args:
        tx_hashes: Their hashes.
        receipts: Their receipts, in the same order.
        head: The latest block, read in the same request as the receipts.
        confirmations: Number of confirmations needed, including its own block.
        known_blocks: Blocks read in the same request, by number.
    """
    all_blocks = {**(known_blocks or {}), head.ref.number: head.ref}
    why, blocks = "it is not in a block yet", 0
    for tx_hash, receipt in zip(tx_hashes, receipts, strict=True):
        if receipt is None:
            continue
        if receipt.block_number in all_blocks:
            block = all_blocks[receipt.block_number]
        else:
            block = yield from BlockAt(receipt.block_number)
        why, blocks = f"its block has fewer than {confirmations} confirmations", 0
        if block is not None and block.hash == receipt.block_hash:
            blocks = max(head.ref.number - receipt.block_number + 1, 0)
            if blocks >= confirmations:
                return Included(tx_hash=tx_hash, receipt=receipt, block=block, blocks=blocks)
    return NotIncluded(why=why, blocks=blocks)


def is_taken(
    tx_hashes: tuple[str, ...],
    number: int,
    account: Address,
    head: HeadBlock,
    depth: int,
) -> Flow[bool]:
    """Return whether another transaction has used the nonce of these, in a confirmed block.

    Args:
        tx_hashes: Hashes of all transactions signed with the nonce.
        number: The nonce.
        account: The sender.
        head: The latest block.
        depth: Number of confirmations needed.
    """
    at = head.ref.number - depth + 1
    if at < 0:
        return False
    try:
        answers = yield from FromEach(
            together(
                TransactionCount(account, pending=False, block=at),
                all_of(tuple([ReceiptOf(tx_hash) for tx_hash in tx_hashes])),
                all_of(tuple([CalledBy(tx_hash) for tx_hash in tx_hashes])),
            ),
        )
    except TransportError:
        return False
    return all(
        count > number and not any(receipts) and not any(known)
        for count, receipts, known in answers
    )


def wait(  # noqa: PLR0913 - what is waited for
    tx_hashes: tuple[str, ...],
    number: int | None,
    sender: Address | None,
    options: WriteOptions,
    lost: TransportError | OutcomeUnknown | None = None,
    *,
    depth: int = 1,
    again: SignedTransaction | None = None,
    others: Callable[[], Flow[tuple[str, ...]]] | None = None,
) -> Flow[Included]:
    """Wait until one of several transactions with the same nonce is in a confirmed block.

    Args:
        tx_hashes: Their hashes, the latest last.
        number: Their nonce; `None` if unknown.
        sender: The sender.
        options: Time limit and number of confirmations.
        lost: The node's error when the latest one was sent, if any.
        depth: Number of confirmations needed to consider the nonce used by another transaction.
        again: Signed bytes to resend while no node knows the transaction.
        others: Returns the current hashes, in case another process has signed more.

    Raises:
        TransactionReplaced: Another transaction with this nonce is confirmed.
        OutcomeUnknown: The chain did not decide in time.
    """
    started = yield from Clock()
    patience = options.timeout_s if lost is None else min(options.timeout_s, _REFUSED_PATIENCE_S)
    repeat = _Repeat(again, started)
    pause = FIRST_POLL_S
    missing_since: float | None = None
    while True:
        try:
            receipts, known, seen, head, counts = yield from _poll(tx_hashes, sender, options.watch)
            place = yield from place_of(tx_hashes, receipts, head, options.confirmations)
            if isinstance(place, Included):
                return replace(place, seen=seen if place.block == head.ref else None)
            why = place.why
            if options.on_wait is not None:
                options.on_wait(place.blocks, options.confirmations)
            now = yield from Clock()
            if any(receipts) or number is None or sender is None or counts[0] <= number:
                missing_since = None
                if known is None and not any(receipts):
                    yield from repeat.at(now)
            elif others is not None and (found := (yield from others())) != tx_hashes:
                tx_hashes = found
                continue
            else:
                missing_since = now if missing_since is None else missing_since
                stands = max(depth, options.confirmations)
                if now - missing_since >= _LOSS_S and (
                    yield from is_taken(tx_hashes, number, sender, head, stands)
                ):
                    raise TransactionReplaced(tx_hashes[-1], number)
        except TransportError as error:
            why = str(error)
        now = yield from Clock()
        left = started + patience - now
        if left <= 0:
            raise _unknown(tx_hashes[-1], why, lost) from lost
        yield from Sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_POLL_S)


def _poll(
    tx_hashes: tuple[str, ...],
    sender: Address | None,
    watch: Effect[object] | None,
) -> Flow[_Polled]:
    """Read everything that the wait depends on, and the caller's `watch`, in one request.

    Effects between the receipts and the head are answered at the head's block if a receipt is.
    """
    counts = () if sender is None else (TransactionCount(sender, pending=False),)
    first = together(
        all_of(tuple([ReceiptOf(tx_hash) for tx_hash in tx_hashes])), CalledBy(tx_hashes[-1])
    )
    last = together(Head(), all_of(counts))
    if watch is not None:
        try:
            (receipts, known), seen, (head, numbers) = yield from together(first, watch, last)
        except (RpcUnavailable, RpcTimeout):
            raise
        except OcnRegistryError:
            pass  # nothing depends on its answer
        else:
            return receipts, known, seen, head, numbers
    (receipts, known), (head, numbers) = yield from together(first, last)
    return receipts, known, None, head, numbers


class _Repeat:
    """Resends the same bytes, with growing pauses."""

    def __init__(self, again: SignedTransaction | None, now: float) -> None:
        self._again = again
        self._pause_s = _FIRST_REPEAT_S
        self._last = now

    def at(self, now: float) -> Flow[None]:
        if self._again is not None and now - self._last >= self._pause_s:
            yield from Send(self._again)
            self._last, self._pause_s = now, 2 * self._pause_s


def _unknown(
    tx_hash: str,
    why: str,
    lost: TransportError | OutcomeUnknown | None,
) -> OutcomeUnknown:
    return OutcomeUnknown(tx_hash, why if lost is None else f"{why}; {lost}")
