"""What the two contracts have in storage."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocn_registry.models import ZERO_ADDRESS, Address, PartyId
from ocn_registry.testing.model.calls import State


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntry:
    """A party; its sets are in ascending order."""

    id: PartyId
    roles: tuple[int, ...]
    modules_sender: tuple[int, ...] = ()
    modules_receiver: tuple[int, ...] = ()
    operator: Address
    listing: int


@dataclass(slots=True, kw_only=True)
class RegistryState(State):
    """What the Registry has in storage.

    Attributes:
        owner: Zero when there is none.
        pending_owner: To whom it was offered; zero when to nobody.
        domains: URL of each operator's node.
        hosts: The operator of each URL: `hosts[u] == o` exactly when `domains[o] == u`.
        operators: Those who run a node, in the order of the list.
        parties: Each party by its address.
        holders: The party with each id: `holders[x] == p` exactly when `parties[p].id == x`.
        listed: The parties, in the order of the list.
        last_listing: Number of the newest listing.
    """

    owner: Address
    pending_owner: Address = ZERO_ADDRESS
    domains: dict[Address, str] = field(default_factory=dict[Address, str])
    hosts: dict[str, Address] = field(default_factory=dict[str, Address])
    operators: list[Address] = field(default_factory=list[Address])
    parties: dict[Address, PartyEntry] = field(default_factory=dict[Address, PartyEntry])
    holders: dict[PartyId, Address] = field(default_factory=dict[PartyId, Address])
    listed: list[Address] = field(default_factory=list[Address])
    last_listing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """A service, in force or ended: it ends with the listing that it was set under."""

    name: str
    url: str
    permissions: tuple[int, ...]
    listing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """An agreement, active or ended: what the user's listing and the service were."""

    listing: int
    version: int


@dataclass(slots=True, kw_only=True)
class PermissionsState(State):
    """What the Permissions have in storage.

    Attributes:
        services: Each service by its provider.
        versions: Newest version of each provider's services, which outlives them.
        providers: Those who have a service, in force or ended, in the order of the list.
        consents: Each agreement by user and provider.
        consented_to: The providers whom each user has an agreement with, in the order of its list.
    """

    services: dict[Address, ServiceEntry] = field(default_factory=dict[Address, ServiceEntry])
    versions: dict[Address, int] = field(default_factory=dict[Address, int])
    providers: list[Address] = field(default_factory=list[Address])
    consents: dict[tuple[Address, Address], Consent] = field(
        default_factory=dict[tuple[Address, Address], Consent],
    )
    consented_to: dict[Address, tuple[Address, ...]] = field(
        default_factory=dict[Address, tuple[Address, ...]],
    )
