"""From the name of a network to a client, in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.dialects.detect import detect
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
    transport = HttpTransport(
        tuple(rpc_urls) or deployment.rpc_urls,
        chain_id=deployment.chain_id,
        timeout_s=timeout_s,
        headers=headers,
        proxy=proxy,
        ca_file=ca_file,
    )
    return RegistryClient(deployment, transport, options=options, journal=journal)


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
    """Return a client for contracts of which only the addresses are known.

    Args:
        registry: Address of the Registry.
        permissions: Address of the Permissions that belongs to it.
        rpc_urls: RPC nodes of their chain, the preferred one first.
        timeout_s: How long one request to a node may take.
        headers: Sent with every request: an authorization, say.
        proxy: URL of an HTTP proxy.
        ca_file: File with the certificates of authorities to trust instead of the usual ones.

    Raises:
        NoContract: There is nothing at one of the addresses.
        UnsupportedByDialect: The contracts are of no generation that this version speaks, or do
            not belong together.
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
