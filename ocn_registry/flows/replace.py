"""Look up the outcome of a transaction, and replace one that is stuck.

The replacement has the same nonce, so only one of the two can take effect, and pays at least a
quarter more, because nodes reject a smaller increase. Only a transaction signed by the account
itself is replaced: its signature is recovered and compared, wherever the transaction comes from.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    InsufficientFunds,
    InvalidInput,
    OutcomeUnknown,
    TransactionReplaced,
    WrongChain,
)
from ocn_registry.evm.transactions import SignedTransaction, digest, signature_in, unsigned
from ocn_registry.flows.confirmation import Included, look_for, wait
from ocn_registry.flows.options import LEAST_GAS
from ocn_registry.flows.outcome import outcome
from ocn_registry.flows.price import check_cost, raised
from ocn_registry.flows.sender import other_chain, same_chain, sender_for
from ocn_registry.flows.transaction import outcome_of_entry, signed_by
from ocn_registry.foreign.text import shown
from ocn_registry.protocol.effects import (
    Balance,
    BlockAt,
    Local,
    TransactionOf,
    UnixTime,
    together,
)
from ocn_registry.protocol.journal import JournalEntry, MemoryOfTransport, call_of
from ocn_registry.signing import recover

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.evm.transactions import Transaction
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.sender import Sender
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


def outcome_of(dialect: Dialect, tx_hash: str, options: WriteOptions) -> Flow[Outcome | None]:
    """Return the outcome of a transaction.

    Args:
        dialect: The dialect of the deployment.
        tx_hash: Its hash, or the hash of one that it replaced.
        options: Journal and number of confirmations.

    Returns:
        The outcome; `None` if it is not in a confirmed block.
    """
    tx_hash = _checked(tx_hash)
    entry = yield from _entry(dialect, tx_hash, options)
    hashes = (tx_hash,) if entry is None else entry.tx_hashes
    found = yield from look_for(hashes, options.confirmations)
    if not isinstance(found, Included):
        if entry is not None:
            yield from _of_this_chain(entry)
        return None
    if entry is not None:
        return (yield from outcome_of_entry(dialect, entry, found))
    return (yield from _outcome(dialect, found))


def await_outcome(dialect: Dialect, tx_hash: str, options: WriteOptions) -> Flow[Outcome]:
    """Wait for a transaction that was sent earlier.

    Args:
        dialect: The dialect of the deployment.
        tx_hash: Its hash, or the hash of one that it replaced.
        options: Journal, time limit and number of confirmations.
    """
    tx_hash = _checked(tx_hash)
    entry = yield from _entry(dialect, tx_hash, options)
    if entry is not None:
        yield from _of_this_chain(entry)
        sender = yield from sender_for(dialect.deployment, entry.account, options)
        entry, included = yield from sender.wait(entry)
        return (yield from outcome_of_entry(dialect, entry, included))
    known = yield from TransactionOf(tx_hash)
    number = None if known is None else known.transaction.nonce
    account = None if known is None else known.sender
    return (yield from _outcome(dialect, (yield from wait((tx_hash,), number, account, options))))


def speed_up(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send a transaction again at a higher price, and wait for whichever is mined.

    Args:
        dialect: The dialect of the deployment.
        tx_hash: Hash of the stuck transaction.
        signer: The account that sent it.
        options: Price, journal and time limits.
    """
    entry, included = yield from _replace(dialect, _checked(tx_hash), signer, options, void=False)
    return (yield from outcome_of_entry(dialect, entry, included))


def cancel(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome | None]:
    """Replace a stuck transaction with one that does nothing.

    Args:
        dialect: The dialect of the deployment.
        tx_hash: Hash of the stuck transaction.
        signer: The account that sent it.
        options: Price, journal and time limits.

    Returns:
        `None` if it will never take effect; its outcome if it was faster.
    """
    entry, included = yield from _replace(dialect, _checked(tx_hash), signer, options, void=True)
    try:
        return (yield from outcome_of_entry(dialect, entry, included))
    except TransactionReplaced:
        return None


def _replace(
    dialect: Dialect,
    tx_hash: str,
    signer: AnySigner,
    options: WriteOptions,
    *,
    void: bool,
) -> Flow[tuple[JournalEntry, Included]]:
    """Replace a pending transaction; return its entry and the one that was mined."""
    sender = yield from sender_for(dialect.deployment, signer.address, options)
    turn = yield from sender.turn()
    lost = None
    try:
        entry = yield from _known(dialect, sender, tx_hash)
        if not isinstance((yield from look_for(entry.tx_hashes, 1)), Included):
            replacement = yield from _at_higher_price(entry, sender, void=void)
            signed = yield from signed_by(signer, replacement)
            entry = sender.not_included(replace(entry, attempts=(*entry.attempts, signed)))
            yield from sender.keep(entry)
            lost = yield from sender.hand_over(entry, new=False)
    finally:
        turn.give_back()
    if options.on_sent is not None:
        options.on_sent(entry.tx_hashes[-1])
    return (yield from sender.wait(entry, lost))


def _known(dialect: Dialect, sender: Sender, tx_hash: str) -> Flow[JournalEntry]:
    """Return a transaction signed by this account, from the journal or the node."""
    entry = yield from _entry(dialect, tx_hash, sender.options)
    if entry is None:
        found, first = yield from together(TransactionOf(tx_hash), BlockAt(0))
        if found is None:
            raise OutcomeUnknown(
                tx_hash,
                "neither the journal nor the RPC node knows it; it may be in another journal",
            )
        now = yield from UnixTime()
        transaction = found.transaction
        entry = JournalEntry(
            chain_id=transaction.chain_id,
            genesis_hash="" if first is None else first.hash,
            account=sender.account,
            number=transaction.nonce,
            attempts=(SignedTransaction(found.raw),),
            call=call_of(transaction.to, transaction.data),
            once=False,
            carries="[]",
            signed_unix_s=now,
        )
    else:
        yield from _of_this_chain(entry)
    for attempt in entry.attempts:
        yield from _check_sender(sender, attempt)
    if entry.chain_id != dialect.chain_id:
        raise WrongChain(dialect.chain_id, entry.chain_id)
    return entry


def _check_sender(sender: Sender, attempt: SignedTransaction) -> Flow[None]:
    """Raise `InvalidInput` if the account did not sign a transaction."""

    def signer_of() -> str | None:
        signature = signature_in(attempt.raw)
        return None if signature is None else recover(digest(unsigned(attempt.raw)), signature)

    try:
        signer = yield from Local(signer_of)
    except ValueError:
        raise InvalidInput(
            f"transaction {attempt.tx_hash} is of a form that can't be replaced here: use the "
            "program that sent it",
        ) from None
    if signer != sender.account:
        raise InvalidInput(
            f"transaction {attempt.tx_hash} was sent by {signer} and the signer is "
            f"{sender.account}: only its sender can replace it",
        )


def _at_higher_price(entry: JournalEntry, sender: Sender, *, void: bool) -> Flow[Transaction]:
    """Return the replacement for an entry's transaction, at a higher price."""
    latest = unsigned(entry.attempts[-1].raw)
    price = yield from raised(
        (latest.max_fee_per_gas_wei, latest.tip_per_gas_wei),
        sender.options,
        has_base_fee=sender.deployment.base_fee,
    )
    # After a cancellation attempt, the call is that of the first attempt.
    call = unsigned(entry.attempts[0].raw)
    replacement = replace(
        call,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
    )
    if void:
        replacement = replace(replacement, to=sender.account, data=b"", gas=LEAST_GAS)
    check_cost(replacement.gas, price, sender.options)
    cost_wei = replacement.gas * price.max_fee_per_gas_wei
    balance = yield from Balance(sender.account)
    if balance < cost_wei:  # no node would accept it
        raise InsufficientFunds(sender.account, balance, cost_wei)
    return replacement


def _entry(dialect: Dialect, tx_hash: str, options: WriteOptions) -> Flow[JournalEntry | None]:
    journal = options.journal
    if journal is None:
        journal = yield from MemoryOfTransport()
    task: Local[JournalEntry | None] = Local(lambda: journal.find(dialect.chain_id, tx_hash))
    return (yield from task)


def _of_this_chain(entry: JournalEntry) -> Flow[None]:
    """Raise `JournalError` if a transaction belongs to another chain with the same id."""
    first = yield from BlockAt(0)
    if first is not None and not same_chain(entry.genesis_hash, first.hash):
        raise other_chain(entry)


def _outcome(dialect: Dialect, included: Included) -> Flow[Outcome]:
    """Return the outcome of a transaction known only by its hash."""
    found = yield from TransactionOf(included.tx_hash)
    if found is None:
        raise OutcomeUnknown(included.tx_hash, "the RPC node does not know it any more")
    return (yield from outcome(dialect, included, found.transaction, found.sender, ()))


def _checked(tx_hash: str) -> str:
    if not _HASH.fullmatch(tx_hash):
        raise InvalidInput(
            f"{shown(tx_hash)} is not a valid transaction hash: use 0x and 64 hexadecimal digits",
        )
    return tx_hash.lower()
