"""Reads that take several requests, all at the same block."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.models import Address, Interface, Module, Role, any_of, known
from ocn_registry.protocol.effects import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.dialects import Dialect, OnRead
    from ocn_registry.models import Party, Service
    from ocn_registry.protocol.effects import Flow

T = TypeVar("T")


def at_one_block(read: Callable[[int], Flow[T]], block: int | None) -> Flow[T]:
    """Return what a read returns at one block.

    Args:
        read: The read, which takes the number of the block.
        block: Number of the block; `None` for the latest.
    """
    if block is None:
        head = yield from Head()
        block = head.ref.number
    return (yield from read(block))


def parties(  # noqa: PLR0913 - each is a filter
    dialect: Dialect,
    block: int | None,
    *,
    operator: str | None = None,
    role: Role | Iterable[Role] | None = None,
    module: Module | None = None,
    interface: Interface | None = None,
    on_read: OnRead | None = None,
) -> Flow[tuple[Party, ...]]:
    """Return the parties that match all filters; `None` matches every party.

    Args:
        dialect: The dialect of the deployment.
        block: Number of the block; `None` for the latest.
        operator: Address of the operator whose node reaches them.
        role: A role that they have, or several, of which they have at least one.
        module: A module that they implement.
        interface: The interface of the module; without a module, of any module.
        on_read: Called as pages arrive, with the number of entries read so far.
    """
    at = None if operator is None else Address(operator)
    roles, module = any_of(Role, role), known(Module, module)
    interface = known(Interface, interface)
    found = yield from at_one_block(lambda at: dialect.parties(at, on_read), block)
    return tuple(
        [
            party
            for party in found
            if (at is None or party.operator == at)
            and (roles is None or not roles.isdisjoint(party.roles))
            and ((module is None and interface is None) or party.implements(module, interface))
        ],
    )


def services(
    dialect: Dialect,
    block: int | None,
    *,
    permission: int | None,
    on_read: OnRead | None,
) -> Flow[tuple[Service, ...]]:
    """Return the services that need a permission.

    Args:
        dialect: The dialect of the deployment.
        block: Number of the block; `None` for the latest.
        permission: The permission; `None` for all services.
        on_read: Called as pages arrive, with the number of entries read so far.
    """
    found = yield from at_one_block(lambda at: dialect.services(at, on_read), block)
    if permission is None:
        return found
    return tuple([service for service in found if permission in service.permissions])
