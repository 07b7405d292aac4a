"""Resolve routes as a node does: many at once, without blocking.

    python examples/async_routes.py NETWORK DE-ABC NL-EMS ...

NETWORK is `local`, `ewc`, `volta` or the path of a deployment file.
"""

import asyncio
import sys

from ocn_registry import AsyncRegistryClient, OcnRegistryError, PartyId, connect_async


async def described(registry: AsyncRegistryClient, party: PartyId) -> str:
    """Say where messages to a party go."""
    route = await registry.route(party.country_code, party.party_id)
    if route is None:
        return f"{party}: nobody holds this id"
    if route.domain is None:
        return f"{party}: not reachable, {route.operator} runs no node"
    agreements = await registry.agreements(party.country_code, party.party_id)
    copies = f", copies to {len(agreements)} services" if agreements else ""
    return f"{party}: {route.domain}{copies}"


async def main(network: str, *ids: str) -> None:
    """Resolve all of them at once."""
    async with connect_async(network) as registry:
        parties = [PartyId.parse(text) for text in ids]
        print(*await asyncio.gather(*(described(registry, party) for party in parties)), sep="\n")


if __name__ == "__main__":
    if not sys.argv[2:]:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except OcnRegistryError as error:
        sys.exit(f"{type(error).__name__}: {error}")
