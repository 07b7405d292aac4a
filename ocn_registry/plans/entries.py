"""Values in a form for people. For programs, each value has `to_dict`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.foreign.strict_json import is_list, is_object
from ocn_registry.models import Permission
from ocn_registry.networks import UNKNOWN_TOKEN, amount
from ocn_registry.portable import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ocn_registry.models import Address, BlockRef, Module, Role

Entry = dict[str, object]


def controlled(account: Address, controller: Address) -> Entry:
    """Return an account's controller as JSON; `null` if it has none."""
    return {"account": account, "controller": None if controller == account else controller}


def role_names(roles: Sequence[Role]) -> list[str]:
    """Return roles as v1 spells them."""
    return [role.name for role in roles]


def module_names(modules: Sequence[Module]) -> list[str]:
    """Return modules as v1 spells them."""
    return [module.json_name for module in modules]


def permission_names(permissions: Sequence[int]) -> list[str | int]:
    """Return permissions as v1 spells them."""
    return [
        permission.name if isinstance(permission, Permission) else permission
        for permission in permissions
    ]


def moment(block: BlockRef) -> str:
    """Return the time of a block, in the form of RFC 3339."""
    return forms.moment(block.timestamp_unix_s)


def brief(entry: Mapping[str, object]) -> str:
    """Return an entry in one line."""
    return ", ".join([f"{label.strip()} {value}" for label, value in fields_of(entry) if value])


def fields_of(
    entry: Mapping[str, object],
    indent: str = "",
    *,
    token: Callable[[], str] = lambda: UNKNOWN_TOKEN,
) -> Iterator[tuple[str, str]]:
    """Yield the labels and values of an entry of any depth, as people read them.

    Args:
        entry: The entry.
        indent: What its labels begin with.
        token: Returns the name of the chain's token, for amounts of money.
    """
    for key, value in entry.items():
        label = f"{indent}{_spaced(key.removesuffix('Wei'))}"
        if key.endswith("Wei") and value is not None:
            value = amount(int(str(value)), token())  # noqa: PLW2901 - the same in other words
        parts = value if is_list(value) else [value]
        if not any(map(is_object, parts)):
            if value is not None:
                yield label, ", ".join(map(_value_text, parts)) or "none"
            continue
        for part in parts:
            yield label, "" if is_object(part) else _value_text(part)
            yield from fields_of(part, f"{indent}  ", token=token) if is_object(part) else ()


def _spaced(key: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).lower().split()
    return " ".join([word.upper() if word in {"rpc", "url"} else word for word in words])


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not listed" if value is None else str(value)
