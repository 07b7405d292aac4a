"""What the API answers with, as JSON: requests, and pages of the registry's lists.

Lists come from memory and belong to one block, whose number every page names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ocn_registry.cache.questions import Questions
    from ocn_registry.cache.sync_cache import RegistryCache
    from ocn_registry.models import Agreement, Node, Party, Service
    from ocn_registry.relay.store import Accepted

Object = dict[str, object]


def of_request(request: Accepted) -> Object:
    """Return a request as the API tells it."""
    return {
        "id": request.id,
        "state": request.state,
        "kind": request.kind,
        "contract": request.contract,
        "account": request.account,
        "nonce": request.nonce,
        "deadline": request.deadline_unix_s,
        "sponsor": request.sponsor,
        "accepted": request.accepted_unix_s,
        "transaction": request.tx_hash,
        "block": request.block_number,
        "gasUsed": request.gas_used,
        "error": request.error,
    }


def of_agreement(agreement: Agreement) -> Object:
    """Return an agreement in force."""
    return {
        "user": agreement.user,
        "provider": agreement.provider,
    }


def _nodes(cache: Questions, filters: Mapping[str, str]) -> list[Node]:
    text = filters.get("q", "").lower()
    return [one for one in cache.nodes() if text in f"{one.operator} {one.domain}".lower()]


def _parties(cache: Questions, filters: Mapping[str, str]) -> list[Party]:
    text = filters.get("q", "").lower()
    role = None if "role" not in filters else _role(filters["role"])
    operator = None if "operator" not in filters else Address(filters["operator"])
    country = filters.get("country", "").upper()
    return [
        one
        for one in cache.parties(role=role, operator=operator)
        if country in {"", one.id.country_code}
        and text in f"{one.id.country_code} {one.id.party_id} {one.address}".lower()
    ]


def _services(cache: Questions, filters: Mapping[str, str]) -> list[Service]:
    text = filters.get("q", "").lower()
    return [
        one
        for one in cache.services()
        if text in f"{one.id.country_code} {one.id.party_id} {one.provider} {one.name}".lower()
    ]


def _agreements(cache: Questions, filters: Mapping[str, str]) -> list[Agreement]:
    if "user" not in filters:
        raise InvalidInput("user is missing: give the address of the account that agreed")
    return list(cache.agreements(Address(filters["user"])))


def _role(text: str) -> Role:
    if text.upper() not in Role.__members__:
        raise InvalidInput(
            f"{shown(text)} is not a valid role: use {', '.join(Role.__members__)}",
        )
    return Role[text.upper()]


_Entries: TypeAlias = "list[Object]"

# Each list: which filters it takes, and how its entries are found.
LISTS: dict[str, tuple[set[str], Callable[[Questions, Mapping[str, str]], _Entries]]] = {
    "nodes": ({"q"}, lambda now, by: [one.to_dict() for one in _nodes(now, by)]),
    "parties": (
        {"q", "role", "operator", "country"},
        lambda now, by: [one.to_dict() for one in _parties(now, by)],
    ),
    "services": ({"q"}, lambda now, by: [one.to_dict() for one in _services(now, by)]),
    "agreements": ({"user"}, lambda now, by: [of_agreement(one) for one in _agreements(now, by)]),
}


def page(
    cache: RegistryCache, name: str, filters: Mapping[str, str], *, offset: int, limit: int
) -> Object:
    """Return a page of a list.

    Args:
        cache: The registry in memory.
        name: One of `LISTS`.
        filters: Query parameters besides the page.
        offset: How many entries to leave out.
        limit: How many entries to return at most.

    Raises:
        InvalidInput: A filter is unknown, or its value is not valid.
        StaleCache: What is known is too old.
    """
    known, find = LISTS[name]
    if unknown := set(filters) - known:
        raise InvalidInput(
            f"{shown(min(unknown))} is not a filter of {name}: use {', '.join(sorted(known))}",
        )
    now = cache.snapshot()
    found = find(now, filters)
    return {
        "block": {"number": now.block.number, "time": now.block.timestamp_unix_s},
        "total": len(found),
        "offset": offset,
        name: found[offset : offset + limit],
    }
