"""The next state under construction, and how to undo it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ocn_registry.events.state import (
    NodeRow,
    State,
)
from ocn_registry.events.tables import Edit
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ocn_registry.events.state import (
        AccountRow,
        ConsentsRow,
        Member,
        PartyRow,
        ServiceRow,
    )
    from ocn_registry.events.tables import Table
    from ocn_registry.models import Address, BlockRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of each table, by key; `None` for an absent row."""

    nodes: dict[int, NodeRow | None] = field(default_factory=dict[int, "NodeRow | None"])
    operators: dict[Address, int | None] = field(default_factory=dict["Address", "int | None"])
    parties: dict[str, PartyRow | None] = field(default_factory=dict[str, "PartyRow | None"])
    accounts: dict[Address, AccountRow | None] = field(
        default_factory=dict["Address", "AccountRow | None"],
    )
    services: dict[Member, ServiceRow | None] = field(
        default_factory=dict["Member", "ServiceRow | None"],
    )
    consents: dict[Member, ConsentsRow | None] = field(
        default_factory=dict["Member", "ConsentsRow | None"],
    )

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return any(
            (
                self.nodes,
                self.operators,
                self.parties,
                self.accounts,
                self.services,
                self.consents,
            ),
        )

    def and_(self, others: Rows) -> Rows:
        """Return these rows combined with others; these take precedence."""
        return Rows(
            nodes=others.nodes | self.nodes,
            operators=others.operators | self.operators,
            parties=others.parties | self.parties,
            accounts=others.accounts | self.accounts,
            services=others.services | self.services,
            consents=others.consents | self.consents,
        )


class Draft:
    """A builder for the next state. The state that it starts from is not modified."""

    __slots__ = (
        "_begin",
        "_last_number",
        "accounts",
        "consents",
        "last_membership",
        "nodes",
        "operators",
        "parties",
        "services",
    )

    def __init__(self, state: State) -> None:
        """Start with a state."""
        self._begin = state
        self._last_number = len(state.nodes)
        self.nodes = Edit(state.nodes)
        self.operators = Edit(state.operators)
        self.parties = Edit(state.parties)
        self.accounts = Edit(state.accounts)
        self.services = Edit(state.services)
        self.consents = Edit(state.consents)
        self.last_membership = state.last_membership

    def before(self) -> Rows:
        """Return the former rows of the places that were changed."""
        return Rows(
            nodes=self.nodes.before(),
            operators=self.operators.before(),
            parties=self.parties.before(),
            accounts=self.accounts.before(),
            services=self.services.before(),
            consents=self.consents.before(),
        )

    def put(self, rows: Rows) -> None:
        """Set rows of all tables."""
        self.nodes.changed |= rows.nodes
        self.operators.changed |= rows.operators
        self.parties.changed |= rows.parties
        self.accounts.changed |= rows.accounts
        self.services.changed |= rows.services
        self.consents.changed |= rows.consents

    def number_of(self, operator: Address) -> int:
        """Return the node number of an operator, assigning one if it has none."""
        number = self.operators.get(operator)
        if number is None:
            self._last_number = number = self._last_number + 1
            self.operators.put(operator, number)
            self.nodes.put(number, NodeRow(operator, None))
        return number

    def finish(self, block: BlockRef) -> State:
        """Return the finished state, at a block."""
        begin = self._begin
        parties, consents = self.parties.finish(), self.consents.finish()
        return State(
            block=block,
            nodes=self.nodes.finish(),
            operators=self.operators.finish(),
            parties=parties,
            accounts=self.accounts.finish(),
            services=self.services.finish(),
            consents=consents,
            last_membership=self.last_membership,
            past=begin.past,
            routes={} if self.parties.changed or self.nodes.changed else begin.routes,
            attached=begin.attached.edited(
                _attached(begin.parties, self.parties.changed),
                _attached(parties, self.parties.changed),
            ),
            users=begin.users.edited(
                _agreed(begin.consents, self.consents.changed),
                _agreed(consents, self.consents.changed),
            ),
        )

    def users_of(self, providers: Iterable[Member]) -> set[Member]:
        """Return the members that may have agreed to the service of one of these."""
        before = {user for provider in providers for user in self._begin.users.of(provider)}
        return before | set(self.consents.changed)


def _attached(parties: Table[str, PartyRow], keys: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((row.node, key) for key in keys if (row := parties.get(key)) is not None)


def _agreed(
    consents: Table[Member, ConsentsRow],
    members: Iterable[Member],
) -> Iterator[tuple[Member, Member]]:
    return (
        (consent.provider, member)
        for member in members
        if (row := consents.get(member)) is not None
        for consent in row.consents
    )
