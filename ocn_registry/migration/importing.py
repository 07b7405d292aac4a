"""Import what is planned, in batches that fit a block, each entry once, however often it is run.

There is no record of progress: whatever is missing on the chain is sent. So you can stop the import
at any point, in any way, and run it again. It first waits for the owner's open transactions, as
journal and chain know them. What was given up on the new contracts in the meantime is not sent
again (`Removals`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput, Reverted, RpcRefused, RpcTimeout, UnknownRevert
from ocn_registry.flows import write
from ocn_registry.flows.confirmation import FIRST_POLL_S, LONGEST_POLL_S
from ocn_registry.flows.sender import counts_of, sender_for
from ocn_registry.intents import (
    CloseImport,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
)
from ocn_registry.migration.compare import NotAsPlanned, What, compare, standing
from ocn_registry.migration.price import MAX_ITEMS, SPARE
from ocn_registry.migration.removals import Removals
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import (
    Clock,
    GasEstimate,
    Head,
    Sleep,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import Intent
    from ocn_registry.migration.plan import Plan
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

_DRIFT = 64  # validators move the limit of a block by a 1024th at a time: room for 16 blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How entries are imported.

    Attributes:
        signer: Owns the new contracts, and pays.
        options: How transactions are priced and waited for; `gas` in it does not count.
        max_gas: Most gas for one transaction; `None` for what a block of the chain takes, which is
            never exceeded.
        on_batch: Called with each batch that is on the chain.
        first_block: No block before it has an event of the new contracts.
    """

    signer: AnySigner
    options: WriteOptions
    max_gas: int | None = None
    first_block: int = 0
    on_batch: Callable[[Outcome], None] | None = None


def carry(dialect: Dialect, plan: Plan, settings: ImportOptions) -> Flow[tuple[Outcome, ...]]:
    """Import what is planned and not on the chain yet.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What is to be imported.
        settings: Who signs, and how much goes in one transaction.

    Returns:
        What was sent, in its order; nothing when all was there.
    """
    sent: list[Outcome] = []
    left: Plan | None = None
    while True:
        yield from settled(dialect, settings)
        former, left = left, (yield from missing(dialect, plan, settings.first_block))
        try:
            for count, make in _kinds(left):
                yield from _all(dialect, settings, count, make, sent)
        except Reverted:
            # Somebody may have left or revoked between the look and the batch: look again.
            if left == former:
                raise
        else:
            return tuple(sent)


def missing(dialect: Dialect, plan: Plan, first_block: int) -> Flow[Plan]:
    """Return what of a plan is not on the chain and was not given up there.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What is to be imported.
        first_block: No block before it has an event of the contracts.
    """
    plan = (yield from Removals.read(dialect, plan, first_block)).without(plan)
    found = yield from standing(dialect)
    operators = {node.operator for node in found.nodes}
    listed = {party.id for party in found.parties}
    providers = {service.provider for service in found.services}
    agreed = {(one.user, one.provider) for one in found.agreements}
    return replace(
        plan,
        nodes=tuple([one for one in plan.nodes if one.operator not in operators]),
        parties=tuple([one for one in plan.parties if one.id not in listed]),
        services=tuple([one for one in plan.services if one.provider not in providers]),
        agreements=tuple(
            [one for one in plan.agreements if (one.user, one.provider) not in agreed],
        ),
    )


def tried(dialect: Dialect, plan: Plan, settings: ImportOptions) -> Flow[None]:
    """Simulate the first batch, so that what would be refused is known before anything is paid.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What is missing.
        settings: Who signs, and how much goes in one transaction.

    Raises:
        Reverted: The contracts refuse it: `ImportNotOpen`, `OwnableUnauthorizedAccount`, ...
    """
    limit = yield from most_gas(settings.max_gas)
    for count, make in _kinds(plan):
        if count:
            yield from _fitting(dialect, settings, limit, make, range(min(count, MAX_ITEMS)))
            return


def most_gas(wanted: int | None) -> Flow[int | None]:
    """Return the most gas that one transaction may use now; `None` where the chain has no limit.

    Args:
        wanted: What the caller wants; `None` for as much as a block takes.
    """
    limit = (yield from Head()).gas_limit
    if limit is None:
        return wanted
    limit -= limit // _DRIFT
    return limit if wanted is None else min(wanted, limit)


def close(
    dialect: Dialect,
    plan: Plan,
    settings: ImportOptions,
    *,
    anyway: bool,
) -> Flow[tuple[Outcome, ...]]:
    """End the import of both contracts for good, if all is as planned.

    The order of lists does not count: anybody who leaves changes it. When one of the contracts is
    closed already, the other is closed without a look, because people write by then.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What was to be imported.
        settings: Who signs.
        anyway: Close also if something differs.

    Returns:
        What was sent; nothing when both were closed.

    Raises:
        NotAsPlanned: Something differs, and nothing was closed.
    """
    yield from settled(dialect, settings)
    first, second = Contract.PERMISSIONS, Contract.REGISTRY
    still = yield from together(
        dialect.import_open(first, None),
        dialect.import_open(second, None),
    )
    if all(still) and not anyway:
        found = yield from compare(dialect, plan, settings.first_block)
        differences = tuple([one for one in found if one.what is not What.ORDER])
        if differences:
            raise NotAsPlanned(differences)
    sent: list[Outcome] = []
    for contract, is_open in zip((first, second), still, strict=True):
        if is_open:
            intent = CloseImport(contract=contract)
            sent.append(
                (yield from write.send(dialect, (intent,), settings.signer, settings.options))
            )
    return tuple(sent)


def _kinds(plan: Plan) -> tuple[tuple[int, Callable[[range], Intent]], ...]:
    """Return how many entries of each kind there are, and what imports a range of them."""
    return (
        (len(plan.nodes), lambda at: ImportNodes(nodes=plan.nodes[at.start : at.stop])),
        (len(plan.parties), lambda at: ImportParties(parties=plan.parties[at.start : at.stop])),
        (len(plan.services), lambda at: ImportServices(services=plan.services[at.start : at.stop])),
        (
            len(plan.agreements),
            lambda at: ImportAgreements(agreements=plan.agreements[at.start : at.stop]),
        ),
    )


def _all(
    dialect: Dialect,
    settings: ImportOptions,
    count: int,
    make: Callable[[range], Intent],
    sent: list[Outcome],
) -> Flow[None]:
    """Import all entries of a kind; how many fit is learned from the first batch."""
    at, size = 0, MAX_ITEMS
    while at < count:
        limit = yield from most_gas(settings.max_gas)
        wanted = range(at, min(at + size, count))
        size, gas = yield from _fitting(dialect, settings, limit, make, wanted)
        options = replace(settings.options, gas=gas)
        intent = make(range(at, at + size))
        outcome = yield from write.send(dialect, (intent,), settings.signer, options)
        sent.append(outcome)
        if settings.on_batch is not None:
            settings.on_batch(outcome)
        at += size


def _fitting(
    dialect: Dialect,
    settings: ImportOptions,
    limit: int | None,
    make: Callable[[range], Intent],
    wanted: range,
) -> Flow[tuple[int, int]]:
    """Return how many of the first entries fit in a transaction, and with how much gas."""
    size, sender = len(wanted), settings.signer.address
    while True:
        intent = make(wanted[:size])
        dialect.check(intent)
        call = dialect.write((intent,), each_alone=False, sender=sender)
        try:
            needed = yield from GasEstimate(call)
        except (RpcRefused, RpcTimeout, UnknownRevert):  # so nodes say that it is too much
            if size == 1:
                raise
            size //= 2
            continue
        gas = needed + needed // SPARE
        if limit is None or gas <= limit:
            return size, gas
        if size == 1:
            raise InvalidInput(
                f"one entry alone needs {gas} gas and {limit} is the most: raise max_gas, if that "
                "is less than a block takes",
            )
        size = max(1, min(size - 1, size * limit // gas))


def settled(dialect: Dialect, settings: ImportOptions) -> Flow[None]:
    """Wait until nothing that the owner sent is without a block, for as long as for a receipt.

    What the journal knows and no node does is handed over again.

    Args:
        dialect: How the new contracts are spoken to.
        settings: Who signs, and how long a receipt is waited for.

    Raises:
        InvalidInput: Something still is in no block.
    """
    sender = yield from sender_for(dialect.deployment, settings.signer.address, settings.options)
    started = yield from Clock()
    pause = FIRST_POLL_S
    while True:
        entries, counts = yield from sender.settled()
        if counts is None:
            counts = counts_of((yield from sender.ask_counts()))
        afloat = [entry.number for entry in entries if entry.state == "signed"]
        waiting = {*afloat, *range(counts.mined, counts.pending)}
        if not waiting:
            return
        now = yield from Clock()
        if now - started >= settings.options.timeout_s:
            raise InvalidInput(
                f"{sender.account} has {len(waiting)} transactions in no block yet: wait for them, "
                "or cancel them, and run this again",
            )
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
