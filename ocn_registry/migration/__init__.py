"""Move the entries of a registry to new contracts, or keep them in a file.

```python
taken = migration.snapshot(old)
migration.save(taken, "registry.json")
plan = migration.plan_for(new, taken)
print(plan)
migration.import_into(new, plan, signer=owner)
assert migration.differences(new, plan) == ()
migration.close_import(new, plan, signer=owner)
```

Each step can be interrupted at any point and run again. Those that access the chain also exist for
`asyncio`, with an `AsyncRegistryClient`: `snapshot_async`, `import_into_async`, `differences_async`
and `close_import_async`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.errors import UnsupportedByDialect
from ocn_registry.flows.options import WriteOptions
from ocn_registry.migration import importing
from ocn_registry.migration.compare import Difference, NotAsPlanned, What, compare
from ocn_registry.migration.files import digest_of, from_json, load, save, to_json
from ocn_registry.migration.importing import ImportOptions, carry, close
from ocn_registry.migration.plan import MigrationPlan, decide
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.migration.snapshot import take
from ocn_registry.migration.values import SourceAgreement, SourceSnapshot
from ocn_registry.protocol.effects import run, run_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.client.async_client import AsyncRegistryClient
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.outcomes import Outcome
    from ocn_registry.signing import AnySigner, Signer

__all__ = [
    "Difference",
    "Kind",
    "LeftOut",
    "MigrationPlan",
    "NotAsPlanned",
    "SourceAgreement",
    "SourceSnapshot",
    "What",
    "Why",
    "close_import",
    "close_import_async",
    "differences",
    "differences_async",
    "digest_of",
    "from_json",
    "import_into",
    "import_into_async",
    "load",
    "missing",
    "plan_for",
    "save",
    "snapshot",
    "snapshot_async",
    "to_json",
]


def snapshot(client: RegistryClient, *, block: int | None = None) -> SourceSnapshot:
    """Read everything that a registry lists, at one block.

    Args:
        client: A client of the registry, of any generation.
        block: Number of the block; `None` for the latest. Use a final one.

    Raises:
        InvalidInput: There is no such block.
        TransportError: The chain can't be reached, or the block was replaced in the meantime.
    """
    first = client.deployment.start_block or 0
    return run(take(dialect_of(client.deployment), block, first), client.transport.perform)


async def snapshot_async(
    client: AsyncRegistryClient, *, block: int | None = None
) -> SourceSnapshot:
    """Read everything that a registry lists, at one block; see `snapshot`."""
    first = client.deployment.start_block or 0
    flow = take(dialect_of(client.deployment), block, first)
    return await run_async(flow, client.transport.perform)


def plan_for(client: RegistryClient | AsyncRegistryClient, taken: SourceSnapshot) -> MigrationPlan:
    """Decide which entries of a snapshot a client's contracts accept. No chain is accessed.

    Args:
        client: A client of the new registry.
        taken: A snapshot of the old one.

    Raises:
        UnsupportedByDialect: The contracts don't accept imports.
    """
    dialect = dialect_of(client.deployment)
    if not dialect.limits.has_import:
        raise UnsupportedByDialect("these contracts accept no imports: deploy new ones")
    return decide(taken, dialect.check)


def import_into(  # noqa: PLR0913 - each has a default
    client: RegistryClient,
    planned: MigrationPlan,
    *,
    signer: Signer,
    max_gas: int | None = None,
    options: WriteOptions | None = None,
    on_batch: Callable[[Outcome], None] | None = None,
) -> tuple[Outcome, ...]:
    """Import the planned entries that are missing. If interrupted, run it again.

    Entries that people have deleted or revoked on the new contracts are not imported again.

    Args:
        client: A client of the new registry.
        planned: The plan.
        signer: The owner of the new contracts, who pays.
        max_gas: Maximum gas for a transaction; `None` for the block's limit, which is never
            exceeded.
        options: How transactions are priced and waited for.
        on_batch: Called with each mined batch.

    Returns:
        The outcomes; empty if nothing was missing.

    Raises:
        Reverted: The contracts reject the import: `ImportNotOpen`, or an entry is already on the
            chain under another key. Nothing was sent.
    """
    settings = ImportOptions(
        signer=signer,
        options=_kept(client, options),
        max_gas=max_gas,
        on_batch=on_batch,
        first_block=_first_block(client),
    )
    return run(carry(dialect_of(client.deployment), planned, settings), client.transport.perform)


async def import_into_async(  # noqa: PLR0913 - each has a default
    client: AsyncRegistryClient,
    planned: MigrationPlan,
    *,
    signer: AnySigner,
    max_gas: int | None = None,
    options: WriteOptions | None = None,
    on_batch: Callable[[Outcome], None] | None = None,
) -> tuple[Outcome, ...]:
    """Import the planned entries that are missing; see `import_into`."""
    settings = ImportOptions(
        signer=signer,
        options=_kept(client, options),
        max_gas=max_gas,
        on_batch=on_batch,
        first_block=_first_block(client),
    )
    flow = carry(dialect_of(client.deployment), planned, settings)
    return await run_async(flow, client.transport.perform)


def differences(
    client: RegistryClient,
    planned: MigrationPlan,
    *,
    block: int | None = None,
) -> tuple[Difference, ...]:
    """Compare the chain with a plan, entry by entry.

    After a complete import, only `What.ORDER` can remain: an account that leaves changes the order.

    Args:
        client: A client of the new registry.
        planned: The plan.
        block: Number of the block; `None` for the latest.
    """
    flow = compare(dialect_of(client.deployment), planned, _first_block(client), block)
    return run(flow, client.transport.perform)


async def differences_async(
    client: AsyncRegistryClient,
    planned: MigrationPlan,
    *,
    block: int | None = None,
) -> tuple[Difference, ...]:
    """Compare the chain with a plan, entry by entry; see `differences`."""
    flow = compare(dialect_of(client.deployment), planned, _first_block(client), block)
    return await run_async(flow, client.transport.perform)


def close_import(
    client: RegistryClient,
    planned: MigrationPlan,
    *,
    signer: Signer,
    anyway: bool = False,
    options: WriteOptions | None = None,
) -> tuple[Outcome, ...]:
    """Close the import of both contracts permanently, if everything is as planned.

    Deletions by others in the meantime, and the order of lists, don't prevent it.

    Args:
        client: A client of the new registry.
        planned: The plan.
        signer: The owner of the new contracts, who pays.
        anyway: Whether to close even if something differs from the plan.
        options: How transactions are priced and waited for.

    Returns:
        The outcomes; empty if both were closed.

    Raises:
        NotAsPlanned: Something differs, and nothing was closed.
    """
    settings = _closing_flow(client, signer, options)
    flow = close(dialect_of(client.deployment), planned, settings, anyway=anyway)
    return run(flow, client.transport.perform)


async def close_import_async(
    client: AsyncRegistryClient,
    planned: MigrationPlan,
    *,
    signer: AnySigner,
    anyway: bool = False,
    options: WriteOptions | None = None,
) -> tuple[Outcome, ...]:
    """Close the import of both contracts, if everything is as planned; see `close_import`."""
    settings = _closing_flow(client, signer, options)
    flow = close(dialect_of(client.deployment), planned, settings, anyway=anyway)
    return await run_async(flow, client.transport.perform)


def missing(client: RegistryClient, planned: MigrationPlan) -> MigrationPlan:
    """Return the part of a plan that is not on the chain, and was not deleted there.

    Args:
        client: A client of the new registry.
        planned: The plan.
    """
    flow = importing.missing(dialect_of(client.deployment), planned, _first_block(client))
    return run(flow, client.transport.perform)


def _first_block(client: RegistryClient | AsyncRegistryClient) -> int:
    return client.deployment.start_block or 0


def _kept(
    client: RegistryClient | AsyncRegistryClient,
    options: WriteOptions | None,
) -> WriteOptions:
    """Return the options of a write, with the client's journal by default."""
    chosen = options or WriteOptions()
    return chosen if chosen.journal else replace(chosen, journal=client.journal)


def _closing_flow(
    client: RegistryClient | AsyncRegistryClient,
    signer: AnySigner,
    options: WriteOptions | None,
) -> ImportOptions:
    return ImportOptions(
        signer=signer,
        options=_kept(client, options),
        first_block=_first_block(client),
    )
