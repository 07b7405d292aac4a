"""Quote a write: check, simulate and price it without sending anything.

`write` takes the same steps, so a quote raises what the write would raise. A write with a quote
does not simulate again, and never costs more than the quote.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from ocn_registry.errors import InsufficientFunds, Reverted
from ocn_registry.flows.arguments import check_step
from ocn_registry.flows.journal_text import written
from ocn_registry.flows.numbers import foreign_waiting
from ocn_registry.flows.outcome import attempt_of
from ocn_registry.flows.price import Price
from ocn_registry.flows.requests import respelled, verify
from ocn_registry.flows.same_write import Bound, Write, plain, same_call
from ocn_registry.flows.sender import sender_for
from ocn_registry.flows.transaction import prepared
from ocn_registry.outcomes import Item, Quote
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Balance, Clock, Local
from ocn_registry.protocol.gather import Running, gather
from ocn_registry.signing import SignedRequest, recover

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Stage, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.sender import Sender
    from ocn_registry.flows.transaction import Prepared
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Call, Flow
    from ocn_registry.protocol.journal import JournalEntry

T = TypeVar("T")

# An older quote is checked again before signing; it still limits the cost.
FRESH_S = 10.0
# Extra gas that a later transaction may need because an earlier one cleared the entry.
_SET_AGAIN_GAS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The results of a quote that its write reuses.

    Attributes:
        stages: The transactions of the write.
        first: The first transaction, prepared.
        at_s: The time, on the monotonic clock.
    """

    stages: tuple[Stage, ...]
    first: Prepared
    at_s: float


def quote(
    dialect: Dialect,
    steps: tuple[Step, ...],
    payer: Address,
    options: WriteOptions,
) -> Flow[Quote]:
    """Return the most that these steps can cost. Nothing is sent.

    Args:
        dialect: The dialect of the deployment.
        steps: Intents of the payer, and requests that others signed.
        payer: The account that would sign the transaction and pay.
        options: Price and journal.
    """
    check(dialect, steps)
    steps = yield from respelled(dialect, steps)
    sender = yield from sender_for(dialect.deployment, payer, options)
    entries = yield from sender.entries()
    pricing = Running(_priced(dialect, steps, sender))
    looking = [Running(sender.look(entries))] if any(one.open for one in entries) else []
    yield from gather(pricing, *looking)
    look = looking[0].result() if looking else None
    own = entries if look is None else look.entries
    entry = same_call(own, write_of(dialect, steps, payer))
    if entry is not None:
        return _sent_before(entry)
    stages, firsts = pricing.result()
    at_s = yield from Clock()
    gas = tuple([one.transaction.gas for one in firsts])
    costs = [one.transaction.gas * one.transaction.max_fee_per_gas_wei for one in firsts]
    first = replace(firsts[0], entries=entries, look=look)
    waiting = tuple(range(first.counts.mined, first.counts.pending))
    numbers = {one.number for one in own}
    foreign = [number for number in waiting if number not in numbers]
    return Quote(
        gas=sum(gas),
        cost_wei=sum(costs),
        transactions=len(stages),
        gas_of_each=gas,
        max_fee_per_gas_wei=max(one.transaction.max_fee_per_gas_wei for one in firsts),
        tip_per_gas_wei=first.transaction.tip_per_gas_wei,
        waiting=waiting,
        notices=(foreign_waiting(payer, foreign),) if foreign else (),
        balance_wei=first.balance_wei,
        seen=first.seen,
        ready=Ready(stages=stages, first=first, at_s=at_s),
    )


def _priced(
    dialect: Dialect,
    steps: tuple[Step, ...],
    sender: Sender,
) -> Flow[tuple[tuple[Stage, ...], tuple[Prepared, ...]]]:
    stages = yield from planned(dialect, steps, sender.account)
    pricing = priced_together(dialect, stages, sender)
    return stages, (yield from explained(dialect, steps, pricing))


def ready_of(quoted: Quote | None) -> Flow[Ready | None]:
    """Return the results of a quote, if it is recent."""
    if quoted is None or quoted.ready is None:
        return None
    ready = cast("Ready", quoted.ready)
    now = yield from Clock()
    return ready if now - ready.at_s <= FRESH_S else None


def entries_of(quoted: Quote | None) -> tuple[JournalEntry, ...] | None:
    """Return the journal's entries of when a quote was made; `None` if they are not known."""
    if quoted is None or quoted.ready is None:
        return None
    return cast("Ready", quoted.ready).first.entries


def bounded(quoted: Quote | None, place: int) -> Bound | None:
    """Return the limits that a quote sets for one of its transactions."""
    if quoted is None or quoted.max_fee_per_gas_wei is None or place >= len(quoted.gas_of_each):
        return None
    price = Price(quoted.max_fee_per_gas_wei, quoted.tip_per_gas_wei)
    return Bound(gas=quoted.gas_of_each[place], price=price)


def check(dialect: Dialect, steps: tuple[Step, ...]) -> None:
    """Raise `InvalidInput` for steps that no contract would accept."""
    for step in steps:
        check_step(step)
        if not isinstance(step, SignedRequest):
            dialect.check(step)


def planned(dialect: Dialect, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
    """Check the steps, and return the transactions that they take; see `quote`."""
    check(dialect, steps)
    dialect.write(steps, each_alone=False)  # checks that they are for one contract, and not empty
    requests = requests_in(steps)
    if not (yield from Local(lambda: all(map(_is_signed, requests)))):
        yield from verify(dialect, requests)
    return (yield from dialect.plan(steps, sender))


def explained(dialect: Dialect, steps: tuple[Step, ...], flow: Flow[T]) -> Flow[T]:
    """Run a simulation; if it fails because of a request, raise what is wrong with the request.

    The simulation covers nonces and deadlines too, so they are read only if it fails.
    """
    try:
        return (yield from flow)
    except Reverted as error:
        if error.tx_hash is None and (requests := requests_in(steps)):
            yield from verify(dialect, requests)
        raise


def requests_in(steps: tuple[Step, ...]) -> tuple[SignedRequest, ...]:
    """Return the signed requests among steps."""
    return tuple([step for step in steps if isinstance(step, SignedRequest)])


def _is_signed(request: SignedRequest) -> bool:
    accepted = request.request.acceptance
    if accepted is not None and not (isinstance(accepted, SignedRequest) and _is_signed(accepted)):
        return False
    return recover(request.request.payload.digest(), request.signature) == request.account


def write_of(
    dialect: Dialect,
    steps: tuple[Step, ...],
    sender: Address,
    bound: Bound | None = None,
) -> Write:
    """Return the write that performs all of these steps in one transaction, or none of them."""
    call = dialect.write(steps, each_alone=False, sender=sender)
    return Write(
        trial=call,
        call=call,
        items=tuple([item(step) for step in steps]),
        carries=written(steps),
        once=_is_accepted_once(dialect, steps),
        bound=bound,
    )


def item(step: Step) -> Item:
    """Return a step as an item of an outcome."""
    return Item(intent=step.intent if isinstance(step, SignedRequest) else step)


def priced_together(
    dialect: Dialect,
    stages: tuple[Stage, ...],
    sender: Sender,
) -> Flow[tuple[Prepared, ...]]:
    """Simulate several transactions, each on the current state, and price all of them.

    Raises:
        InsufficientFunds: The payer can't pay for all of them together.
    """
    found: list[Prepared] = []
    for stage in stages:
        made = yield from prepared(sender, write_of(dialect, stage.steps, sender.account))
        if found:  # by then, the earlier ones have removed the entry that it sets
            gas = made.transaction.gas + _SET_AGAIN_GAS
            made = replace(made, transaction=replace(made.transaction, gas=gas))
        found.append(made)
    if len(stages) > 1:
        cost_wei = sum(one.transaction.gas * one.transaction.max_fee_per_gas_wei for one in found)
        balance = yield from Balance(sender.account)
        if balance < cost_wei:
            raise InsufficientFunds(sender.account, balance, cost_wei)
    return tuple(found)


def quote_call(
    dialect: Dialect,
    call: Call[tuple[Reverted | None, ...]],
    payer: Address,
    options: WriteOptions,
) -> Flow[Quote]:
    """Return the most that a call can cost, for calls other than intents."""
    sender = yield from sender_for(dialect.deployment, payer, options)
    entries = yield from sender.entries()
    if any(one.open for one in entries):
        look = yield from sender.look(entries)
        if (entry := same_call(look.entries, plain(call))) is not None:
            return _sent_before(entry)
    made = (yield from prepared(sender, plain(call))).transaction
    return Quote(gas=made.gas, cost_wei=made.gas * made.max_fee_per_gas_wei)


def _is_accepted_once(dialect: Dialect, steps: tuple[Step, ...]) -> bool:
    signed = all(isinstance(step, SignedRequest) for step in steps)
    return signed and not dialect.limits.replayable


def _sent_before(entry: JournalEntry) -> Quote:
    latest = entry.tx_hashes[-1]
    sent = attempt_of(entry.attempts, latest)
    return Quote(
        gas=sent.gas,
        cost_wei=sent.gas * sent.max_fee_per_gas_wei,
        gas_of_each=(sent.gas,),
        max_fee_per_gas_wei=sent.max_fee_per_gas_wei,
        tip_per_gas_wei=sent.tip_per_gas_wei,
        sent_before=latest,
        waiting=(entry.number,),
        notices=(f"this write was sent before, as transaction {latest}: nothing new is sent",),
    )
