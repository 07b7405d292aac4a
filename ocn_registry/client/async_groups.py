"""The groups of `sync_groups`, for the asynchronous client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client import sync_groups
from ocn_registry.client.base import AsyncRun, Group, awaited

if TYPE_CHECKING:
    from ocn_registry.signing import AnySigner  # noqa: F401 - used in quotes

_Owner = sync_groups.Owner["AnySigner"]
_Transactions = sync_groups.Transactions["AnySigner"]
_Ensure = sync_groups.Ensure["AnySigner"]


class Owner(Group[AsyncRun]):
    """Reads and writes of the registry's owner: `client.owner`."""

    address = awaited(_Owner.address)
    pending = awaited(_Owner.pending)
    import_open = awaited(_Owner.import_open)
    reassign_party = awaited(_Owner.reassign_party)


class Transactions(Group[AsyncRun]):
    """Sent transactions and their outcomes: `client.transactions`."""

    open = awaited(_Transactions.open)
    spender = awaited(_Transactions.spender)
    outcome_of = awaited(_Transactions.outcome_of)
    await_outcome = awaited(_Transactions.await_outcome)
    speed_up = awaited(_Transactions.speed_up)
    cancel = awaited(_Transactions.cancel)


class Ensure(Group[AsyncRun]):
    """Writes that change only what differs from the listed entries: `client.ensure`."""

    node = awaited(_Ensure.node)
    party = awaited(_Ensure.party)
    parties = awaited(_Ensure.parties)
    service = awaited(_Ensure.service)
