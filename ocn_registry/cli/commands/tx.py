"""`tx`: list open transactions, show the outcome of one, and replace one that is stuck."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, UNKNOWN

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.outcomes import Outcome
    from ocn_registry.plans.entries import Entry


def status(args: Namespace) -> int:
    """Show the outcome of a transaction; with `--wait`, wait for it."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import show
    from ocn_registry.cli.output.progress import shown_waiting
    from ocn_registry.cli.output.render import for_programs, put, talk
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.plans.execute import transaction
    from ocn_registry.plans.network import confirmations_of

    with connect(args) as client:
        outcome: Outcome | None
        if args.wait:
            confirmations = confirmations_of(args.wait, client.deployment)
            options = replace(WriteOptions(), confirmations=confirmations)
            with shown_waiting(options) as watched:
                outcome = client.transactions.await_outcome(args.tx_hash, options=watched)
        else:
            outcome = client.transactions.outcome_of(args.tx_hash)
    if outcome is None:
        put("null" if for_programs(args) else "not in a block")
        talk(
            "it may still be waiting, or may be lost: check again later, or add --wait confirmed",
        )
        return UNKNOWN
    changes = [change.to_dict() for change in outcome.changes]
    show(args, {**transaction(client.deployment, outcome), "changes": changes})
    return DONE


def list_(args: Namespace) -> int:
    """Show the transactions in the journal that the chain has not decided."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_csv, as_json, for_programs, put, table
    from ocn_registry.foreign.times import moment
    from ocn_registry.plans.words import words_of

    with connect(args) as client:
        found = client.transactions.open(args.address)
    rows: list[Entry] = [
        {
            "account": each.account,
            "number": each.number,
            "hash": each.tx_hashes[-1],
            "hashes": list(each.tx_hashes),
            "changes": [words_of(intent) for intent in each.intents],
            "signedUnixS": each.signed_unix_s,
            "blocks": each.blocks,
        }
        for each in found
    ]
    if args.csv:
        put(as_csv(rows))
    elif for_programs(args):
        put(as_json(rows))
    elif not found:
        put("no transactions are open")
    else:
        cells = [
            (
                each.tx_hashes[-1],
                "waiting" if not each.blocks else f"{each.blocks} blocks",
                moment(each.signed_unix_s),
                "; ".join([words_of(intent) for intent in each.intents]) or "-",
            )
            for each in found
        ]
        put(table(("TRANSACTION", "STATE", "SIGNED", "CHANGE"), cells, soft=(2, 3)))
    return DONE


def speed_up(args: Namespace) -> int:
    """Send a stuck transaction again, at a higher price."""
    return _replace(args, void=False)


def cancel(args: Namespace) -> int:
    """Replace a stuck transaction with one that does nothing."""
    return _replace(args, void=True)


def _replace(args: Namespace, *, void: bool) -> int:
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import Terminal, write_options
    from ocn_registry.plans.replacing import ReplacementTask

    with connect(args) as client:
        payer = key(args, "signer", client.deployment)
        task = ReplacementTask(client, args.tx_hash, payer, Terminal(args), void=void)
        options = write_options(args, client.deployment)
        return task.execute(options, dry_run=args.dry_run)


def _listed(parser: ArgumentParser) -> None:
    parser.add_argument("-a", "--address", help="only those of this account")
    take.journal(parser)
    take.listing(parser)


_hash = take.option("tx_hash", type=take.tx_hash, metavar="HASH", help="hash of the transaction")


def _transaction(parser: ArgumentParser) -> None:
    _hash(parser)
    take.journal(parser)
    take.waiting(parser)
    parser.set_defaults(wait=False)  # only on request, whatever the settings say


_HASH = f"0x{'1f' * 32}"

COMMANDS = (
    Command(
        "tx list",
        "show transactions that are open, from the journal",
        list_,
        (_listed,),
        more="The journal stores every transaction that this machine has signed, until the chain "
        "has decided it.",
        examples=("tx list -n volta",),
    ),
    Command(
        "tx status",
        "show the outcome of a transaction",
        status,
        (_transaction,),
        examples=(f"tx status {_HASH} -n volta", f"tx status {_HASH} --wait final -n volta"),
    ),
    Command(
        "tx speed-up",
        "send a stuck transaction again, at a higher price",
        speed_up,
        (_hash, take.signing, take.sending),
        more="It takes the number of the first, so only one of the two can take effect. The signer "
        "is the account that paid for the first.",
        examples=(f"tx speed-up {_HASH} -s keystore:key.json -n volta",),
    ),
    Command(
        "tx cancel",
        "cancel a stuck transaction: send one that does nothing in its place",
        cancel,
        (_hash, take.signing, take.sending),
        more="The signer is the account that paid for the first.",
        examples=(f"tx cancel {_HASH} -s keystore:key.json -n volta",),
    ),
)
