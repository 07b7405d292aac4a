"""Offer a service: `ape run register_service --permission FORWARD_ALL --account NAME`."""

from argparse import Namespace

import click
from ocn_registry_ape import registry_command

from ocn_registry.cli.names import PERMISSIONS


def wanted(args: Namespace) -> list[Namespace]:
    """Tell what is wanted."""
    service = Namespace(
        action="set-service", name=args.name, url=args.url, permissions=args.permission
    )
    return [service]


cli = registry_command(
    wanted,
    "Offer the service of --account, which is listed as a party. A --spender can pay.",
    click.Option(["--name"], default="", help="Name of the service."),
    click.Option(["--url"], default="", help="Where to read more about it."),
    click.Option(
        ["--permission"],
        type=click.Choice(PERMISSIONS, case_sensitive=False),
        multiple=True,
        required=True,
        help="Something that it needs; can be repeated.",
    ),
)
