"""What a write takes and costs, before anything is sent: it is checked, planned, simulated, priced.

`writes` goes the same way, so that a quote raises what the write would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InsufficientFunds
from ocn_registry.flows.requests import verify
from ocn_registry.flows.transaction import priced
from ocn_registry.outcomes import Quote
from ocn_registry.protocol.effects import Balance
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Stage, Step
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow


def quote(
    dialect: Dialect,
    steps: tuple[Step, ...],
    payer: Address,
    options: WriteOptions,
) -> Flow[Quote]:
    """Tell what it costs at most to send these steps; nothing is sent.

    Args:
        dialect: How the contracts are spoken to.
        steps: Intents of the payer itself, and requests that others signed.
        payer: Who would sign the transaction, and pay.
        options: Price.
    """
    stages = yield from planned(dialect, steps, payer)
    return (yield from priced_together(dialect, stages, payer, options))


def planned(dialect: Dialect, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
    """Check what is to be sent, and say which transactions it takes; see `quote`."""
    requests = tuple([step for step in steps if isinstance(step, SignedRequest)])
    for step in steps:
        if not isinstance(step, SignedRequest):
            dialect.check(step)
    dialect.write(steps, each_alone=False)  # one contract's, and not none
    if requests:
        yield from verify(dialect, requests)
    return (yield from dialect.plan(steps, sender))


def priced_together(
    dialect: Dialect,
    stages: tuple[Stage, ...],
    payer: Address,
    options: WriteOptions,
) -> Flow[Quote]:
    """Simulate each of several transactions as things are now, and price all of them.

    Raises:
        InsufficientFunds: The payer could pay each, and not all.
    """
    gas = cost_wei = 0
    for stage in stages:
        write = dialect.write(stage.steps, each_alone=False, sender=payer)
        transaction = yield from priced(write, write, payer, dialect.chain_id, options)
        gas += transaction.gas
        cost_wei += transaction.gas * transaction.max_fee_per_gas_wei
    if len(stages) > 1:
        balance = yield from Balance(payer)
        if balance < cost_wei:
            raise InsufficientFunds(payer, balance, cost_wei)
    return Quote(gas=gas, cost_wei=cost_wei, transactions=len(stages))
