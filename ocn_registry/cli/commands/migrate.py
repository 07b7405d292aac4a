"""`migrate`: save a registry's entries to a file, and import them into new contracts."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, UNEXPECTED

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Generator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.migration import MigrationPlan
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.importing import ImportTask


def snapshot(args: Namespace) -> int:
    """Write all entries of a registry at one block to a file."""
    from ocn_registry import migration
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import show
    from ocn_registry.errors import InvalidInput
    from ocn_registry.foreign.text import shown

    if Path(args.out).exists():
        raise InvalidInput(
            f"the file {shown(args.out)} exists already: choose another name, or remove it",
        )
    if not Path(args.out).parent.is_dir():  # checked before reading a large registry
        raise InvalidInput(f"the folder of {shown(args.out)} does not exist: create it first")
    with connect(args) as client:
        deployment = client.deployment
        taken = migration.snapshot(client, block=_block(args, client))
    digest = migration.save(taken, args.out)
    entry: Entry = {
        "file": args.out,
        "snapshot": digest,
        "network": deployment.name,
        "chainId": taken.chain_id,
        "registry": taken.registry,
        "permissions": taken.permissions,
        "blockNumber": taken.block.number,
        "blockHash": taken.block.hash,
        "nodes": len(taken.nodes),
        "parties": len(taken.parties),
        "services": len(taken.services),
        "agreements": len(taken.agreements),
        "odd": len(taken.odd),
    }
    show(args, entry)
    return DONE


def plan(args: Namespace) -> int:
    """Show which entries of a snapshot the contracts accept, which not and why, and the price."""
    from ocn_registry import migration
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_json, for_programs, printable, put
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.price import fees
    from ocn_registry.migration.importing import most_gas
    from ocn_registry.migration.price import price_of
    from ocn_registry.plans.importing import counts, in_words
    from ocn_registry.protocol.effects import Head, run

    with connect(args) as client:
        taken = migration.load(args.file)
        planned = migration.plan_for(client, taken)
        perform = client.transport.perform
        left = migration.missing(client, planned)
        price = price_of(left, run(most_gas(args.max_gas), perform))
        deployment = client.deployment
        pricing = fees(perform(Head()), WriteOptions(), has_base_fee=deployment.base_fee)
        per_gas_wei, _ = run(pricing, perform)
    entry: Entry = {
        "snapshot": planned.digest,
        "from": {"chainId": taken.chain_id, "registry": taken.registry},
        "blockNumber": taken.block.number,
        "to": {
            "network": deployment.name,
            "chainId": deployment.chain_id,
            "registry": deployment.registry,
        },
        "planned": counts(planned),
        "missing": counts(left),
        "leftOut": [
            {
                "kind": one.kind.value,
                "subject": one.subject,
                "why": one.why.name,
                "says": one.why.value,
                "detail": one.detail,
            }
            for one in planned.left_out
        ],
        "unreachable": [str(party.id) for party in planned.unreachable],
        "letters": [
            {"account": account, "text": planned.letter(account)} for account in planned.to_do()
        ],
        "transactions": price.transactions,
        "gas": price.gas,
        "mostCostWei": str(price.gas * per_gas_wei),
    }
    if args.letters is not None:
        _write_letters(args.letters, planned)
    if for_programs(args):
        put(as_json(entry))
    else:
        put(str(planned))
        put(f"missing on {printable(deployment.name)}: {in_words(counts(left))}")
        put(
            f"this takes about {price.transactions} transactions and at most {price.gas:,} gas: "
            f"{entry['mostCostWei']} wei at the current price",
        )
    return DONE


def _write_letters(folder: str, planned: MigrationPlan) -> None:
    """Write a letter for each account that has to act, to a file named after it."""
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.cli.output.render import talk
    from ocn_registry.foreign.files import write_own

    place = at_home(folder)
    place.mkdir(parents=True, exist_ok=True)
    accounts = list(planned.to_do())
    for account in accounts:
        write_own(place / f"{account}.txt", planned.letter(account).encode(), replace=True)
    talk(f"{len(accounts)} letters written to {place}")


def compare(args: Namespace) -> int:
    """Show each entry in which the registry differs from the plan."""
    from ocn_registry import migration
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_json, for_programs, put, talk
    from ocn_registry.plans.importing import counts, in_words

    with connect(args) as client:
        planned = migration.plan_for(client, migration.load(args.file))
        found = migration.differences(client, planned, block=_block(args, client))
    talk(f"snapshot  {planned.digest}: {in_words(counts(planned))}")
    if for_programs(args):
        entry = [
            {
                "kind": one.kind.value,
                "subject": one.subject,
                "what": one.what.name,
                "says": one.what.value,
                "detail": one.detail,
            }
            for one in found
        ]
        put(as_json(entry))
    else:
        put("\n".join(map(str, found)) or "nothing differs from the plan")
    return UNEXPECTED if found else DONE


def import_(args: Namespace) -> int:
    """Import the planned entries that are missing."""
    with _task(args) as (task, options):
        return task.import_(options, max_gas=args.max_gas, dry_run=args.dry_run)


def close(args: Namespace) -> int:
    """Close the import of both contracts permanently, if everything is as planned."""
    with _task(args) as (task, options):
        return task.close(options, anyway=args.anyway, dry_run=args.dry_run)


@contextmanager
def _task(args: Namespace) -> Generator[tuple[ImportTask, WriteOptions], None, None]:
    """Prepare the import of a file with the owner's key and the options of its writes."""
    from ocn_registry import migration
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import Terminal, write_options
    from ocn_registry.plans.importing import ImportTask

    with connect(args) as client:
        planned = migration.plan_for(client, migration.load(args.file))
        signer = key(args, "signer", client.deployment)
        options = write_options(args, client.deployment)
        yield ImportTask(client, planned, signer, Terminal(args)), options


def _block(args: Namespace, client: RegistryClient) -> int | None:
    """Return the block given on the command line; `None` for the latest."""
    from ocn_registry.cli.config.networks import latest
    from ocn_registry.plans.network import final_of

    if args.block == "latest":
        return None
    if args.block != "final":
        return int(args.block)
    blocks = final_of(client.deployment, "give --block NUMBER, or --block latest")
    return max(0, latest(client) - blocks + 1)


def _output_file(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--out",
        type=take.new_file,
        required=True,
        metavar="FILE",
        help="file to write; an existing one is not overwritten",
    )
    _block_option(parser, "final", "the latest final block")


_file = take.option("file", metavar="FILE", help="file that `migrate snapshot` wrote")


def _latest(parser: ArgumentParser) -> None:
    _block_option(parser, "latest", "the latest")


def _block_option(parser: ArgumentParser, default: str, means: str) -> None:
    parser.add_argument(
        "--block",
        type=_number,
        default=default,
        metavar="NUMBER|latest|final",
        help=f"block to read (default: {means})",
    )


def _number(text: str) -> str:
    if text in {"latest", "final"} or re.fullmatch(r"[0-9]{1,12}", text):
        return text
    raise ArgumentTypeError(f"{text!r} is not latest, final, or the number of a block")


_letters = take.option(
    "--letters",
    metavar="FOLDER",
    help="write a letter to each account that has to act, to a file in FOLDER",
)
_max_gas = take.option(
    "--max-gas",
    type=take.whole("amount of gas", 1, (1 << 63) - 1),
    metavar="GAS",
    help="maximum gas for a transaction (default: the block's limit)",
)
_anyway = take.option(
    "--anyway",
    action="store_true",
    help="close even if something differs from the plan",
)


def _sending(parser: ArgumentParser) -> None:
    take.signing(parser)
    take.sending(parser, "each transaction")


COMMANDS = (
    Command(
        "migrate snapshot",
        "write all entries of a registry to a file",
        snapshot,
        (_output_file,),
        examples=("migrate snapshot -n ewc --out ewc.json",),
    ),
    Command(
        "migrate plan",
        "show which entries of a snapshot a new registry accepts, and why it rejects others",
        plan,
        (_file, _max_gas, _letters),
        examples=(
            "migrate plan ewc.json --network-file new.json",
            "migrate plan ewc.json --network-file new.json --letters letters",
        ),
    ),
    Command(
        "migrate import",
        "import the planned entries that are missing",
        import_,
        (_file, _max_gas, _sending),
        examples=("migrate import ewc.json --network-file new.json -s keystore:owner.json",),
    ),
    Command(
        "migrate compare",
        "show how a registry differs from the plan",
        compare,
        (_file, _latest),
        examples=("migrate compare ewc.json --network-file new.json",),
    ),
    Command(
        "migrate close",
        "close the import for good, if everything is as planned",
        close,
        (_file, _anyway, _sending),
        examples=("migrate close ewc.json --network-file new.json -s keystore:owner.json",),
    ),
)
