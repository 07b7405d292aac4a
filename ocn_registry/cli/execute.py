"""Carry out plans on the command line: ask on standard error, print the result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ocn_registry.cli.config.networks import chosen, network_options
from ocn_registry.cli.output.progress import shown_waiting
from ocn_registry.cli.output.render import as_json, for_programs, lines, printable, put, talk
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.options import DEFAULT_MAX_COST_WEI, WriteOptions
from ocn_registry.plans.network import confirmations_of
from ocn_registry.plans.write import WriteTask

if TYPE_CHECKING:
    from argparse import Namespace
    from contextlib import AbstractContextManager

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.networks import Deployment
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.plans.entries import Entry
    from ocn_registry.signing import Signer

_PATIENCE_S, _BLOCK_S = 120.0, 10.0
_IN_THE_PLAN = {"accounts", "signers", "spender"}  # already in the plan


class Terminal:
    """The console of a command: a person at the terminal, or a program."""

    def __init__(self, args: Namespace) -> None:
        """Create a console for a command line."""
        self._args = args

    def note(self, text: str) -> None:
        """Print one line on standard error."""
        talk(printable(text))

    @property
    def can_ask(self) -> bool:
        """Whether there is a person to ask, who has not agreed beforehand."""
        return not self._args.yes and sys.stdin.isatty()

    def agree(self, question: str, *, insist: bool) -> bool:
        """Ask the person, if there is one, unless `--yes` was given."""
        return agreed(self._args, question, insist=insist)

    def show(self, result: Entry) -> None:
        """Print a result, on standard output."""
        if not for_programs(self._args):  # signer and payer are already in the plan
            result = {key: value for key, value in result.items() if key not in _IN_THE_PLAN}
        show(self._args, result)

    def waiting(self, options: WriteOptions) -> AbstractContextManager[WriteOptions]:
        """Show the wait for a transaction."""
        return shown_waiting(options)


def write(  # noqa: PLR0913 - all that a write has
    args: Namespace,
    client: RegistryClient,
    steps: tuple[Step, ...],
    payer: Signer,
    *,
    insist: bool = True,
    unless_unchanged: bool = False,
    current: CurrentEntries | None = None,
    whole: bool = False,
) -> int:
    """Show the plan of a write, ask, send it, and show the result.

    Args:
        args: The command line.
        client: Reaches the registry.
        steps: Intents of the payer, or requests that others signed.
        payer: Signs the transaction, and pays.
        insist: Whether explicit consent is needed, at least `--yes`.
        unless_unchanged: Whether to send nothing if everything is already listed like this.
        current: The entries that were read before.
        whole: Whether requests take effect all or none; otherwise independently.

    Returns:
        The exit code.
    """
    from ocn_registry.cli.config.keys import check_payer  # noqa: PLC0415 - only for writes

    check_payer(payer)
    task = WriteTask(client, steps, payer, Terminal(args), current, whole=whole)
    options = write_options(args, client.deployment)
    return task.execute(
        options, insist=insist, dry_run=args.dry_run, unless_unchanged=unless_unchanged
    )


def write_options(args: Namespace, deployment: Deployment) -> WriteOptions:
    """Return the write options of the command line."""
    confirmations = confirmations_of(args.wait, deployment)
    patience = _PATIENCE_S + _BLOCK_S * (confirmations - 1)
    most = DEFAULT_MAX_COST_WEI if args.max_cost is None else args.max_cost
    network = network_options(args)

    def signed(tx_hash: str) -> None:
        args.in_doubt = f"{tx_hash}{network}"

    def sent(tx_hash: str) -> None:
        args.in_doubt = None  # said here
        _sent(tx_hash, network)

    return WriteOptions(
        max_fee_per_gas_wei=args.max_fee,
        max_cost_wei=most,
        confirmations=confirmations,
        timeout_s=patience if args.timeout is None else args.timeout,
        on_signed=signed,
        on_sent=sent,
    )


def agreed(args: Namespace, question: str, *, insist: bool) -> bool:
    """Return whether the person agrees, at the terminal or by `--yes`.

    Args:
        args: The command line.
        question: The question.
        insist: Whether explicit consent is needed, at least `--yes`.
    """
    if args.yes:
        return True
    if not sys.stdin.isatty():
        if insist:
            raise InvalidInput(
                "there is no terminal to ask on: read the plan, then add --yes",
            )
        return True
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - a prompt
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def show(args: Namespace, result: Entry) -> None:
    """Print a result, for programs or people; people don't see the same hash twice."""
    if for_programs(args):
        put(as_json(result))
        return
    if result.get("hashes") == [result.get("hash")]:
        result = {label: value for label, value in result.items() if label != "hashes"}
    put(lines(result, lambda: chosen(args).token))


def _sent(tx_hash: str, options: str) -> None:
    talk(f"sent      {tx_hash}")
    talk(f"          waiting; if you stop here: ocn-registry tx status {tx_hash}{options}")
