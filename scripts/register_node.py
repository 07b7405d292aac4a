"""List a node, or change its URL: `ape run register_node URL --account NAME --network CHOICE`."""

from argparse import Namespace

import click
from ocn_registry_ape import registry_command


def wanted(args: Namespace) -> list[Namespace]:
    """Tell what is wanted."""
    return [Namespace(action="set-node", domain=args.url)]


cli = registry_command(
    wanted,
    "List the node of --account under URL, or change its URL. A --spender can pay.",
    click.Argument(["url"]),
)
