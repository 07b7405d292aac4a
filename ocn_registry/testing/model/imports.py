"""The import: until it is closed, only the owner can write.

Source: contracts/interfaces/IImports.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.contract_errors import (
    BatchTooLarge,
    ImportNotOpen,
    ImportStillOpen,
    OwnableUnauthorizedAccount,
)
from ocn_registry.testing.model.calls import Contract, S, external, view
from ocn_registry.testing.model.events import ImportClosed

if TYPE_CHECKING:
    from ocn_registry.models import Address

MAX_IMPORT: Final = 100


class Imports(Contract[S]):
    """A contract that accepts imports from an earlier registry until they are closed."""

    def _owner(self) -> Address:
        """Return the owner of the registry."""
        raise NotImplementedError

    @external
    def close_import(self) -> None:
        """Close the import permanently."""
        self._require_closer()
        if not self.state.import_open:
            raise ImportNotOpen
        self.state.import_open = False
        self._emit(ImportClosed())

    @view
    def import_open(self) -> bool:
        """Return whether the import is open."""
        return self.state.import_open

    def _require_owner(self) -> None:
        if self.message.sender != self._owner():
            raise OwnableUnauthorizedAccount(self.message.sender)

    def _require_closer(self) -> None:
        self._require_owner()

    def _require_import(self, length: int) -> None:
        self._require_owner()
        if not self.state.import_open:
            raise ImportNotOpen
        if length > MAX_IMPORT:
            raise BatchTooLarge(length, MAX_IMPORT)

    def _require_open(self) -> None:
        if self.state.import_open:
            raise ImportStillOpen
