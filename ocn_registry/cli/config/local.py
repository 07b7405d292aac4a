"""Whether a chain is a development chain on this machine, whose keys protect nothing."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ocn_registry import networks

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment

_DEVELOPMENT = re.compile(r"anvil|ganache|hardhat|ethereumjs testrpc", re.IGNORECASE)
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 12


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
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "http":
        return False
    question = '{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}'
    line = http.client.HTTPConnection(parts.hostname or "", port, timeout=_TIMEOUT_S)
    try:
        headers = {"Content-Type": "application/json"}
        line.request("POST", parts.path or "/", question, headers)
        answer = line.getresponse().read(_MAX_BYTES)
        version: object = json.loads(answer)["result"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        line.close()
    return isinstance(version, str) and _DEVELOPMENT.match(version) is not None
