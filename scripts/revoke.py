"""Revoke an agreement: `ape run revoke PROVIDER --account NAME --network CHOICE`."""

from collections.abc import Sequence
from typing import Any

import click
from ocn_registry_ape import registry_command

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.intents import RevokeAgreement


def wanted(given: dict[str, Any], _: RegistryClient, __: bool) -> Sequence[RevokeAgreement]:  # noqa: FBT001 - one form for all scripts
    """Return the intents."""
    return [RevokeAgreement(provider=given["address"])]


cli = registry_command(
    wanted,
    "Revoke the agreement of --account with PROVIDER. A --spender can pay.",
    click.Argument(["address"], metavar="PROVIDER"),
)
