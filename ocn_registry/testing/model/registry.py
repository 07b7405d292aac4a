"""The writes of Registry that have no signed form: version 1's, the owner's, and the import.

The others are in `registry_effects`. The order of the checks is that of the lines in both modules.

Source: contracts/interfaces/IRegistry.sol, contracts/Registry.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.contract_errors import (
    NodeExists,
    OwnableInvalidOwner,
    PartyIdNotFound,
    PartyNotFound,
    SeveralIds,
    ZeroAddress,
)
from ocn_registry.models import ZERO_ADDRESS, PartyId
from ocn_registry.testing.model.batches import Batches
from ocn_registry.testing.model.calls import external
from ocn_registry.testing.model.events import (
    ImportOpened,
    NodeReserved,
    OwnershipTransferred,
    PartyReserved,
)
from ocn_registry.testing.model.registry_effects import (
    RegistryEffects,
    checked_roles,
    reserve,
)
from ocn_registry.testing.model.rules import MODULE_LIMIT, check_url, checked_id, checked_set
from ocn_registry.testing.model.state import PartyEntry, RegistryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import Address
    from ocn_registry.testing.model.events import Event
    from ocn_registry.testing.model.requests import IsSignedBy

Numbers = tuple[int, ...]


class NodeImport(NamedTuple):
    """A node to import."""

    operator: Address
    domain: str


class PartyImport(NamedTuple):
    """A party to import."""

    party: Address
    country_code: str
    party_id: str
    roles: Numbers
    modules_sender: Numbers
    modules_receiver: Numbers
    operator: Address
    website: str


class Registry(RegistryEffects, Batches[RegistryState]):
    """The Registry contract."""

    name = "OCN Registry"

    def __init__(
        self,
        address: Address,
        chain_id: int,
        initial_owner: Address,
        *,
        import_open: bool,
        is_signed_by: IsSignedBy,
    ) -> None:
        """Deploy it; `deployed` holds the events of the deployment."""
        if initial_owner == ZERO_ADDRESS:
            raise OwnableInvalidOwner(initial_owner)
        state = RegistryState(owner=initial_owner, import_open=import_open)
        super().__init__(address, chain_id, state, is_signed_by)
        events: tuple[Event, ...] = (OwnershipTransferred(ZERO_ADDRESS, initial_owner),)
        self.deployed: Final = (*events, ImportOpened()) if import_open else events

    @external
    def set_party_modules(self, sender: Numbers, receiver: Numbers) -> None:
        """Replace the modules of the current id."""
        account = self.direct_account()
        self._require_open()
        current = self._current(account)
        if current is None:
            raise PartyNotFound(account)
        self._store_modules(account, current, sender, receiver)

    @external
    def delete_party(self) -> None:
        """Delete the only id."""
        account = self.direct_account()
        ids = self._account(account).ids
        if not ids:
            raise PartyNotFound(account)
        if ids[1:]:
            raise SeveralIds(account, len(ids))
        self._remove_id(account, ids[0])

    @external
    def admin_delete_operator(self, operator: Address) -> None:
        """Delete another account's node; for the owner."""
        self._require_owner()
        self.delete_node(operator)

    @external
    def admin_delete_party(self, country_code: str, party_id: str) -> None:
        """Delete another account's id; for the owner."""
        self._require_owner()
        account = self.party_of(country_code, party_id)
        if account == ZERO_ADDRESS:
            raise PartyIdNotFound(country_code, party_id)
        self._remove_id(account, PartyId(country_code, party_id))

    @external
    def admin_reserve_party(
        self,
        country_code: str,
        party_id: str,
        holder: Address,
    ) -> None:
        """Reserve an id for an account, and take it from any other; for the owner."""
        self._require_owner()
        identity = checked_id(country_code, party_id)
        present = self.party_of(country_code, party_id)
        kept_for = self.reservation_of(country_code, party_id)
        if holder == (kept_for if present == ZERO_ADDRESS else present):
            return
        if present != ZERO_ADDRESS:
            if holder == ZERO_ADDRESS:
                return
            self._remove_id(present, identity)
        reserve(self.state.reserved, identity, holder)
        self._emit(PartyReserved(country_code, party_id, holder))

    @external
    def admin_reserve_node(self, domain: str, operator: Address) -> None:
        """Reserve a URL for an operator, and take it from any other; for the owner."""
        self._require_owner()
        check_url(domain)
        present = self._operator_at(domain)
        if operator == (present or self.node_reservation_of(domain)):
            return
        if present is not None:
            if operator == ZERO_ADDRESS:
                return
            self.delete_node(present)
        reserve(self.state.reserved_hosts, domain, operator)
        self._emit(NodeReserved(domain, operator))

    @external
    def import_nodes(self, items: Sequence[NodeImport]) -> None:
        """List nodes of an earlier registry."""
        self._require_import(len(items))
        for operator, domain in items:
            if self._runs_node(operator):
                raise NodeExists(operator)
            self._store_node(operator, domain)

    @external
    def import_parties(self, items: Sequence[PartyImport]) -> None:
        """List parties of an earlier registry, whether or not their operators run nodes."""
        self._require_import(len(items))
        for account, country_code, party_id, roles, sender, receiver, operator, website in items:
            if operator == ZERO_ADDRESS:
                raise ZeroAddress
            identity = checked_id(country_code, party_id)
            entry = PartyEntry(
                account=account,
                roles=checked_roles(roles),
                modules_sender=checked_set(sender, MODULE_LIMIT),
                modules_receiver=checked_set(receiver, MODULE_LIMIT),
                node=self._node_number(operator),
            )
            self._add_id(account, identity, entry)
            self._emit_party(identity)
            if website:
                self._store_website(identity, website)
