"""The writes of Registry: nodes and parties.

Each write has a direct and a signed form; their common effects are in `registry_effects`. The order
of the checks is that of the lines in both modules.

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
    from ocn_registry.testing.model.calls import Message
    from ocn_registry.testing.model.events import Event
    from ocn_registry.testing.model.registry_effects import Acceptance
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
    def set_node(self, message: Message, domain: str) -> None:
        """List a node, or change its URL."""
        self._require_sender(message)
        self._set_node(message.sender, domain)

    @external
    def set_node_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        operator: Address,
        domain: str,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """List a node, or change its URL, by signed request."""
        fields = (operator, domain, nonce, deadline)
        self._use_request(message, "SetNode", fields, signature)
        self._set_node(operator, domain)

    @external
    def delete_node(self, message: Message) -> None:
        """Delete a node."""
        self._require_sender(message)
        self._delete_node(message.sender)

    @external
    def delete_node_raw(
        self,
        message: Message,
        operator: Address,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Delete a node, by signed request."""
        self._use_request(message, "DeleteNode", (operator, nonce, deadline), signature)
        self._delete_node(operator)

    @external
    def set_party(
        self,
        message: Message,
        country_code: str,
        party_id: str,
        roles: Numbers,
        operator: Address,
    ) -> None:
        """List an account under another id, or change roles or operator of an id that it holds."""
        self._require_sender(message)
        self._set_party(message.sender, country_code, party_id, roles, operator)

    @external
    def set_party_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        party: Address,
        country_code: str,
        party_id: str,
        roles: Numbers,
        operator: Address,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """The same, by signed request."""
        fields = (party, country_code, party_id, roles, operator, nonce, deadline)
        self._use_request(message, "SetParty", fields, signature)
        self._set_party(party, country_code, party_id, roles, operator)

    @external
    def set_party_modules(self, message: Message, sender: Numbers, receiver: Numbers) -> None:
        """Replace the modules of the current id."""
        self._require_sender(message)
        self._require_open()
        current = self._current(message.sender)
        if current is None:
            raise PartyNotFound(message.sender)
        self._store_modules(message.sender, current, sender, receiver)

    @external
    def set_party_modules_of(
        self,
        message: Message,
        country_code: str,
        party_id: str,
        sender: Numbers,
        receiver: Numbers,
    ) -> None:
        """Replace the modules of an id."""
        self._require_sender(message)
        self._set_party_modules(message.sender, country_code, party_id, sender, receiver)

    @external
    def set_party_modules_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        party: Address,
        country_code: str,
        party_id: str,
        sender: Numbers,
        receiver: Numbers,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Replace the modules of an id, by signed request."""
        fields = (party, country_code, party_id, sender, receiver, nonce, deadline)
        self._use_request(message, "SetPartyModules", fields, signature)
        self._set_party_modules(party, country_code, party_id, sender, receiver)

    @external
    def set_party_website(
        self,
        message: Message,
        country_code: str,
        party_id: str,
        website: str,
    ) -> None:
        """Set the website of an id."""
        self._require_sender(message)
        self._set_party_website(message.sender, country_code, party_id, website)

    @external
    def set_party_website_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        party: Address,
        country_code: str,
        party_id: str,
        website: str,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Set the website of an id, by signed request."""
        fields = (party, country_code, party_id, website, nonce, deadline)
        self._use_request(message, "SetPartyWebsite", fields, signature)
        self._set_party_website(party, country_code, party_id, website)

    @external
    def delete_party(self, message: Message) -> None:
        """Delete the only id."""
        self._require_sender(message)
        ids = self._account(message.sender).ids
        if not ids:
            raise PartyNotFound(message.sender)
        if ids[1:]:
            raise SeveralIds(message.sender, len(ids))
        self._remove_id(message.sender, ids[0])

    @external
    def delete_party_of(self, message: Message, country_code: str, party_id: str) -> None:
        """Delete an id."""
        self._require_sender(message)
        held = self._held(message.sender, country_code, party_id)
        self._remove_id(message.sender, held)

    @external
    def delete_party_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        party: Address,
        country_code: str,
        party_id: str,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Delete an id, by signed request."""
        fields = (party, country_code, party_id, nonce, deadline)
        self._use_request(message, "DeleteParty", fields, signature)
        self._remove_id(party, self._held(party, country_code, party_id))

    @external
    def move_account(
        self,
        message: Message,
        new_account: Address,
        acceptance: Acceptance,
    ) -> None:
        """Move everything to a new key."""
        self._require_sender(message)
        self._move_account(message, message.sender, new_account, acceptance)

    @external
    def move_account_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        account: Address,
        new_account: Address,
        nonce: int,
        deadline: int,
        signature: bytes,
        acceptance: Acceptance,
    ) -> None:
        """Move everything to a new key, by signed request."""
        fields = (account, new_account, nonce, deadline)
        self._use_request(message, "MoveAccount", fields, signature)
        self._move_account(message, account, new_account, acceptance)

    @external
    def set_controller(
        self,
        message: Message,
        controller: Address,
        acceptance: Acceptance,
    ) -> None:
        """Set or remove the controller."""
        self._require_sender(message)
        self._set_controller(message, message.sender, controller, acceptance)

    @external
    def set_controller_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        account: Address,
        controller: Address,
        nonce: int,
        deadline: int,
        signature: bytes,
        acceptance: Acceptance,
    ) -> None:
        """Set or remove the controller, by signed request."""
        fields = (account, controller, nonce, deadline)
        self._use_request(message, "SetController", fields, signature)
        self._set_controller(message, account, controller, acceptance)

    @external
    def admin_delete_operator(self, message: Message, operator: Address) -> None:
        """Delete another account's node; for the owner."""
        self._require_owner(message)
        self._delete_node(operator)

    @external
    def admin_delete_party(self, message: Message, country_code: str, party_id: str) -> None:
        """Delete another account's id; for the owner."""
        self._require_owner(message)
        account = self.party_of(country_code, party_id)
        if account == ZERO_ADDRESS:
            raise PartyIdNotFound(country_code, party_id)
        self._remove_id(account, PartyId(country_code, party_id))

    @external
    def admin_reserve_party(
        self,
        message: Message,
        country_code: str,
        party_id: str,
        holder: Address,
    ) -> None:
        """Reserve an id for an account, and take it from any other; for the owner."""
        self._require_owner(message)
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
    def admin_reserve_node(self, message: Message, domain: str, operator: Address) -> None:
        """Reserve a URL for an operator, and take it from any other; for the owner."""
        self._require_owner(message)
        check_url(domain)
        present = self._operator_at(domain)
        if operator == (present or self.node_reservation_of(domain)):
            return
        if present is not None:
            if operator == ZERO_ADDRESS:
                return
            self._delete_node(present)
        reserve(self.state.reserved_hosts, domain, operator)
        self._emit(NodeReserved(domain, operator))

    @external
    def import_nodes(self, message: Message, items: Sequence[NodeImport]) -> None:
        """List nodes of an earlier registry."""
        self._require_import(message, len(items))
        for operator, domain in items:
            if self._runs_node(operator):
                raise NodeExists(operator)
            self._store_node(operator, domain)

    @external
    def import_parties(self, message: Message, items: Sequence[PartyImport]) -> None:
        """List parties of an earlier registry, whether or not their operators run nodes."""
        self._require_import(message, len(items))
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
