"""Agree to a service: `ape run agree PROVIDER --account NAME --network CHOICE`."""

from argparse import Namespace

import click
from ocn_registry_ape import registry_command


def wanted(args: Namespace) -> list[Namespace]:
    """Tell what is wanted."""
    return [Namespace(action="set-agreement", provider=args.address)]


cli = registry_command(
    wanted,
    "Agree to what the service of PROVIDER needs now. A --spender can pay.",
    click.Argument(["address"], metavar="PROVIDER"),
)
