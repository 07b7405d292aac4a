"""Plans to import entries of a snapshot into new contracts, and to close their import.

If an import is interrupted, run the same command again: imported entries are not sent again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import intents, migration
from ocn_registry.dialects import dialect_of
from ocn_registry.flows.price import fees
from ocn_registry.migration.importing import ImportOptions, most_gas, settled, tried
from ocn_registry.migration.price import price_of
from ocn_registry.models import Contract
from ocn_registry.outcomes import Quote
from ocn_registry.plans.execute import Plan, execute, say
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.protocol.effects import Balance, Head, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import Intent
    from ocn_registry.outcomes import Outcome
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console, Line
    from ocn_registry.signing import Signer


class ImportTask:
    """The import of a snapshot's entries into new contracts."""

    def __init__(
        self,
        client: RegistryClient,
        planned: migration.MigrationPlan,
        signer: Signer,
        console: Console,
    ) -> None:
        """Create the plan of an import.

        Args:
            client: Reaches the new registry.
            planned: The entries to import.
            signer: The owner of the new registry, who pays.
            console: Shows the plan, and asks.
        """
        self._client, self._planned, self._signer, self._console = client, planned, signer, console
        self._perform = client.transport.perform

    def import_(self, options: WriteOptions, *, max_gas: int | None, dry_run: bool) -> int:
        """Import the planned entries that are missing.

        Args:
            options: How transactions are priced and waited for.
            max_gas: Maximum gas for a transaction; `None` for the block's limit.
            dry_run: Whether to stop before anything is sent.

        Returns:
            The exit code.
        """
        options = replace(options, journal=self._client.journal)
        how = ImportOptions(signer=self._signer, options=options, max_gas=max_gas)
        dialect = dialect_of(self._client.deployment)
        run(settled(dialect, how), self._perform)  # wait for transactions of an earlier run
        left = migration.missing(self._client, self._planned)
        wanted, lacking = counts(self._planned), counts(left)
        lines = (
            *self._lines(),
            ("planned", f"{in_words(wanted)}; left out: {len(self._planned.left_out)}"),
            ("missing", in_words(lacking)),
        )
        if not any(lacking.values()):
            return self._nothing_to_do(lines, "everything is on the chain: nothing to send")
        run(tried(dialect, left, how), self._perform)
        progress = _Progress(self._console, wanted, lacking)
        plan = Plan(
            payer=self._signer.address,
            lines=lines,
            quote=lambda options: self._import_price(left, max_gas, options),
            send=lambda options, quote: migration.import_into(
                self._client,
                self._planned,
                signer=self._signer,
                max_gas=max_gas,
                options=_at_price(options, quote),
                on_batch=progress.tell,
            ),
            report=self._report,
            preview=self._preview(),
            question="import this?",
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def close(self, options: WriteOptions, *, anyway: bool, dry_run: bool) -> int:
        """Close the import of both contracts permanently, if everything is as planned.

        Args:
            options: How transactions are priced and waited for.
            anyway: Whether to close even if something differs; the plan shows the differences.
            dry_run: Whether to stop before anything is sent.

        Returns:
            The exit code.

        Raises:
            NotAsPlanned: The registry differs from the plan.
        """
        client = self._client
        options = replace(options, journal=client.journal)
        how = ImportOptions(signer=self._signer, options=options)
        run(settled(dialect_of(client.deployment), how), self._perform)
        still_open = [one for one in Contract if client.owner.import_open(one)]
        if not still_open:
            return self._nothing_to_do(
                self._lines(), "the import is closed already: nothing to send"
            )
        found: tuple[migration.Difference, ...] = ()
        if len(still_open) == len(Contract):
            found = migration.differences(client, self._planned)
            differing = [one for one in found if one.what is not migration.What.ORDER]
            if differing and not anyway:
                raise migration.NotAsPlanned(tuple(differing))
        change = "close the import for good: nobody can import any more, and everybody can write"
        plan = Plan(
            payer=self._signer.address,
            lines=(*self._lines(), *[("differs", str(one)) for one in found], ("change", change)),
            quote=lambda options: self._closing_price(still_open, options),
            send=lambda options, quote: migration.close_import(
                client,
                self._planned,
                signer=self._signer,
                anyway=anyway,
                options=_at_price(options, quote),
            ),
            report=self._report,
            preview=self._preview(),
            question="close the import for good?",
        )
        return execute(client, plan, self._console, options, dry_run=dry_run)

    def _lines(self) -> tuple[Line, ...]:
        deployment = self._client.deployment
        contracts = (
            f"{deployment.registry}, {deployment.permissions}, generation {deployment.dialect}"
        )
        return (
            ("contracts", contracts),
            ("snapshot", self._planned.digest),
            ("signer", self._signer.address),
        )

    def _nothing_to_do(self, lines: tuple[Line, ...], why: str) -> int:
        from ocn_registry.plans.network import network_lines  # noqa: PLC0415

        for label, text in (*network_lines(self._client.deployment), *lines):
            say(self._console, label, text)
        self._console.note(why)
        result, code = self._report(())
        self._console.show(result)
        return code

    def _import_price(
        self,
        left: migration.MigrationPlan,
        max_gas: int | None,
        options: WriteOptions,
    ) -> Quote:
        price = price_of(left, run(most_gas(max_gas), self._perform))
        kind = self._client.deployment.base_fee
        pricing = fees(self._perform(Head()), options, has_base_fee=kind)
        per_gas_wei, _ = run(pricing, self._perform)
        say(self._console, "batches", f"about {price.transactions}, each in its own transaction")
        quote = Quote(
            gas=price.gas,
            cost_wei=price.gas * per_gas_wei,
            max_fee_per_gas_wei=per_gas_wei,
        )
        balance: int = self._perform(Balance(self._signer.address))
        if balance < quote.cost_wei:
            say(
                self._console,
                "warning",
                "the balance may not be enough for everything. If it runs out, add funds and run "
                "the same command again",
            )
        return quote

    def _closing_price(self, still_open: list[Contract], options: WriteOptions) -> Quote:
        payer = self._signer.address
        each = [
            self._client.quote(intents.CloseImport(contract=contract), payer=payer, options=options)
            for contract in still_open
        ]
        gas, cost_wei = sum(one.gas for one in each), sum(one.cost_wei for one in each)
        most = max([one.max_fee_per_gas_wei or 0 for one in each])
        return Quote(gas=gas, cost_wei=cost_wei, max_fee_per_gas_wei=most)

    def _preview(self) -> Entry:
        return {
            "status": "dry run",
            "snapshot": self._planned.digest,
            "signer": self._signer.address,
        }

    def _report(self, outcomes: tuple[Outcome, ...]) -> tuple[Entry, int]:
        result: Entry = {
            "status": "done",
            "snapshot": self._planned.digest,
            "signer": self._signer.address,
            "transactions": list(_transactions(outcomes)),
            "gasUsed": sum(outcome.gas_used for outcome in outcomes),
            "costWei": str(sum(outcome.cost_wei or 0 for outcome in outcomes)),
        }
        return result, DONE


def _at_price(options: WriteOptions, quote: Quote | None) -> WriteOptions:
    """Return options that limit the price per gas to the one shown in the plan."""
    if quote is None:
        return options
    return replace(options, max_fee_per_gas_wei=quote.max_fee_per_gas_wei)


class _Progress:
    """Prints the number of imported entries after each batch."""

    def __init__(self, console: Console, planned: dict[str, int], left: dict[str, int]) -> None:
        self._console = console
        self._planned = planned
        self._there = {kind: count - left[kind] for kind, count in planned.items()}

    def tell(self, outcome: Outcome) -> None:
        for item in outcome.items:
            kind, count = entries_of(item.intent)
            self._there[kind] += count
            self._console.note(
                f"{kind:<11}{self._there[kind]} of {self._planned[kind]} are on the chain: block "
                f"{outcome.block.number}, {outcome.gas_used} gas",
            )


def entries_of(intent: Intent) -> tuple[str, int]:
    """Return the kind of a batch's entries, and their number."""
    match intent:
        case intents.ImportNodes():
            return "nodes", len(intent.nodes)
        case intents.ImportParties():
            return "parties", len(intent.parties)
        case intents.ImportServices():
            return "services", len(intent.services)
        case intents.ImportAgreements():
            return "agreements", len(intent.agreements)
        case _:
            return "closing", 1


def counts(planned: migration.MigrationPlan) -> dict[str, int]:
    """Return the number of entries of each kind in a plan."""
    return {
        "nodes": len(planned.nodes),
        "parties": len(planned.parties),
        "services": len(planned.services),
        "agreements": len(planned.agreements),
    }


def in_words(counted: dict[str, int]) -> str:
    """Return such counts in words."""
    return ", ".join([f"{count} {kind}" for kind, count in counted.items()])


def _transactions(outcomes: tuple[Outcome, ...]) -> Iterator[Entry]:
    for outcome in outcomes:
        kind, count = entries_of(outcome.items[0].intent)
        yield {
            "hash": outcome.tx_hash,
            "blockNumber": outcome.block.number,
            "kind": kind,
            "entries": count,
            "gasUsed": outcome.gas_used,
            "costWei": None if outcome.cost_wei is None else str(outcome.cost_wei),
        }
