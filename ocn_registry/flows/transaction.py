"""One transaction: simulate, choose a nonce, price, sign, record, send, wait for its block.

Nothing is paid twice. A signed transaction is in the journal before it leaves this machine, and the
same bytes are resent until the chain has decided. If the same write is called again while the first
is open, it waits for that one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    BadAnswer,
    FeeAboveCap,
    InsufficientFunds,
    InvalidInput,
    NoContract,
    TransactionReplaced,
)
from ocn_registry.evm.transactions import Transaction, unsigned
from ocn_registry.flows.journal_text import items as items_of
from ocn_registry.flows.numbers import next_number
from ocn_registry.flows.options import LEAST_GAS, MOST_GAS
from ocn_registry.flows.outcome import attempt_of, created, outcome
from ocn_registry.flows.price import Price, check_cost, price_at
from ocn_registry.flows.same_write import (
    is_among_others,
    only_asked,
    same_call,
    sent_since,
    sharing,
    sharing_since,
)
from ocn_registry.flows.sender import counts_of, sender_for
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import (
    Balance,
    CodeSize,
    GasEstimate,
    GasPrice,
    Local,
    UnixTime,
    all_of,
    together,
)
from ocn_registry.protocol.journal import JournalEntry, call_of

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.evm.transactions import SignedTransaction
    from ocn_registry.flows.confirmation import Included
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.same_write import (
        Bound,
        Write,
    )
    from ocn_registry.flows.sender import Counts, Look, Sender
    from ocn_registry.outcomes import Item, Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner


class SharedRequests(Exception):
    """An open transaction carries some requests of a write, and not all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A transaction that would succeed and can be paid, and what was read to prepare it.

    Attributes:
        transaction: The transaction, with the nonce that the node expects.
        counts: The account's nonces.
        balance_wei: The account's balance.
        seen: The answer to `WriteOptions.watch`; `None` without one.
        entries: The journal's entries.
        look: The state of the open entries on the chain; `None` if there were none.
    """

    transaction: Transaction
    counts: Counts
    balance_wei: int
    seen: object
    entries: tuple[JournalEntry, ...] = ()
    look: Look | None = None

    def still_holds(self, entries: tuple[JournalEntry, ...]) -> bool:
        """Return whether the journal is unchanged since, and nothing was pending."""
        return self.entries == entries and (self.look is None or self.look.is_settled)


def transact(  # noqa: PLR0913, PLR0917 - two have a default
    dialect: Dialect,
    write: Write,
    signer: AnySigner,
    options: WriteOptions,
    ready: Prepared | None = None,
    since: tuple[JournalEntry, ...] | None = None,
) -> Flow[Outcome]:
    """Simulate a call, send it as a transaction, and wait for its block.

    Args:
        dialect: The dialect of the deployment.
        write: The call to send.
        signer: Signs the transaction and pays.
        options: Price, journal and time limits.
        ready: The transaction, if it was just prepared.
        since: The journal's entries when this write was begun: if another process has sent the same
            write since then, nothing new is sent. `None` for a write that begins now.

    Raises:
        SharedRequests: An open transaction carries some of its requests, and it has no trial.
    """
    sender = yield from sender_for(dialect.deployment, signer.address, options)
    sender = replace(sender, reports=write.reports)
    turn = yield from sender.turn()
    lost = None
    try:
        entries = yield from sender.entries()
        if ready is not None and ready.still_holds(entries):
            own = entries if ready.look is None else ready.look.entries
            yield from sender.note_all(own, entries)
        else:
            own, _ = yield from sender.settled()
            ready = None  # what was simulated may be done by now
        entry, shared = same_call(own, write), sharing(own, write)
        if since is not None:
            entry = entry or sent_since(since, own, write)
            shared = shared or (sharing_since(since, own, write) if write.trial is None else None)
        if entry is not None:
            options.notice(
                f"this write was sent before, as transaction {entry.tx_hashes[-1]}: nothing new is "
                "sent",
            )
        elif shared is None:
            if ready is None:
                ready = yield from prepared(sender, write)
            number = yield from next_number(sender, own, ready.counts)
            transaction = replace(ready.transaction, nonce=number)
            entry = yield from signed_entry(sender, signer, transaction, write, ready.counts)
            yield from sender.keep(entry, new=True)
            lost = yield from sender.hand_over(entry, new=True)
    finally:
        turn.give_back()
    if entry is None:
        if shared is None or write.trial is None:
            raise SharedRequests
        options.notice(
            f"some of these requests were sent before, in transaction {shared.tx_hashes[-1]}: "
            "the others wait for it",
        )
        with suppress(TransactionReplaced):
            yield from sender.wait(shared)
        return (yield from transact(dialect, write, signer, options))
    if options.on_sent is not None:
        options.on_sent(entry.tx_hashes[-1])
    entry, included = yield from sender.wait(entry, lost)
    with sender.returning(entry):
        if not is_among_others(entry, write):
            return (yield from outcome_of_entry(dialect, entry, included, write.items))
        return only_asked((yield from outcome_of_entry(dialect, entry, included)), entry, write)


def outcome_of_entry(
    dialect: Dialect,
    entry: JournalEntry,
    included: Included,
    items: tuple[Item, ...] | None = None,
) -> Flow[Outcome]:
    """Return the outcome of an entry's transaction; raise its error if it failed."""
    try:
        transaction = attempt_of(entry.attempts, included.tx_hash)
    except ValueError:
        return created(included)
    if call_of(transaction.to, transaction.data) != entry.call:  # it was cancelled
        raise TransactionReplaced(entry.tx_hashes[0], entry.number)
    asked = items_of(entry.carries) if items is None else items
    return (yield from outcome(dialect, included, transaction, entry.account, asked))


def prepared(sender: Sender, write: Write) -> Flow[Prepared]:
    """Simulate a call and prepare its transaction, with everything read in one request."""
    trials = () if write.trial is None else (replace(write.trial, sender=sender.account),)
    options, deployment = sender.options, sender.deployment
    given = options.gas or write.gas
    if given is None and write.bound is not None:
        given = write.bound.gas
    estimating = () if given else tuple([GasEstimate(trial) for trial in trials])
    pricing = () if deployment.base_fee else (GasPrice(),)
    watched = () if options.watch is None else (options.watch,)
    (_, code_size, estimates), (balance, seen), answers, prices = yield from together(
        together(all_of(trials), CodeSize(write.call.to), all_of(estimating)),
        together(Balance(sender.account), all_of(watched)),
        sender.ask_counts(),
        all_of(pricing),
    )
    if not code_size:
        raise NoContract(write.call.to)
    counts = counts_of(answers)
    gas = given or _with_reserve(sum(estimates), counts.head.gas_limit)
    price = price_at(
        counts.head,
        prices[0] if prices else None,
        options,
        has_base_fee=deployment.base_fee,
    )
    if counts.head.base_fee_wei == 0 and balance < gas * price.max_fee_per_gas_wei:
        price = Price(0, 0)  # where gas is free, an account without a balance can write
    if write.bound is not None:
        price = _bound(gas, price, counts, write.bound)
    check_cost(gas, price, options)
    if balance < gas * price.max_fee_per_gas_wei:
        raise InsufficientFunds(sender.account, balance, gas * price.max_fee_per_gas_wei)
    transaction = Transaction(
        chain_id=deployment.chain_id,
        nonce=counts.pending,
        to=write.call.to,
        data=write.call.data,
        gas=gas,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
    )
    return Prepared(
        transaction=transaction,
        counts=counts,
        balance_wei=balance,
        seen=seen[0] if seen else None,
    )


def _with_reserve(estimate: int, block_gas_limit: int | None) -> int:
    """Return a gas limit above the estimate; raise `BadAnswer` if no transaction can have it."""
    most = block_gas_limit or MOST_GAS
    if not LEAST_GAS <= estimate <= most:
        raise BadAnswer(
            f"the RPC node estimates {estimate} gas and a transaction takes {LEAST_GAS} to {most}: "
            "send fewer changes at once, use another node, or give the gas yourself, "
            "WriteOptions(gas=...)",
        )
    return min(estimate * 5 // 4, most)


def signed_entry(
    sender: Sender,
    signer: AnySigner,
    transaction: Transaction,
    write: Write,
    counts: Counts,
) -> Flow[JournalEntry]:
    """Return the journal entry for a signed transaction."""
    signed = yield from signed_by(signer, transaction)
    now = yield from UnixTime()
    return JournalEntry(
        chain_id=sender.chain_id,
        genesis_hash=counts.genesis_hash,
        account=sender.account,
        number=transaction.nonce,
        attempts=(signed,),
        call=call_of(transaction.to, transaction.data),
        once=write.once,
        carries=write.carries,
        signed_unix_s=now,
    )


def signed_by(signer: AnySigner, transaction: Transaction) -> Flow[SignedTransaction]:
    """Sign a transaction, here or on a device, and check that it is the same one."""
    task: Local[SignedTransaction] = Local(lambda: signer.sign_transaction(transaction))
    signed = yield from task
    try:
        same = unsigned(signed.raw) == transaction
    except ValueError:
        same = False
    if not same:
        raise InvalidInput(
            f"the signer of {signer.address} signed a different transaction than requested: "
            "nothing was sent",
        )
    return signed


def _bound(gas: int, price: Price, counts: Counts, bound: Bound) -> Price:
    """Return the quote's price if it is still sufficient.

    Raises:
        FeeAboveCap: The transaction could cost more than the quote.
    """
    base = counts.head.base_fee_wei
    least = price.max_fee_per_gas_wei if base is None else base + (bound.price.tip_per_gas_wei or 0)
    most = bound.price.max_fee_per_gas_wei
    if gas > bound.gas or least > most:
        raise FeeAboveCap(max(gas, bound.gas) * max(least, most), bound.gas * most, of="plan")
    return bound.price
