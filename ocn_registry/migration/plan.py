"""Decide which entries of a snapshot new contracts accept, before anything is paid.

An entry is carried over unchanged, or left out with the reason, together with everything that
depends on it. There is one exception: a service with a rejected URL is carried over without the
URL, because its agreements would be lost with it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.intents import ImportedAgreement, ImportNodes, ImportParties, ImportServices
from ocn_registry.migration.files import digest_of
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import Intent
    from ocn_registry.migration.values import SourceAgreement, SourceSnapshot
    from ocn_registry.models import Address, Node, Party, PartyId, Service

# How `evm.abi` represents bytes that are not UTF-8: such text differs from the contract's.
_ESCAPED = re.compile(r"\\x[0-9a-f]{2}", re.ASCII)
_MAX_IDS = 64  # per account, in the new contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """The part of a snapshot to carry over.

    Attributes:
        digest: The snapshot's digest.
        nodes: Nodes to import. All lists are in the order of the snapshot.
        parties: Parties to import, one for each id, with their nodes' URLs after the import; the
            party under an account's current id comes last.
        services: Services to import.
        agreements: Agreements to import.
        left_out: Entries that are not imported.
        changed: Entries that are imported with changes: services without their URL, and parties
            that can't be reached because their node is not imported.
    """

    digest: str
    nodes: tuple[Node, ...]
    parties: tuple[Party, ...]
    services: tuple[Service, ...]
    agreements: tuple[ImportedAgreement, ...]
    left_out: tuple[LeftOut, ...]
    changed: tuple[LeftOut, ...]

    @property
    def unreachable(self) -> tuple[Party, ...]:
        """Imported parties that can't be reached because their node is not imported."""
        subjects = {one.subject for one in self.changed if one.why is Why.UNREACHABLE}
        return tuple([party for party in self.parties if _subject(party) in subjects])

    def to_do(self) -> dict[Address, tuple[LeftOut, ...]]:
        """Return what the owners of entries have to do themselves, by account."""
        found: dict[Address, list[LeftOut]] = {}
        for one in (*self.left_out, *self.changed):
            if one.account is not None and not one.account.is_zero and one.why.remedy is not None:
                found.setdefault(one.account, []).append(one)
        return {account: tuple(entries) for account, entries in found.items()}

    def letter(self, account: Address) -> str:
        """Return a letter to an account that has to act.

        Args:
            account: One of `to_do`.
        """
        lines = [
            "The OCN registry is moving to new contracts. Most entries move unchanged. These of",
            f"the account {account} do not:",
            "",
        ]
        for one in self.to_do().get(account, ()):
            lines += [f"- {one}.", f"  What to do once the new registry is open: {one.why.remedy}."]
        lines += [
            "",
            "Use the key of that account. The guide for parties explains each step. Your other",
            "entries are not affected.",
        ]
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return it in lines, with unprintable characters escaped."""
        lines = [
            f"snapshot {self.digest}",
            f"nodes to import: {len(self.nodes)}",
            f"parties to import: {len(self.parties)}",
            f"services to import: {len(self.services)}",
            f"agreements to import: {len(self.agreements)}",
            *[f"left out: {one}" for one in self.left_out],
            *[f"changed: {one}" for one in self.changed],
        ]
        for account, entries in self.to_do().items():
            lines.append(f"to do for {account}:")
            lines += [f"  {one.kind.value}: {one.why.remedy}" for one in entries]
        return "\n".join(lines)


def decide(snapshot: SourceSnapshot, check: Callable[[Intent], None]) -> MigrationPlan:
    """Decide which entries of a snapshot to carry over.

    Args:
        snapshot: The old registry.
        check: The new dialect's `check`, which raises `InvalidInput` for rejected intents.
    """
    deciding = _Deciding(check)
    nodes = deciding.nodes(snapshot.nodes)
    urls = {node.operator: node.domain for node in nodes}
    parties = deciding.parties(snapshot.parties)
    services = deciding.services(snapshot.services, parties)
    agreements = deciding.agreements(snapshot.agreements, parties, services)
    for party in parties:
        if party.operator_domain and party.operator not in urls:
            deciding.change(Kind.PARTY, _subject(party), Why.UNREACHABLE, party.address)
    return MigrationPlan(
        digest=digest_of(snapshot),
        nodes=nodes,
        parties=tuple(
            [replace(party, operator_domain=urls.get(party.operator)) for party in parties],
        ),
        services=services,
        agreements=agreements,
        left_out=(*deciding.left_out, *snapshot.odd),
        changed=tuple(deciding.changed),
    )


class _Deciding:
    def __init__(self, check: Callable[[Intent], None]) -> None:
        self._check = check
        self.left_out: list[LeftOut] = []
        self.changed: list[LeftOut] = []

    def _leave(
        self,
        kind: Kind,
        subject: str,
        why: Why,
        account: Address,
        detail: str = "",
    ) -> None:
        one = LeftOut(kind=kind, subject=subject, why=why, detail=detail, account=account)
        self.left_out.append(one)

    def change(
        self,
        kind: Kind,
        subject: str,
        why: Why,
        account: Address,
        detail: str = "",
    ) -> None:
        one = LeftOut(kind=kind, subject=subject, why=why, detail=detail, account=account)
        self.changed.append(one)

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
            subject, account = f"{node.domain} of {node.operator}", node.operator
            if node.operator.is_zero:
                self._leave(Kind.NODE, subject, Why.ZERO_ADDRESS, account)
            elif node.operator in operators or node.domain in taken:
                self._leave(Kind.NODE, subject, Why.DUPLICATE, account)
            elif refused := self._refused(ImportNodes(nodes=(node,))):
                alike = node.domain.lower() in urls
                why = Why.LOOK_ALIKE if alike else Why.TEXT_REFUSED
                self._leave(Kind.NODE, subject, why, account, refused)
            else:
                kept.append(node)
                operators.add(node.operator)
                taken.add(node.domain)
        return tuple(kept)

    def parties(self, parties: tuple[Party, ...]) -> tuple[Party, ...]:
        """Return the parties to carry over, with each account's current one last."""
        kept: dict[Address, list[Party]] = {}
        taken: set[PartyId] = set()
        ids = {_id(party) for party in parties}
        for party in parties:
            subject, account = _subject(party), party.address
            held = kept.setdefault(account, [])
            if party.address.is_zero or party.operator.is_zero:
                self._leave(Kind.PARTY, subject, Why.ZERO_ADDRESS, account)
            elif party.id in taken:
                self._leave(Kind.PARTY, subject, Why.DUPLICATE, account)
            elif refused := self._refused(ImportParties(parties=(party,))):
                alike = _id(party) != _id(party).upper() and _id(party).upper() in ids
                why = Why.LOOK_ALIKE if alike else Why.TEXT_REFUSED
                self._leave(Kind.PARTY, subject, why, account, refused)
            elif len(held) == _MAX_IDS and not party.current:
                self._leave(Kind.PARTY, subject, Why.TOO_MANY_IDS, account)
            else:
                if len(held) == _MAX_IDS:
                    dropped = held.pop(0)
                    self._leave(Kind.PARTY, _subject(dropped), Why.TOO_MANY_IDS, account)
                held.append(party)
                taken.add(party.id)
        for held in kept.values():
            held.sort(key=lambda party: party.current)
        return tuple([party for held in kept.values() for party in held])

    def services(
        self,
        services: tuple[Service, ...],
        parties: tuple[Party, ...],
    ) -> tuple[Service, ...]:
        kept: dict[Address, Service] = {}
        accounts = {party.address for party in parties}
        for service in services:
            subject, account = f"{service.name} of {service.provider}", service.provider
            if service.provider in kept:
                self._leave(Kind.SERVICE, subject, Why.DUPLICATE, account)
                continue
            if service.provider not in accounts:
                detail = f"the party {service.id}"
                self._leave(Kind.SERVICE, subject, Why.NOT_CARRIED, account, detail)
                continue
            refused = self._service_refused(service)
            without = replace(service, url="")
            if refused is None:
                kept[service.provider] = service
            elif service.url and self._service_refused(without) is None:
                kept[service.provider] = without
                self.change(Kind.SERVICE, subject, Why.WITHOUT_URL, account, refused)
            else:
                self._leave(Kind.SERVICE, subject, Why.TEXT_REFUSED, account, refused)
        return tuple(kept.values())

    def _service_refused(self, service: Service) -> str | None:
        refused = self._refused(ImportServices(services=(service,)))
        if refused is None and _ESCAPED.search(service.name + service.url):
            return "it is not valid UTF-8"
        return refused

    def agreements(
        self,
        agreements: tuple[SourceAgreement, ...],
        parties: tuple[Party, ...],
        services: tuple[Service, ...],
    ) -> tuple[ImportedAgreement, ...]:
        kept: dict[tuple[Address, Address], ImportedAgreement] = {}
        users = {party.address for party in parties}
        offered = {service.provider: service.permissions for service in services}
        for one in agreements:
            subject, user = f"{one.user} with {one.provider}", one.user
            if (one.user, one.provider) in kept:
                self._leave(Kind.AGREEMENT, subject, Why.DUPLICATE, user)
            elif one.user not in users:
                self._leave(Kind.AGREEMENT, subject, Why.NOT_CARRIED, user, "the user")
            elif one.provider not in offered:
                self._leave(Kind.AGREEMENT, subject, Why.NOT_CARRIED, user, "the service")
            elif one.permissions is None:
                detail = "no event says what was agreed to"
                self._leave(Kind.AGREEMENT, subject, Why.NEEDS_CONSENT, user, detail)
            elif one.changed_since or one.permissions != offered[one.provider]:
                self._leave(Kind.AGREEMENT, subject, Why.NEEDS_CONSENT, user)
            else:
                kept[one.user, one.provider] = ImportedAgreement(
                    user=one.user,
                    provider=one.provider,
                    permissions=one.permissions,
                )
        return tuple(kept.values())


def _id(party: Party) -> str:
    return party.id.country_code + party.id.party_id


def _subject(party: Party) -> str:
    return f"{party.id} of {party.address}"
