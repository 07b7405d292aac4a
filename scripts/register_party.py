"""List a party: `ape run register_party DE ABC --role CPO --operator 0x... --account NAME`."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import click
from ocn_registry_ape import registry_command

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.intents import SignableIntent
from ocn_registry.models import Module, Role
from ocn_registry.plans.intent_args import set_party, set_party_modules


def _named(members: Iterable[Enum]) -> list[str]:
    """Return the names of the members that have a meaning."""
    return [each.name for each in members if not each.name.startswith("RESERVED")]


MODULES = click.Choice([name.lower() for name in _named(Module)], case_sensitive=False)


def wanted(given: dict[str, Any], client: RegistryClient, _: bool) -> Sequence[SignableIntent]:  # noqa: FBT001 - one form for all scripts
    """Return the intents: the party, and its modules if any are named."""
    credentials = (given["country_code"], given["party_id"])
    party = set_party(credentials, given["role"], given["operator"])
    if not given["sender"] and not given["receiver"]:
        return [party]
    # Signatures for the first generation's contracts can't name the id.
    named = credentials if client.limits.has_many_ids else None
    return [party, set_party_modules(given["sender"], given["receiver"], named)]


cli = registry_command(
    wanted,
    "List --account as a party, or change its entry. A --spender can pay.",
    click.Argument(["country_code"]),
    click.Argument(["party_id"]),
    click.Option(
        ["--role"],
        type=click.Choice(_named(Role), case_sensitive=False),
        multiple=True,
        required=True,
        help="One of its roles; can be repeated.",
    ),
    click.Option(
        ["--operator"],
        required=True,
        help="Address of the operator whose node reaches it.",
    ),
    click.Option(
        ["--sender"],
        type=MODULES,
        multiple=True,
        help="A module whose sender interface it implements; can be repeated.",
    ),
    click.Option(
        ["--receiver"],
        type=MODULES,
        multiple=True,
        help="A module whose receiver interface it implements; can be repeated.",
    ),
)
