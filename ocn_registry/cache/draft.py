"""The next state in the making, and the way back to the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ocn_registry.cache.state import State

if TYPE_CHECKING:
    from ocn_registry.cache.state import Consents, Id, PartyRow, ServiceRow
    from ocn_registry.models import Address, BlockRef, Route

R = TypeVar("R")


class Table(Generic[R]):
    """Rows by address, copied when one is first changed; what stood there before is noted."""

    __slots__ = ("_copied", "before", "rows")

    def __init__(self, rows: dict[Address, R]) -> None:
        """Begin with rows that stay as they are."""
        self.rows = rows
        self.before: dict[Address, R | None] = {}
        self._copied = False

    def put(self, key: Address, row: R | None) -> None:
        """Set a row; `None` takes it away."""
        if not self._copied:
            self.rows, self._copied = dict(self.rows), True
        if key not in self.before:
            self.before[key] = self.rows.get(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of each table by their keys; `None` where nothing stands."""

    nodes: dict[Address, str | None] = field(default_factory=dict["Address", "str | None"])
    parties: dict[Address, PartyRow | None] = field(
        default_factory=dict["Address", "PartyRow | None"],
    )
    services: dict[Address, ServiceRow | None] = field(
        default_factory=dict["Address", "ServiceRow | None"],
    )
    consents: dict[Address, Consents | None] = field(
        default_factory=dict["Address", "Consents | None"],
    )

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.nodes or self.parties or self.services or self.consents)

    def and_(self, others: Rows) -> Rows:
        """Add rows; where both have one, this one's stays."""
        return Rows(
            nodes=others.nodes | self.nodes,
            parties=others.parties | self.parties,
            services=others.services | self.services,
            consents=others.consents | self.consents,
        )


class Draft:
    """The next state, until it is finished; the one that it begins with stays as it is."""

    __slots__ = ("_begin", "_ids", "consents", "last_listing", "nodes", "parties", "services")

    def __init__(self, state: State) -> None:
        """Begin with a state."""
        self._begin = state
        self._ids = state.ids
        self.nodes = Table(state.nodes)
        self.parties = Table(state.parties)
        self.services = Table(state.services)
        self.consents = Table(state.consents)
        self.last_listing = state.last_listing

    @property
    def before(self) -> Rows:
        """What stood in the places that were changed."""
        return Rows(
            nodes=self.nodes.before,
            parties=self.parties.before,
            services=self.services.before,
            consents=self.consents.before,
        )

    def put(self, rows: Rows) -> None:
        """Set rows of all tables."""
        for operator, domain in rows.nodes.items():
            self.nodes.put(operator, domain)
        for address, party in rows.parties.items():
            self.parties.put(address, party)
        for provider, service in rows.services.items():
            self.services.put(provider, service)
        for user, consents in rows.consents.items():
            self.consents.put(user, consents)

    def drop_ended(self) -> None:
        """Drop agreements to what is another service by now, or none: they never come back."""
        changed = set(self.services.before)
        if not changed:
            return
        services = self.services.rows
        for user, consents in tuple(self.consents.rows.items()):
            if any(consent.provider in changed for consent in consents):
                kept = tuple(
                    [
                        consent
                        for consent in consents
                        if (service := services.get(consent.provider)) is not None
                        and service.version == consent.version
                    ],
                )
                if kept != consents:
                    self.consents.put(user, kept or None)

    def finish(self, block: BlockRef) -> State:
        """Give the state that this has become at a block."""
        begin = self._begin
        return State(
            block=block,
            nodes=self.nodes.rows,
            parties=self.parties.rows,
            services=self.services.rows,
            consents=self.consents.rows,
            ids=self._index(),
            last_listing=self.last_listing,
            # Answers stand until a party or a node changes that they are about.
            routes={} if self.nodes.before else self._routes(begin),
        )

    def _index(self) -> dict[Id, PartyRow]:
        changed = self.parties.before
        if not changed:
            return self._ids
        ids = dict(self._ids)
        for row in changed.values():
            if row is not None and row.holds_id:
                ids.pop((row.country_code, row.party_id), None)
        for address in changed:
            row = self.parties.rows.get(address)
            if row is not None and row.holds_id:
                ids[row.country_code, row.party_id] = row
        return ids

    def _routes(self, begin: State) -> dict[Id, Route]:
        changed = self.parties.before
        if not changed:
            return begin.routes
        routes = dict(begin.routes)
        for address, former in changed.items():
            for row in (former, self.parties.rows.get(address)):
                if row is not None:
                    routes.pop((row.country_code, row.party_id), None)
        return routes


def empty(block: BlockRef) -> State:
    """Give the state of a registry in which nothing stands."""
    return State(block=block, nodes={}, parties={}, services={}, consents={}, ids={})
