"""Entries of a registry as JSON, in v1's form: the same keys in the same order.

Source: v1's `lib/registry.js` and `lib/permissions.js` (npm package 1.2.1).
"""

from __future__ import annotations

import re
import time
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.models import Module, Node, PartyId, Permission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ocn_registry.events.provenance import Event
    from ocn_registry.models import BlockRef, Party, Role, Service
    from ocn_registry.outcomes import Change

Entry = dict[str, object]


def node(value: Node) -> Entry:
    """Return a node as JSON."""
    return {"operator": value.operator, "url": value.domain}


def party(value: Party) -> Entry:
    """Return a party as JSON; the URL is empty while its operator runs no node.

    v1 knows no websites: one is told only where there is one.
    """
    entry: Entry = {
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
    return entry if value.website is None else entry | {"website": value.website}


def service(value: Service) -> Entry:
    """Return a service as JSON; a permission without a name is its number."""
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
    """Return roles as v1 spells them."""
    return [role.name for role in roles]


def module_names(modules: Sequence[Module]) -> list[str]:
    """Return modules as v1 spells them."""
    return [module.name.lower() for module in modules]


def permission_names(permissions: Sequence[int]) -> list[str | int]:
    """Return permissions as v1 spells them."""
    return [
        permission.name if isinstance(permission, Permission) else permission
        for permission in permissions
    ]


def changes(values: Sequence[Change]) -> list[Entry]:
    """Return what a transaction changed: the kind of each change, and its fields."""
    return [
        {"change": type(value).__name__}
        | {_camel(field.name): _plain(getattr(value, field.name)) for field in fields(value)}
        for value in values
    ]


def event(value: Event) -> Entry:
    """Return an event as JSON: its change, then how it was sent."""
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


def brief(entry: Mapping[str, object]) -> str:
    """Return an entry in one line."""
    return ", ".join([f"{label.strip()} {value}" for label, value in fields_of(entry) if value])


def fields_of(entry: Mapping[str, object], indent: str = "") -> Iterator[tuple[str, str]]:
    """Yield the labels and values of an entry of any depth, as people read them."""
    for key, value in entry.items():
        label = f"{indent}{_spaced(key.removesuffix('Wei'))}"
        if key.endswith("Wei") and value is not None:
            value = f"{int(str(value)):,} wei"  # noqa: PLW2901 - the same in other words
        parts = value if _is_list(value) else [value]
        if not any(map(_is_object, parts)):
            if value is not None:
                yield label, ", ".join(map(_said, parts)) or "none"
            continue
        for part in parts:
            yield label, "" if _is_object(part) else _said(part)
            yield from fields_of(part, f"{indent}  ") if _is_object(part) else ()


def _spaced(key: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).lower().split()
    return " ".join([word.upper() if word in {"rpc", "url"} else word for word in words])


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not listed" if value is None else str(value)


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


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
