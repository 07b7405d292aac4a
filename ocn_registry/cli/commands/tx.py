"""Transactions that were sent: what became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE, UNKNOWN

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.outcomes import Outcome


def status(args: Namespace) -> int:
    """Show what became of a transaction; wait for it with `--wait`."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import show
    from ocn_registry.cli.output.progress import shown_waiting
    from ocn_registry.cli.output.render import for_programs, put, talk
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.plans import entries
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
        put("null" if for_programs(args) else "in no block")
        talk(
            "it may still be waiting, or may be lost: ask again later, or add --wait confirmed",
        )
        return UNKNOWN
    changes = entries.changes(outcome.changes)
    show(args, {**transaction(client.deployment, outcome), "changes": changes})
    return DONE


def _transaction(parser: ArgumentParser) -> None:
    parser.add_argument(
        "tx_hash", type=take.tx_hash, metavar="HASH", help="hash of the transaction"
    )
    take.waiting(parser)
    parser.set_defaults(wait=False)  # only where it is asked for, whatever the settings say


_HASH = f"0x{'1f' * 32}"

COMMANDS = (
    Command(
        "tx status",
        "show what became of a transaction",
        status,
        (_transaction,),
        examples=(f"tx status {_HASH} -n volta", f"tx status {_HASH} --wait final -n volta"),
    ),
)
