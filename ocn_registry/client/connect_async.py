"""Connect to a network by its name, for asyncio; apart, so that others don't import asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client.async_client import AsyncRegistryClient
from ocn_registry.client.connect import connect, deployment_of
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
    """Return a client of a registry, over HTTP. The chain is not asked yet."""
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


connect_async.__doc__ = connect.__doc__
