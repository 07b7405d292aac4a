"""The state of a registry, as rows of plain values.

A `State` is immutable, so readers need no lock and everything they read reflects one block. A
`Draft` is a builder for the next one, to which `Fold` applies changes.

As in the contracts, entries belong to numbers rather than accounts, so that a key can change:

- A party is attached to a *node number*. The numbers are our own: the contracts don't expose
  theirs.
- Service and agreements belong to a *member*: the account's time as a party. If contracts number
  memberships, it is that number, or a placeholder below 0 until it is known. Otherwise it is the
  address, and its entries come back with the party.

A party's key is its id in five characters. First-generation contracts can list an id for an account
while the id resolves to another one; then a space and the address are appended.
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ocn_registry.events.tables import Index, Table
from ocn_registry.models import (
    Address,
    Agreement,
    Module,
    Node,
    Party,
    PartyId,
    Role,
    Route,
    Service,
)
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from ocn_registry.models import BlockRef

Member: TypeAlias = "int | Address"
_ID_CHARACTERS = 5
_COUNTRY_CHARACTERS = 2
_MAX_ROUTES = 100_000


class Moment(NamedTuple):
    """The block of a change: its number and time."""

    block_number: int
    timestamp_unix_s: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """When parties last changed before a state was read from the contracts' lists.

    The lists don't contain that time, so the rows of such a state name the state's own block. The
    time is found by reading events backwards from the latest block.

    Attributes:
        loaded: The block of the lists.
        unread: First and last block of the ranges whose events have not been read, the latest range
            first.
        moments: The last change that was found, by the key of the party.
        chunk_blocks: How many blocks to ask for at once; `None` for as many as are allowed.
    """

    loaded: Moment
    unread: tuple[tuple[int, int], ...]
    moments: Table[str, Moment] = field(default_factory=Table[str, Moment])
    chunk_blocks: int | None = None

    def of(self, key: str) -> Moment | None:
        """Return a party's last change; `None` while there may have been a later one."""
        found = self.moments.get(key)
        if found is None or (self.unread and found.block_number <= self.unread[0][1]):
            return None
        return found


class NodeRow(NamedTuple):
    """An operator's node; `domain` is `None` while the operator runs none."""

    operator: Address
    domain: str | None


class PartyRow(NamedTuple):
    """A party under one of its account's ids; roles and modules are bits.

    `changed` is the block of its last change, or of the lists that it was read from: ask
    `State.changed`.
    """

    account: Address
    roles: int
    sender: int
    receiver: int
    node: int
    website: str | None
    changed: Moment


class AccountRow(NamedTuple):
    """An account that holds an id.

    Attributes:
        address: The account.
        ids: Keys of its parties: the current one, then the others in the order of their list.
        member: Key of its service and agreements.
        membership: Number of the membership; `None` if contracts don't number them, below 0 while
            unknown.
    """

    address: Address
    ids: tuple[str, ...]
    member: Member
    membership: int | None


class ServiceRow(NamedTuple):
    """A member's service. One without permissions was deleted, and only its version matters.

    Attributes:
        account: The provider.
        name: Its name.
        url: Where to read more.
        permissions: What it needs.
        version: As `membership` of an account.
        shown: Key of the party whose id it is listed under.
    """

    account: Address
    name: str
    url: str
    permissions: tuple[int, ...]
    version: int | None
    shown: str


class Consent(NamedTuple):
    """A user's consent: the provider, and the version of its service."""

    provider: Member
    version: int | None


class ConsentsRow(NamedTuple):
    """The consents of a member, with the address of its account."""

    user: Address
    consents: tuple[Consent, ...]


_ROLES = [tuple([role for role in Role if bits >> role & 1]) for bits in range(1 << len(Role))]


@lru_cache(maxsize=4096)
def _modules(bits: int) -> tuple[Module, ...]:
    return tuple([module for module in Module if bits >> module & 1])


@lru_cache(maxsize=4096)
def bits_of(members: tuple[IntEnum, ...]) -> int:
    """Return a set of roles or modules as bits."""
    bits = 0
    for member in members:
        bits |= 1 << member
    return bits


def key_of(party: PartyId) -> str:
    """Return the key of the party that holds an id."""
    return party.country_code + party.party_id


def id_of(key: str) -> PartyId:
    """Return the id of the party with this key."""
    return PartyId(key[:_COUNTRY_CHARACTERS], key[_COUNTRY_CHARACTERS:_ID_CHARACTERS])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A registry at one block.

    Attributes:
        block: The block.
        nodes: Operators and their nodes, by node number.
        operators: Node numbers by operator.
        parties: Parties by key.
        accounts: Accounts that hold an id.
        services: Services by member.
        consents: What users agreed to, by member.
        last_membership: Number of the last membership; `None` if unknown or not numbered.
        past: What is known about earlier changes; `None` if the state was built from all events.
        routes: A cache of routes, filled on first use.
        attached: Keys of parties by node number; built from the parties unless given.
        users: Members that agreed to a service, by the service's member; built from the consents
            unless given.
    """

    block: BlockRef
    nodes: Table[int, NodeRow] = field(default_factory=Table[int, NodeRow])
    operators: Table[Address, int] = field(default_factory=Table[Address, int])
    parties: Table[str, PartyRow] = field(default_factory=Table[str, PartyRow])
    accounts: Table[Address, AccountRow] = field(default_factory=Table[Address, AccountRow])
    services: Table[Member, ServiceRow] = field(default_factory=Table[Member, ServiceRow])
    consents: Table[Member, ConsentsRow] = field(default_factory=Table[Member, ConsentsRow])
    last_membership: int | None = None
    past: Past | None = None
    routes: dict[tuple[str, str], Route] = field(default_factory=dict[tuple[str, str], Route])
    attached: Index[int, str] = field(default_factory=Index[int, str])
    users: Index[Member, Member] = field(default_factory=Index["Member", "Member"])

    def __post_init__(self) -> None:
        """Build the indexes that were not given."""
        if self.parties and not self.attached:
            nodes = Index((row.node, key) for key, row in self.parties.items())
            object.__setattr__(self, "attached", nodes)
        if self.consents and not self.users:
            users = Index(
                (consent.provider, member)
                for member, row in self.consents.items()
                for consent in row.consents
            )
            object.__setattr__(self, "users", users)

    def find(self, party: PartyId) -> str | None:
        """Return the key of the party that holds an id, or the same id in capital letters."""
        for one in party.spellings:
            key = key_of(one)
            if key in self.parties:
                return key
        return None

    def route(self, party: PartyId) -> Route | None:
        """Return the route of messages to a party, from the cache if possible."""
        key = self.find(party)
        row = None if key is None else self.parties.get(key)
        if key is None or row is None:
            return None
        node = self.node_of(row)
        route = Route(id=id_of(key), operator=node.operator, domain=node.domain)
        if len(self.routes) < _MAX_ROUTES:
            self.routes[party.country_code, party.party_id] = route
        return route

    def dated(self, key: str, row: PartyRow) -> Moment | None:
        """Return when a party last changed; `None` while that has not been read."""
        if self.past is None or row.changed != self.past.loaded:
            return row.changed
        return self.past.of(key)

    def changed(self, key: str, row: PartyRow) -> Moment:
        """Return when a party last changed, or the latest time at which it can have changed."""
        return self.dated(key, row) or row.changed

    def node_of(self, row: PartyRow) -> NodeRow:
        """Return the node that a party is attached to."""
        node = self.nodes.get(row.node)
        if node is None:
            raise KeyError(row.node)
        return node

    def node(self, operator: Address) -> Node | None:
        """Return an operator's node."""
        number = self.operators.get(operator)
        row = None if number is None else self.nodes.get(number)
        if row is None or row.domain is None:
            return None
        return Node(operator=row.operator, domain=row.domain)

    def party(self, key: str, row: PartyRow) -> Party:
        """Return a party in the form of the client's reads."""
        node, account = self.node_of(row), self.accounts.get(row.account)
        return Party(
            address=row.account,
            id=id_of(key),
            roles=_ROLES[row.roles],
            modules_sender=_modules(row.sender),
            modules_receiver=_modules(row.receiver),
            operator=node.operator,
            operator_domain=node.domain,
            website=row.website,
            current=account is None or account.ids[0] == key,
            membership=None if account is None else account.membership,
        )

    def party_of(self, account: Address) -> Party | None:
        """Return the party of an account under its current id."""
        for party in self.parties_of(account):
            return party
        return None

    def parties_of(self, account: Address) -> Iterator[Party]:
        """Return the parties of an account, the one under its current id first."""
        found = self.accounts.get(account)
        for key in () if found is None else found.ids:
            row = self.parties.get(key)
            if row is not None:
                yield self.party(key, row)

    def offer(self, member: Member) -> ServiceRow | None:
        """Return the service of a member, if it is in force."""
        service = self.services.get(member)
        if service is None or not service.permissions:
            return None
        account = self.accounts.get(service.account)
        return service if account is not None and account.member == member else None

    def service(self, provider: Address) -> Service | None:
        """Return the service of a provider, if it is in force."""
        account = self.accounts.get(provider)
        row = None if account is None else self.offer(account.member)
        if account is None or row is None:
            return None
        shown = self.parties.get(row.shown)
        key = row.shown if shown is not None and shown.account == provider else account.ids[0]
        return Service(
            provider=provider,
            id=id_of(key),
            name=row.name,
            url=row.url,
            permissions=row.permissions,
            version=row.version,
        )

    def in_force(self, user: Address) -> tuple[tuple[Consent, ServiceRow], ...]:
        """Return a user's agreements in force, each with the service."""
        account = self.accounts.get(user)
        row = None if account is None else self.consents.get(account.member)
        return tuple(
            [
                (consent, service)
                for consent in (() if row is None else row.consents)
                if (service := self.offer(consent.provider)) is not None
                and (consent.version is None or consent.version == service.version)
            ],
        )

    def agreements(self, user: Address) -> tuple[Agreement, ...]:
        """Return the agreements of a user that are in force."""
        account = self.accounts.get(user)
        return tuple(
            [
                Agreement(
                    user=user,
                    provider=service.account,
                    active=True,
                    membership=None if account is None else account.membership,
                    version=consent.version,
                )
                for consent, service in self.in_force(user)
            ],
        )
