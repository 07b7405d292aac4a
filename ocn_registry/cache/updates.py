"""What subscribers receive: the differences between two consecutive states of the registry.

The two states are compared, whatever led from one to the other: events, a reorganisation of the
chain, or a reload. If you apply the differences to a copy, it equals the cache. Changes that were
undone in between are not included.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ocn_registry.events.state import id_of
from ocn_registry.outcomes import (
    AgreementMade,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServiceSet,
)
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.events.draft import Rows
    from ocn_registry.events.state import Member, ServiceRow, State
    from ocn_registry.events.tables import Table
    from ocn_registry.models import Address, BlockRef, Party, Service


K = TypeVar("K")
R = TypeVar("R")


class Cause(Enum):
    """Why a cache has a new state."""

    LOADED = "loaded"
    FOLLOWED = "followed"
    REORGANISED = "reorganised"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEnded:
    """An agreement is no longer in force: it was revoked, or a change on either side ended it."""

    user: Address
    provider: Address


Difference: TypeAlias = (
    NodeSet
    | NodeDeleted
    | PartySet
    | PartyDeleted
    | PartyWebsiteSet
    | ServiceSet
    | ServiceDeleted
    | AgreementMade
    | AgreementEnded
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A cache's move to another block.

    Attributes:
        block: The new block.
        former: The previous block; `None` for the first update.
        changes: How the registry differs: what was removed, then what was added or changed.
            `ServiceSet` and `PartySet` hold the full new state. The first update lists everything;
            only subscribers receive it.
        cause: What caused the update. After `REORGANISED`, `former` is no longer in the chain.
    """

    block: BlockRef
    former: BlockRef | None
    changes: tuple[Difference, ...]
    cause: Cause


def differences(old: State, new: State, touched: Rows | None) -> tuple[Difference, ...]:
    """Return how a state differs from the previous one.

    An account that moved to a new key appears as removals from the old one and additions to the new
    one.

    Args:
        old: The previous state.
        new: The new state.
        touched: Keys of the rows that may differ; `None` for all.
    """
    changed = _Changed.between(old, new, touched)
    gone: list[Difference] = []
    come: list[Difference] = []
    for operator in changed.operators:
        before, node = old.node(operator), new.node(operator)
        if node is not None and node != before:
            come.append(NodeSet(node=node))
        elif node is None and before is not None:
            gone.append(NodeDeleted(operator=operator))
    for key in changed.parties:
        _add_party(old, new, key, gone, come)
    for provider in changed.providers:
        _add_service(old.service(provider), new.service(provider), gone, come)
    for user in changed.users:
        _add_agreements(old, new, user, gone, come)
    gone.reverse()  # agreements are removed before services, services before parties
    return (*gone, *come)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """The accounts whose entries may differ."""

    operators: Iterable[Address]
    parties: Iterable[str]
    providers: Iterable[Address]
    users: Iterable[Address]

    @classmethod
    def between(cls, old: State, new: State, touched: Rows | None) -> _Changed:
        numbers = _keys(old.nodes, new.nodes, None if touched is None else touched.nodes)
        parties = _keys(old.parties, new.parties, None if touched is None else touched.parties)
        accounts = _keys(old.accounts, new.accounts, None if touched is None else touched.accounts)
        services = _keys(old.services, new.services, None if touched is None else touched.services)
        consents = _keys(old.consents, new.consents, None if touched is None else touched.consents)
        # The account's ids or numbers may have changed.
        stays = [
            key
            for account in accounts
            for state in (old, new)
            if (row := state.accounts.get(account)) is not None
            for key in row.ids
        ]
        providers = [
            service.account
            for member in services
            for state in (old, new)
            if (service := state.services.get(member)) is not None
        ]
        users = [
            agreed.user
            for state in (old, new)
            for member in {*consents, *(user for one in services for user in state.users.of(one))}
            if (agreed := state.consents.get(member)) is not None
        ]
        # Parties of an operator that moved to a new key now name the new one.
        moved = {
            number
            for number in numbers
            if (node := old.nodes.get(number)) is not None
            and (renamed := new.nodes.get(number)) is not None
            and node.operator != renamed.operator
        }
        stays += [key for number in moved for key in new.attached.of(number)]
        return cls(
            operators=dict.fromkeys(
                [
                    node.operator
                    for number in numbers
                    for state in (old, new)
                    if (node := state.nodes.get(number)) is not None
                ],
            ),
            parties=dict.fromkeys((*parties, *stays)),
            providers=dict.fromkeys((*providers, *accounts)),
            users=dict.fromkeys((*accounts, *users)),
        )


def _keys(old: Table[K, R], new: Table[K, R], touched: Iterable[K] | None) -> list[K]:
    if touched is None:
        touched = dict.fromkeys((*old, *new))
    return [key for key in touched if old.get(key) != new.get(key)]


def _add_party(
    old: State,
    new: State,
    key: str,
    gone: list[Difference],
    come: list[Difference],
) -> None:
    before, row = old.parties.get(key), new.parties.get(key)
    if before is not None and (row is None or _membership_of(old, key) != _membership_of(new, key)):
        gone.append(PartyDeleted(address=before.account, id=id_of(key)))
        before = None
    if row is None:
        return
    party = new.party(key, row)
    present = None if before is None else old.party(key, before)
    if present is None or _shown(present) != _shown(party):
        come.append(
            PartySet(
                address=party.address,
                id=party.id,
                roles=party.roles,
                modules_sender=party.modules_sender,
                modules_receiver=party.modules_receiver,
                operator=party.operator,
            ),
        )
    if party.website != (None if present is None else present.website):
        come.append(PartyWebsiteSet(address=party.address, id=party.id, website=party.website))


def _shown(party: Party) -> tuple[object, ...]:
    return party.roles, party.modules_sender, party.modules_receiver, party.operator


def _membership_of(state: State, key: str) -> tuple[Address, Member | None] | None:
    """Return the account that holds a key, and its membership; `None` if nobody holds it."""
    row = state.parties.get(key)
    account = None if row is None else state.accounts.get(row.account)
    if row is None:
        return None
    return row.account, None if account is None else account.member


def _add_service(
    before: Service | None,
    service: Service | None,
    gone: list[Difference],
    come: list[Difference],
) -> None:
    if service is None:
        if before is not None:
            gone.append(ServiceDeleted(provider=before.provider))
    elif before is None or _offer(before) != _offer(service):
        come.append(
            ServiceSet(
                provider=service.provider,
                name=service.name,
                url=service.url,
                permissions=service.permissions,
            ),
        )


def _offer(service: Service) -> tuple[str, str, tuple[int, ...], int | None]:
    return service.name, service.url, service.permissions, service.version


def _add_agreements(
    old: State,
    new: State,
    user: Address,
    gone: list[Difference],
    come: list[Difference],
) -> None:
    before, after = _agreed(old, user), _agreed(new, user)
    gone.extend(
        AgreementEnded(user=user, provider=service.account)
        for one, service in before.items()
        if one not in after
    )
    come.extend(
        AgreementMade(
            user=user,
            provider=service.account,
            version=one[2],
            permissions=service.permissions,
        )
        for one, service in after.items()
        if one not in before
    )


def _agreed(
    state: State,
    user: Address,
) -> dict[tuple[Member | None, Address, int | None], ServiceRow]:
    account = state.accounts.get(user)
    member = None if account is None else account.member
    return {
        (member, service.account, consent.version): service
        for consent, service in state.in_force(user)
    }
