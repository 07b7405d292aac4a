"""What may be wrong between this command and the registry.

One check after the other, each with its result, and what to do about it.
"""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeGuard
from urllib.parse import urlsplit

from ocn_registry.cli.carrying import FINAL
from ocn_registry.cli.codes import DONE, RPC, UNEXPECTED
from ocn_registry.cli.networks import connect
from ocn_registry.cli.render import as_json, findings, for_programs, put
from ocn_registry.dialects.detect import detect
from ocn_registry.effects import ChainId, Head, run
from ocn_registry.errors import InvalidInput, OcnRegistryError, TransportError
from ocn_registry.flows.sending import fees
from ocn_registry.flows.writes import WriteOptions
from ocn_registry.models import Address

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from ocn_registry.client import RegistryClient
    from ocn_registry.effects import HeadBlock

_OLD_S = 60
_TIMEOUT_S = 10.0
_MOST_BYTES = 1 << 16
_HTTP_OK = 200


class Finding(NamedTuple):
    """What a check found; `remedy` is empty where nothing is to be done."""

    check: str
    ok: bool
    says: str
    remedy: str = ""


def doctor(args: Namespace) -> int:
    """Check what can be checked, and say what to do about the rest."""
    found = [_path()]
    code = DONE
    with connect(args) as client:
        checks: list[Callable[[], Iterator[Finding]]] = [
            lambda: _chain(client),
            lambda: _contracts(client),
            lambda: _import(client),
        ]
        if args.address is not None:
            operator = Address(args.address)
            checks.append(lambda: _node(client, operator))
        try:
            for check in checks:
                found += check()
        except InvalidInput:
            raise
        except OcnRegistryError as error:
            name = "RPC" if isinstance(error, TransportError) else "contracts"
            found.append(Finding(name, ok=False, says=str(error), remedy="see --rpc-url, -n"))
            code = RPC if isinstance(error, TransportError) else UNEXPECTED
    put(as_json([each._asdict() for each in found]) if for_programs(args) else findings(found))
    return code if all(each.ok for each in found) else code or UNEXPECTED


def _path() -> Finding:
    """Look which `ocn-registry` a shell would run: v1's has the same name."""
    first = shutil.which("ocn-registry")
    if first is None:
        return Finding("command", ok=True, says="no ocn-registry is on the PATH; this one runs")
    try:
        with Path(first).open("rb") as file:
            head = file.readline(200)
    except OSError:
        head = b""
    if b"node" in head:
        here = sys.argv[0]
        remedy = f"put the folder of {here} earlier on the PATH, or remove version 1"
        return Finding("command", ok=False, says=f"{first} is version 1's", remedy=remedy)
    return Finding("command", ok=True, says=first)


def _chain(client: RegistryClient) -> Iterator[Finding]:
    here, perform = client.deployment, client.transport.perform
    chain_id: int = perform(ChainId())  # the transport refuses another than the deployment's
    yield Finding("RPC", ok=True, says=f"{here.rpc_urls[0]} is on chain {chain_id} ({here.name})")
    head: HeadBlock = perform(Head())
    age = int(time.time()) - head.ref.timestamp_unix_s
    old = age > _OLD_S and chain_id in {246, 73799}
    remedy = "the node lags behind the chain: choose another with --rpc-url" if old else ""
    says = f"block {head.ref.number}, {age} s old"
    yield Finding("latest block", ok=not old, says=says, remedy=remedy)
    price, _ = run(fees(head, WriteOptions()), perform)
    yield Finding("fees", ok=True, says=f"at most {price} wei per gas")
    final = FINAL.get(chain_id)
    says = "not known for this chain: give --wait N" if final is None else f"{final} blocks"
    yield Finding("final after", ok=True, says=says)


def _contracts(client: RegistryClient) -> Iterator[Finding]:
    here = client.deployment
    found = run(detect(here.registry, here.permissions), client.transport.perform)
    for name, address in (("Registry", here.registry), ("Permissions", here.permissions)):
        yield Finding(name, ok=True, says=f"{address}, generation {found.dialect}")
    same = found.dialect == here.dialect
    remedy = "" if same else f"write {found.dialect} as its dialect in the network file"
    yield Finding(
        "generation", ok=same, says=f"{here.name} is said to be {here.dialect}", remedy=remedy
    )


def _import(client: RegistryClient) -> Iterator[Finding]:
    if client.limits.has_import:
        is_open = client.import_open()
        remedy = "its owner has to close the import before others can write" if is_open else ""
        says = "open" if is_open else "closed"
        yield Finding("import", ok=not is_open, says=says, remedy=remedy)


def _node(client: RegistryClient, operator: Address) -> Iterator[Finding]:
    """Compare what a node says of itself with what the registry says of it."""
    node = client.node(operator)
    if node is None:
        remedy = "list it with set-node"
        yield Finding("node", ok=False, says=f"{operator} runs none", remedy=remedy)
        return
    told = _node_info(node.domain)
    if told is None:
        remedy = "see that it runs, and that its URL is the one that is listed"
        says = f"{node.domain} does not say who it is"
        yield Finding("node", ok=False, says=says, remedy=remedy)
        return
    same = told == {"url": node.domain, "address": operator}
    remedy = "" if same else "correct the node's settings, or its entry with set-node"
    says = f"{node.domain} says {json.dumps(told)}"
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
        content: object = json.loads(answer.read(_MOST_BYTES))
        if answer.status != _HTTP_OK or not _is_object(content):
            return None
        address = Address(str(content.get("address")))
        return {"url": str(content.get("url")), "address": address}
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        line.close()


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
