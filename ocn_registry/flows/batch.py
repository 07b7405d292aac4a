"""Submit the requests of many accounts independently, as many as fit in each transaction.

A request that would fail is left out before anything is paid. One that becomes invalid between the
simulation and its block fails alone. The outcome reports each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.errors import (
    BatchRejected,
    FeeAboveCap,
    NotSent,
    OcnRegistryError,
    OutcomeUnknown,
    Reverted,
    TransactionReplaced,
)
from ocn_registry.flows.arguments import check_signed, check_signer
from ocn_registry.flows.gas import BATCH_GAS, item_gas
from ocn_registry.flows.journal_text import digest_of, digests, written
from ocn_registry.flows.price import Price, fees
from ocn_registry.flows.quote import item, requests_in
from ocn_registry.flows.requests import checks, respelled
from ocn_registry.flows.same_write import Bound, Write
from ocn_registry.flows.sender import sender_for
from ocn_registry.flows.transaction import SharedRequests, outcome_of_entry, transact
from ocn_registry.outcomes import Item, Outcome, Quote
from ocn_registry.protocol.effects import Balance, Head, all_of, together
from ocn_registry.protocol.gather import Running, gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.sender import Sender
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Call, Flow, HeadBlock
    from ocn_registry.protocol.journal import JournalEntry
    from ocn_registry.signing import AnySigner, SignedRequest

_UNKNOWN_BLOCK_GAS = 8_000_000
_SHARE = 4, 5  # of a block's gas: validators skip transactions that fill a block


class _Part(NamedTuple):
    """Requests that fit in one transaction, by position, and the gas that they may need."""

    places: tuple[int, ...]
    gas: int


def submit(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
    spender: AnySigner,
    options: WriteOptions,
    quote: Quote | None = None,
) -> Flow[Outcome]:
    """Send requests that others signed, independently, in as many transactions as needed.

    Args:
        dialect: The dialect of the deployment.
        requests: The requests, all for the same contract.
        spender: Signs the transactions and pays.
        options: Price, journal and time limits.
        quote: The confirmed quote: the most that all of it may cost.

    Returns:
        The outcome, with an item for each request in the given order. Its `error` is
        `OutcomeUnknown` or `NotSent` if one of several transactions got stuck.

    Raises:
        BatchRejected: No request would take effect; nothing was sent.
        OutcomeUnknown: The first transaction was sent, and the chain has not decided.
        FeeAboveCap: They could cost more than the quote by now.
    """
    from ocn_registry.flows.write import send  # noqa: PLC0415 - one request is a write like others

    for request in requests:
        check_signed(request)
    check_signer(spender)
    if len(requests) == 1:
        return (yield from send(dialect, requests, spender, options, quote))
    dialect.write(requests, each_alone=True)  # checks that they are for one contract, and not empty
    requests = requests_in((yield from respelled(dialect, requests)))
    sender = yield from sender_for(dialect.deployment, spender.address, options)
    batch = _Batch(dialect, requests, replace(sender, reports=False))
    yield from batch.sent_before()
    yield from batch.look()
    parts = tuple(batch.parts(_most_gas((yield from Head()))))
    price = _price_shown(quote, parts)
    for part in parts:
        try:
            yield from batch.send(part, spender, price)
        except OcnRegistryError as error:
            batch.stop(part, error)
            if not batch.outcomes:
                yield from batch.note_reported()
                raise
            break
    yield from batch.note_reported()
    return batch.outcome()


def quote(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
    payer: Address,
    options: WriteOptions,
) -> Flow[Quote]:
    """Return the most that `submit` can cost for several requests. Nothing is sent.

    The quote's `notices` say how many of them would have no effect now.

    Args:
        dialect: The dialect of the deployment.
        requests: The requests, all for the same contract.
        payer: The account that would sign the transactions and pay.
        options: Price and journal.
    """
    dialect.write(requests, each_alone=True)  # checks that they are for one contract, and not empty
    requests = requests_in((yield from respelled(dialect, requests)))
    sender = yield from sender_for(dialect.deployment, payer, options)
    batch = _Batch(dialect, requests, sender)
    looking, asking = Running(batch.look()), Running(together(Head(), Balance(payer)).__iter__())
    yield from gather(looking, asking)
    looking.result()
    head, balance = asking.result()
    parts = tuple(batch.parts(_most_gas(head)))
    yield from batch.try_all(parts)
    price = yield from fees(head, options, has_base_fee=dialect.deployment.base_fee)
    gas = sum(part.gas for part in parts)
    return Quote(
        gas=gas,
        cost_wei=gas * price.max_fee_per_gas_wei,
        transactions=len(parts) or 1,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
        balance_wei=balance,
        notices=batch.doubts(),
    )


class _Batch:
    """The state of each request of a batch while its transactions are sent."""

    def __init__(
        self,
        dialect: Dialect,
        requests: tuple[SignedRequest, ...],
        sender: Sender,
    ) -> None:
        self._dialect = dialect
        self._requests = requests
        self._sender = sender
        self._items: list[Item | None] = [None] * len(requests)
        self._by_contract = [False] * len(requests)
        self.outcomes: list[Outcome] = []
        self._failed: list[str] = []  # transactions that failed as a whole

    def _left(self) -> list[int]:
        return [place for place, found in enumerate(self._items) if found is None]

    def _set(self, place: int, error: OcnRegistryError | None) -> None:
        self._items[place] = Item(intent=self._requests[place].intent, error=error)

    def sent_before(self) -> Flow[None]:
        """Wait for open transactions that already contain some of these requests."""
        places = {digest_of(one): place for place, one in enumerate(self._requests)}

        def carries(entry: JournalEntry) -> bool:
            is_open = not entry.reported and entry.state != "lost"
            return is_open and not places.keys().isdisjoint(digests(entry.carries))

        entries = yield from self._sender.entries()
        if not any(map(carries, entries)):
            return
        done = {outcome.tx_hash for outcome in self.outcomes}
        for entry in filter(carries, (yield from self._sender.look(entries)).entries):
            if not done.isdisjoint(entry.tx_hashes):
                continue  # one of these
            carried = digests(entry.carries)
            self._sender.options.notice(
                f"some of these requests were sent before, in transaction {entry.tx_hashes[-1]}: "
                "they are not sent again",
            )
            try:
                known, included = yield from self._sender.wait(entry)
            except TransactionReplaced:
                continue
            try:
                outcome = yield from outcome_of_entry(self._dialect, known, included)
            except (TransactionReplaced, Reverted):  # cancelled, or failed as a whole: sent again
                yield from self._sender.note(replace(known, reported=True))
                continue
            self.outcomes.append(outcome)
            for digest, its in zip(carried, outcome.items, strict=False):
                if digest in places:
                    self._set(places[digest], its.error)

    def note_reported(self) -> Flow[None]:
        """Record that the outcomes of all transactions are returned now, and not before.

        A process that ends before this has reported none of them.
        """
        returned: list[JournalEntry] = []
        for tx_hash in [*[outcome.tx_hash for outcome in self.outcomes], *self._failed]:
            entry = yield from self._sender.find(tx_hash)
            if entry is not None and not entry.reported:
                returned.append(replace(entry, reported=True))
        with self._sender.returning(*returned):
            yield from self._sender.note(*returned)

    def look(self) -> Flow[None]:
        """Check the requests: deadline, nonce, signature."""
        left = self._left()
        looks = yield from checks(self._dialect, tuple([self._requests[at] for at in left]))
        for place, look in zip(left, looks, strict=True):
            self._by_contract[place] = look.by_contract
            if look.error is not None:
                self._set(place, look.error)

    def parts(self, most_gas: int) -> Iterator[_Part]:
        """Split valid requests into transactions, with separate ones for contract signatures."""
        for by_contract in (False, True):
            places: list[int] = []
            gas = BATCH_GAS
            for place in self._left():
                if self._by_contract[place] is not by_contract:
                    continue
                needed = item_gas(self._requests[place], by_contract=by_contract)
                if places and gas + needed > most_gas:
                    yield _Part(tuple(places), gas)
                    places, gas = [], BATCH_GAS
                places.append(place)
                gas += needed
            if places:
                yield _Part(tuple(places), gas)

    def try_all(self, parts: tuple[_Part, ...]) -> Flow[None]:
        """Simulate the requests of all transactions, and record which would fail."""
        trials = tuple([self._trial(part) for part in parts])
        for part, results in zip(parts, (yield from all_of(trials)), strict=True):
            self._note(part, results)

    def _trial(self, part: _Part) -> Call[tuple[Reverted | None, ...]]:
        chosen = tuple([self._requests[place] for place in part.places])
        trial = self._dialect.write(chosen, each_alone=True)
        return replace(trial, sender=self._sender.account)

    def _note(self, part: _Part, results: tuple[Reverted | None, ...]) -> list[int]:
        """Record which requests of a transaction would fail; return the positions of the others."""
        good: list[int] = []
        for place, error in zip(part.places, results, strict=True):
            if error is None:
                good.append(place)
            else:
                self._set(place, error)
        return good

    def doubts(self) -> tuple[str, ...]:
        """Return a sentence about the requests that would have no effect, if any."""
        errors = [one.error for one in self._items if one is not None]
        if not errors:
            return ()
        return (
            f"{len(errors)} of {len(self._requests)} requests would have no effect: {errors[0]}",
        )

    def send(self, part: _Part, spender: AnySigner, price: Price | None) -> Flow[None]:
        """Simulate the requests of one transaction, and send those that would take effect."""
        since = yield from self._sender.entries()
        good = self._note(part, (yield from self._trial(part)))
        if not good:
            return
        kept = tuple([self._requests[place] for place in good])
        spare = [place for place in part.places if place not in good]
        gas = part.gas - sum(
            item_gas(self._requests[at], by_contract=self._by_contract[at]) for at in spare
        )
        alone = self._dialect.write(kept, each_alone=len(kept) > 1)
        write = Write(
            trial=None,
            call=alone,
            items=tuple([item(one) for one in kept]),
            carries=written(kept),
            once=not self._dialect.limits.replayable,
            gas=gas,
            bound=None if price is None else Bound(gas=gas, price=price),
            reports=False,
        )
        try:
            options = self._sender.options
            outcome = yield from transact(self._dialect, write, spender, options, since=since)
        except SharedRequests:  # another process has just sent some of them
            yield from self.sent_before()
            left = tuple([place for place in good if self._items[place] is None])
            if left:
                yield from self.send(_Part(left, gas), spender, price)
            return
        self.outcomes.append(outcome)
        for place, its in zip(good, outcome.items, strict=True):
            self._items[place] = its

    def stop(self, part: _Part, error: OcnRegistryError) -> None:
        """Record the state of the requests in a stuck transaction, and of those after it."""
        failed = error.tx_hash if isinstance(error, Reverted) else None
        self._failed += [] if failed is None else [failed]
        sent = failed is not None or isinstance(error, (OutcomeUnknown, TransactionReplaced))
        for place in self._left():
            self._set(place, error if sent and place in part.places else NotSent(str(error)))

    def outcome(self) -> Outcome:
        """Return the outcome of all transactions, with an item for each request.

        Raises:
            BatchRejected: Nothing was sent.
        """
        items = tuple([one for one in self._items if one is not None])
        if not self.outcomes:
            raise BatchRejected(tuple([one.error for one in items if one.error is not None]))
        return replace(Outcome.joined(self.outcomes), items=items)


def _price_shown(quoted: Quote | None, parts: tuple[_Part, ...]) -> Price | None:
    """Return the price of the confirmed quote, if it covers these transactions.

    Raises:
        FeeAboveCap: They may need more gas than quoted.
    """
    if quoted is None or quoted.max_fee_per_gas_wei is None:
        return None
    gas, price = sum(part.gas for part in parts), quoted.max_fee_per_gas_wei
    if gas > quoted.gas:
        raise FeeAboveCap(gas * price, quoted.cost_wei, of="plan")
    return Price(price, quoted.tip_per_gas_wei)


def _most_gas(head: HeadBlock) -> int:
    limit = head.gas_limit or _UNKNOWN_BLOCK_GAS
    return limit * _SHARE[0] // _SHARE[1]
