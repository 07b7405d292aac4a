"""What of a snapshot new contracts take, what they don't, and why: decided before anything is paid.

Nothing is mended on the way: an entry is carried over as it is, or left out and told. What hangs on
an entry that is left out is left out too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.intents import ImportedAgreement, ImportNodes, ImportParties, ImportServices
from ocn_registry.migration.files import digest_of
from ocn_registry.migration.reasons import Kind, LeftOut, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import Intent
    from ocn_registry.migration.values import Consent, Snapshot
    from ocn_registry.models import Address, Node, Party, PartyId, Service

# How `dialects.words` writes bytes that are no UTF-8: such text is not what the contract holds.
_ESCAPED = re.compile(r"\\x[0-9a-f]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is carried over from a snapshot.

    Attributes:
        digest: The snapshot's.
        nodes: Nodes to import, in the order of the snapshot, as the others.
        parties: Parties to import, with the URLs that they will be reached at.
        services: Services to import.
        agreements: Agreements to import.
        left_out: What is not imported.
        unreachable: Parties that are imported and can't be reached, because their node is not.
    """

    digest: str
    nodes: tuple[Node, ...]
    parties: tuple[Party, ...]
    services: tuple[Service, ...]
    agreements: tuple[ImportedAgreement, ...]
    left_out: tuple[LeftOut, ...]
    unreachable: tuple[Party, ...]

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Write it in lines, unprintable characters escaped."""
        lines = [
            f"snapshot {self.digest}",
            f"nodes to import: {len(self.nodes)}",
            f"parties to import: {len(self.parties)}",
            f"services to import: {len(self.services)}",
            f"agreements to import: {len(self.agreements)}",
            *[f"left out: {one}" for one in self.left_out],
            *[
                f"unreachable: party {party.id} until it chooses another node: that of its "
                f"operator {party.operator} is left out"
                for party in self.unreachable
            ],
        ]
        return "\n".join(lines)


def decide(snapshot: Snapshot, check: Callable[[Intent], None]) -> Plan:
    """Decide what of a snapshot is carried over.

    Args:
        snapshot: What stands in the old registry.
        check: Raises `InvalidInput` for what the new contracts refuse: their dialect's.
    """
    deciding = _Deciding(check)
    nodes = deciding.nodes(snapshot.nodes)
    urls = {node.operator: node.domain for node in nodes}
    parties = deciding.parties(snapshot.parties)
    services = deciding.services(snapshot.services, parties)
    agreements = deciding.agreements(snapshot.agreements, parties, services)
    return Plan(
        digest=digest_of(snapshot),
        nodes=nodes,
        parties=tuple(
            [replace(party, operator_domain=urls.get(party.operator)) for party in parties],
        ),
        services=services,
        agreements=agreements,
        left_out=(*deciding.left_out, *snapshot.odd),
        unreachable=tuple(
            [party for party in parties if party.operator_domain and party.operator not in urls],
        ),
    )


class _Deciding:
    def __init__(self, check: Callable[[Intent], None]) -> None:
        self._check = check
        self.left_out: list[LeftOut] = []

    def _leave(self, kind: Kind, subject: str, why: Why, detail: str = "") -> None:
        self.left_out.append(LeftOut(kind=kind, subject=subject, why=why, detail=detail))

    def _refused(self, intent: Intent) -> str | None:
        try:
            self._check(intent)
        except InvalidInput as error:
            return str(error)
        return None

    def nodes(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        kept: list[Node] = []
        operators: set[Address] = set()
        urls = {node.domain for node in nodes if not self._refused(ImportNodes(nodes=(node,)))}
        taken: set[str] = set()
        for node in nodes:
            subject = f"{node.domain} of {node.operator}"
            if node.operator.is_zero:
                self._leave(Kind.NODE, subject, Why.ZERO_ADDRESS)
            elif node.operator in operators or node.domain in taken:
                self._leave(Kind.NODE, subject, Why.DUPLICATE)
            elif refused := self._refused(ImportNodes(nodes=(node,))):
                alike = node.domain.lower() in urls
                self._leave(
                    Kind.NODE,
                    subject,
                    Why.LOOK_ALIKE if alike else Why.TEXT_REFUSED,
                    refused,
                )
            else:
                kept.append(node)
                operators.add(node.operator)
                taken.add(node.domain)
        return tuple(kept)

    def parties(self, parties: tuple[Party, ...]) -> tuple[Party, ...]:
        kept: list[Party] = []
        addresses: set[Address] = set()
        taken: set[PartyId] = set()
        ids = {_id(party) for party in parties}
        for party in parties:
            subject = f"{party.id} of {party.address}"
            if party.address.is_zero or party.operator.is_zero:
                self._leave(Kind.PARTY, subject, Why.ZERO_ADDRESS)
            elif party.address in addresses or party.id in taken:
                self._leave(Kind.PARTY, subject, Why.DUPLICATE)
            elif refused := self._refused(ImportParties(parties=(party,))):
                alike = _id(party) != _id(party).upper() and _id(party).upper() in ids
                self._leave(
                    Kind.PARTY,
                    subject,
                    Why.LOOK_ALIKE if alike else Why.TEXT_REFUSED,
                    refused,
                )
            else:
                kept.append(party)
                addresses.add(party.address)
                taken.add(party.id)
        return tuple(kept)

    def services(
        self,
        services: tuple[Service, ...],
        parties: tuple[Party, ...],
    ) -> tuple[Service, ...]:
        kept: dict[Address, Service] = {}
        ids = {party.address: party.id for party in parties}
        for service in services:
            subject = f"{service.name} of {service.provider}"
            escaped = _ESCAPED.search(service.name + service.url)
            if service.provider in kept:
                self._leave(Kind.SERVICE, subject, Why.DUPLICATE)
            elif ids.get(service.provider) != service.id:
                self._leave(Kind.SERVICE, subject, Why.NOT_CARRIED, f"the party {service.id}")
            elif refused := self._refused(ImportServices(services=(service,))):
                self._leave(Kind.SERVICE, subject, Why.TEXT_REFUSED, refused)
            elif escaped:
                self._leave(Kind.SERVICE, subject, Why.TEXT_REFUSED, "it is no valid UTF-8")
            else:
                kept[service.provider] = service
        return tuple(kept.values())

    def agreements(
        self,
        agreements: tuple[Consent, ...],
        parties: tuple[Party, ...],
        services: tuple[Service, ...],
    ) -> tuple[ImportedAgreement, ...]:
        kept: dict[tuple[Address, Address], ImportedAgreement] = {}
        users = {party.address for party in parties}
        offered = {service.provider: service.permissions for service in services}
        for one in agreements:
            subject = f"{one.user} with {one.provider}"
            if (one.user, one.provider) in kept:
                self._leave(Kind.AGREEMENT, subject, Why.DUPLICATE)
            elif one.user not in users:
                self._leave(Kind.AGREEMENT, subject, Why.NOT_CARRIED, "the user")
            elif one.provider not in offered:
                self._leave(Kind.AGREEMENT, subject, Why.NOT_CARRIED, "the service")
            elif one.permissions is None:
                detail = "no event tells what was agreed to"
                self._leave(Kind.AGREEMENT, subject, Why.NEEDS_CONSENT, detail)
            elif one.changed_since or one.permissions != offered[one.provider]:
                self._leave(Kind.AGREEMENT, subject, Why.NEEDS_CONSENT)
            else:
                kept[one.user, one.provider] = ImportedAgreement(
                    user=one.user,
                    provider=one.provider,
                    permissions=one.permissions,
                )
        return tuple(kept.values())


def _id(party: Party) -> str:
    return party.id.country_code + party.id.party_id
