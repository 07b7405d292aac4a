"""List a party: `ape run register_party DE ABC --role CPO --operator 0x... --account NAME`."""

from argparse import Namespace

import click
from ocn_registry_ape import registry_command

from ocn_registry.cli.names import MODULES, ROLES


def wanted(args: Namespace) -> list[Namespace]:
    """Tell what is wanted: the party, and its modules if any are named."""
    party = Namespace(
        action="set-party",
        credentials=(args.country_code, args.party_id),
        roles=args.role,
        operator=args.operator,
    )
    if not args.sender and not args.receiver:
        return [party]
    modules = Namespace(
        action="set-party-modules",
        sender_interface=args.sender,
        receiver_interface=args.receiver,
    )
    return [party, modules]


cli = registry_command(
    wanted,
    "List --account as a party, or change its entry. A --spender can pay.",
    click.Argument(["country_code"]),
    click.Argument(["party_id"]),
    click.Option(
        ["--role"],
        type=click.Choice(ROLES, case_sensitive=False),
        multiple=True,
        required=True,
        help="One of its roles; can be repeated.",
    ),
    click.Option(["--operator"], required=True, help="Address that runs the node it uses."),
    click.Option(
        ["--sender"],
        type=click.Choice(MODULES, case_sensitive=False),
        multiple=True,
        help="A module whose sender interface it has; can be repeated.",
    ),
    click.Option(
        ["--receiver"],
        type=click.Choice(MODULES, case_sensitive=False),
        multiple=True,
        help="A module whose receiver interface it has; can be repeated.",
    ),
)
