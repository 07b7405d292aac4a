"""Reads of several steps: lists, all of whose parts are read at one block."""

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
    """Read at one block, the latest one unless told.

    Args:
        read: Reads at the block of this number.
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
    operator: str | None,
    role: Role | Iterable[Role] | None,
    module: Module | None,
    interface: Interface | None,
    on_read: OnRead | None,
) -> Flow[tuple[Party, ...]]:
    """Read the parties that all filters let through; a filter that is `None` lets all through.

    Args:
        dialect: How the contracts are spoken to.
        block: Number of the block; `None` for the latest.
        operator: Whose node they are reached through.
        role: A role that they have; of several, at least one.
        module: A module that they have.
        interface: The side of it that they have; without a module, of any.
        on_read: Told how much of the list is read.
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
    """Read the services that need a permission.

    Args:
        dialect: How the contracts are spoken to.
        block: Number of the block; `None` for the latest.
        permission: What they need; `None` for whatever.
        on_read: Told how much of the list is read.
    """
    found = yield from at_one_block(lambda at: dialect.services(at, on_read), block)
    if permission is None:
        return found
    return tuple([service for service in found if permission in service.permissions])
