"""The rules for forwarding users' messages to services.

A user's message is forwarded to the provider if any permission of the agreement matches the module
and the interface that the message is *addressed* to (`/ocpi/sender/...` or `/ocpi/receiver/...`).
Clients and caches select the agreements in force of the message's sender; this module is only the
table.

Seven modules have their own permissions. Every other one, such as OCPI 2.3.0's payments or a custom
one, is matched only by `FORWARD_ALL`, `FORWARD_ALL_SENDER` and `FORWARD_ALL_RECEIVER`.
Credentials, versions and hub client info are not messages between parties: each is between a party
and its node, and is never forwarded. A permission without a name matches nothing.

Source: design of the project, section 7; the Kotlin node's `OcnServicePermission`, whose
`FORWARD_ALL` matches any module; OCPI 2.2.1, section 6 (configuration modules).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Interface, Module, Permission, named

if TYPE_CHECKING:
    from collections.abc import Iterable

_OF_ALL = {
    Interface.SENDER: Permission.FORWARD_ALL_SENDER,
    Interface.RECEIVER: Permission.FORWARD_ALL_RECEIVER,
}
_OWN = {permission.name: permission for permission in Permission}
_BY_NAME = {module.name.lower(): module for module in named(Module)}
_INTERFACES = {interface.value: interface for interface in Interface}
_BETWEEN_PARTY_AND_NODE = {"credentials", "versions", "hubclientinfo"}
_LONGEST_NAME = 255


def module_of(name: Module | str) -> Module | None:
    """Return the module with this name in the path of an OCPI request.

    Args:
        name: For example `locations`, in any case; or a module.

    Returns:
        The module; `None` if the contracts have no number for it, such as a custom one.
    """
    return name if isinstance(name, Module) else _BY_NAME.get(name.lower())


def interface_of(name: Interface | str) -> Interface:
    """Return the interface with this name in the path of an OCPI request.

    Raises:
        InvalidInput: It is neither `sender` nor `receiver`.
    """
    if isinstance(name, Interface):
        return name
    found = _INTERFACES.get(name.lower()) if _is_text(name) else None
    if found is None:
        raise InvalidInput(
            f"{shown(name)} is not a valid interface: use sender or receiver, whichever is "
            "addressed",
        )
    return found


def permissions_for(module: Module | str, interface: Interface | str) -> frozenset[Permission]:
    """Return the permissions that match a message.

    Args:
        module: The addressed module; a custom one by name.
        interface: The interface that it is addressed to.

    Raises:
        InvalidInput: The module's name is empty, or the interface is not valid.
    """
    if not _is_text(module) and not isinstance(module, Module):
        raise InvalidInput(f"{shown(module)} is not a valid module: give its name, or a Module")
    name = (module.name if isinstance(module, Module) else module).lower()
    if not 0 < len(name) <= _LONGEST_NAME or "/" in name:
        raise InvalidInput(
            f"{shown(name)} is not a valid module: use its name in the path of the request, such "
            "as locations"
        )
    return _matching(name, interface_of(interface))


def _is_text(value: object) -> TypeGuard[str]:
    """Return whether a value is text, for callers without a type checker."""
    return isinstance(value, str)


@lru_cache(maxsize=256)
def _matching(name: str, interface: Interface) -> frozenset[Permission]:
    if name in _BETWEEN_PARTY_AND_NODE:
        return frozenset()
    own = _OWN.get(f"FORWARD_MODULE_{name.upper()}_{interface.name}")
    return frozenset({Permission.FORWARD_ALL, _OF_ALL[interface]} | ({own} if own else set()))


def is_forwarded(
    permissions: Iterable[int],
    module: Module | str,
    interface: Interface | str,
) -> bool:
    """Return whether a service with these permissions receives a message.

    Args:
        permissions: The agreed permissions; numbers without a name match nothing.
        module: The module that the message is addressed to.
        interface: The interface that the message is addressed to.
    """
    return not permissions_for(module, interface).isdisjoint(permissions)
