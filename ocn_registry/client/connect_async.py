"""From the name of a network to a client for asyncio; apart, so that others never load asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client.async_client import AsyncRegistryClient
from ocn_registry.client.connect import deployment_of
from ocn_registry.networks import Deployment
from ocn_registry.transport.http_async import AsyncHttpTransport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.journal import Journal


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
    """Reach a registry over HTTP. Nothing is asked yet.

    Args:
        network: Name of a deployment that is built in (`ewc`, `volta`, `local`), path of a file
            that ends in `.json`, or a deployment.
        rpc_urls: RPC nodes, the preferred one first; those of the deployment unless given.
        timeout_s: How long one request to a node may take.
        headers: Sent with every request: an authorization, say.
        proxy: URL of an HTTP proxy.
        ca_file: File with the certificates of authorities to trust instead of the usual ones.
        options: How transactions are priced and waited for, unless a write has its own.
        journal: Where transactions are kept until the chain has decided: `SqliteJournal("FILE")`,
            say. Without one, only this client remembers what it sent: if the process ends, the same
            write again can be paid again.

    Raises:
        InvalidInput: There is no such deployment, or no RPC node is known.
        UnsupportedByDialect: Its contracts are of a generation that this version does not speak.
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
