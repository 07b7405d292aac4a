"""`migrate import|close`: the plan, the price, the question, and what is on the chain then.

Nothing is sent before the first of it was simulated. Whatever ends the command, the same words once
more go on where it ended: what is on the chain is not sent again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import migration
from ocn_registry.cli.carrying import agreed, give, options_of, tell_network, tell_price
from ocn_registry.cli.codes import DONE, INTERRUPTED
from ocn_registry.cli.keys import key
from ocn_registry.cli.migrate import counts, words_of
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import talk
from ocn_registry.dialects import dialect_of
from ocn_registry.flows.transaction import fees
from ocn_registry.intents import (
    CloseImport,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
)
from ocn_registry.migration.importing import Importing, missing, most_gas, settled, tried
from ocn_registry.migration.price import price_of
from ocn_registry.models import Contract
from ocn_registry.outcomes import Quote
from ocn_registry.protocol.effects import Balance, Head, run

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.intents import Intent
    from ocn_registry.migration import Plan
    from ocn_registry.outcomes import Outcome
    from ocn_registry.signing import Signer


def import_(args: Namespace) -> int:
    """Import what of a snapshot can be, and is not there yet."""
    with connect(args) as client:
        planned = migration.plan_for(client, migration.load(args.file))
        signer = key(args, "signer", client.deployment)
        options = _options(args, client)
        how = Importing(signer=signer, options=options, max_gas=args.max_gas)
        dialect, perform = dialect_of(client.deployment), client.transport.perform
        _tell(client, planned, signer)
        run(settled(how), perform)  # what an earlier run sent is looked at when it is there
        left = run(missing(dialect, planned), perform)
        talk(f"planned   {words_of(counts(planned))}; left out: {len(planned.left_out)}")
        talk(f"missing   {words_of(counts(left))}")
        if not any(counts(left).values()):
            talk("all of it is on the chain: nothing to send")
            return _put(args, _done(planned, signer, ()))
        run(tried(dialect, left, how), perform)
        quote = _quoted(client, left, args.max_gas, options)
        tell_price(client, signer.address, quote)
        if options.max_fee_per_gas_wei is None:
            talk("          while the base fee does not double: --max-fee holds it to a price")
        balance: int = perform(Balance(signer.address))
        if balance < quote.cost_wei:
            talk("warning   the money may not last for all of it; what is missing then is sent")
            talk("          when the same command is given again")
        if args.dry_run:
            return _untried(args, planned, signer, quote)
        if not agreed(args, "import this?", insist=True):
            talk("nothing was sent")
            return INTERRUPTED
        talk("          should this end before all is there, give the same command again")
        progress = _Progress(counts(planned), counts(left))
        outcomes = migration.import_into(
            client,
            planned,
            signer=signer,
            max_gas=args.max_gas,
            options=options,
            on_batch=progress.tell,
        )
    return _put(args, _done(planned, signer, outcomes))


def close(args: Namespace) -> int:
    """End the import of both contracts for good, if all is as planned."""
    with connect(args) as client:
        planned = migration.plan_for(client, migration.load(args.file))
        signer = key(args, "signer", client.deployment)
        options = _options(args, client)
        _tell(client, planned, signer)
        run(settled(Importing(signer=signer, options=options)), client.transport.perform)
        still = [one for one in Contract if client.import_open(one)]
        if not still:
            talk("the import is closed already: nothing to send")
            return _put(args, _done(planned, signer, ()))
        if len(still) == len(Contract) and (found := migration.differences(client, planned)):
            raise migration.NotAsPlanned(found)
        talk("change    nobody can import any more, and everybody can write; there is no way back")
        quote = _closing(client, still, signer, options)
        tell_price(client, signer.address, quote)
        if args.dry_run:
            return _untried(args, planned, signer, quote)
        if not agreed(args, "close the import for good?", insist=True):
            talk("nothing was sent")
            return INTERRUPTED
        outcomes = migration.close_import(client, planned, signer=signer, options=options)
    return _put(args, _done(planned, signer, outcomes))


class _Progress:
    """Says after each batch how far it is."""

    def __init__(self, planned: dict[str, int], left: dict[str, int]) -> None:
        self._planned = planned
        self._there = {kind: count - left[kind] for kind, count in planned.items()}

    def tell(self, outcome: Outcome) -> None:
        for item in outcome.items:
            kind, count = entries_of(item.intent)
            self._there[kind] += count
            talk(
                f"{kind:<11}{self._there[kind]} of {self._planned[kind]} are there: block "
                f"{outcome.block.number}, {outcome.gas_used} gas",
            )


def entries_of(intent: Intent) -> tuple[str, int]:
    """Tell what a batch imports, and how many of it."""
    match intent:
        case ImportNodes():
            return "nodes", len(intent.nodes)
        case ImportParties():
            return "parties", len(intent.parties)
        case ImportServices():
            return "services", len(intent.services)
        case ImportAgreements():
            return "agreements", len(intent.agreements)
        case _:
            return "closing", 1


def _options(args: Namespace, client: RegistryClient) -> WriteOptions:
    def sent(tx_hash: str) -> None:
        talk(f"sent      {tx_hash}")

    return replace(options_of(args, client.deployment), on_sent=sent)


def _quoted(
    client: RegistryClient,
    left: Plan,
    max_gas: int | None,
    options: WriteOptions,
) -> Quote:
    perform = client.transport.perform
    price = price_of(left, run(most_gas(max_gas), perform))
    per_gas_wei, _ = run(fees(perform(Head()), options), perform)
    talk(f"batches   about {price.transactions}, each a transaction")
    # Each batch is priced when its turn comes: of all of them only a limit is the most.
    most_per_gas_wei = options.max_fee_per_gas_wei or per_gas_wei
    return Quote(gas=price.gas, cost_wei=price.gas * most_per_gas_wei)


def _closing(
    client: RegistryClient,
    still: list[Contract],
    signer: Signer,
    options: WriteOptions,
) -> Quote:
    """Simulate and price the end of the import."""
    each = [
        client.quote(CloseImport(contract=contract), payer=signer.address, options=options)
        for contract in still
    ]
    gas, cost_wei = sum(one.gas for one in each), sum(one.cost_wei for one in each)
    return Quote(gas=gas, cost_wei=cost_wei)


def _tell(client: RegistryClient, planned: Plan, signer: Signer) -> None:
    here = client.deployment
    tell_network(here)
    talk(f"contracts {here.registry}, {here.permissions}, generation {here.dialect}")
    talk(f"snapshot  {planned.digest}")
    talk(f"signer    {signer.address}")


def _untried(args: Namespace, planned: Plan, signer: Signer, quote: Quote) -> int:
    talk("this was a dry run: nothing was sent")
    told: Entry = {
        "status": "dry run",
        "snapshot": planned.digest,
        "signer": signer.address,
        "gas": quote.gas,
        "mostCostWei": str(quote.cost_wei),
    }
    return _put(args, told)


def _done(planned: Plan, signer: Signer, outcomes: tuple[Outcome, ...]) -> Entry:
    return {
        "status": "done",
        "snapshot": planned.digest,
        "signer": signer.address,
        "transactions": [
            {
                "hash": outcome.tx_hash,
                "blockNumber": outcome.block.number,
                "kind": kind,
                "entries": count,
                "gasUsed": outcome.gas_used,
                "costWei": None if outcome.cost_wei is None else str(outcome.cost_wei),
            }
            for outcome in outcomes
            for kind, count in [entries_of(outcome.items[0].intent)]
        ],
        "gasUsed": sum(outcome.gas_used for outcome in outcomes),
        "costWei": str(sum(outcome.cost_wei or 0 for outcome in outcomes)),
    }


def _put(args: Namespace, told: Entry) -> int:
    give(args, told)
    return DONE
