"""Checks of the contracts, and of a node that is listed there."""

from __future__ import annotations

import http.client
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import urlsplit

from ocn_registry.deploy.verify import verify
from ocn_registry.dialects.detect import detect
from ocn_registry.errors import UnsupportedByDialect
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.health.findings import Finding
from ocn_registry.models import Address
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient

_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 1 << 16
_MOST_LETTERS: Final = 1 << 12
_HTTP_OK: Final = 200


def contracts(client: RegistryClient) -> Iterator[Finding]:
    """Look what stands at the addresses, and whether it is what was published."""
    here = client.deployment
    found = run(detect(here.registry, here.permissions), client.transport.perform)
    for name, address in (("Registry", here.registry), ("Permissions", here.permissions)):
        remedy = ""
        if name == "Permissions" and here.other_permissions:
            others = ", ".join(here.other_permissions)
            remedy = f"some nodes are configured with {others}: compare with yours"
        says = f"{address}, generation {found.dialect}"
        yield Finding(name, ok=True, says=says, remedy=remedy)
    same = found.dialect == here.dialect
    remedy = "" if same else f"write {found.dialect} as its dialect in the network file"
    yield Finding(
        "generation", ok=same, says=f"{here.name} is said to be {here.dialect}", remedy=remedy
    )
    yield _code(client, found.dialect)
    if same and client.limits.has_import:
        is_open = client.owner.import_open()
        remedy = "its owner has to close the import before others can write" if is_open else ""
        says = "open" if is_open else "closed"
        yield Finding("import", ok=not is_open, says=says, remedy=remedy)


def _code(client: RegistryClient, dialect: str) -> Finding:
    """Compare the code with the published one, and say whether the storage is proven too."""
    try:
        here = replace(client.deployment, dialect=dialect)
        found = verify(here, client.transport, rebuild=False)
    except UnsupportedByDialect as error:
        return Finding("code", ok=True, says=f"not compared: {error}")
    if found.is_proven:
        return Finding("code", ok=True, says="byte for byte what was published")
    if found.is_verified:
        says = f"code matches; storage not proven: {found.storage_unproven}"
        remedy = "prove it with `verify` and the deployment's record as --network-file"
        return Finding("code", ok=True, says=says, remedy=remedy)
    more = len(found.differences) - 1
    says = f"{found.differences[0]}" + (f"; and {more} more differences" if more else "")
    remedy = "these are other contracts than they say: sign nothing for them"
    return Finding("code", ok=False, says=says, remedy=remedy)


def node(client: RegistryClient, operator: Address) -> Iterator[Finding]:
    """Compare what a node says of itself with what the registry says of it."""
    listed = client.node(operator)
    if listed is None:
        remedy = "list it with set-node"
        yield Finding("node", ok=False, says=f"{operator} runs none", remedy=remedy)
        return
    told = _node_info(listed.domain)
    if told is None:
        remedy = "see that it runs, and that its URL is the one that is listed"
        says = f"{listed.domain} does not say who it is"
        yield Finding("node", ok=False, says=says, remedy=remedy)
        return
    same = told == {"url": listed.domain, "address": operator}
    remedy = "" if same else "correct the node's settings, or its entry with set-node"
    says = f"{listed.domain} says {json.dumps(told)}"
    yield Finding("node", ok=same, says=says, remedy=remedy)


def _node_info(url: str) -> dict[str, str] | None:
    """Ask a node for its URL and address; `None` when it gives none. No redirect is followed."""
    try:
        parts = urlsplit(url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        line = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    except ValueError:
        return None
    try:
        line.request("GET", f"{parts.path}/ocn/registry/node-info")
        answer = line.getresponse()
        content = parse_json(answer.read(_MOST_BYTES))
        if answer.status != _HTTP_OK or not _is_object(content):
            return None
        address = Address(str(content.get("address")))
        return {"url": str(content.get("url"))[:_MOST_LETTERS], "address": address}
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        line.close()


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
