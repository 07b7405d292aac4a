"""The Registry's writes: who runs which node, and which party is reached through which node.

Each write has a direct and a signed door; no rule lives in a door. The order in which a function
refuses what is wrong with it is the order of the lines here.

Source: contracts/interfaces/IRegistry.sol, contracts/Registry.sol.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.contract_errors import (
    DomainTaken,
    NodeExists,
    NodeNotFound,
    NoRoles,
    OwnableInvalidOwner,
    PartyExists,
    PartyIdNotFound,
    PartyIdTaken,
    PartyNotFound,
    ZeroAddress,
)
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.testing.model.batches import Batches
from ocn_registry.testing.model.calls import external
from ocn_registry.testing.model.events import (
    ImportOpened,
    OperatorUpdate,
    OwnershipTransferred,
    PartyUpdate,
)
from ocn_registry.testing.model.ownership import Ownership
from ocn_registry.testing.model.registry_views import RegistryViews
from ocn_registry.testing.model.requests import SignedRequests
from ocn_registry.testing.model.rules import (
    MODULE_LIMIT,
    ROLE_LIMIT,
    check_url,
    checked_id,
    checked_set,
    take_out,
)
from ocn_registry.testing.model.state import PartyEntry, RegistryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import Address, PartyId
    from ocn_registry.testing.model.calls import Message
    from ocn_registry.testing.model.events import (
        Event,
    )
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


class Registry(
    RegistryViews,
    Ownership,
    SignedRequests[RegistryState],
    Batches[RegistryState],
):
    """The Registry."""

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
        """Deploy it; `deployed` is what it tells the world then."""
        if initial_owner == ZERO_ADDRESS:
            raise OwnableInvalidOwner(initial_owner)
        state = RegistryState(owner=initial_owner, import_open=import_open)
        super().__init__(address, chain_id, state, is_signed_by)
        events: tuple[Event, ...] = (OwnershipTransferred(ZERO_ADDRESS, initial_owner),)
        self.deployed: Final = (*events, ImportOpened()) if import_open else events

    @external
    def set_node(self, message: Message, domain: str) -> None:
        """List a node, or change its URL."""
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
        """Take a node off the list."""
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
        """Take a node off the list, by signed request."""
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
        """List a party, or change its id, roles or operator."""
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
        """List a party, or change its id, roles or operator, by signed request."""
        fields = (party, country_code, party_id, roles, operator, nonce, deadline)
        self._use_request(message, "SetParty", fields, signature)
        self._set_party(party, country_code, party_id, roles, operator)

    @external
    def set_party_modules(self, message: Message, sender: Numbers, receiver: Numbers) -> None:
        """Replace a party's modules."""
        self._set_party_modules(message.sender, sender, receiver)

    @external
    def set_party_modules_raw(  # noqa: PLR0913, PLR0917 - the contract's function
        self,
        message: Message,
        party: Address,
        sender: Numbers,
        receiver: Numbers,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Replace a party's modules, by signed request."""
        fields = (party, sender, receiver, nonce, deadline)
        self._use_request(message, "SetPartyModules", fields, signature)
        self._set_party_modules(party, sender, receiver)

    @external
    def delete_party(self, message: Message) -> None:
        """Take a party off the list."""
        self._delete_party(message.sender)

    @external
    def delete_party_raw(
        self,
        message: Message,
        party: Address,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> None:
        """Take a party off the list, by signed request."""
        self._use_request(message, "DeleteParty", (party, nonce, deadline), signature)
        self._delete_party(party)

    @external
    def admin_delete_operator(self, message: Message, operator: Address) -> None:
        """Take another's node off the list; the owner's."""
        self._require_owner(message)
        self._delete_node(operator)

    @external
    def admin_delete_party(self, message: Message, country_code: str, party_id: str) -> None:
        """Take another party off the list; the owner's."""
        self._require_owner(message)
        party = self.party_of(country_code, party_id)
        if party == ZERO_ADDRESS:
            raise PartyIdNotFound(country_code, party_id)
        self._delete_party(party)

    @external
    def import_nodes(self, message: Message, items: Sequence[NodeImport]) -> None:
        """List nodes of an earlier registry."""
        self._require_import(message, len(items))
        for operator, domain in items:
            if operator in self.state.domains:
                raise NodeExists(operator)
            self._store_node(operator, domain)

    @external
    def import_parties(self, message: Message, items: Sequence[PartyImport]) -> None:
        """List parties of an earlier registry; whether their operators run nodes is left open."""
        self._require_import(message, len(items))
        for party, country_code, party_id, roles, sender, receiver, operator in items:
            if operator == ZERO_ADDRESS:
                raise ZeroAddress
            if party in self.state.parties:
                raise PartyExists(party)
            identity = checked_id(country_code, party_id)
            entry = PartyEntry(
                id=identity,
                roles=_checked_roles(roles),
                modules_sender=checked_set(sender, MODULE_LIMIT),
                modules_receiver=checked_set(receiver, MODULE_LIMIT),
                operator=operator,
                listing=self.state.last_listing + 1,
            )
            self._add_listing(party, identity)
            self._store_party(party, entry)

    def _set_node(self, operator: Address, domain: str) -> None:
        self._require_open()
        self._store_node(operator, domain)

    def _store_node(self, operator: Address, domain: str) -> None:
        if operator == ZERO_ADDRESS:
            raise ZeroAddress
        check_url(domain)
        holder = self.state.hosts.get(domain, operator)
        if holder != operator:
            raise DomainTaken(domain, holder)
        if operator in self.state.domains:
            del self.state.hosts[self.state.domains[operator]]
        else:
            self.state.operators.append(operator)
        self.state.domains[operator] = domain
        self.state.hosts[domain] = operator
        self._emit(OperatorUpdate(operator, domain))

    def _delete_node(self, operator: Address) -> None:
        if operator not in self.state.domains:
            raise NodeNotFound(operator)
        del self.state.hosts[self.state.domains.pop(operator)]
        take_out(self.state.operators, operator)
        self._emit(OperatorUpdate(operator, ""))

    def _set_party(
        self,
        party: Address,
        country_code: str,
        party_id: str,
        roles: Numbers,
        operator: Address,
    ) -> None:
        self._require_open()
        identity, roles = checked_id(country_code, party_id), _checked_roles(roles)
        present = self.state.parties.get(party)
        stays_with_operator = present is not None and present.operator == operator
        if not stays_with_operator and operator not in self.state.domains:
            raise NodeNotFound(operator)
        if present is not None and present.id == identity:
            self._store_party(party, replace(present, roles=roles, operator=operator))
            return
        if present is not None:
            self._delete_party(party)
        self._add_listing(party, identity)
        listing = self.state.last_listing
        entry = PartyEntry(id=identity, roles=roles, operator=operator, listing=listing)
        self._store_party(party, entry)

    def _set_party_modules(self, party: Address, sender: Numbers, receiver: Numbers) -> None:
        self._require_open()
        present = self.state.parties.get(party)
        if present is None:
            raise PartyNotFound(party)
        modules_sender = checked_set(sender, MODULE_LIMIT)
        modules_receiver = checked_set(receiver, MODULE_LIMIT)
        entry = replace(present, modules_sender=modules_sender, modules_receiver=modules_receiver)
        self._store_party(party, entry)

    def _add_listing(self, party: Address, identity: PartyId) -> None:
        if party == ZERO_ADDRESS:
            raise ZeroAddress
        if identity in self.state.holders:
            holder = self.state.holders[identity]
            raise PartyIdTaken(identity.country_code, identity.party_id, holder)
        self.state.holders[identity] = party
        self.state.listed.append(party)
        self.state.last_listing += 1

    def _store_party(self, party: Address, entry: PartyEntry) -> None:
        self.state.parties[party] = entry
        sets = (entry.roles, entry.modules_sender, entry.modules_receiver)
        identity = (entry.id.country_code, entry.id.party_id)
        self._emit(PartyUpdate(*identity, party, *sets, entry.operator))

    def _delete_party(self, party: Address) -> None:
        if party not in self.state.parties:
            raise PartyNotFound(party)
        identity = self.state.parties.pop(party).id
        del self.state.holders[identity]
        take_out(self.state.listed, party)
        left = (party, (), (), (), ZERO_ADDRESS)
        self._emit(PartyUpdate(identity.country_code, identity.party_id, *left))


def _checked_roles(roles: Numbers) -> Numbers:
    if not roles:
        raise NoRoles
    return checked_set(roles, ROLE_LIMIT)
