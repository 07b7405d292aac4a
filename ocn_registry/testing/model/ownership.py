"""The owner of the registry, with a transfer in two steps to prevent mistakes.

Source: Ownable2Step.sol of OpenZeppelin Contracts 5.3.0; contracts/Registry.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.contract_errors import OwnableUnauthorizedAccount
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.testing.model.calls import external, view
from ocn_registry.testing.model.events import OwnershipTransferred, OwnershipTransferStarted
from ocn_registry.testing.model.imports import Imports
from ocn_registry.testing.model.state import RegistryState

if TYPE_CHECKING:
    from ocn_registry.models import Address


class Ownership(Imports[RegistryState]):
    """A contract with an owner."""

    @view
    def owner(self) -> Address:
        """Return the owner; zero if there is none."""
        return self.state.owner

    @view
    def pending_owner(self) -> Address:
        """Return the account that it is offered to; zero if there is none."""
        return self.state.pending_owner

    @external
    def transfer_ownership(self, new_owner: Address) -> None:
        """Offer it to another account, which must accept; zero withdraws an offer."""
        self._require_owner()
        self.state.pending_owner = new_owner
        self._emit(OwnershipTransferStarted(self.state.owner, new_owner))

    @external
    def accept_ownership(self) -> None:
        """Accept the offer."""
        if self.message.sender != self.state.pending_owner:
            raise OwnableUnauthorizedAccount(self.message.sender)
        self._transfer_ownership(self.message.sender)

    @external
    def renounce_ownership(self) -> None:
        """Renounce ownership; not while the import is open, which only an owner can close."""
        self._require_owner()
        self._require_open()
        self._transfer_ownership(ZERO_ADDRESS)

    def _transfer_ownership(self, new_owner: Address) -> None:
        self._emit(OwnershipTransferred(self.state.owner, new_owner))
        self.state.owner, self.state.pending_owner = new_owner, ZERO_ADDRESS

    def _owner(self) -> Address:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self.state.owner
