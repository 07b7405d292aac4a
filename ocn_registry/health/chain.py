"""Checks of the chain: its latest block, this machine's clock, the gas limit and the fees."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import FeeAboveCap
from ocn_registry.flows.options import WriteOptions
from ocn_registry.flows.price import fees
from ocn_registry.health.findings import Finding
from ocn_registry.plans.network import node_of
from ocn_registry.protocol.effects import ChainId, Head, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import HeadBlock

# Gas of the most expensive single write, with a URL of 255 bytes; most need half of it.
SINGLE_GAS: Final = 250_000
_OLD_S: Final = 60
# With authority round, a block's time can be slightly ahead.
_AHEAD_S: Final = 15
# Gas of each of 50 signed requests in a transaction, for nodes, the most expensive; from
# tests/contract/gas_snapshot.json.
BATCH: Final = 50
BATCHED_GAS: Final = 89_607
# Gas of importing a hundred services, the most for one import; a little more than
# docs/migration.md measures.
IMPORT_GAS: Final = 12_000_000
_TIMES_USUAL: Final = 10_000


def chain(client: RegistryClient, max_fee_per_gas_wei: int | None) -> Iterator[Finding]:
    """Yield findings about the node, its latest block, this machine's clock, and the fees.

    Args:
        client: A client of the registry.
        max_fee_per_gas_wei: The user's own limit; `None` without one.
    """
    deployment, perform = client.deployment, client.transport.perform
    chain_id: int = perform(ChainId())  # the transport raises if the chain id is wrong
    says = f"{node_of(deployment)} is on chain {chain_id} ({deployment.name})"
    yield Finding("RPC", ok=True, says=says)
    head: HeadBlock = perform(Head())
    yield from _times(head, deployment)
    yield _gas_limit(head, client)
    yield _fees(client, head, max_fee_per_gas_wei)


def _times(head: HeadBlock, deployment: Deployment) -> Iterator[Finding]:
    number, age = head.ref.number, int(time.time()) - head.ref.timestamp_unix_s
    if age < -_AHEAD_S:
        says = f"block {number}, {-age} s ahead of this machine's clock"
        yield Finding("latest block", ok=True, says=says)
        remedy = "set this machine's clock: the deadlines of requests depend on it"
        if deployment.block_time_s is None:
            remedy += "; or restart the development chain, if its time was moved"
        says = f"this machine's clock is {-age} s behind the chain"
        yield Finding("clock", ok=False, says=says, remedy=remedy)
        return
    says = f"block {number}, {max(age, 0)} s old"
    if deployment.block_time_s is None:  # there may be no blocks without transactions
        yield Finding("latest block", ok=True, says=says)
        says = "this machine's clock is not behind the latest block"
        yield Finding("clock", ok=True, says=says)
    elif age > _OLD_S:
        remedy = (
            "the node lags behind the chain: choose another with --rpc-url; or this machine's "
            "clock is ahead: set it"
        )
        yield Finding("latest block", ok=False, says=says, remedy=remedy)
        says = "unknown: the latest block is too old to compare"
        yield Finding("clock", ok=True, says=says)
    else:
        yield Finding("latest block", ok=True, says=says)
        says = f"this machine's clock agrees with the latest block to {_OLD_S} s"
        yield Finding("clock", ok=True, says=says)


def _gas_limit(head: HeadBlock, client: RegistryClient) -> Finding:
    limit = head.gas_limit
    if limit is None:
        return Finding("gas limit", ok=True, says="unknown: the node does not say")
    says = f"{limit:,} gas a block"
    if not client.limits.has_batches:
        fits = limit >= SINGLE_GAS
        remedy = "" if fits else "no transaction fits: choose another chain or node"
        return Finding("gas limit", ok=fits, says=f"{says}: any one write fits", remedy=remedy)
    needed = BATCH * BATCHED_GAS
    if limit < needed:
        remedy = f"submit at most {limit // BATCHED_GAS} requests at once"
        says += f": {BATCH} requests in one transaction can take {needed:,}"
        return Finding("gas limit", ok=False, says=says, remedy=remedy)
    imports = "fits too" if limit >= IMPORT_GAS else "is split"
    fits_in = f"{BATCH} requests at once fit, an import of 100 entries {imports}"
    return Finding("gas limit", ok=True, says=f"{says}: {fits_in}")


def _fees(client: RegistryClient, head: HeadBlock, max_fee_per_gas_wei: int | None) -> Finding:
    options = WriteOptions(max_fee_per_gas_wei=max_fee_per_gas_wei)
    base = head.base_fee_wei
    base_says = "no base fee" if base is None else f"base fee {base} wei"
    try:
        most, tip = run(fees(head, options), client.transport.perform)
    except FeeAboveCap as error:
        remedy = "raise max_fee in your settings, or wait"
        return Finding("fees", ok=False, says=str(error), remedy=remedy)
    says = f"{base_says}, tip {tip} wei" if tip is not None else base_says
    says += f": a write pays at most {most} wei per gas"
    usual = client.deployment.usual_gas_price_wei
    if base is not None and usual is not None and base > _TIMES_USUAL * usual:
        remedy = "thousands of times the usual price here: wait, or set a limit with --max-fee"
        return Finding("fees", ok=False, says=says, remedy=remedy)
    return Finding("fees", ok=True, says=says)
