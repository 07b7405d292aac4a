"""The registry rebuilt from its events alone.

A pure fold: `apply` takes one change after the other, in the order of the chain and of both
contracts together, from the block of their deployment on; the questions are answered from what was
seen. It holds all of the contracts' state but nonces and a pending owner. What no event says is
counted, by the contracts' rules: numbers of memberships and nodes, versions of services, and the
places in lists (a new entry goes to the end, one that leaves is replaced by the last).

Changes are what a dialect decodes logs into (`Dialect.changes`); those of the third generation of
the contracts suffice for this, those of the first don't. Blocks, cursors, reorganisations and files
are the matter of whoever feeds it. A change that can't follow what was seen means that events are
missing, and raises `MissingEvents`.

Source: contracts/interfaces/IRegistry.sol and IPermissions.sol ("The state can be rebuilt ...").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from ocn_registry.errors import OcnRegistryError
from ocn_registry.models import ZERO_ADDRESS, Address, Agreement, Contract, Node, Party, Service
from ocn_registry.outcomes import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    ControllerSet,
    ImportClosed,
    ImportOpened,
    NodeDeleted,
    NodeReserved,
    NodeSet,
    OwnershipOffered,
    OwnershipTransferred,
    PartyDeleted,
    PartyReserved,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServicePruned,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.models import PartyId
    from ocn_registry.outcomes import (
        Change,
    )

K = TypeVar("K")
V = TypeVar("V")


class MissingEvents(OcnRegistryError):
    """A change can't follow the ones before it: events are missing, or are of other contracts."""


class Listed(Generic[K, V]):
    """Entries by key, and their order in the contracts' lists; each operation costs the same."""

    __slots__ = ("_entries", "_keys", "_places")

    def __init__(self) -> None:
        """Begin with none."""
        self._entries: dict[K, V] = {}
        self._keys: list[K] = []
        self._places: dict[K, int] = {}

    def get(self, key: K) -> V | None:
        """Return an entry."""
        return self._entries.get(key)

    def put(self, key: K, entry: V) -> None:
        """Replace an entry in its place, or add it at the end."""
        if key not in self._entries:
            self._places[key] = len(self._keys)
            self._keys.append(key)
        self._entries[key] = entry

    def take(self, key: K) -> V:
        """Remove an entry and return it; the last one takes its place."""
        if key not in self._entries:
            raise MissingEvents(f"{key} leaves a list that it is not on: read all events again")
        last, place = self._keys.pop(), self._places.pop(key)
        if last != key:
            self._keys[place], self._places[last] = last, place
        return self._entries.pop(key)

    def __iter__(self) -> Iterator[tuple[K, V]]:
        """Return keys and entries in the order of the list."""
        entries = self._entries
        return ((key, entries[key]) for key in self._keys)


@dataclass(slots=True)
class _Account:
    """What an account has as a party: one membership, and its ids."""

    membership: int
    current: PartyId
    others: list[PartyId] = field(default_factory=list["PartyId"])


@dataclass(frozen=True, slots=True)
class _Party:
    state: PartySet
    node: int
    website: str | None = None


@dataclass(frozen=True, slots=True)
class _Service:
    state: ServiceSet
    shown: PartyId


@dataclass(slots=True)
class Replay:
    """What the events so far amount to.

    Attributes:
        owner: Who owns the registry; `None` when nobody does.
        importing: The contracts whose import is open.
        controllers: The controller of each account that has named one.
        reservations: The account that each reserved id is kept for.
        node_reservations: The operator that each reserved URL is kept for.
    """

    owner: Address | None = None
    importing: set[Contract] = field(default_factory=set[Contract])
    controllers: dict[Address, Address] = field(default_factory=dict[Address, Address])
    reservations: dict[PartyId, Address] = field(default_factory=dict["PartyId", Address])
    node_reservations: dict[str, Address] = field(default_factory=dict[str, Address])
    _numbers: dict[Address, int] = field(default_factory=dict[Address, int])
    _operators: list[Address] = field(default_factory=list[Address])
    _nodes: Listed[int, str] = field(default_factory=Listed[int, str])
    _accounts: dict[Address, _Account] = field(default_factory=dict[Address, _Account])
    _parties: Listed[PartyId, _Party] = field(default_factory=Listed["PartyId", _Party])
    _members: dict[int, Address] = field(default_factory=dict[int, Address])
    _services: Listed[int, _Service] = field(default_factory=Listed[int, _Service])
    _versions: dict[int, int] = field(default_factory=dict[int, int])
    _consents: dict[int, Listed[int, int]] = field(default_factory=dict[int, Listed[int, int]])
    _told_again: dict[Address, int] = field(default_factory=dict[Address, int])
    _retired: set[Address] = field(default_factory=set[Address])
    _last_membership: int = 0

    def apply(self, change: Change) -> None:  # noqa: C901, PLR0912 - one case for each kind
        """Apply the next change.

        Raises:
            MissingEvents: It can't follow what was seen.
        """
        match change:
            case NodeSet():
                self._set_node(change.node.operator, change.node.domain)
            case NodeDeleted():
                self._delete_node(change.operator)
            case PartySet():
                self._set_party(change)
            case PartyDeleted():
                self._delete_party(change.address, change.id)
            case PartyWebsiteSet():
                party = self._held(change.address, change.id)
                self._parties.put(change.id, replace(party, website=change.website))
            case AccountMoved():
                self._move(change.account, change.new_account)
            case ControllerSet():
                self.controllers.pop(change.account, None)
                if change.controller != change.account:
                    self.controllers[change.account] = change.controller
            case PartyReserved():
                _reserve(self.reservations, change.id, change.holder)
            case NodeReserved():
                _reserve(self.node_reservations, change.domain, change.operator)
            case ServiceSet():
                self._set_service(change)
            case ServiceDeleted():
                self._services.take(self._membership(change.provider))
            case ServicePruned():
                self._services.take(change.membership)
            case AgreementMade():
                self._agree(change)
            case AgreementRevoked():
                self._of(change.user).take(self._membership(change.provider))
            case OwnershipTransferred():
                self.owner = None if change.owner == ZERO_ADDRESS else change.owner
            case ImportOpened():
                self.importing.add(change.contract)
            case ImportClosed():
                self.importing.discard(change.contract)
            case OwnershipOffered():
                pass

    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes, in the order of the contract's list."""
        return tuple(
            [Node(operator=self._operators[node], domain=domain) for node, domain in self._nodes],
        )

    def parties(self) -> tuple[Party, ...]:
        """Return all parties, one for each id, in the order of the contract's list."""
        return tuple([self._party(party) for _, party in self._parties])

    def parties_of(self, account: Address) -> tuple[Party, ...]:
        """Return all parties of an account, the current one first."""
        held = self._accounts.get(account)
        ids = [] if held is None else [held.current, *held.others]
        return tuple([self._party(self._held(account, one)) for one in ids])

    def services(self) -> tuple[Service, ...]:
        """Return all services in force, in the order of the contract's list."""
        found = [self._service(*one) for one in self._services]
        return tuple([service for service in found if service is not None])

    def agreements(self, user: Address) -> tuple[Agreement, ...]:
        """Return the agreements of a user's present membership, in the order of its list.

        Those with providers whose membership has ended are left out.
        """
        membership = self._membership(user)
        return tuple(
            [
                Agreement(
                    user=user,
                    provider=self._members[provider],
                    active=version == self._version(provider),
                    membership=membership,
                    version=version,
                )
                for provider, version in self._consents.get(membership, ())
                if provider in self._members
            ],
        )

    def _set_node(self, operator: Address, domain: str) -> None:
        self._nodes.put(self._number(operator), domain)
        self.node_reservations.pop(domain, None)

    def _delete_node(self, operator: Address) -> None:
        node = self._numbers.get(operator)
        if node is not None:
            self._nodes.take(node)
        elif operator not in self._retired:  # whose node is the new account's already
            raise MissingEvents(f"{operator} has no node to delete: read all events again")

    def _number(self, operator: Address) -> int:
        """Return an operator's node number; the next one if it has none."""
        if operator not in self._numbers:
            self._numbers[operator] = len(self._operators)
            self._operators.append(operator)
        return self._numbers[operator]

    def _set_party(self, change: PartySet) -> None:
        account, present = change.address, self._parties.get(change.id)
        if present is not None and present.state.address != account:
            raise MissingEvents(f"{change.id} is held by another account: read all events again")
        if present is None:
            self._add_id(account, change.id)
        elif account in self._told_again:
            self._tell_again(account)
        else:
            self._make_current(account, change.id)
        website = None if present is None else present.website
        self._parties.put(change.id, _Party(change, self._number(change.operator), website))

    def _add_id(self, account: Address, party: PartyId) -> None:
        self.reservations.pop(party, None)
        held = self._accounts.get(account)
        if held is None:
            self._last_membership += 1
            self._accounts[account] = _Account(self._last_membership, party)
            self._members[self._last_membership] = account
        else:
            held.others.append(held.current)
            held.current = party

    def _tell_again(self, account: Address) -> None:
        self._told_again[account] -= 1
        if not self._told_again[account]:
            del self._told_again[account]

    def _make_current(self, account: Address, party: PartyId) -> None:
        held = self._accounts[account]
        if held.current != party:
            held.others[held.others.index(party)] = held.current
            held.current = party

    def _delete_party(self, account: Address, party: PartyId) -> None:
        self._held(account, party)
        self._parties.take(party)
        held = self._accounts[account]
        if not held.others:
            del self._accounts[account], self._members[held.membership]
            return
        last = held.others.pop()
        if held.current == party:
            held.current = last
        elif last != party:
            held.others[held.others.index(party)] = last

    def _move(self, account: Address, new_account: Address) -> None:
        if new_account in self._accounts or new_account in self._numbers:
            raise MissingEvents(f"{new_account} takes an account over and has one: read all again")
        self._retired.add(account)
        if (node := self._numbers.pop(account, None)) is not None:
            self._numbers[new_account] = node
            self._operators[node] = new_account
        if (controller := self.controllers.pop(account, None)) not in {None, new_account}:
            self.controllers[new_account] = controller or new_account
        if (held := self._accounts.pop(account, None)) is not None:
            self._accounts[new_account] = held
            self._members[held.membership] = new_account
            ids = [held.current, *held.others]
            self._told_again[new_account] = len(ids)
            for one in ids:
                party = self._held(account, one)
                state = replace(party.state, address=new_account)
                self._parties.put(one, replace(party, state=state))

    def _set_service(self, change: ServiceSet) -> None:
        held = self._accounts.get(change.provider)
        if held is None:
            raise MissingEvents(f"{change.provider} offers a service and is no party: read again")
        present = self._services.get(held.membership)
        if present is None or present.state.permissions != change.permissions:
            self._versions[held.membership] = self._versions.get(held.membership, 0) + 1
        self._services.put(held.membership, _Service(change, held.current))

    def _agree(self, change: AgreementMade) -> None:
        user, provider = self._membership(change.user), self._membership(change.provider)
        version = self._version(provider)
        if not user or not version or version != change.version:
            raise MissingEvents(
                f"{change.user} agrees to version {change.version} of the service of "
                f"{change.provider}, which has version {version} by the events: read all again",
            )
        self._of(change.user).put(provider, version)

    def _of(self, user: Address) -> Listed[int, int]:
        return self._consents.setdefault(self._membership(user), Listed())

    def _membership(self, account: Address) -> int:
        held = self._accounts.get(account)
        return held.membership if held else 0

    def _version(self, provider: int) -> int:
        """Return the version of a member's service; 0 when it offers none."""
        return self._versions[provider] if self._services.get(provider) else 0

    def _held(self, account: Address, party: PartyId) -> _Party:
        found = self._parties.get(party)
        if found is None or found.state.address != account:
            raise MissingEvents(f"{account} does not hold {party}: read all events again")
        return found

    def _party(self, party: _Party) -> Party:
        state, held = party.state, self._accounts[party.state.address]
        return Party(
            address=state.address,
            id=state.id,
            roles=state.roles,
            modules_sender=state.modules_sender,
            modules_receiver=state.modules_receiver,
            operator=self._operators[party.node],
            operator_domain=self._nodes.get(party.node),
            website=party.website,
            current=held.current == state.id,
            membership=held.membership,
        )

    def _service(self, membership: int, service: _Service) -> Service | None:
        provider = self._members.get(membership)
        if provider is None:
            return None
        held = self._accounts[provider]
        still_held = service.shown in {held.current, *held.others}
        return Service(
            provider=provider,
            id=service.shown if still_held else held.current,
            name=service.state.name,
            url=service.state.url,
            permissions=service.state.permissions,
            version=self._versions[membership],
        )


def _reserve(reserved: dict[K, Address], key: K, account: Address | None) -> None:
    reserved.pop(key, None)
    if account is not None:
        reserved[key] = account
