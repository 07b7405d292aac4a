"""Carry out a write: show the plan, price it, ask, send, report.

The plan and the question are messages; the result is data. Every write is simulated before it is
sent, and answering "no" costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ocn_registry.errors import FeeAboveCap, TransportError
from ocn_registry.plans.exit_codes import DONE, INTERRUPTED
from ocn_registry.plans.network import amount, network_lines
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Balance

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.plans.entries import Entry

T = TypeVar("T")
Line = tuple[str, str]


class Console(Protocol):
    """The interface to the person who sees the plan and the reader of the result."""

    def note(self, text: str) -> None:
        """Print one line; the console escapes control characters."""

    @property
    def can_ask(self) -> bool:
        """Whether there is a person to ask, who has not agreed beforehand."""
        ...

    def agree(self, question: str, *, insist: bool) -> bool:
        """Return whether the person agrees.

        Args:
            question: The question.
            insist: Whether explicit consent is needed. Otherwise, without a terminal, consent is
                assumed.

        Raises:
            InvalidInput: Explicit consent is needed, and there is no terminal.
        """
        ...

    def show(self, result: Entry) -> None:
        """Print the result."""

    def waiting(self, options: WriteOptions) -> AbstractContextManager[WriteOptions]:
        """Return options that show the progress of waiting for a transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[T]):
    """A write that has not been sent yet.

    Attributes:
        payer: The account that pays.
        lines: Its description, as labels and texts in order. The network is shown before them.
        quote: Simulates it and returns the most that it can cost; `None` if that is not known yet.
        send: Sends it, for no more than the quote.
        report: Returns the result as data, and the exit code.
        preview: The result of a dry run, apart from the price.
        question: The question to the person.
        insist: Whether explicit consent is needed.
    """

    payer: Address
    lines: tuple[Line, ...]
    quote: Callable[[WriteOptions], Quote | None]
    send: Callable[[WriteOptions, Quote | None], T]
    report: Callable[[T], tuple[Entry, int]]
    preview: Entry
    question: str = "send this?"
    insist: bool = True


def execute(
    client: RegistryClient,
    plan: Plan[T],
    console: Console,
    options: WriteOptions,
    *,
    dry_run: bool,
) -> int:
    """Show a plan, ask, send it, and show the result.

    Args:
        client: Reaches the registry.
        plan: The plan.
        console: Shows the plan, and asks.
        options: How transactions are priced and waited for.
        dry_run: Whether to stop before anything is sent.

    Returns:
        The exit code.
    """
    for label, text in (*network_lines(client.deployment), *plan.lines):
        say(console, label, text)

    shown: set[str] = set()

    def note(sentence: str) -> None:
        if sentence not in shown:  # planning and sending can both notice it
            shown.add(sentence)
            say(console, "note", sentence)

    options = replace(options, on_notice=note, journal=options.journal or client.journal)
    quote = _quoted(client, plan, console, options)
    if dry_run:
        console.note("this was a dry run: nothing was sent")
        console.show(plan.preview | _price(quote))
        return DONE
    question = plan.question
    while True:
        sent_before = quote is not None and quote.sent_before is not None
        if not sent_before and not console.agree(question, insist=plan.insist):
            console.note("nothing was sent")
            return INTERRUPTED
        try:
            with console.waiting(options) as watched:
                outcome = plan.send(watched, quote)
        except FeeAboveCap as error:  # more expensive than shown: nothing was sent
            if quote is None or not console.can_ask:
                raise
            console.note(str(error))
            quote = _quoted(client, plan, console, options)
            question = f"the price has risen: {plan.question}"
        else:
            result, code = plan.report(outcome)
            console.show(result)
            return code


def _quoted(
    client: RegistryClient,
    plan: Plan[T],
    console: Console,
    options: WriteOptions,
) -> Quote | None:
    """Price a plan, and print its cost and notices."""
    quote = plan.quote(options)
    if quote is None:
        return None
    for sentence in quote.notices:
        options.notice(sentence)
    if quote.sent_before is None:
        _say_price(client, plan.payer, quote, console)
    return quote


def within(options: WriteOptions, quote: Quote | None) -> WriteOptions:
    """Return options that limit a single transaction to the cost of a quote."""
    if quote is None or quote.max_fee_per_gas_wei is None:
        return options
    caps = [each for each in (options.max_cost_wei, quote.cost_wei) if each is not None]
    return replace(options, max_fee_per_gas_wei=quote.max_fee_per_gas_wei, max_cost_wei=min(caps))


def say(console: Console, label: str, text: str) -> None:
    """Print one line of a plan."""
    console.note(f"{label:<10}{text}")


def read_after(read: Callable[[], T], otherwise: T, console: Console) -> T:
    """Read the registry after a write, which is done even if this fails.

    Args:
        read: The read.
        otherwise: The result if reading fails: a node can be behind the write's block.
        console: Notified if reading fails.
    """
    try:
        return read()
    except TransportError as error:
        say(console, "warning", f"it is done, but its result can't be read: {error}")
        return otherwise


def transaction(deployment: Deployment, outcome: Outcome) -> Entry:
    """Return the block and the cost of a write, as data."""
    explorer = deployment.explorer
    return {
        "hash": outcome.tx_hash,
        "hashes": [part.tx_hash for part in outcome.parts] or [outcome.tx_hash],
        "blockNumber": outcome.block.number,
        "blockHash": outcome.block.hash,
        "gasUsed": outcome.gas_used,
        "costWei": None if outcome.cost_wei is None else str(outcome.cost_wei),
        "explorer": None if explorer is None else f"{explorer}/tx/{outcome.tx_hash}",
    }


def _price(quote: Quote | None) -> Entry:
    return {
        "gas": None if quote is None else quote.gas,
        "mostCostWei": None if quote is None else str(quote.cost_wei),
    }


def _say_price(client: RegistryClient, payer: Address, quote: Quote, console: Console) -> None:
    balance: int = (
        client.transport.perform(Balance(payer)) if quote.balance_wei is None else quote.balance_wei
    )
    price, has = (amount(wei, client.deployment) for wei in (quote.cost_wei, balance))
    say(console, "price", f"at most {price} ({quote.gas:,} gas); the spender has {has}")
    if quote.transactions > 1:
        say(
            console,
            "note",
            f"it takes {quote.transactions} transactions: let all of them finish",
        )
