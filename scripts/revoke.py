"""Take back an agreement: `ape run revoke PROVIDER --account NAME --network CHOICE`."""

from argparse import Namespace

import click
from ocn_registry_ape import registry_command


def wanted(args: Namespace) -> list[Namespace]:
    """Tell what is wanted."""
    return [Namespace(action="revoke-agreement", provider=args.address)]


cli = registry_command(
    wanted,
    "Take back what --account agreed with PROVIDER. A --spender can pay.",
    click.Argument(["address"], metavar="PROVIDER"),
)
