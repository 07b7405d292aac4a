"""The registry rebuilt from its events alone.

A pure fold: `apply` takes one change after the other, in the order of the chain and of both
contracts together, from the block of their deployment on; the questions are answered from what was
seen. It holds all of the contracts' state but nonces and a pending owner. What no event says is
counted, by the contracts' rules: numbers of listings, versions of services, and the places in lists
(a new entry goes to the end, one that leaves is replaced by the last).

Changes are what a dialect decodes logs into (`Dialect.changes`); those of the third generation of
the contracts suffice for this, those of the first don't. Blocks, cursors, reorganisations and files
are the matter of whoever feeds it. A change that can't follow what was seen means that events are
missing, and raises `MissingEvents`.

Source: contracts/interfaces/IRegistry.sol and IPermissions.sol ("The state can be rebuilt ...").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ocn_registry.errors import OcnRegistryError
from ocn_registry.models import ZERO_ADDRESS, Address, Agreement, Contract, Node, Party, Service
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    ImportClosed,
    ImportOpened,
    NodeDeleted,
    NodeSet,
    OwnershipOffered,
    OwnershipTransferred,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        """Give an entry."""
        return self._entries.get(key)

    def put(self, key: K, entry: V) -> None:
        """Replace an entry in its place, or add it at the end."""
        if key not in self._entries:
            self._places[key] = len(self._keys)
            self._keys.append(key)
        self._entries[key] = entry

    def take(self, key: K) -> V:
        """Take an entry off; the last one takes its place."""
        if key not in self._entries:
            raise MissingEvents(f"{key} leaves a list that it is not on: read all events again")
        last, place = self._keys.pop(), self._places.pop(key)
        if last != key:
            self._keys[place], self._places[last] = last, place
        return self._entries.pop(key)

    def __iter__(self) -> Iterator[tuple[K, V]]:
        """Give keys and entries in the order of the list."""
        entries = self._entries
        return ((key, entries[key]) for key in self._keys)


@dataclass(frozen=True, slots=True)
class _Party:
    state: PartySet
    listing: int


@dataclass(frozen=True, slots=True)
class _Service:
    state: ServiceSet
    listing: int


@dataclass(frozen=True, slots=True)
class _Consent:
    listing: int
    version: int


@dataclass(slots=True)
class Replay:
    """What the events so far amount to.

    Attributes:
        owner: Who owns the registry; `None` when nobody does.
        importing: The contracts whose import is open.
    """

    owner: Address | None = None
    importing: set[Contract] = field(default_factory=set[Contract])
    _nodes: Listed[Address, str] = field(default_factory=Listed[Address, str])
    _parties: Listed[Address, _Party] = field(default_factory=Listed[Address, _Party])
    _services: Listed[Address, _Service] = field(default_factory=Listed[Address, _Service])
    _consents: dict[Address, Listed[Address, _Consent]] = field(
        default_factory=dict[Address, Listed[Address, _Consent]],
    )
    _versions: dict[Address, int] = field(default_factory=dict[Address, int])
    _last_listing: int = 0

    def apply(self, change: Change) -> None:  # noqa: C901 - one case for each kind of change
        """Take the next change.

        Raises:
            MissingEvents: It can't follow what was seen.
        """
        match change:
            case NodeSet():
                self._nodes.put(change.node.operator, change.node.domain)
            case NodeDeleted():
                self._nodes.take(change.operator)
            case PartySet():
                self._set_party(change)
            case PartyDeleted():
                self._parties.take(change.address)
            case ServiceSet():
                self._set_service(change)
            case ServiceDeleted():
                self._services.take(change.provider)
            case AgreementMade():
                self._agree(change)
            case AgreementRevoked():
                self._of(change.user).take(change.provider)
            case OwnershipTransferred():
                self.owner = None if change.owner == ZERO_ADDRESS else change.owner
            case ImportOpened():
                self.importing.add(change.contract)
            case ImportClosed():
                self.importing.discard(change.contract)
            case OwnershipOffered():
                pass

    def nodes(self) -> tuple[Node, ...]:
        """Give all nodes, in the order of the contract's list."""
        return tuple([Node(operator=operator, domain=domain) for operator, domain in self._nodes])

    def parties(self) -> tuple[Party, ...]:
        """Give all parties, in the order of the contract's list."""
        return tuple([self._party(listed) for _, listed in self._parties])

    def services(self) -> tuple[Service, ...]:
        """Give all services in force, in the order of the contract's list."""
        found = [self._service(provider) for provider, _ in self._services]
        return tuple([service for service in found if service is not None])

    def agreements(self, user: Address) -> tuple[Agreement, ...]:
        """Give all agreements of a user, active and ended, in the order of its list."""
        return tuple(
            [
                Agreement(
                    user=user,
                    provider=provider,
                    active=consent.listing == self._listing(user)
                    and consent.version == self._version(provider),
                    listing=consent.listing,
                    version=consent.version,
                )
                for provider, consent in self._consents.get(user, ())
            ],
        )

    def _set_party(self, change: PartySet) -> None:
        present = self._parties.get(change.address)
        if present is None:
            self._last_listing += 1
        elif present.state.id != change.id:
            raise MissingEvents(f"{change.address} has another id: read all events again")
        listing = present.listing if present else self._last_listing
        self._parties.put(change.address, _Party(change, listing))

    def _set_service(self, change: ServiceSet) -> None:
        provider, listing = change.provider, self._listing(change.provider)
        if not listing:
            raise MissingEvents(f"{provider} offers a service and is no party: read all again")
        present = self._services.get(provider)
        if (
            present is None
            or present.listing != listing
            or present.state.permissions != change.permissions
        ):
            self._versions[provider] = self._versions.get(provider, 0) + 1
        self._services.put(provider, _Service(change, listing))

    def _agree(self, change: AgreementMade) -> None:
        listing, version = self._listing(change.user), self._version(change.provider)
        if not listing or not version or version != change.version:
            raise MissingEvents(
                f"{change.user} agrees to version {change.version} of the service of "
                f"{change.provider}, which has version {version} by the events: read all again",
            )
        self._of(change.user).put(change.provider, _Consent(listing, version))

    def _of(self, user: Address) -> Listed[Address, _Consent]:
        return self._consents.setdefault(user, Listed())

    def _listing(self, party: Address) -> int:
        listed = self._parties.get(party)
        return listed.listing if listed else 0

    def _version(self, provider: Address) -> int:
        """Give the version of a service in force; 0 when there is none."""
        service = self._services.get(provider)
        if service is None or service.listing != self._listing(provider):
            return 0
        return self._versions[provider]

    def _party(self, listed: _Party) -> Party:
        state = listed.state
        return Party(
            address=state.address,
            id=state.id,
            roles=state.roles,
            modules_sender=state.modules_sender,
            modules_receiver=state.modules_receiver,
            operator=state.operator,
            operator_domain=self._nodes.get(state.operator),
            listing=listed.listing,
        )

    def _service(self, provider: Address) -> Service | None:
        service, party = self._services.get(provider), self._parties.get(provider)
        if service is None or party is None or service.listing != party.listing:
            return None
        return Service(
            provider=provider,
            id=party.state.id,
            name=service.state.name,
            url=service.state.url,
            permissions=service.state.permissions,
            version=self._versions[provider],
        )
