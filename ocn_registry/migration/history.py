"""Data that some contracts reveal only in events: consents, and former ids and URLs."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.migration.values import SourceAgreement
from ocn_registry.models import ZERO_ADDRESS, Address, PartyId
from ocn_registry.outcomes import AgreementMade, NodeDeleted, NodeSet, PartySet, ServiceSet
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    from ocn_registry.dialects import Dialect
    from ocn_registry.models import Node, Party
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow

    T = TypeVar("T")

Pair = tuple[Address, Address]


@dataclass(slots=True)
class History:
    """The data from events, in order."""

    offered: dict[Address, tuple[int, ...]] = field(default_factory=dict[Address, tuple[int, ...]])
    agreed: dict[Pair, tuple[int, ...] | None] = field(
        default_factory=dict[Pair, tuple[int, ...] | None],
    )
    changed: set[Pair] = field(default_factory=set[Pair])
    users: dict[Address, set[Address]] = field(default_factory=dict[Address, set[Address]])
    ids: dict[PartyId, Address] = field(default_factory=dict[PartyId, Address])
    urls: dict[Address, str] = field(default_factory=dict[Address, str])
    taken: dict[str, Address] = field(default_factory=dict[str, Address])

    @classmethod
    def of(cls, changes: Iterable[Change]) -> History:
        """Return the history of all changes."""
        history = cls()
        for change in changes:
            history._apply(change)
        return history

    def _apply(self, change: Change) -> None:
        match change:
            case NodeSet():
                self.urls[change.node.operator] = change.node.domain
                self.taken[change.node.domain] = change.node.operator
            case NodeDeleted():
                self.taken.pop(self.urls.pop(change.operator, ""), None)
            case PartySet():
                self.ids[change.id] = change.address
            case ServiceSet():
                # Without the transaction, the deletion of a service looks like this too, with the
                # former permissions.
                if self.offered.get(change.provider) != change.permissions:
                    users = self.users.get(change.provider, set())
                    self.changed.update([(user, change.provider) for user in users])
                self.offered[change.provider] = change.permissions
            case AgreementMade():
                # Its revocation can look the same: the last such event created the agreement in
                # force.
                pair = (change.user, change.provider)
                self.agreed[pair] = self.offered.get(change.provider)
                self.changed.discard(pair)
                self.users.setdefault(change.provider, set()).add(change.user)
            case _:
                pass

    def consent(self, user: Address, provider: Address) -> SourceAgreement:
        """Return the consent of an agreement in force."""
        pair = (user, provider)
        return SourceAgreement(
            user=user,
            provider=provider,
            permissions=self.agreed.get(pair),
            changed_since=pair in self.changed,
        )

    def former_ids(self, parties: Iterable[Party]) -> tuple[PartyId, ...]:
        """Return former ids of parties that none of these has now."""
        present = {party.id for party in parties}
        return tuple([one for one in self.ids if one not in present])

    def former_urls(self, nodes: Iterable[Node]) -> tuple[LeftOut, ...]:
        """Return the former URLs that are still taken by operators with another one now."""
        present = {node.domain for node in nodes}
        return tuple(
            [
                LeftOut(kind=Kind.NODE, subject=url, why=Why.STALE_URL, detail=operator)
                for url, operator in self.taken.items()
                if url not in present
            ],
        )

    def ended(
        self,
        in_force: Iterable[SourceAgreement],
        parties: set[Address],
        providers: set[Address],
    ) -> tuple[LeftOut, ...]:
        """Return the agreements that are no longer in force, and why."""
        present = {(one.user, one.provider) for one in in_force}

        def why(user: Address, provider: Address) -> Why:
            if user not in parties:
                return Why.PARTY_LEFT
            return Why.REVOKED if provider in providers else Why.SERVICE_ENDED

        return tuple(
            [
                LeftOut(
                    kind=Kind.AGREEMENT,
                    subject=f"{user} with {provider}",
                    why=why(user, provider),
                )
                for user, provider in self.agreed
                if (user, provider) not in present
            ],
        )


def odd_entries(dialect: Dialect, block: int) -> Flow[tuple[LeftOut, ...]]:
    """Return the entries of the zero address, which readers must ignore."""
    entries = yield from dialect.zero_entries(block)
    found: list[LeftOut] = []
    if entries.node_url:
        found.append(LeftOut(kind=Kind.NODE, subject=entries.node_url, why=Why.ZERO_ADDRESS))
    if entries.is_party:
        found.append(LeftOut(kind=Kind.PARTY, subject=ZERO_ADDRESS, why=Why.ZERO_ADDRESS))
    if entries.is_provider:
        found.append(LeftOut(kind=Kind.SERVICE, subject=ZERO_ADDRESS, why=Why.ZERO_ADDRESS))
    return tuple(found)
