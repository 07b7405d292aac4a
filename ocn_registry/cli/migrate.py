"""`migrate snapshot|plan|compare`: what a registry lists, what others take of it, what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry import migration
from ocn_registry.cli.carrying import final_of, give
from ocn_registry.cli.codes import DONE, UNEXPECTED
from ocn_registry.cli.networks import connect, latest
from ocn_registry.cli.render import as_json, for_programs, printable, put, talk
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.transaction import fees
from ocn_registry.flows.write import WriteOptions
from ocn_registry.foreign.text import shown
from ocn_registry.migration.importing import missing, most_gas
from ocn_registry.migration.price import price_of
from ocn_registry.protocol.effects import Head, run

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient


def snapshot(args: Namespace) -> int:
    """Write all that a registry lists at one block to a file."""
    if Path(args.out).exists():
        raise InvalidInput(
            f"there is a file {shown(args.out)} already: choose another name, or remove it",
        )
    if not Path(args.out).parent.is_dir():  # told before a large registry is read
        raise InvalidInput(f"there is no folder for the file {shown(args.out)}: make it first")
    with connect(args) as client:
        here = client.deployment
        taken = migration.snapshot(client, block=_block(args, client))
    digest = migration.save(taken, args.out)
    told: Entry = {
        "file": args.out,
        "snapshot": digest,
        "network": here.name,
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
    give(args, told)
    return DONE


def plan(args: Namespace) -> int:
    """Say what of a snapshot the contracts take, what not and why, and what is still to be paid."""
    with connect(args) as client:
        taken = migration.load(args.file)
        planned = migration.plan_for(client, taken)
        perform = client.transport.perform
        left = run(missing(dialect_of(client.deployment), planned), perform)
        price = price_of(left, run(most_gas(args.max_gas), perform))
        per_gas_wei, _ = run(fees(perform(Head()), WriteOptions()), perform)
        here = client.deployment
    told: Entry = {
        "snapshot": planned.digest,
        "from": {"chainId": taken.chain_id, "registry": taken.registry},
        "blockNumber": taken.block.number,
        "to": {"network": here.name, "chainId": here.chain_id, "registry": here.registry},
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
        "transactions": price.transactions,
        "gas": price.gas,
        "mostCostWei": str(price.gas * per_gas_wei),
    }
    if for_programs(args):
        put(as_json(told))
    else:
        put(str(planned))
        put(f"missing on {printable(here.name)}: {words_of(counts(left))}")
        put(
            f"that takes about {price.transactions} transactions, and at most {price.gas} gas: "
            f"{told['mostCostWei']} wei now",
        )
    return DONE


def compare(args: Namespace) -> int:
    """Tell each entry in which the registry is not as planned."""
    with connect(args) as client:
        planned = migration.plan_for(client, migration.load(args.file))
        found = migration.differences(client, planned, block=_block(args, client))
    talk(f"snapshot  {planned.digest}: {words_of(counts(planned))}")
    if for_programs(args):
        told = [
            {
                "kind": one.kind.value,
                "subject": one.subject,
                "what": one.what.name,
                "says": one.what.value,
                "detail": one.detail,
            }
            for one in found
        ]
        put(as_json(told))
    else:
        put("\n".join(map(str, found)) or "nothing differs from the plan")
    return UNEXPECTED if found else DONE


def counts(planned: migration.Plan) -> dict[str, int]:
    """Count the entries of a plan."""
    return {
        "nodes": len(planned.nodes),
        "parties": len(planned.parties),
        "services": len(planned.services),
        "agreements": len(planned.agreements),
    }


def words_of(counted: dict[str, int]) -> str:
    """Write such counts in words."""
    return ", ".join([f"{count} {kind}" for kind, count in counted.items()])


def _block(args: Namespace, client: RegistryClient) -> int | None:
    """Tell which block the command line means; `None` for the latest."""
    if args.block == "latest":
        return None
    if args.block != "final":
        return int(args.block)
    blocks = final_of(client.deployment, "give --block NUMBER, or --block latest")
    return max(0, latest(client) - blocks + 1)
