"""The contracts' events: a class for each, with the event's arguments as fields, in order.

A test compares these classes with the contracts' ABI. Only the called contract emits events.

Source: contracts/interfaces/*.sol; Ownable2Step.sol of OpenZeppelin Contracts 5.3.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted
    from ocn_registry.models import Address


@dataclass(frozen=True)
@dataclass_transform(frozen_default=True)
class Event:
    """The base of events."""

    def __init_subclass__(cls) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Make the class a dataclass."""
        super().__init_subclass__()
        dataclass(frozen=True)(cls)


class OperatorUpdate(Event):
    """The new URL of an operator's node; `domain` is empty if it runs none."""

    operator: Address
    domain: str


class PartyUpdate(Event):
    """The full new state of a party under its account's current id.

    A zero operator means that the account no longer holds the id.
    """

    country_code: str
    party_id: str
    party_address: Address
    roles: tuple[int, ...]
    modules_sender: tuple[int, ...]
    modules_receiver: tuple[int, ...]
    operator_address: Address


class PartyWebsite(Event):
    """The new website of a party; empty if there is none."""

    country_code: str
    party_id: str
    party: Address
    website: str


class AccountMoved(Event):
    """Everything that an account had belongs to the new account. Events with its entries follow."""

    account: Address
    new_account: Address


class ControllerSet(Event):
    """The controller of an account; the account itself if there is none."""

    account: Address
    controller: Address


class PartyReserved(Event):
    """The only account that can list an id; zero lifts the reservation."""

    country_code: str
    party_id: str
    holder: Address


class NodeReserved(Event):
    """The only account that can list a URL; zero lifts the reservation."""

    domain: str
    operator: Address


class ServicePruned(Event):
    """The slot of a service that ended with this membership was removed."""

    index: int
    membership: int


class ServiceUpdate(Event):
    """The full new state of a service; without permissions, it was deleted."""

    name: str
    url: str
    permissions: tuple[int, ...]
    provider: Address


class AgreementMade(Event):
    """A user agreed to these permissions, those of this version of the service."""

    user: Address
    provider: Address
    version: int
    permissions: tuple[int, ...]


class AgreementRevoked(Event):
    """A user revoked an agreement."""

    user: Address
    provider: Address


class CallFailed(Event):
    """An item of a batch failed; on the chain, `reason` is the error's revert data."""

    index: int
    reason: Reverted

    def __eq__(self, other: object) -> bool:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Compare reasons by class and arguments, since exceptions compare by identity."""
        return (
            isinstance(other, CallFailed)
            and self.index == other.index
            and type(self.reason) is type(other.reason)
            and self.reason.args == other.reason.args
        )

    def __hash__(self) -> int:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return a hash consistent with `__eq__`."""
        return hash((self.index, type(self.reason), self.reason.args))


class ImportOpened(Event):
    """The contract was deployed with its import open."""


class ImportClosed(Event):
    """The import was closed."""


class OwnershipTransferStarted(Event):
    """The registry was offered to a new owner."""

    previous_owner: Address
    new_owner: Address


class OwnershipTransferred(Event):
    """The registry has a new owner, or none if it is the zero address."""

    previous_owner: Address
    new_owner: Address
