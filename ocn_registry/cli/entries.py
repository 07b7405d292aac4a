"""Entries of a registry in v1's form: the same keys in the same order, for programs.

Source: v1's `lib/registry.js` and `lib/permissions.js` (npm package 1.2.1).
"""

from __future__ import annotations

import time
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.models import Module, Node, PartyId, Permission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.events.provenance import Event
    from ocn_registry.models import BlockRef, Party, Role, Service
    from ocn_registry.outcomes import Change

Entry = dict[str, object]


def node(value: Node) -> Entry:
    """Write a node."""
    return {"operator": value.operator, "url": value.domain}


def party(value: Party) -> Entry:
    """Write a party; the URL is empty while its operator runs no node."""
    return {
        "countryCode": value.id.country_code,
        "partyId": value.id.party_id,
        "address": value.address,
        "roles": role_names(value.roles),
        "modules": {
            "sender": module_names(value.modules_sender),
            "receiver": module_names(value.modules_receiver),
        },
        "node": {"operator": value.operator, "url": value.operator_domain or ""},
    }


def service(value: Service) -> Entry:
    """Write a service; a permission without a name is its number."""
    return {
        "name": value.name,
        "url": value.url,
        "permissions": permission_names(value.permissions),
        "provider": {
            "address": value.provider,
            "countryCode": value.id.country_code,
            "partyId": value.id.party_id,
        },
    }


def role_names(roles: Sequence[Role]) -> list[str]:
    """Spell roles as v1 does."""
    return [role.name for role in roles]


def module_names(modules: Sequence[Module]) -> list[str]:
    """Spell modules as v1 does."""
    return [module.name.lower() for module in modules]


def permission_names(permissions: Sequence[int]) -> list[str | int]:
    """Spell permissions as v1 does."""
    return [
        permission.name if isinstance(permission, Permission) else permission
        for permission in permissions
    ]


def changes(values: Sequence[Change]) -> list[Entry]:
    """Write what a transaction changed: the kind of each change, and its fields."""
    return [
        {"change": type(value).__name__}
        | {_camel(field.name): _plain(getattr(value, field.name)) for field in fields(value)}
        for value in values
    ]


def event(value: Event) -> Entry:
    """Write an event: its change, then how it came into the chain."""
    return {
        **changes([value.change])[0],
        "account": value.account,
        "blockNumber": value.block.number,
        "blockHash": value.block.hash,
        "time": moment(value.block),
        "hash": value.tx_hash,
        "index": value.index,
        "sender": value.sender,
        "how": value.how,
        "certain": value.certain,
    }


def moment(block: BlockRef) -> str:
    """Return the time of a block, in the form of RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(block.timestamp_unix_s))


def _plain(value: object) -> object:
    if isinstance(value, Node):
        return node(value)
    if isinstance(value, PartyId):
        return {"countryCode": value.country_code, "partyId": value.party_id}
    if isinstance(value, Module):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.name
    if _is_sequence(value):
        return [_plain(item) for item in value]
    return value


def _is_sequence(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join([word.title() for word in more])
