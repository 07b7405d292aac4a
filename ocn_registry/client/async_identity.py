"""The life of an account, for the asynchronous client: `client.identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client import sync_identity
from ocn_registry.client.base import AsyncRun, Group, awaited

if TYPE_CHECKING:
    from ocn_registry.signing import AnySigner  # noqa: F401 - used in quotes

_Identity = sync_identity.Identity["AnySigner"]


class Identity(Group[AsyncRun]):
    """Keys, controllers and leaving: each is one task, whichever keys sign."""

    holdings = awaited(_Identity.holdings)
    rotate = awaited(_Identity.rotate)
    move = awaited(_Identity.move)
    name_controller = awaited(_Identity.name_controller)
    leave = awaited(_Identity.leave)
