"""Offer a service: `ape run register_service --permission FORWARD_ALL --account NAME`."""

from collections.abc import Sequence
from typing import Any

import click
from ocn_registry_ape import registry_command

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.intents import SetService
from ocn_registry.models import Permission
from ocn_registry.plans.intent_args import set_service


def wanted(given: dict[str, Any], _: RegistryClient, __: bool) -> Sequence[SetService]:  # noqa: FBT001 - one form for all scripts
    """Return the intents."""
    return [set_service(given["name"], given["url"], given["permission"])]


cli = registry_command(
    wanted,
    "Offer the service of --account, which is listed as a party. A --spender can pay.",
    click.Option(["--name"], default="", help="Name of the service."),
    click.Option(["--url"], default="", help="Page with more about it."),
    click.Option(
        ["--permission"],
        type=click.Choice([each.name for each in Permission], case_sensitive=False),
        multiple=True,
        required=True,
        help="A permission that it needs; can be repeated.",
    ),
)
