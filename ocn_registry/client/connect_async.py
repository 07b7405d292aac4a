"""Connect to a network by its name, for asyncio; apart, so that others don't import asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client.async_client import AsyncRegistryClient
from ocn_registry.client.connect import deployment_of
from ocn_registry.foreign.arguments import checked
from ocn_registry.networks import Deployment
from ocn_registry.transport.http_async import AsyncHttpTransport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.journal import Journal


@checked
def connect_async(  # noqa: PLR0913 - each has a default
    network: str | Deployment = "local",
    *,
    rpc_urls: Sequence[str] = (),
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = None,
    ca_file: str | None = None,
    options: WriteOptions | None = None,
    journal: Journal | None = None,
) -> AsyncRegistryClient:
    """Return a client of a registry, over HTTP. The chain is not asked yet.

    Args:
        network: The name of a built-in deployment (`ewc`, `volta`, `local`), the path of a `.json`
            file, or a deployment.
        rpc_urls: URLs of RPC nodes, the preferred one first; by default those of the deployment.
        timeout_s: How long one request to a node may take, in seconds.
        headers: HTTP headers for every request, for example an authorization.
        proxy: URL of an HTTP proxy.
        ca_file: File with the certificates of the authorities to trust, instead of the system's.
        options: How transactions are priced and waited for, unless a write has its own options.
        journal: Keeps transactions until the chain has decided, for example
            `SqliteJournal("FILE")`. Without one, only this client remembers what it sent: after a
            restart, the same write can be paid for again.

    Raises:
        InvalidInput: The deployment doesn't exist, or has no RPC node.
        UnsupportedByDialect: This version does not support its contracts.
    """
    deployment = network if isinstance(network, Deployment) else deployment_of(network)
    transport = AsyncHttpTransport(
        tuple(rpc_urls) or deployment.rpc_urls,
        chain_id=deployment.chain_id,
        timeout_s=timeout_s,
        headers=headers,
        proxy=proxy,
        ca_file=ca_file,
    )
    return AsyncRegistryClient(deployment, transport, options=options, journal=journal)
