"""Connect to a network by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.dialects.detect import detect
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.files import read_bytes
from ocn_registry.foreign.limits import NETWORK_FILE
from ocn_registry.models import Address
from ocn_registry.networks import Deployment, built_in, from_json
from ocn_registry.protocol.effects import run
from ocn_registry.transport.http_sync import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.journal import Journal


@checked
def connect(  # noqa: PLR0913 - each has a default
    network: str | Deployment = "local",
    *,
    rpc_urls: Sequence[str] = (),
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = None,
    ca_file: str | None = None,
    options: WriteOptions | None = None,
    journal: Journal | None = None,
) -> RegistryClient:
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
    transport = HttpTransport(
        tuple(rpc_urls) or deployment.rpc_urls,
        chain_id=deployment.chain_id,
        timeout_s=timeout_s,
        headers=headers,
        proxy=proxy,
        ca_file=ca_file,
    )
    return RegistryClient(deployment, transport, options=options, journal=journal)


@checked
def find_deployment(  # noqa: PLR0913 - each has a default
    registry: str,
    permissions: str,
    *,
    rpc_urls: Sequence[str],
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = None,
    ca_file: str | None = None,
) -> Deployment:
    """Return the deployment of contracts of which only the addresses are known, by asking them.

    Args:
        registry: Address of the Registry.
        permissions: Address of its Permissions.
        rpc_urls: URLs of RPC nodes of their chain, the preferred one first.
        timeout_s: How long one request to a node may take, in seconds.
        headers: HTTP headers for every request, for example an authorization.
        proxy: URL of an HTTP proxy.
        ca_file: File with the certificates of the authorities to trust, instead of the system's.

    Raises:
        NoContract: There is no contract at one of the addresses.
        UnsupportedByDialect: This version does not support the contracts, or they do not belong
            together.
        TransportError: The chain can't be asked.
    """
    transport = HttpTransport(
        tuple(rpc_urls),
        timeout_s=timeout_s,
        headers=headers,
        proxy=proxy,
        ca_file=ca_file,
    )
    try:
        found = run(detect(Address(registry), Address(permissions)), transport.perform)
    finally:
        transport.close()
    return replace(found, rpc_urls=tuple(rpc_urls))


def deployment_of(network: str) -> Deployment:
    """Return the deployment that a name or the path of a file stands for; see `connect`."""
    if not network.endswith(".json"):
        return built_in(network)
    return from_json(read_bytes(network, NETWORK_FILE.max_bytes, what="deployment file"))
