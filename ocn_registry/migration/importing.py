"""Importing what is planned: in batches that fit a block, each entry once, however often it is run.

There is no record of how far it came: the chain is looked at, and what is missing is sent. So it
can be ended at any point, by any means, and run again. What the owner sent and is in no block yet
is waited for first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.effects import Clock, GasEstimate, Sleep, TransactionCount, together
from ocn_registry.errors import InvalidInput, RpcRefused, RpcTimeout, UnknownRevert
from ocn_registry.flows import writes
from ocn_registry.flows.sending import FIRST_POLL_S, LONGEST_POLL_S
from ocn_registry.intents import (
    CloseImport,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
)
from ocn_registry.migration.compare import NotAsPlanned, compare, standing
from ocn_registry.models import Contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ocn_registry.dialects import Dialect
    from ocn_registry.effects import Flow
    from ocn_registry.flows.writes import WriteOptions
    from ocn_registry.intents import Intent
    from ocn_registry.migration.plan import Plan
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Outcome
    from ocn_registry.signing import AnySigner

    T = TypeVar("T")

MAX_ITEMS = 100  # what the contracts take in one call
DEFAULT_MAX_GAS = 8_000_000
_SPARE = 20  # a batch is sent with its estimate and a twentieth


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """How entries are imported.

    Attributes:
        signer: Owns the new contracts, and pays.
        options: How transactions are priced and waited for; `gas` in it does not count.
        max_gas: Most gas for one transaction: what a block of the chain takes, or less.
        on_batch: Told each batch that is on the chain.
    """

    signer: AnySigner
    options: WriteOptions
    max_gas: int = DEFAULT_MAX_GAS
    on_batch: Callable[[Outcome], None] | None = None


def carry(dialect: Dialect, plan: Plan, how: Importing) -> Flow[tuple[Outcome, ...]]:
    """Import what is planned and not on the chain yet.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What is to be imported.
        how: Who signs, and how much goes in one transaction.

    Returns:
        What was sent, in its order; nothing when all was there.
    """
    yield from _settled(how)
    found = yield from standing(dialect)
    operators = {node.operator for node in found.nodes}
    listed = {party.address for party in found.parties}
    providers = {service.provider for service in found.services}
    agreed = {(one.user, one.provider) for one in found.agreements}
    nodes = tuple([one for one in plan.nodes if one.operator not in operators])
    parties = tuple([one for one in plan.parties if one.address not in listed])
    services = tuple([one for one in plan.services if one.provider not in providers])
    agreements = tuple([one for one in plan.agreements if (one.user, one.provider) not in agreed])
    sent = yield from _all(dialect, how, nodes, lambda some: ImportNodes(nodes=some))
    sent += yield from _all(dialect, how, parties, lambda some: ImportParties(parties=some))
    sent += yield from _all(dialect, how, services, lambda some: ImportServices(services=some))
    sent += yield from _all(
        dialect,
        how,
        agreements,
        lambda some: ImportAgreements(agreements=some),
    )
    return sent


def close(dialect: Dialect, plan: Plan, how: Importing) -> Flow[tuple[Outcome, ...]]:
    """End the import of both contracts for good, if all is as planned.

    When one of them is closed already, the other is closed without a look: people write then.

    Args:
        dialect: How the new contracts are spoken to.
        plan: What was to be imported.
        how: Who signs.

    Returns:
        What was sent; nothing when both were closed.

    Raises:
        NotAsPlanned: Something differs, and nothing was closed.
    """
    yield from _settled(how)
    first, second = Contract.PERMISSIONS, Contract.REGISTRY
    still = yield from together(
        dialect.import_open(first, None),
        dialect.import_open(second, None),
    )
    if all(still) and (differences := (yield from compare(dialect, plan))):
        raise NotAsPlanned(differences)
    sent: list[Outcome] = []
    for contract, is_open in zip((first, second), still, strict=True):
        if is_open:
            intent = CloseImport(contract=contract)
            sent.append((yield from writes.send(dialect, (intent,), how.signer, how.options)))
    return tuple(sent)


def _all(
    dialect: Dialect,
    how: Importing,
    entries: tuple[T, ...],
    make: Callable[[tuple[T, ...]], Intent],
) -> Flow[tuple[Outcome, ...]]:
    """Import all entries of a kind; how many fit is learnt from the first batch."""
    sent: list[Outcome] = []
    at, size = 0, MAX_ITEMS
    while at < len(entries):
        size, gas = yield from _fitting(dialect, how, entries[at : at + size], make)
        intent = make(entries[at : at + size])
        options = replace(how.options, gas=gas)
        outcome = yield from writes.send(dialect, (intent,), how.signer, options)
        sent.append(outcome)
        if how.on_batch is not None:
            how.on_batch(outcome)
        at += size
    return tuple(sent)


def _fitting(
    dialect: Dialect,
    how: Importing,
    entries: tuple[T, ...],
    make: Callable[[tuple[T, ...]], Intent],
) -> Flow[tuple[int, int]]:
    """Tell how many of the first entries fit in a transaction, and with how much gas."""
    size, sender = len(entries), how.signer.address
    while True:
        intent = make(entries[:size])
        dialect.check(intent)
        call = dialect.write((intent,), each_alone=False, sender=sender)
        try:
            needed = yield from GasEstimate(call)
        except (RpcRefused, RpcTimeout, UnknownRevert):  # so nodes say that it is too much
            if size == 1:
                raise
            size //= 2
            continue
        gas = needed + needed // _SPARE
        if gas <= how.max_gas:
            return size, gas
        if size == 1:
            raise InvalidInput(
                f"one entry alone needs {gas} gas and {how.max_gas} is the most: raise max_gas",
            )
        size = max(1, min(size - 1, size * how.max_gas // gas))


def _settled(how: Importing) -> Flow[None]:
    """Wait until nothing that the owner sent is without a block, for as long as for a receipt."""
    account: Address = how.signer.address
    started = yield from Clock()
    pause = FIRST_POLL_S
    while True:
        pending, done = yield from together(
            TransactionCount(account),
            TransactionCount(account, pending=False),
        )
        if pending <= done:
            return
        now = yield from Clock()
        if now - started >= how.options.timeout_s:
            raise InvalidInput(
                f"{account} has {pending - done} transactions in no block yet: wait for them, or "
                "cancel them, and run this again",
            )
        yield from Sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)
