"""Views of the whole registry: counts, countries, search, and the chain's state."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from ocn_registry.models import Role, named
from ocn_registry.registry_api.entities import key_parts
from ocn_registry.registry_api.pages import block_of

if TYPE_CHECKING:
    from ocn_registry.cache.core import CacheCore
    from ocn_registry.registry_api.entities import Entities
    from ocn_registry.registry_api.index import RegistryIndex
    from ocn_registry.registry_api.pages import Object

_CIRCLES = 400  # nodes in an overview, sorted by number of parties
_FOUND = 10  # of each kind in a search
_SHORTEST = 2
_QUIET_S = 60  # a chain without a block for this long stands still, unless its block time is longer
_LATE_S = 30  # the view lags if it was not compared with the chain for this long


def chain(cache: CacheCore) -> Object:
    """Return the identity of the registry, and how current its view is.

    `state` is `current`, `standing` (the chain produces no blocks) or `lagging` (the view is
    behind).
    """
    deployment = cache.deployment
    block, age_s = cache.block, cache.age_s or 0.0
    block_age_s = max(0, int(time.time()) - block.timestamp_unix_s)
    quiet_s = max(_QUIET_S, 6 * (deployment.block_time_s or 0))
    state = "current"
    if age_s > max(_LATE_S, 3 * cache.options.poll_s):
        state = "lagging"
    elif block_age_s - age_s > quiet_s and not deployment.development:
        state = "standing"
    return {
        "network": deployment.name,
        "chainId": deployment.chain_id,
        "token": deployment.token,
        "generation": deployment.dialect,
        "registry": deployment.registry,
        "permissions": deployment.permissions,
        "explorer": deployment.explorer,
        "blocksToFinality": deployment.blocks_to_finality,
        "blockTime": deployment.block_time_s,
        "block": block_of(block),
        "blockAge": block_age_s,
        "checkedAge": int(age_s),
        "behind": cache.lag_blocks,
        "state": state,
    }


def counts(index: RegistryIndex) -> Object:
    """Return the number of entries of each kind."""
    roles: Counter[int] = Counter()
    for (_, bits), count in index.kinds.items():
        roles[bits] += count
    return {
        "nodes": len(index.nodes),
        "parties": len(index.keys),
        "accounts": len(index.state.accounts),
        "services": len(index.providers),
        "agreements": index.agreements,
        "roles": _by_role(roles),
    }


def countries(index: RegistryIndex) -> list[Object]:
    """Return the countries by code, with the number of parties in each role."""
    found: dict[str, Counter[int]] = {}
    for (country, bits), count in index.kinds.items():
        found.setdefault(country, Counter())[bits] += count
    return [
        {"countryCode": country, "parties": sum(kinds.values()), "roles": _by_role(kinds)}
        for country, kinds in sorted(found.items())
    ]


def _by_role(kinds: Counter[int]) -> Object:
    found = {
        role.name: sum(count for bits, count in kinds.items() if bits >> role & 1)
        for role in named(Role)
    }
    return {name: count for name, count in found.items() if count}


def circles(of: Entities) -> Object:
    """Return the nodes with the most parties, and the number of remaining nodes and parties."""
    index = of.index
    order = sorted(index.nodes, key=lambda number: -len(index.at_node.get(number, ())))
    shown = order[:_CIRCLES]
    nodes = [
        {"operator": row.operator, "url": row.domain, "parties": len(index.at_node.get(number, ()))}
        for number in shown
        if (row := of.state.nodes.get(number)) is not None
    ]
    return {
        "nodes": nodes,
        "moreNodes": len(order) - len(shown),
        "unreachableParties": sum(
            len(keys)
            for number, keys in index.at_node.items()
            if (row := of.state.nodes.get(number)) is None or row.domain is None
        ),
    }


def search(of: Entities, text: str) -> Object:
    """Return the entries that match a text: a few of each kind, the best matches first.

    Args:
        of: The entries.
        text: At least two characters of an id, an address, a URL or a name.
    """
    text = " ".join(text.lower().split())
    index, state = of.index, of.state
    if len(text) < _SHORTEST:
        return {"parties": [], "nodes": [], "services": [], "more": False}
    keys = [key for key in index.keys if text in index.texts[key]]
    keys.sort(key=lambda key: not index.texts[key].startswith(text))
    numbers = [
        number
        for number in index.nodes
        if (row := state.nodes.get(number)) is not None
        and text in f"{row.domain} {row.operator}".lower()
    ]
    services = [
        service
        for provider in index.providers
        if (service := state.service(provider)) is not None
        and text in f"{service.name} {service.url} {provider}".lower()
    ]
    return {
        "parties": [_party(of, key) for key in keys[:_FOUND]],
        "nodes": [of.node_at(number) for number in numbers[:_FOUND]],
        "services": [of.service(one) for one in services[:_FOUND]],
        "more": max(len(keys), len(numbers), len(services)) > _FOUND,
    }


def _party(of: Entities, key: str) -> Object:
    row = of.state.parties.get(key)
    assert row is not None  # noqa: S101 - keys come from the index of this state
    country, party = key_parts(key)
    return {"countryCode": country, "partyId": party, "address": row.account}
