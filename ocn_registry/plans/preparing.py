"""Prepare a request and read what is listed now, in the same requests to the chain.

It comes before everything else of a signed write, and imports no more than it needs: the rest is
imported while the node answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects import dialect_of
from ocn_registry.flows.requests import prepare
from ocn_registry.protocol.effects import run
from ocn_registry.protocol.gather import Running, gather

if TYPE_CHECKING:
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.plans.current_entries import CurrentEntries
    from ocn_registry.signing import Request


def prepared(
    client: RegistryClient,
    intent: SignableIntent,
    account: Address,
    current: CurrentEntries,
) -> Running[Request]:
    """Prepare a request, and read the listed entries in the same requests.

    Args:
        client: Reaches the registry.
        intent: The change.
        account: The account.
        current: Stores the listed entries.

    Returns:
        The request, or the error that prevents preparing it.
    """
    preparing = Running(prepare(dialect_of(client.deployment), intent, account, None, None))
    reading = Running(current.reading(account, intent))
    run(gather(preparing, reading), client.transport.perform)
    reading.result()
    return preparing
