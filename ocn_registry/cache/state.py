"""The registry at one block, kept small: rows of plain values, found by address and by id.

A `State` never changes once it is made, so readers need no lock and all they read is of one block.
A `Draft` is how the next one is made: it copies a table when it first changes it, and notes what
stood there before, which is how the way back is known when the chain replaces blocks.

What stands in a row is what reads of the chain tell, roles and modules as bits. `consents` holds
what users agreed to and have not taken back. By contracts that number listings it has ended when
the user's listing or the provider's version is another, and is dropped then; by others it sleeps
while the user's party or the provider's service is gone (`State.in_force`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ocn_registry.models import Agreement, Module, Node, Party, PartyId, Role, Route, Service

if TYPE_CHECKING:
    from enum import IntEnum

    from ocn_registry.models import Address, BlockRef

Id: TypeAlias = tuple[str, str]


class PartyRow(NamedTuple):
    """A party.

    Attributes:
        listing: Number of the listing; `None` where contracts count none, below 0 while it is not
            known.
        holds_id: Whether the id leads to this address. Contracts without numbered listings may
            list an id for an address, and lead from the id to another one, or to nobody.
    """

    address: Address
    country_code: str
    party_id: str
    roles: int
    sender: int
    receiver: int
    operator: Address
    listing: int | None
    holds_id: bool = True


class ServiceRow(NamedTuple):
    """A service; `version` is as `listing` of a party."""

    name: str
    url: str
    permissions: tuple[int, ...]
    version: int | None


class Consent(NamedTuple):
    """What a user agreed to: under which listing of its own, and to which version."""

    provider: Address
    listing: int | None
    version: int | None


Consents: TypeAlias = tuple[Consent, ...]
_ROLES = [tuple([role for role in Role if bits >> role & 1]) for bits in range(1 << len(Role))]


@lru_cache(maxsize=4096)
def _modules(bits: int) -> tuple[Module, ...]:
    return tuple([module for module in Module if bits >> module & 1])


@lru_cache(maxsize=4096)
def bits_of(members: tuple[IntEnum, ...]) -> int:
    """Write a set of roles or modules as bits."""
    bits = 0
    for member in members:
        bits |= 1 << member
    return bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """The registry at one block.

    Attributes:
        block: The block.
        nodes: URL by operator.
        parties: Parties by address.
        services: Services in force, by provider.
        consents: What users agreed to, by user.
        ids: The parties that hold their id, by country code and party id.
        last_listing: Number of the last listing; `None` while it is not known, or not counted.
        routes: Answers that were given before; each is made when it is first asked for.
    """

    block: BlockRef
    nodes: dict[Address, str]
    parties: dict[Address, PartyRow]
    services: dict[Address, ServiceRow]
    consents: dict[Address, Consents]
    ids: dict[Id, PartyRow]
    last_listing: int | None = None
    routes: dict[Id, Route] = field(default_factory=dict["Id", "Route"])

    def in_force(self, user: Address) -> Consents:
        """Tell which of a user's agreements are in force."""
        consents = self.consents.get(user, ())
        if not consents or user not in self.parties:
            return ()
        return tuple(
            [
                consent
                for consent in consents
                if (service := self.services.get(consent.provider)) is not None
                and (consent.version is None or consent.version == service.version)
            ],
        )

    def route(self, row: PartyRow) -> Route:
        """Return where messages to a party go, and remember it."""
        route = Route(
            id=PartyId(row.country_code, row.party_id),
            operator=row.operator,
            domain=self.nodes.get(row.operator),
        )
        self.routes[row.country_code, row.party_id] = route
        return route

    def node(self, operator: Address) -> Node | None:
        """Give a node."""
        domain = self.nodes.get(operator)
        return None if domain is None else Node(operator=operator, domain=domain)

    def party(self, row: PartyRow) -> Party:
        """Write a row as reads of the chain tell it."""
        return Party(
            address=row.address,
            id=PartyId(row.country_code, row.party_id),
            roles=_ROLES[row.roles],
            modules_sender=_modules(row.sender),
            modules_receiver=_modules(row.receiver),
            operator=row.operator,
            operator_domain=self.nodes.get(row.operator),
            membership=row.listing,
        )

    def service(self, provider: Address) -> Service | None:
        """Give the service of a provider."""
        row, party = self.services.get(provider), self.parties.get(provider)
        if row is None or party is None:
            return None
        return Service(
            provider=provider,
            id=PartyId(party.country_code, party.party_id),
            name=row.name,
            url=row.url,
            permissions=row.permissions,
            version=row.version,
        )


def agreement(user: Address, consent: Consent) -> Agreement:
    """Write an agreement that is in force as reads of the chain tell it."""
    return Agreement(
        user=user,
        provider=consent.provider,
        active=True,
        membership=consent.listing,
        version=consent.version,
    )


def party_row(party: Party, *, holds_id: bool = True) -> PartyRow:
    """Make a row of what a read of the chain told."""
    return PartyRow(
        party.address,
        party.id.country_code,
        party.id.party_id,
        bits_of(party.roles),
        bits_of(party.modules_sender),
        bits_of(party.modules_receiver),
        party.operator,
        party.membership,
        holds_id,
    )


def service_row(service: Service) -> ServiceRow:
    """Make a row of what a read of the chain told."""
    return ServiceRow(service.name, service.url, service.permissions, service.version)
