"""Whether a chain is a development chain on this machine, whose keys protect nothing."""

from __future__ import annotations

import ipaddress
import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from ocn_registry import networks
from ocn_registry.foreign.limits import Limits
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.transport.http_wire import Target, TooLong, receive, send

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment

_DEVELOPMENT = re.compile(r"anvil|ganache|hardhat|ethereumjs testrpc", re.IGNORECASE)
_TIMEOUT_S = 10.0
_ANSWER = Limits(max_bytes=1 << 12, max_items=16)


@lru_cache(maxsize=8)
def is_local(deployment: Deployment) -> bool:
    """Return whether nothing can be lost on this chain, even if others read the key.

    All RPC nodes are on this machine and call themselves development nodes, and the contracts are
    not those of a public network: this could be a copy of it, or a way to it.
    """
    known = {
        address
        for each in map(networks.built_in, networks.names())
        if not each.development
        for address in (each.registry, each.permissions)
    }
    return (
        not known & {deployment.registry, deployment.permissions}
        and bool(deployment.rpc_urls)
        and all(_is_loopback(url) and _is_development(url) for url in deployment.rpc_urls)
    )


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_development(url: str) -> bool:
    """Return whether a node on this machine is one for development."""
    if not url.startswith("http://"):
        return False
    try:
        target = Target(url, {"Content-Type": "application/json", "Connection": "close"})
    except ValueError:
        return False
    question = b'{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}'
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        with target.connect(deadline) as line:
            send(line, target.request(question), deadline)
            answer, _ = receive(line, deadline, _ANSWER.max_bytes)
        found = parse_json(answer.content, _ANSWER)
    except (OSError, TooLong, ValueError):
        return False
    version = cast("dict[str, object]", found).get("result") if isinstance(found, dict) else None
    return isinstance(version, str) and _DEVELOPMENT.match(version) is not None
