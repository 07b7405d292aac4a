"""Recognize development chains on this machine, whose keys protect nothing."""

from __future__ import annotations

import ipaddress
import re
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ocn_registry import networks
from ocn_registry.errors import OcnRegistryError

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment

_DEVELOPMENT = r"(?i)anvil|ganache|hardhat|ethereumjs testrpc"
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 12


@lru_cache(maxsize=8)
def is_local(deployment: Deployment) -> bool:
    """Return whether keys on this chain protect nothing of value.

    All RPC nodes must be on this machine and identify as development nodes, and the contracts must
    not be those of a public network: the chain could be a fork of it, or a proxy to it.
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
    """Return whether a node on this machine identifies as a development node."""
    from ocn_registry.transport.chain_queries import client_version  # noqa: PLC0415 - rarely needed
    from ocn_registry.transport.http_sync import HttpTransport  # noqa: PLC0415

    try:
        node = HttpTransport([url], timeout_s=_TIMEOUT_S, retries=0, max_answer_bytes=_MAX_BYTES)
        with closing(node):
            return re.match(_DEVELOPMENT, node.perform(client_version())) is not None
    except OcnRegistryError:
        return False
