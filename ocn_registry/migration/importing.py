"""Import a plan in batches that fit in a block. It can be run repeatedly.

There is no record of progress: entries that are missing on the chain are sent. So you can stop the
import at any point, in any way, and run it again. It first waits for the owner's open transactions
in journal and chain. Entries that were deleted on the new contracts in the meantime are not sent
again (`Removals`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.errors import InvalidInput, Reverted, RpcRefused, RpcTimeout, UnknownRevert
from ocn_registry.flows import write
from ocn_registry.flows.confirmation import FIRST_POLL_S, LONGEST_POLL_S
from ocn_registry.flows.sender import counts_of, sender_for
from ocn_registry.migration.compare import NotAsPlanned, What, compare, standing
from ocn_registry.migration.price import MAX_ITEMS, SPARE
from ocn_registry.migration.removals import Removals
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass
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
    from ocn_registry.migration.plan import MigrationPlan
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

_DRIFT = 64  # validators change the block's limit by at most 1/1024 at a time: room for 16 blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Options of an import.

    Attributes:
        signer: The owner of the new contracts, who pays.
        options: How transactions are priced and waited for; `gas` is ignored.
        max_gas: Maximum gas for a transaction; `None` for the block's limit, which is never
            exceeded.
        on_batch: Called with each mined batch.
        first_block: Number of the first block that can have events of the new contracts.
    """

    signer: AnySigner
    options: WriteOptions
    max_gas: int | None = None
    first_block: int = 0
    on_batch: Callable[[Outcome], None] | None = None


def carry(
    dialect: Dialect, plan: MigrationPlan, settings: ImportOptions
) -> Flow[tuple[Outcome, ...]]:
    """Import the planned entries that are missing.

    Args:
        dialect: The dialect of the new contracts.
        plan: The plan.
        settings: The options.

    Returns:
        The outcomes, in order; empty if nothing was missing.
    """
    sent: list[Outcome] = []
    left: MigrationPlan | None = None
    while True:
        yield from settled(dialect, settings)
        former, left = left, (yield from missing(dialect, plan, settings.first_block))
        try:
            for count, make in _kinds(left):
                yield from _all(dialect, settings, count, make, sent)
        except Reverted:
            # Someone may have deleted or revoked an entry before the batch: look again.
            if left == former:
                raise
        else:
            return tuple(sent)


def missing(dialect: Dialect, plan: MigrationPlan, first_block: int) -> Flow[MigrationPlan]:
    """Return the part of a plan that is not on the chain, and was not deleted there.

    Args:
        dialect: The dialect of the new contracts.
        plan: The plan.
        first_block: Number of the first block that can have events of the contracts.
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


def tried(dialect: Dialect, plan: MigrationPlan, settings: ImportOptions) -> Flow[None]:
    """Simulate the first batch, so that a rejection is known before anything is paid.

    Args:
        dialect: The dialect of the new contracts.
        plan: The missing part of the plan.
        settings: The options.

    Raises:
        Reverted: The contracts reject it: `ImportNotOpen`, `OwnableUnauthorizedAccount`, ...
    """
    limit = yield from most_gas(settings.max_gas)
    for count, make in _kinds(plan):
        if count:
            yield from _fitting(dialect, settings, limit, make, range(min(count, MAX_ITEMS)))
            return


def most_gas(wanted: int | None) -> Flow[int | None]:
    """Return the maximum gas for a transaction now; `None` if the chain has no limit.

    Args:
        wanted: The caller's limit; `None` for the block's limit.
    """
    limit = (yield from Head()).gas_limit
    if limit is None:
        return wanted
    limit -= limit // _DRIFT
    return limit if wanted is None else min(wanted, limit)


def close(
    dialect: Dialect,
    plan: MigrationPlan,
    settings: ImportOptions,
    *,
    anyway: bool,
) -> Flow[tuple[Outcome, ...]]:
    """Close the import of both contracts permanently, if everything is as planned.

    The order of lists is ignored, since an account that leaves changes it. If one of the contracts
    is already closed, the other is closed without a comparison, because people are already writing.

    Args:
        dialect: The dialect of the new contracts.
        plan: The plan.
        settings: The options.
        anyway: Whether to close even if something differs.

    Returns:
        The outcomes; empty if both were closed.

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
            intent = intents.CloseImport(contract=contract)
            sent.append(
                (yield from write.send(dialect, (intent,), settings.signer, settings.options))
            )
    return tuple(sent)


def _kinds(plan: MigrationPlan) -> tuple[tuple[int, Callable[[range], Intent]], ...]:
    """Return the number of entries of each kind, and a function that imports a range of them."""
    return (
        (len(plan.nodes), lambda at: intents.ImportNodes(nodes=plan.nodes[at.start : at.stop])),
        (
            len(plan.parties),
            lambda at: intents.ImportParties(parties=plan.parties[at.start : at.stop]),
        ),
        (
            len(plan.services),
            lambda at: intents.ImportServices(services=plan.services[at.start : at.stop]),
        ),
        (
            len(plan.agreements),
            lambda at: intents.ImportAgreements(agreements=plan.agreements[at.start : at.stop]),
        ),
    )


def _all(
    dialect: Dialect,
    settings: ImportOptions,
    count: int,
    make: Callable[[range], Intent],
    sent: list[Outcome],
) -> Flow[None]:
    """Import all entries of a kind. The batch size is learned from the first batch."""
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
    """Return how many entries fit in a transaction, and the gas that they need."""
    size, sender = len(wanted), settings.signer.address
    while True:
        intent = make(wanted[:size])
        dialect.check(intent)
        call = dialect.write((intent,), each_alone=False, sender=sender)
        try:
            needed = yield from GasEstimate(call)
        except (RpcRefused, RpcTimeout, UnknownRevert):  # nodes report this if it is too much
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
    """Wait until all transactions of the owner are mined, with the time limit of a receipt.

    Transactions in the journal that no node knows are sent again.

    Args:
        dialect: The dialect of the new contracts.
        settings: The options.

    Raises:
        InvalidInput: A transaction is still not mined.
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
                f"{sender.account} has {len(waiting)} transactions not in a block yet: wait for "
                "them, or cancel them, and run this again",
            )
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
