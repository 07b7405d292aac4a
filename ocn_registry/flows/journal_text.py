"""The purpose of a transaction, as text for the journal.

The text names the intents and, for signed requests, the digest that the account signed. The digest
identifies a request in an open transaction, whatever else it contains.
"""

from __future__ import annotations

import json
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, cast

from ocn_registry import intents as vocabulary
from ocn_registry.errors import OcnRegistryError
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Contract
from ocn_registry.outcomes import Item
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects import Step
    from ocn_registry.intents import Intent


def written(steps: tuple[Step, ...]) -> str:
    """Return steps as text for the journal."""
    return json.dumps([_step(step) for step in steps], separators=(",", ":"))


def items(carries: str) -> tuple[Item, ...]:
    """Return the items of a transaction; none if the text does not describe all of them."""
    found: list[Item] = []
    for one in _read(carries):
        intent = _intent(one)
        if intent is None:
            return ()
        found.append(Item(intent=intent))
    return tuple(found)


def digests(carries: str) -> tuple[str, ...]:
    """Return the digests of a transaction's signed requests in order, with "" for other items."""
    return tuple([str(one.get("digest", "")) for one in _read(carries)])


def purposes(carries: str) -> tuple[str, ...]:
    """Return what each step of a transaction is for, whichever signature it carries."""
    return tuple([_purpose(one) for one in _read(carries)])


def signed_purposes(carries: str) -> frozenset[str]:
    """Return what the signed requests of a transaction are for, whichever signature they carry."""
    return frozenset([_purpose(one) for one in _read(carries) if "account" in one])


def accounts(carries: str) -> frozenset[str]:
    """Return the accounts whose signed requests a transaction carries."""
    return frozenset([str(one["account"]) for one in _read(carries) if "account" in one])


def digest_of(request: SignedRequest) -> str:
    """Return the digest that an account signed, in hexadecimal."""
    return "0x" + request.request.payload.digest().hex()


def _step(step: Step) -> dict[str, object]:
    intent = step.intent if isinstance(step, SignedRequest) else step
    written: dict[str, object] = {"intent": type(intent).__name__}
    for field in fields(intent):
        value: object = getattr(intent, field.name)
        if isinstance(value, tuple):
            values = cast("tuple[object, ...]", value)
            plain = all(isinstance(one, (int, str)) for one in values)
            written[field.name] = [_plain(one) for one in values] if plain else len(values)
        else:
            written[field.name] = _plain(value)
    if isinstance(step, SignedRequest):
        written["account"], written["digest"] = step.account, digest_of(step)
    return written


def _purpose(one: dict[str, object]) -> str:
    return json.dumps({**one, "digest": None}, sort_keys=True)


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _read(carries: str) -> list[dict[str, object]]:
    try:
        found = parse_json(carries.encode())
    except ValueError:
        return []
    listed = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("dict[str, object]", one) for one in listed if isinstance(one, dict)]


def _intent(one: dict[str, object]) -> Intent | None:
    values = dict(one)
    kind: object = getattr(vocabulary, str(values.pop("intent", "")), None)
    if not isinstance(kind, type) or not hasattr(kind, "signable"):
        return None
    values = {name: value for name, value in values.items() if name not in {"account", "digest"}}
    if "contract" in values:
        values["contract"] = Contract(values["contract"])
    try:
        intent: Intent = kind(**values)
    except (OcnRegistryError, TypeError, ValueError):
        return None
    return intent
