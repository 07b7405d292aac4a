"""Agree to a service: `ape run agree PROVIDER --account NAME --network CHOICE`."""

from collections.abc import Sequence
from typing import Any

import click
from ocn_registry_ape import registry_command

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.intents import CreateAgreement
from ocn_registry.plans.intent_args import create_agreement


def wanted(
    given: dict[str, Any],
    client: RegistryClient,
    signed: bool,  # noqa: FBT001 - one form for all scripts
) -> Sequence[CreateAgreement]:
    """Return the intents."""
    return [create_agreement(client, given["address"], signed=signed)]


cli = registry_command(
    wanted,
    "Agree to the permissions that the service of PROVIDER needs now. A --spender can pay.",
    click.Argument(["address"], metavar="PROVIDER"),
)
