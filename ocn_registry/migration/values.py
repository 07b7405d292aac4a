"""Everything that a registry lists at one block, as a value.

Entries are in the order of the contracts' lists. Other entries that readers must ignore (those of
the zero address, URLs that are still taken) are in `odd`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.migration.reasons import LeftOut
    from ocn_registry.models import Address, BlockRef, Node, Party, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAgreement:
    """An agreement in force, with its permissions.

    Attributes:
        user: The account that agreed.
        provider: The provider of the service.
        permissions: The agreed permissions, in ascending order; `None` if unknown.
        changed_since: Whether the service has needed other permissions at any time since.
    """

    user: Address
    provider: Address
    permissions: tuple[int, ...] | None
    changed_since: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSnapshot:
    """A registry at a block.

    Attributes:
        chain_id: Id of its chain.
        registry: Address of its Registry.
        permissions: Address of its Permissions.
        block: The block.
        nodes: All nodes.
        parties: All parties, one for each id that resolves to its account. First-generation
            contracts still resolve an account's former ids; these come right before the current
            one. Memberships are not included: a new registry numbers its own.
        services: All services in force, without versions.
        agreements: All agreements in force.
        odd: Other entries of the contracts, as far as they can be found.
    """

    chain_id: int
    registry: Address
    permissions: Address
    block: BlockRef
    nodes: tuple[Node, ...]
    parties: tuple[Party, ...]
    services: tuple[Service, ...]
    agreements: tuple[SourceAgreement, ...]
    odd: tuple[LeftOut, ...]
