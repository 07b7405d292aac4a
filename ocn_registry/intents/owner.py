"""Intents of the registry's owner, and `PruneService`, which anybody can send."""

from __future__ import annotations

from collections.abc import Sequence

from ocn_registry.intents.shape import (
    OwnerIntentBase,
    check_address,
    check_instances,
    check_number,
    check_text,
    checked_permissions,
    keep,
)
from ocn_registry.models import ZERO_ADDRESS, Contract, Node, Party, PartyId, Permission, Service
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeleteOperator(OwnerIntentBase):
    """Remove another account's node; for the owner of the registry.

    Attributes:
        operator: Address of the account that runs the node.
    """

    operator: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDeleteParty(OwnerIntentBase):
    """Remove another account's id; for the owner of the registry. Anyone can list it again.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
    """

    country_code: str
    party_id: str

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminReserveParty(OwnerIntentBase):
    """Reserve an id for one account, and take it from any other; for the owner of the registry.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        holder: The only account that can list the id; `None` or the zero address lifts the
            reservation.
    """

    country_code: str
    party_id: str
    holder: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        if self.holder is None:
            keep(self, "holder", ZERO_ADDRESS)
        check_address(self, "holder")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminReserveNode(OwnerIntentBase):
    """Reserve a URL for one operator, and take it from any other; for the owner of the registry.

    Attributes:
        domain: URL of a node.
        operator: The only account that can list the URL; `None` or the zero address lifts the
            reservation.
    """

    domain: str
    operator: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        check_text(self, "domain")
        if self.operator is None:
            keep(self, "operator", ZERO_ADDRESS)
        check_address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOwnership(OwnerIntentBase):
    """Offer the registry to a new owner, who has to accept.

    Attributes:
        new_owner: Address of the new owner; the zero address withdraws an offer.
    """

    new_owner: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "new_owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOwnership(OwnerIntentBase):
    """Become the owner of the registry, if it was offered to the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenounceOwnership(OwnerIntentBase):
    """Leave the registry without an owner, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneService(OwnerIntentBase):
    """Clear the slot of a service that ended with its provider's membership; anybody can.

    Attributes:
        index: Slot in the contract's list of services, from 0.
    """

    index: int

    def __post_init__(self) -> None:
        """Check the shape."""
        check_number(self, "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportNodes(OwnerIntentBase):
    """List nodes of an earlier registry; for the owner while the import is open.

    Attributes:
        nodes: At most 100.
    """

    nodes: Sequence[Node]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_instances(self, "nodes", Node)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParties(OwnerIntentBase):
    """List parties of an earlier registry, which get new memberships.

    Attributes:
        parties: At most 100.
    """

    parties: Sequence[Party]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_instances(self, "parties", Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportServices(OwnerIntentBase):
    """List services of an earlier registry; their versions start again.

    Attributes:
        services: At most 100.
    """

    services: Sequence[Service]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_instances(self, "services", Service)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAgreement(Portable):
    """An agreement of an earlier registry.

    Attributes:
        user: Address of the account that agreed.
        provider: Address of the account that offers the service.
        permissions: The permissions agreed to.
    """

    user: str
    provider: str
    permissions: Sequence[Permission | int]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "user")
        check_address(self, "provider")
        keep(self, "permissions", checked_permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAgreements(OwnerIntentBase):
    """Import agreements of an earlier registry.

    Attributes:
        agreements: At most 100.
    """

    agreements: Sequence[ImportedAgreement]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_instances(self, "agreements", ImportedAgreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseImport(OwnerIntentBase):
    """Close the import of one contract for good, and open the contract for everybody's writes.

    The owner can, and anybody once there is no owner.

    Attributes:
        contract: The contract.
    """

    contract: Contract
