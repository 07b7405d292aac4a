"""Lookups for node software, answered by the chain; `cache.questions` answers from memory.

An answer that takes several reads reflects one block. Contracts without memberships still resolve a
former id to the party that has since changed it; here, only a party's current id counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.flows import read
from ocn_registry.foreign.arguments import listed
from ocn_registry.forwarding import permissions_for
from ocn_registry.models import PartyId, Route, Signatory
from ocn_registry.protocol.effects import Head, all_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.dialects import Dialect
    from ocn_registry.models import Address, Agreement, Interface, Module, Party, Service
    from ocn_registry.protocol.effects import Flow


def route(dialect: Dialect, who: PartyId, block: int | None) -> Flow[Route | None]:
    """Return the route of messages to a party; see `party_now`."""
    if dialect.limits.has_memberships:
        for one in who.spellings:
            found = yield from dialect.route(one, block)
            if found is not None:
                return found
        return None
    party = yield from party_now(dialect, who, block)
    if party is None:
        return None
    return Route(id=party.id, operator=party.operator, domain=party.operator_domain)


def party(dialect: Dialect, who: Address | PartyId, block: int | None) -> Flow[Party | None]:
    """Return the party with an address or an id; case is ignored in ids."""
    for one in who.spellings if isinstance(who, PartyId) else (who,):
        found = yield from dialect.party(one, block)
        if found is not None:
            return found
    return None


def agreements(dialect: Dialect, who: Address | PartyId, block: int) -> Flow[tuple[Agreement, ...]]:
    """Return the agreements of a user that are in force; case is ignored in ids."""
    for one in who.spellings if isinstance(who, PartyId) else (who,):
        found = yield from dialect.agreements(one, block)
        if found:
            return found
    return ()


def party_now(dialect: Dialect, who: PartyId, block: int | None) -> Flow[Party | None]:
    """Return the party that has this id now; case is ignored if there is no exact match.

    Args:
        dialect: The dialect of the deployment.
        who: The id.
        block: Number of the block; `None` for the latest.
    """
    for one in who.spellings:
        found = yield from dialect.party(one, block)
        if found is not None and not dialect.limits.has_memberships:
            found = yield from dialect.party(found.address, block)
        if found is not None and found.id == one:
            return found
    return None


def is_mine(dialect: Dialect, who: PartyId, operator: Address, block: int | None) -> Flow[bool]:
    """Return whether a party is reached through the node of this operator."""
    party = yield from party_now(dialect, who, block)
    return party is not None and party.operator == operator


def planned_parties(
    dialect: Dialect,
    operator: Address,
    connected: Iterable[PartyId | tuple[str, str] | str],
    block: int | None,
) -> Flow[tuple[Party, ...]]:
    """Return the parties at an operator's node that have not connected; case is ignored in ids."""
    done = {PartyId.of(one).folded for one in listed(connected, "ids")}
    parties = yield from read.parties(dialect, block, operator=operator)
    return tuple([party for party in parties if party.id.folded not in done])


def signatory_of(
    dialect: Dialect,
    who: PartyId,
    address: Address,
    block: int | None,
) -> Flow[Signatory | None]:
    """Return in what role an address may sign for a party; `None` if it may not."""
    party = yield from party_now(dialect, who, block)
    return None if party is None else Signatory.of(address, party.address, party.operator)


def services_for(
    dialect: Dialect,
    sender: PartyId,
    module: Module | str,
    interface: Interface | str,
    block: int | None,
) -> Flow[tuple[Service, ...]]:
    """Return the services that a message is forwarded to, by the agreements of its sender."""
    matching = permissions_for(module, interface)
    if block is None:
        block = (yield from Head()).ref.number
    party = yield from party_now(dialect, sender, block)
    if party is None or not matching:
        return ()
    agreements = yield from dialect.agreements(party.address, block)
    services = yield from all_of(
        tuple([dialect.service(agreement.provider, block) for agreement in agreements]),
    )
    return tuple(
        [
            service
            for service in services
            if service is not None and not matching.isdisjoint(service.permissions)
        ],
    )
