"""Compare the chain with a plan: missing, different, additional and reordered entries.

Entries that were deleted on the new contracts while the import was open don't count as missing
(`Removals`).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ocn_registry.errors import OcnRegistryError
from ocn_registry.foreign.text import shown
from ocn_registry.migration.reasons import Kind
from ocn_registry.migration.removals import Removals
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.dialects import Dialect
    from ocn_registry.migration.plan import MigrationPlan
    from ocn_registry.models import Agreement, Node, Party, Service
    from ocn_registry.protocol.effects import Flow

_NAMED = 5


class What(Enum):
    """The kinds of differences."""

    MISSING = "planned, and not on the chain"
    UNPLANNED = "on the chain, and not planned"
    DIFFERENT = "other than planned"
    ORDER = "all there, in another order than planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference between the chain and the plan.

    Attributes:
        kind: The kind of entry.
        subject: The entry; for an order, the first one at another position.
        what: What differs.
        detail: The values in plan and chain; empty if one of them has none.
    """

    kind: Kind
    subject: str
    what: What
    detail: str = ""

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return it in one line, with unprintable characters escaped."""
        text = f"{self.kind.value} {shown(self.subject, 300, public=True)}: {self.what.value}"
        return f"{text} ({self.detail})" if self.detail else text


class NotAsPlanned(OcnRegistryError):
    """The chain differs from the plan, so the import stays open unless the owner insists.

    Attributes:
        differences: All differences.
    """

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        """Create the error from the differences."""
        named = "; ".join(map(str, differences[:_NAMED]))
        super().__init__(
            f"{len(differences)} entries on the chain differ from the plan: {named}; run the "
            "import again for what is missing, have the owner delete what is additional or "
            "different, or "
            "close the import anyway",
        )
        self.differences = differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The entries on the chain."""

    nodes: tuple[Node, ...]
    parties: tuple[Party, ...]
    services: tuple[Service, ...]
    agreements: tuple[Agreement, ...]


def standing(dialect: Dialect, block: int | None = None) -> Flow[Standing]:
    """Read the entries on the chain at a block; `None` for the latest."""
    if block is None:
        block = (yield from Head()).ref.number
    nodes = yield from dialect.nodes(block)
    parties = yield from dialect.parties(block)
    services = yield from dialect.services(block)
    users = tuple(dict.fromkeys([party.address for party in parties]))
    agreements = yield from dialect.agreements_of(users, block)
    return Standing(nodes=nodes, parties=parties, services=services, agreements=agreements)


def compare(
    dialect: Dialect,
    plan: MigrationPlan,
    first_block: int,
    block: int | None = None,
) -> Flow[tuple[Difference, ...]]:
    """Compare the chain with a plan.

    Args:
        dialect: The dialect of the new contracts.
        plan: The plan.
        first_block: Number of the first block that can have events of the contracts.
        block: Number of the block; `None` for the latest.

    Returns:
        The differences. `What.ORDER` does not concern the entries: an account that leaves changes
            the order of a list.
    """
    plan = (yield from Removals.read(dialect, plan, first_block)).without(plan)
    found = yield from standing(dialect, block)
    # An agreement in force has the service's permissions, which are compared.
    return (
        *_differences(
            Kind.NODE,
            {node.operator: node for node in plan.nodes},
            {node.operator: node for node in found.nodes},
        ),
        *_differences(
            Kind.PARTY,
            {str(party.id): party for party in plan.parties},
            {str(party.id): party for party in found.parties},
        ),
        *_differences(
            Kind.SERVICE,
            {service.provider: _offer(service) for service in plan.services},
            {service.provider: _offer(service) for service in found.services},
        ),
        *_differences(
            Kind.AGREEMENT,
            {f"{one.user} with {one.provider}": True for one in plan.agreements},
            {f"{one.user} with {one.provider}": one.active for one in found.agreements},
        ),
    )


def _offer(service: Service) -> tuple[str, str, tuple[int, ...]]:
    """Return the relevant fields of a service: its shown id follows from the parties."""
    return service.name, service.url, service.permissions


def _differences(
    kind: Kind,
    planned: Mapping[str, object],
    found: Mapping[str, object],
) -> tuple[Difference, ...]:
    differences = [
        Difference(kind=kind, subject=key, what=What.MISSING) for key in planned if key not in found
    ]
    differences += [
        Difference(kind=kind, subject=key, what=What.UNPLANNED)
        for key in found
        if key not in planned
    ]
    differences += [
        Difference(
            kind=kind,
            subject=key,
            what=What.DIFFERENT,
            detail=f"plan: {_text(planned[key])}, chain: {_text(found[key])}",
        )
        for key in planned
        if key in found and found[key] != planned[key]
    ]
    order = [key for key in found if key in planned]
    wanted = [key for key in planned if key in found]
    if order != wanted:
        first = next(key for key, other in zip(order, wanted, strict=True) if key != other)
        differences.append(Difference(kind=kind, subject=first, what=What.ORDER))
    return tuple(differences)


def _text(value: object) -> str:
    return shown(value, 500, public=True)
