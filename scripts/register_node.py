"""List a node, or change its URL: `ape run register_node URL --account NAME --network CHOICE`."""

from collections.abc import Sequence
from typing import Any

import click
from ocn_registry_ape import registry_command

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.intents import SetNode
from ocn_registry.plans.intent_args import set_node


def wanted(given: dict[str, Any], _: RegistryClient, __: bool) -> Sequence[SetNode]:  # noqa: FBT001 - one form for all scripts
    """Return the intents."""
    return [set_node(given["url"])]


cli = registry_command(
    wanted,
    "List the node of --account under URL, or change its URL. A --spender can pay.",
    click.Argument(["url"]),
)
