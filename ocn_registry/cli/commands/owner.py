"""`owner`: the actions of a registry's owner, and the log of their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

_LONGEST_DELAY_S = 100 * 365 * 86_400
_BY_FILE = "a timelock by owner schedule, a Safe by the file of: ocn-registry owner safe-file"

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.plans.owner import OwnerAction
    from ocn_registry.signing import Signer


def show(args: Namespace) -> int:
    """Show the owner, the pending owner, and whether the import is open."""
    from ocn_registry.cli.config.networks import connect, latest
    from ocn_registry.cli.execute import show as show_result
    from ocn_registry.plans.owner_actions import ownership

    with connect(args) as client:
        found = ownership(client, latest(client))
    show_result(args, found)
    return DONE


def delete_node(args: Namespace) -> int:
    """Delete the node of another account."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions
    from ocn_registry.plans.owner_log import checked_reason

    reason = checked_reason(args.reason)
    with connect(args) as client:
        action = owner_actions.delete_node(client, Address(args.address), reason)
        return by_owner(args, client, action)


def delete_party(args: Namespace) -> int:
    """Delete the party of another account."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions
    from ocn_registry.plans.owner_log import checked_reason

    reason = checked_reason(args.reason)
    country_code, party_id = (text.upper() for text in args.credentials)
    with connect(args) as client:
        meant = None if args.address is None else Address(args.address)
        action = owner_actions.delete_party(client, country_code, party_id, reason, meant)
        return by_owner(args, client, action)


def reassign(args: Namespace) -> int:
    """Transfer an id from its holder to the account that signed a claim, in one step."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.requests import read_signed
    from ocn_registry.plans import owner_actions
    from ocn_registry.plans.owner_log import checked_reason

    reason = checked_reason(args.reason)
    with connect(args) as client:
        action = owner_actions.reassign(client, read_signed(client, args.file), reason)
        return by_owner(args, client, action)


def hand_over(args: Namespace) -> int:
    """Offer the registry to a new owner, who must accept."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect, network_options
    from ocn_registry.cli.output.render import talk
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions

    with connect(args) as client:
        owner = key(args, "signer", client.deployment)
        to, reason = Address(args.address), args.reason.strip()
        action = owner_actions.hand_over(
            client, to, owner.address, reason, without_code=args.without_code
        )
        code = _execute(args, client, action, owner)
    if code == DONE and not args.dry_run:
        by = "with its key: ocn-registry owner accept" if args.without_code else _BY_FILE
        talk(f"next: the new owner accepts, {by}{network_options(args)}")
    return code


def accept(args: Namespace) -> int:
    """Accept the registry with the key of the account that it is offered to."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.plans import owner_actions

    with connect(args) as client:
        new_owner = key(args, "signer", client.deployment)
        action = owner_actions.accept(client, new_owner.address, args.reason.strip())
        return _execute(args, client, action, new_owner)


def safe_file(args: Namespace) -> int:
    """Write the file for a Safe to accept the registry, or to have its timelock accept it."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import put, talk
    from ocn_registry.deploy.handover import safe_file as file_for_a_safe
    from ocn_registry.deploy.timelock import schedule_file
    from ocn_registry.errors import InvalidInput
    from ocn_registry.protocol.effects import run

    if args.timelock is None and (args.delay is not None or args.salt):
        raise InvalidInput("--delay and --salt are for a timelock: name it with --timelock")
    if args.timelock is not None and args.address is None:
        raise InvalidInput("the Safe that proposes to the timelock is missing: give its address")
    with connect(args) as client:
        safe = args.address or client.owner.pending()
        if safe is None:
            raise InvalidInput("the registry is not offered to anybody: run `owner hand-over`")
        deployment = client.deployment
        steps = (
            file_for_a_safe(deployment, safe)
            if args.timelock is None
            else schedule_file(deployment, args.timelock, safe, delay_s=args.delay, salt=args.salt)
        )
        text = run(steps, client.transport.perform)
    talk("load this into the Safe's transaction builder, and have its owners sign")
    put(text.rstrip("\n"))
    return DONE


def schedule(args: Namespace) -> int:
    """Schedule a timelock's acceptance of the registry, with a proposer's key."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions

    with connect(args) as client:
        proposer = key(args, "signer", client.deployment)
        action = owner_actions.schedule(
            client,
            Address(args.address),
            proposer.address,
            args.reason.strip(),
            delay_s=args.delay,
            salt=args.salt,
        )
        return _execute(args, client, action, proposer)


def execute(args: Namespace) -> int:
    """Have a timelock accept the registry, once its delay has passed."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.models import Address
    from ocn_registry.plans import owner_actions

    with connect(args) as client:
        executor = key(args, "signer", client.deployment)
        action = owner_actions.execute(
            client, Address(args.address), executor.address, args.reason.strip(), salt=args.salt
        )
        return _execute(args, client, action, executor)


def log(args: Namespace) -> int:
    """Show the owner's log; with `--settle`, look up the outcome of open actions."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_json, for_programs, lines, put, talk
    from ocn_registry.plans.owner_log import actions
    from ocn_registry.plans.settling import settled

    path = _log_of(args)
    known = actions(path)
    if args.settle:
        with connect(args) as client:
            known = [settled(client, path, action, talk) for action in known]
    if known or for_programs(args):
        put(as_json(known) if for_programs(args) else "\n\n".join([lines(each) for each in known]))
    else:
        talk("the log is empty")
    return DONE


def _log_of(args: Namespace) -> Path:
    from ocn_registry.cli.config.settings_file import at_home
    from ocn_registry.plans.owner_log import default_path

    return default_path() if args.log is None else at_home(args.log)


def by_owner(args: Namespace, client: RegistryClient, action: OwnerAction) -> int:
    """Carry out an action with the owner's key, or write the file for a Safe."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.execute import Terminal
    from ocn_registry.cli.output.render import put
    from ocn_registry.plans.owner import OwnerTask

    if not args.for_safe:
        return _execute(args, client, action, key(args, "signer", client.deployment))
    task = OwnerTask(client, action, _log_of(args), Terminal(args))
    put(task.write_safe_file(dry_run=args.dry_run))
    return DONE


def _execute(args: Namespace, client: RegistryClient, action: OwnerAction, owner: Signer) -> int:
    from ocn_registry.cli.execute import Terminal, write_options
    from ocn_registry.plans.owner import OwnerTask

    options = write_options(args, client.deployment)
    task = OwnerTask(client, action, _log_of(args), Terminal(args))
    return task.execute(owner, options, dry_run=args.dry_run)


def with_reason(parser: ArgumentParser) -> None:
    """Add the reason for the owner's log, and the file for a Safe."""
    _reason(parser, required=True)
    parser.add_argument(
        "--for-safe",
        action="store_true",
        help="send nothing; print the file for the Safe that owns the registry",
    )
    take.out(parser)


def _without_reason(parser: ArgumentParser) -> None:
    _reason(parser, required=False)


def _reason(parser: ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--reason",
        required=required,
        default="",
        metavar="TEXT",
        help="reason, for your own log: what happened, the evidence, who decided",
    )
    _log(parser)
    take.signing(parser)
    take.sending(parser)


_log = take.option(
    "--log",
    metavar="FILE",
    help="your own log (default: ocn-registry/owner.jsonl in your state folder)",
)
_of_account = take.option(
    *("-a", "--address"),
    help="account that should hold the id: nothing is sent if another one does",
)
_claim = take.option(
    "file",
    metavar="FILE",
    help="set-party request that the rightful holder signed; - for standard input",
)


def _new_owner(parser: ArgumentParser) -> None:
    parser.add_argument("address", help="address of a Safe, a timelock, or an account with a key")
    parser.add_argument(
        "--without-code",
        action="store_true",
        help="allow an address without code: an account with a key",
    )


def _safe(parser: ArgumentParser) -> None:
    parser.add_argument(
        "address",
        nargs="?",
        help="address of the Safe (default: the account that the registry is offered to)",
    )
    parser.add_argument(
        "--timelock",
        metavar="ADDRESS",
        help="have the Safe schedule the acceptance in this timelock",
    )


_timelock = take.option("address", help="address of the timelock that the registry is offered to")
_delay = take.option(
    "--delay",
    type=take.whole("delay", 0, _LONGEST_DELAY_S),
    metavar="SECONDS",
    help="time until it can be executed (default: the shortest that the timelock allows)",
)
_salt = take.option(
    "--salt",
    type=take.whole("salt"),
    default=0,
    metavar="NUMBER",
    help="distinguishes this acceptance from an earlier one in the same timelock (default: 0)",
)


def _settle(parser: ArgumentParser) -> None:
    _log(parser)
    parser.add_argument(
        "--settle",
        action="store_true",
        help="look up actions without an outcome in the log, and log their outcomes",
    )


_ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
_KEY = "-s keystore:owner.json"

COMMANDS = (
    Command("owner show", "show who owns the registry", show, examples=("owner show -n ewc",)),
    Command(
        "owner delete-node",
        "delete another account's node",
        delete_node,
        (take.operator_address, with_reason),
        examples=(f"owner delete-node {_ADDRESS} --reason 'URL taken over, ticket 12' {_KEY}",),
    ),
    Command(
        "owner delete-party",
        "delete another account's party",
        delete_party,
        (take.party_id, _of_account, with_reason),
        more="It takes the id from its holder at the time the transaction runs. If the rightful "
        "holder is known, use `owner reserve`, which can't affect them.",
        examples=(f"owner delete-party -c DE ABC --reason 'not its id, ticket 12' {_KEY}",),
    ),
    Command(
        "owner reassign",
        "give an id to its rightful holder, in one step",
        reassign,
        (_claim, with_reason),
        examples=(f"owner reassign claim.json --reason 'ticket 12' {_KEY}",),
    ),
    Command(
        "owner hand-over",
        "offer the registry to a new owner",
        hand_over,
        (_new_owner, _without_reason),
        examples=(f"owner hand-over {_ADDRESS} {_KEY}",),
    ),
    Command(
        "owner accept",
        "accept the registry",
        accept,
        (_without_reason,),
        examples=("owner accept -s keystore:new-owner.json",),
    ),
    Command(
        "owner safe-file",
        "write the file for a Safe to accept the registry",
        safe_file,
        (_safe, _delay, _salt, take.out),
        examples=(
            "owner safe-file --out accept.json",
            f"owner safe-file {_ADDRESS} --timelock {_ADDRESS} --out schedule.json",
        ),
    ),
    Command(
        "owner schedule",
        "schedule a timelock's acceptance of the registry",
        schedule,
        (_timelock, _delay, _salt, _without_reason),
        examples=(f"owner schedule {_ADDRESS} -s keystore:proposer.json",),
    ),
    Command(
        "owner execute",
        "have a timelock accept the registry, after its delay",
        execute,
        (_timelock, _salt, _without_reason),
        examples=(f"owner execute {_ADDRESS} -s keystore:executor.json",),
    ),
    Command(
        "owner log",
        "show your own log of these actions",
        log,
        (_settle,),
        examples=("owner log", "owner log --settle"),
    ),
)
