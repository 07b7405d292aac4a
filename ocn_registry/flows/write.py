"""Carry out a write: check it, plan its transactions, send them, and return the outcome.

A write that would revert raises before anything is sent, and costs nothing. `transaction` sends a
single transaction, `batch` many requests.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    OcnRegistryError,
    OutcomeUnknown,
    PartlyDone,
    RpcTimeout,
    RpcUnavailable,
)
from ocn_registry.flows.arguments import check_quote, check_signer
from ocn_registry.flows.confirmation import FIRST_POLL_S, LONGEST_POLL_S
from ocn_registry.flows.quote import (
    bounded,
    check,
    entries_of,
    explained,
    item,
    planned,
    priced_together,
    ready_of,
    write_of,
)
from ocn_registry.flows.replace import await_outcome
from ocn_registry.flows.requests import respelled
from ocn_registry.flows.same_write import only_asked, same_call
from ocn_registry.flows.sender import sender_for
from ocn_registry.flows.transaction import transact
from ocn_registry.outcomes import Outcome
from ocn_registry.protocol.effects import Clock, Sleep

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Stage, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.same_write import Write
    from ocn_registry.outcomes import Quote
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner


def send(
    dialect: Dialect,
    steps: tuple[Step, ...],
    signer: AnySigner,
    options: WriteOptions,
    quote: Quote | None = None,
) -> Flow[Outcome]:
    """Send steps in one transaction, all or none.

    If a contract would lose data in a write, the dialect splits it into several transactions. If a
    later one fails, the data removed by the earlier ones is restored.

    Args:
        dialect: The dialect of the deployment.
        steps: Intents of the signer, and requests that others signed.
        signer: Signs the transaction and pays.
        options: Price, journal and time limits.
        quote: The confirmed quote: the most that the write may cost.
    """
    check_signer(signer)
    check_quote(quote)
    check(dialect, steps)
    steps = yield from respelled(dialect, steps)
    whole = write_of(dialect, steps, signer.address, bounded(quote, 0))
    sender = yield from sender_for(dialect.deployment, signer.address, options)
    if quote is not None and quote.sent_before is not None:
        # The user confirmed only this one, whatever has happened to it since.
        if options.on_sent is not None:
            options.on_sent(quote.sent_before)
        outcome = yield from await_outcome(dialect, quote.sent_before, options)
        return _all_or_raise(
            only_asked(outcome, (yield from sender.find(quote.sent_before)), whole)
        )
    entries = yield from sender.entries()
    if same_call(entries, whole) is not None:
        look = yield from sender.look(entries)
        if same_call(look.entries, whole) is not None:
            return _all_or_raise((yield from transact(dialect, whole, signer, options)))
    ready = yield from ready_of(quote)
    stages = ready.stages if ready else (yield from planned(dialect, steps, signer.address))
    if len(stages) == 1:
        first = ready.first if ready else None
        begun_with = entries_of(quote)
        since = entries if begun_with is None else begun_with
        sent = transact(dialect, whole, signer, options, first, since)
        return _all_or_raise((yield from explained(dialect, steps, sent)))
    outcome = yield from _in_stages(dialect, stages, signer, options, quote)
    return replace(outcome, items=tuple([item(step) for step in steps]))


def _all_or_raise(outcome: Outcome) -> Outcome:
    """Return an outcome; raise the first error if requests failed among others in a batch."""
    for failed in outcome.failed:
        if failed.error is not None:
            raise failed.error
    return outcome


def _in_stages(
    dialect: Dialect,
    stages: tuple[Stage, ...],
    signer: AnySigner,
    options: WriteOptions,
    quote: Quote | None,
) -> Flow[Outcome]:
    """Send several transactions, after checking that each would succeed and can be paid."""
    sender = yield from sender_for(dialect.deployment, signer.address, options)
    yield from priced_together(dialect, stages, sender)
    *early, last = stages
    # Between these transactions an entry is missing, so don't wait long for the next.
    quick = replace(options, confirmations=1)
    parts: list[Outcome] = []
    for stage, patience in [*((stage, quick) for stage in early), (last, options)]:
        write = write_of(dialect, stage.steps, signer.address, bounded(quote, len(parts)))
        if not parts:
            parts.append((yield from transact(dialect, write, signer, patience)))
            continue
        try:
            part = yield from _send_persistently(dialect, write, signer, patience)
        except OcnRegistryError as error:
            raise (yield from _undone(dialect, stage, signer, quick, parts, error)) from error
        parts.append(part)
    return Outcome.joined(parts)


def _undone(  # noqa: PLR0913, PLR0917 - all that is known when a stage fails
    dialect: Dialect,
    failed: Stage,
    signer: AnySigner,
    options: WriteOptions,
    parts: list[Outcome],
    error: OcnRegistryError,
) -> Flow[PartlyDone]:
    """Restore what was removed, unless the failed stage may still take effect."""
    hashes = [part.tx_hash for part in parts]
    if isinstance(error, OutcomeUnknown) or not failed.undo:
        return PartlyDone(error, tuple(hashes), restored=False)
    try:
        for intent in failed.undo:
            write = write_of(dialect, (intent,), signer.address)
            part = yield from _send_persistently(dialect, write, signer, options)
            hashes.append(part.tx_hash)
    except OcnRegistryError:
        return PartlyDone(error, tuple(hashes), restored=False)
    return PartlyDone(error, tuple(hashes), restored=True)


def _send_persistently(
    dialect: Dialect,
    write: Write,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send one of several transactions; while no node is reachable, wait for one."""
    started = yield from Clock()
    pause = FIRST_POLL_S
    while True:
        try:
            return (yield from transact(dialect, write, signer, options))
        except (RpcUnavailable, RpcTimeout):  # in which case nothing was sent
            now = yield from Clock()
            if now - started >= options.timeout_s:
                raise
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
