"""Everything that a registry lists at one block, as a value.

Entries are in the order of the contracts' lists. What the contracts also hold but no reader should
believe (entries of the zero address, URLs that are still taken) is in `odd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.migration.reasons import LeftOut
    from ocn_registry.models import Address, BlockRef, Node, Party, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """An agreement in force, and to what.

    Attributes:
        user: Who agreed.
        provider: With whose service.
        permissions: What was agreed to, in ascending order; `None` when nothing tells.
        changed_since: Whether the service needed other permissions at any time since.
    """

    user: Address
    provider: Address
    permissions: tuple[int, ...] | None
    changed_since: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A registry at a block.

    Attributes:
        chain_id: Its chain.
        registry: Address of its Registry.
        permissions: Address of its Permissions.
        block: The block.
        nodes: All nodes.
        parties: All parties, one for each id that leads to its account: first-generation contracts
            go on leading from an account's earlier ids to it, and those come right before the
            current one. Memberships are not kept: a new registry counts its own.
        services: All services in force; their versions are not kept.
        agreements: All agreements in force.
        odd: What the contracts hold besides, as far as it can be found.
    """

    chain_id: int
    registry: Address
    permissions: Address
    block: BlockRef
    nodes: tuple[Node, ...]
    parties: tuple[Party, ...]
    services: tuple[Service, ...]
    agreements: tuple[Consent, ...]
    odd: tuple[LeftOut, ...]
