"""The storage of the contracts."""

from __future__ import annotations

from dataclasses import field

from ocn_registry.models import ZERO_ADDRESS, Address, PartyId
from ocn_registry.portable.values import dataclass
from ocn_registry.testing.model.calls import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account's data, except its nonce.

    Attributes:
        membership: Number of its membership; 0 while it holds no id.
        founding: The first id of the membership.
        gave_up_founding: Whether it deleted that id and kept others.
        ids: Its ids: the current one, then the others in the order of their list.
        node: Its node number, kept when the node is deleted; 0 for none.
        controller: Its controller; `None` if there is none.
        is_retired: Whether it was moved to another key.
    """

    membership: int = 0
    founding: PartyId | None = None
    gave_up_founding: bool = False
    ids: tuple[PartyId, ...] = ()
    node: int = 0
    controller: Address | None = None
    is_retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntry:
    """A party under one id. Its sets are in ascending order."""

    account: Address
    roles: tuple[int, ...]
    modules_sender: tuple[int, ...] = ()
    modules_receiver: tuple[int, ...] = ()
    node: int
    website: str = ""


@dataclass(slots=True, kw_only=True)
class RegistryState(State):
    """The storage of Registry.

    Attributes:
        owner: The owner; zero if there is none.
        pending_owner: The account that it is offered to; zero if there is none.
        accounts: Each account that has, or had, anything.
        members: The account that has each membership.
        parties: Each party by its id: an entry names the account a exactly when `accounts[a].ids`
            has the id.
        listed: The ids that are held, in the order of the list.
        reserved: The account that each reserved id is kept for; no such id is held.
        operators: The account that has each node number.
        domains: URL of each node that is listed, by its number.
        hosts: The number of the node at each URL: `hosts[u] == n` exactly when `domains[n] == u`.
        listed_nodes: The numbers of nodes that are listed, in the order of the list.
        reserved_hosts: The operator that each reserved URL is kept for; no node is listed there.
        last_membership: The newest membership number.
        last_node: The newest node number.
    """

    owner: Address
    pending_owner: Address = ZERO_ADDRESS
    accounts: dict[Address, Account] = field(default_factory=dict[Address, Account])
    members: dict[int, Address] = field(default_factory=dict[int, Address])
    parties: dict[PartyId, PartyEntry] = field(default_factory=dict[PartyId, PartyEntry])
    listed: list[PartyId] = field(default_factory=list[PartyId])
    reserved: dict[PartyId, Address] = field(default_factory=dict[PartyId, Address])
    operators: dict[int, Address] = field(default_factory=dict[int, Address])
    domains: dict[int, str] = field(default_factory=dict[int, str])
    hosts: dict[str, int] = field(default_factory=dict[str, int])
    listed_nodes: list[int] = field(default_factory=list[int])
    reserved_hosts: dict[str, Address] = field(default_factory=dict[str, Address])
    last_membership: int = 0
    last_node: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """A service; `shown` is the provider's current id at the time it was last set."""

    name: str
    url: str
    permissions: tuple[int, ...]
    shown: PartyId


@dataclass(slots=True, kw_only=True)
class PermissionsState(State):
    """The storage of Permissions, all of it by membership.

    Attributes:
        services: Each service by its provider's membership, which may have ended.
        versions: Newest version of each membership's services, which outlives them.
        providers: The memberships with a service, in the order of the list.
        consents: The version that was agreed to, by user and provider.
        consented_to: The providers whom each user has an agreement with, in the order of its list.
    """

    services: dict[int, ServiceEntry] = field(default_factory=dict[int, ServiceEntry])
    versions: dict[int, int] = field(default_factory=dict[int, int])
    providers: list[int] = field(default_factory=list[int])
    consents: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    consented_to: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])
