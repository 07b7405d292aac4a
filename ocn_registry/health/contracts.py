"""Checks of the contracts, and of a listed node."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocn_registry.deploy.verify import verify
from ocn_registry.dialects.detect import detect
from ocn_registry.errors import UnsupportedByDialect
from ocn_registry.foreign.limits import NODE_DOCUMENT
from ocn_registry.foreign.strict_json import is_object, parse_json
from ocn_registry.health.findings import Finding
from ocn_registry.models import Address
from ocn_registry.protocol.effects import run
from ocn_registry.transport.http_answers import TooLong, receive
from ocn_registry.transport.http_wire import Target, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient

STORAGE: Final = "storage"
_TIMEOUT_S: Final = 10.0
_MOST_LETTERS: Final = 1 << 12
_HTTP_OK: Final = 200


def contracts(client: RegistryClient) -> Iterator[Finding]:
    """Check that the published contracts are at the addresses."""
    deployment = client.deployment
    found = run(detect(deployment.registry, deployment.permissions), client.transport.perform)
    for name, address in (
        ("Registry", deployment.registry),
        ("Permissions", deployment.permissions),
    ):
        remedy = ""
        if name == "Permissions" and deployment.other_permissions:
            others = ", ".join(deployment.other_permissions)
            remedy = f"some nodes are configured with {others}: compare with yours"
        says = f"{address}, generation {found.dialect}"
        yield Finding(name, ok=True, says=says, remedy=remedy)
    same = found.dialect == deployment.dialect
    remedy = "" if same else f"write {found.dialect} as its dialect in the network file"
    yield Finding(
        "generation",
        ok=same,
        says=f"the network file says {deployment.dialect}",
        remedy=remedy,
    )
    yield from _code(client, found.dialect)
    if same and client.limits.has_import:
        is_open = client.owner.import_open()
        remedy = "its owner has to close the import before others can write" if is_open else ""
        says = "open" if is_open else "closed"
        yield Finding("import", ok=not is_open, says=says, remedy=remedy)


def _code(client: RegistryClient, dialect: str) -> Iterator[Finding]:
    """Compare the code with the published one, and report whether the storage is proven."""
    try:
        deployment = replace(client.deployment, dialect=dialect)
        found = verify(deployment, client.transport, rebuild=False)
    except UnsupportedByDialect as error:
        yield Finding("code", ok=True, says=f"not compared: {error}")
        return
    if found.is_verified:
        yield Finding("code", ok=True, says="identical to the published code")
        says, remedy = "only published code has created and written the storage", ""
        if not found.is_proven:
            says = f"code matches; storage not proven: {found.storage_unproven}"
            remedy = "prove it with `verify` and the deployment's record as --network-file"
        yield Finding(STORAGE, ok=found.is_proven, says=says, remedy=remedy)
        return
    more = len(found.differences) - 1
    says = f"{found.differences[0]}" + (f"; and {more} more differences" if more else "")
    remedy = "these are not the published contracts: sign nothing for them"
    yield Finding("code", ok=False, says=says, remedy=remedy)


def node(
    client: RegistryClient,
    operator: Address,
    *,
    proxy: str | None = None,
    ca_file: str | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Iterator[Finding]:
    """Compare what a node says about itself with what the registry says about it.

    Args:
        client: A client of the registry.
        operator: The operator of the node.
        proxy: URL of an HTTP proxy for the connection to the node.
        ca_file: File with the certificates of the authorities to trust, instead of the system's.
        timeout_s: How long the whole answer may take.
    """
    listed = client.node(operator)
    if listed is None:
        says = f"{operator} runs no node"
        yield Finding("node", ok=False, says=says, remedy="list one with set-node")
        return
    answered = _node_info(listed.domain, proxy, ca_file, timeout_s)
    if answered is None:
        remedy = "check that it runs, and that its URL is the listed one"
        says = f"{listed.domain} does not say who runs it"
        yield Finding("node", ok=False, says=says, remedy=remedy)
        return
    same = answered == {"url": listed.domain, "address": operator}
    remedy = "" if same else "correct the node's settings, or its entry with set-node"
    says = f"{listed.domain} says {json.dumps(answered)}"
    yield Finding("node", ok=same, says=says, remedy=remedy)


def _node_info(
    url: str, proxy: str | None, ca_file: str | None, timeout_s: float
) -> dict[str, str] | None:
    """Return the URL and address that a node reports; `None` if it doesn't.

    Redirects are not followed. One time limit covers everything.
    """
    deadline = time.monotonic() + timeout_s
    place = f"{url}/ocn/registry/node-info"
    headers = {"Accept": "application/json", "Connection": "close"}
    try:
        target = Target(place, headers, proxy, ca_file, method="GET")
        sock = target.connect(deadline)
        try:
            send(sock, target.request(b""), deadline)
            answer, _ = receive(sock, deadline, NODE_DOCUMENT.max_bytes)
        finally:
            sock.close()
        content = parse_json(answer.content, NODE_DOCUMENT)
        if answer.status != _HTTP_OK or not is_object(content):
            return None
        address = Address(str(content.get("address")))
    except (OSError, TooLong, ValueError, KeyError):
        return None
    return {"url": str(content.get("url"))[:_MOST_LETTERS], "address": address}
