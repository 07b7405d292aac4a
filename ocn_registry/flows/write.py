"""From a write to its outcome: check, plan which transactions it takes, have them sent.

What would revert is told before it is sent, and costs nothing. `sending` has a single transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    BatchRejected,
    InvalidInput,
    OcnRegistryError,
    OutcomeUnknown,
    PartlyDone,
    RpcTimeout,
    RpcUnavailable,
)
from ocn_registry.flows.quote import planned, priced_together
from ocn_registry.flows.requests import look
from ocn_registry.flows.transaction import FIRST_POLL_S, LONGEST_POLL_S, transact
from ocn_registry.foreign.text import shown
from ocn_registry.outcomes import Item, Outcome
from ocn_registry.protocol.effects import Clock, Sleep
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects import Dialect, Stage, Step
    from ocn_registry.errors import RequestRejected, Reverted
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

DEFAULT_TIP_WEI = 2
_MAX_CONFIRMATIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How a transaction is priced and waited for.

    Attributes:
        max_fee_per_gas_wei: Most that is paid per gas; `None` for twice the latest base fee and
            the tip.
        tip_per_gas_wei: What the validator is offered per gas.
        gas: Gas that the transaction may use; `None` for the node's estimate and a quarter more.
        confirmations: How many blocks have to stand, the transaction's own counted.
        timeout_s: How long the receipt is awaited.
        on_sent: Told the transaction's hash right after it was sent, for who is interrupted then.
        on_wait: Told, whenever it was looked for in vain, how many blocks stand, its own counted,
            and how many have to.
    """

    max_fee_per_gas_wei: int | None = None
    tip_per_gas_wei: int = DEFAULT_TIP_WEI
    gas: int | None = None
    confirmations: int = 1
    timeout_s: float = 120.0
    on_sent: Callable[[str], None] | None = None
    on_wait: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        """Refuse what would pay nothing, or wait for nothing."""
        for name, value, least, most in (
            ("tip_per_gas_wei", self.tip_per_gas_wei, 1, 1 << 128),
            ("max_fee_per_gas_wei", self.max_fee_per_gas_wei, 1, 1 << 128),
            ("gas", self.gas, 21_000, 1 << 63),
            ("confirmations", self.confirmations, 1, _MAX_CONFIRMATIONS),
            ("timeout_s", self.timeout_s, 0, 1 << 32),
        ):
            if value is not None and not least <= value <= most:
                raise InvalidInput(f"{name} is {shown(value)}: give a number from {least}")


def send(
    dialect: Dialect,
    steps: tuple[Step, ...],
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send one transaction: all of the steps, or none.

    Where a contract would lose something by a write, the dialect makes several transactions of
    it: what the first take away is set again should a later one fail.

    Args:
        dialect: How the contracts are spoken to.
        steps: Intents of the signer itself, and requests that others signed.
        signer: Signs the transaction, and pays.
        options: Price and patience.
    """
    stages = yield from planned(dialect, steps, signer.address)
    if len(stages) == 1:
        return (yield from _all_or_nothing(dialect, stages[0].steps, signer, options))
    outcome = yield from _in_stages(dialect, stages, signer, options)
    return replace(outcome, items=tuple([_item(step) for step in steps]))


def submit(
    dialect: Dialect,
    requests: tuple[SignedRequest, ...],
    spender: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send requests that others signed in one transaction, each on its own.

    A request that would fail is left out before anything is paid, and told in the outcome.

    Args:
        dialect: How the contracts are spoken to.
        requests: What was signed.
        spender: Signs the transaction, and pays.
        options: Price and patience.
    """
    if len(requests) == 1:
        return (yield from send(dialect, requests, spender, options))
    dialect.write(requests, each_alone=True)  # one contract's, and not none
    errors: list[Reverted | RequestRejected | None] = list((yield from look(dialect, requests)))
    good = [place for place, error in enumerate(errors) if error is None]
    if good:
        trial = dialect.write(tuple([requests[place] for place in good]), each_alone=True)
        results = yield from replace(trial, sender=spender.address)
        for place, error in zip(good, results, strict=True):
            errors[place] = error
    good = [place for place in good if errors[place] is None]
    if not good:
        raise BatchRejected(tuple([error for error in errors if error is not None]))
    kept = tuple([requests[place] for place in good])
    # All or nothing tells what gas all of them need: each on its own succeeds with any.
    whole = dialect.write(kept, each_alone=False)
    alone = dialect.write(kept, each_alone=True) if len(kept) > 1 else whole
    items = tuple([_item(request) for request in kept])
    outcome = yield from transact(
        dialect,
        whole,
        alone,
        spender,
        items=items,
        once=not dialect.limits.replayable,
        options=options,
    )
    told = dict(zip(good, outcome.items, strict=True))
    return replace(
        outcome,
        items=tuple(
            [
                told.get(place) or Item(intent=request.intent, error=errors[place])
                for place, request in enumerate(requests)
            ],
        ),
    )


def _in_stages(
    dialect: Dialect,
    stages: tuple[Stage, ...],
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send several transactions, once each of them would succeed and can be paid."""
    yield from priced_together(dialect, stages, signer.address, options)
    *early, last = stages
    # A transaction in between is no end: whoever waits long for it waits without an entry.
    quick = replace(options, confirmations=1)
    parts: list[Outcome] = []
    for stage, patience in [*((stage, quick) for stage in early), (last, options)]:
        if not parts:
            parts.append((yield from _all_or_nothing(dialect, stage.steps, signer, patience)))
            continue
        try:
            part = yield from _insist(dialect, stage.steps, signer, patience)
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
    """Set again what was taken away, unless the stage may have had its effect after all."""
    hashes = [part.tx_hash for part in parts]
    if isinstance(error, OutcomeUnknown) or not failed.undo:
        return PartlyDone(error, tuple(hashes), restored=False)
    try:
        for intent in failed.undo:
            part = yield from _insist(dialect, (intent,), signer, options)
            hashes.append(part.tx_hash)
    except OcnRegistryError:
        return PartlyDone(error, tuple(hashes), restored=False)
    return PartlyDone(error, tuple(hashes), restored=True)


def _insist(
    dialect: Dialect,
    steps: tuple[Step, ...],
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Send one of several transactions; while no node is there to take it, wait for one."""
    started = yield from Clock()
    pause = FIRST_POLL_S
    while True:
        try:
            return (yield from _all_or_nothing(dialect, steps, signer, options))
        except (RpcUnavailable, RpcTimeout):  # then it was not sent
            now = yield from Clock()
            if now - started >= options.timeout_s:
                raise
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)


def _all_or_nothing(
    dialect: Dialect,
    steps: tuple[Step, ...],
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    write = dialect.write(steps, each_alone=False, sender=signer.address)
    signed = all(isinstance(step, SignedRequest) for step in steps)
    return (
        yield from transact(
            dialect,
            write,
            write,
            signer,
            items=tuple([_item(step) for step in steps]),
            once=signed and not dialect.limits.replayable,
            options=options,
        )
    )


def _item(step: Step) -> Item:
    return Item(intent=step.intent if isinstance(step, SignedRequest) else step)
