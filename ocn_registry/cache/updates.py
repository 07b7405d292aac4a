"""What subscribers are told: how the registry of one block differs from that of the one before.

It is made by comparing the two states, whatever led from one to the other: events, a reorganisation
of the chain or loading all anew. So whoever applies it to a copy of its own has what the cache has,
and something that came and went in between is not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.cache.state import agreement
from ocn_registry.models import Node
from ocn_registry.outcomes import (
    AgreementMade,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ocn_registry.cache.draft import Rows
    from ocn_registry.cache.state import Consent, State
    from ocn_registry.models import Address, BlockRef


class Cause(Enum):
    """Why a cache knows another state now."""

    LOADED = "loaded"
    FOLLOWED = "followed"
    REORGANISED = "reorganised"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEnded:
    """An agreement is not in force any more, revoked or ended by what became of either side."""

    user: Address
    provider: Address


Difference: TypeAlias = (
    NodeSet
    | NodeDeleted
    | PartySet
    | PartyDeleted
    | ServiceSet
    | ServiceDeleted
    | AgreementMade
    | AgreementEnded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A cache knows another block now.

    Attributes:
        block: The block that it knows.
        former: The block that it knew before; `None` at the first.
        changes: How the registry differs: what left, then what came or changed. `ServiceSet` and
            `PartySet` are all of a new state. When nothing was known before, all that there is has
            come; that is told to subscribers only.
        cause: What led here. After `REORGANISED`, `former` is not in the chain any more.
    """

    block: BlockRef
    former: BlockRef | None
    changes: tuple[Difference, ...]
    cause: Cause


def differences(old: State, new: State, touched: Rows | None) -> tuple[Difference, ...]:
    """Tell how a state differs from the one before.

    Args:
        old: The one before.
        new: The state.
        touched: Rows that may differ, by their keys; `None` for all.
    """
    nodes = _keys(old.nodes, new.nodes, touched.nodes if touched is not None else None)
    parties = _keys(old.parties, new.parties, touched.parties if touched is not None else None)
    services = _keys(old.services, new.services, touched.services if touched is not None else None)
    users = dict.fromkeys(
        _keys(old.consents, new.consents, touched.consents if touched is not None else None)
    )
    users.update(dict.fromkeys(parties))
    users.update(dict.fromkeys(_users_of(services, old, new)))
    gone: list[Difference] = []
    come: list[Difference] = []
    for operator in nodes:
        domain = new.nodes.get(operator)
        if domain is not None:
            come.append(NodeSet(node=Node(operator=operator, domain=domain)))
        else:
            gone.append(NodeDeleted(operator=operator))
    for address in parties:
        _tell_party(old, new, address, gone, come)
    for provider in services:
        service = new.services.get(provider)
        if service is None:
            gone.append(ServiceDeleted(provider=provider))
        else:
            name, url, permissions, _ = service
            come.append(
                ServiceSet(provider=provider, name=name, url=url, permissions=permissions),
            )
    for user in users:
        _tell_agreements(old, new, user, gone, come)
    gone.reverse()  # agreements leave before services, services before parties
    return (*gone, *come)


def _keys(
    old: Mapping[Address, object],
    new: Mapping[Address, object],
    touched: Iterable[Address] | None,
) -> list[Address]:
    if touched is None:
        touched = dict.fromkeys((*old, *new))
    return [key for key in touched if old.get(key) != new.get(key)]


def _users_of(providers: list[Address], old: State, new: State) -> list[Address]:
    """Tell whose agreements are with one of these."""
    if not providers:
        return []
    some = set(providers)
    return [
        user
        for state in (old, new)
        for user, consents in state.consents.items()
        if any(consent.provider in some for consent in consents)
    ]


def _tell_party(
    old: State,
    new: State,
    address: Address,
    gone: list[Difference],
    come: list[Difference],
) -> None:
    before, row = old.parties.get(address), new.parties.get(address)
    ends = row is None or (
        before is not None and (before.listing, before[1:3]) != (row.listing, row[1:3])
    )
    if before is not None and ends:
        gone.append(PartyDeleted(address=address, id=old.party(before).id))
    if row is not None:
        party = new.party(row)
        come.append(
            PartySet(
                address=address,
                id=party.id,
                roles=party.roles,
                modules_sender=party.modules_sender,
                modules_receiver=party.modules_receiver,
                operator=party.operator,
            ),
        )


def _tell_agreements(
    old: State,
    new: State,
    user: Address,
    gone: list[Difference],
    come: list[Difference],
) -> None:
    before, after = old.in_force(user), new.in_force(user)
    gone.extend(
        AgreementEnded(user=user, provider=consent.provider)
        for consent in before
        if consent not in after
    )
    come.extend(_made(new, user, consent) for consent in after if consent not in before)


def _made(state: State, user: Address, consent: Consent) -> AgreementMade:
    told = agreement(user, consent)
    return AgreementMade(
        user=user,
        provider=told.provider,
        version=told.version,
        permissions=state.services[consent.provider].permissions,
    )
