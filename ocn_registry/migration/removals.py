"""Entries that were deleted on the new contracts while the import was open.

While the import is open, people can already delete and revoke. If the import is run again, it must
not restore what they removed. Only the events of the new contracts reveal this.

The registry's owner also deletes, to remove an entry or to replace one that differs from the plan.
An entry deleted by the owner is not imported again if it was as planned, and is imported again if
it was not. What the owner reserved for another account is not imported.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeVar

from ocn_registry import outcomes
from ocn_registry.events.feed import history_of
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect
    from ocn_registry.events.provenance import Event
    from ocn_registry.migration.plan import MigrationPlan
    from ocn_registry.models import Address, PartyId
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow

T = TypeVar("T")


@dataclass(slots=True)
class Removals:
    """The removed entries, by key.

    Attributes:
        nodes: Operators.
        parties: Ids, each with the account that held it.
        services: Providers.
        agreements: Users and providers.
    """

    nodes: set[Address] = field(default_factory=set["Address"])
    parties: set[tuple[PartyId, Address]] = field(default_factory=set[tuple["PartyId", "Address"]])
    services: set[Address] = field(default_factory=set["Address"])
    agreements: set[tuple[Address, Address]] = field(
        default_factory=set[tuple["Address", "Address"]],
    )
    _listed: dict[object, Change] = field(default_factory=dict[object, "Change"])
    _reserved: dict[PartyId | str, Address] = field(
        default_factory=dict["PartyId | str", "Address"],
    )

    @classmethod
    def read(cls, dialect: Dialect, plan: MigrationPlan, first_block: int) -> Flow[Removals]:
        """Read which entries of a plan were removed.

        Args:
            dialect: The dialect of the new contracts.
            plan: The plan.
            first_block: Number of the first block that can have events of the contracts.
        """
        events = yield from history_of(dialect, first_block)
        return cls.of(events, plan)

    @classmethod
    def of(cls, events: tuple[Event, ...], plan: MigrationPlan) -> Removals:
        """Return which entries of a plan were removed, according to events."""
        found, planned = cls(), _planned(plan)
        for event in events:
            found._apply(event, planned)
        return found

    def without(self, plan: MigrationPlan) -> MigrationPlan:
        """Return a plan without the removed entries, and without those that depend on them."""
        nodes = [
            one
            for one in plan.nodes
            if one.operator not in self.nodes
            and self._reserved.get(one.domain, one.operator) == one.operator
        ]
        parties = [
            one
            for one in plan.parties
            if (one.id, one.address) not in self.parties
            and self._reserved.get(one.id, one.address) == one.address
        ]
        accounts = {one.address for one in parties}
        services = [
            one
            for one in plan.services
            if one.provider in accounts and one.provider not in self.services
        ]
        providers = {one.provider for one in services}
        agreements = [
            one
            for one in plan.agreements
            if one.user in accounts
            and one.provider in providers
            and (one.user, one.provider) not in self.agreements
        ]
        urls = {one.operator: one.domain for one in nodes}
        left = [
            *[
                (Kind.NODE, f"{one.domain} of {one.operator}")
                for one in _missing_from(plan.nodes, nodes)
            ],
            *[
                (Kind.PARTY, f"{one.id} of {one.address}")
                for one in _missing_from(plan.parties, parties)
            ],
            *[
                (Kind.SERVICE, f"{one.name} of {one.provider}")
                for one in _missing_from(plan.services, services)
            ],
            *[
                (Kind.AGREEMENT, f"{one.user} with {one.provider}")
                for one in _missing_from(plan.agreements, agreements)
            ],
        ]
        removed = [LeftOut(kind=kind, subject=what, why=Why.GIVEN_UP) for kind, what in left]
        return replace(
            plan,
            nodes=tuple(nodes),
            parties=tuple(
                [replace(one, operator_domain=urls.get(one.operator)) for one in parties],
            ),
            services=tuple(services),
            agreements=tuple(agreements),
            left_out=(*plan.left_out, *removed),
        )

    def _apply(  # noqa: C901, PLR0912 - one case for each kind of change
        self,
        event: Event,
        planned: dict[object, Change],
    ) -> None:
        change = event.change
        match change:
            case outcomes.NodeSet():
                self._list(change.node.operator, change)
                self.nodes.discard(change.node.operator)
            case outcomes.NodeDeleted():
                if self._is_kept_out(change.operator, event, planned):
                    self.nodes.add(change.operator)
            case outcomes.PartySet():
                self._list(change.id, change)
                self.parties.discard((change.id, change.address))
            case outcomes.PartyDeleted():
                if self._is_kept_out(change.id, event, planned):
                    self.parties.add((change.id, change.address))
            case outcomes.ServiceSet():
                self._list(("service", change.provider), change)
                self.services.discard(change.provider)
            case outcomes.ServiceDeleted():
                self.services.add(change.provider)
            case outcomes.PartyReserved():
                self._reserve(change.id, change.holder)
            case outcomes.NodeReserved():
                self._reserve(change.domain, change.operator)
            case outcomes.AgreementMade():
                self.agreements.discard((change.user, change.provider))
            case outcomes.AgreementRevoked():
                self.agreements.add((change.user, change.provider))
            case _:
                pass

    def _list(self, key: object, change: Change) -> None:
        self._listed[key] = change

    def _reserve(self, key: PartyId | str, account: Address | None) -> None:
        self._reserved.pop(key, None)
        if account is not None:
            self._reserved[key] = account

    def _is_kept_out(self, key: object, event: Event, planned: dict[object, Change]) -> bool:
        listed = self._listed.pop(key, None)
        by_its_account = event.how in {"direct", "signed", "controller"}
        return by_its_account or (listed is not None and listed == planned.get(key))


def _planned(plan: MigrationPlan) -> dict[object, Change]:
    """Return the nodes and parties that a planned import's events would contain, by key."""
    found: dict[object, Change] = {
        node.operator: outcomes.NodeSet(node=node) for node in plan.nodes
    }
    for party in plan.parties:
        found[party.id] = outcomes.PartySet(
            address=party.address,
            id=party.id,
            roles=party.roles,
            modules_sender=party.modules_sender,
            modules_receiver=party.modules_receiver,
            operator=party.operator,
        )
    return found


def _missing_from(before: tuple[T, ...], after: list[T]) -> list[T]:
    kept = set(map(id, after))
    return [one for one in before if id(one) not in kept]
