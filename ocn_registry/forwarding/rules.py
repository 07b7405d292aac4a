"""Which messages of its users a service gets.

A user's message goes to the provider too when any permission of the agreement matches the module
and the interface that the message is *addressed* to (`/ocpi/sender/...` or `/ocpi/receiver/...`).
What agreements are in force, and that they are those of the message's sender, is for the questions
to see to; here is the table alone.

A module that has no number in the contracts (a custom one, credentials, hub client info) matches
nothing, and a permission that has no name matches nothing.

Source: design of the project, section 7; v1's node, `OcnServicePermission`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Interface, Module, Permission, named

if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_ALL = {
    Interface.SENDER: Permission.FORWARD_ALL_SENDER,
    Interface.RECEIVER: Permission.FORWARD_ALL_RECEIVER,
}
_PERMISSIONS = {permission.name: permission for permission in Permission}


def _matching(module: Module, interface: Interface) -> frozenset[Permission]:
    # OCPI's later modules have no permissions of their own.
    own = _PERMISSIONS.get(f"FORWARD_MODULE_{module.name}_{interface.name}")
    both = {Permission.FORWARD_ALL, _OF_ALL[interface]}
    return frozenset(both if own is None else {*both, own})


_MATCHING = {
    (module, interface): _matching(module, interface)
    for module in Module
    for interface in Interface
}
_BY_NAME = {module.name.lower(): module for module in named(Module)}
_INTERFACES = {interface.value: interface for interface in Interface}


def module_of(name: Module | str) -> Module | None:
    """Read the name of a module as it stands in the path of an OCPI request.

    Args:
        name: `locations`, say, in any letters; or a module.

    Returns:
        `None` for a module that the contracts don't know, such as a custom one.
    """
    return name if isinstance(name, Module) else _BY_NAME.get(name.lower())


def interface_of(name: Interface | str) -> Interface:
    """Read the name of an interface as it stands in the path of an OCPI request.

    Raises:
        InvalidInput: It is neither `sender` nor `receiver`.
    """
    if isinstance(name, Interface):
        return name
    found = _INTERFACES.get(name.lower())
    if found is None:
        raise InvalidInput(
            f"{shown(name)} is no interface: give sender or receiver, whichever is addressed",
        )
    return found


def permissions_for(module: Module | str, interface: Interface | str) -> frozenset[Permission]:
    """Tell which permissions match a message; none for a module that the contracts don't know.

    Args:
        module: The module that it is addressed to.
        interface: The interface that it is addressed to.
    """
    addressed, side = module_of(module), interface_of(interface)
    return frozenset() if addressed is None else _MATCHING[addressed, side]


def is_forwarded(
    permissions: Iterable[int],
    module: Module | str,
    interface: Interface | str,
) -> bool:
    """Tell whether a service with these permissions gets a message.

    Args:
        permissions: What was agreed to; numbers without a name match nothing.
        module: The module that the message is addressed to.
        interface: The interface that the message is addressed to.
    """
    return not permissions_for(module, interface).isdisjoint(permissions)
