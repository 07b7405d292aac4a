"""A plan's lines about the network: chain, node, token and finality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import networks
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.transport.endpoint import origin

if TYPE_CHECKING:
    from ocn_registry.networks import Deployment


def node_of(deployment: Deployment) -> str:
    """Return the name of the RPC node, without the secret parts of its URL."""
    url = deployment.rpc_urls[0]
    return origin(url) or shown(url).strip("'")  # Ape's users know it by another name


def network_lines(deployment: Deployment) -> tuple[tuple[str, str], ...]:
    """Return a plan's lines about the chain and the RPC node."""
    where = f"{deployment.name} (chain {deployment.chain_id}), {node_of(deployment)}"
    return (("network", where),)


def amount(wei: int, deployment: Deployment) -> str:
    """Return an amount in the token of a deployment's chain; see `networks.amount`."""
    return networks.amount(wei, deployment.token)


def confirmations_of(wait: str, deployment: Deployment) -> int:
    """Return the number of confirmations for `confirmed`, `final` or a number."""
    if wait == "confirmed":
        return 1
    if wait == "final":
        return final_of(
            deployment,
            'add "blocksToFinality" to the network file, or give a number, as in --wait 12',
        )
    return int(wait)


def final_of(deployment: Deployment, otherwise: str) -> int:
    """Return the number of blocks that make a block final.

    Args:
        deployment: The registry, and its chain.
        otherwise: The remedy if the number is unknown.

    Raises:
        InvalidInput: The number is unknown.
    """
    if deployment.blocks_to_finality is None:
        raise InvalidInput(
            f"the number of blocks to finality on chain {deployment.chain_id} is unknown: "
            f"{otherwise}",
        )
    return deployment.blocks_to_finality
