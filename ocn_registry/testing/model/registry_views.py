"""The Registry's views. What is absent is the zero address, 0, the empty text, the empty list.

Answers have the form of the contract's: tuples in the order of its return values and structs.

Source: contracts/interfaces/IRegistry.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.models import ZERO_ADDRESS, PartyId
from ocn_registry.testing.model.calls import Contract, view
from ocn_registry.testing.model.rules import page_of
from ocn_registry.testing.model.state import RegistryState

if TYPE_CHECKING:
    from ocn_registry.models import Address

Numbers = tuple[int, ...]
NO_ID = ("\0" * 2, "\0" * 3)


class ListedNode(NamedTuple):
    """A node of a page."""

    operator: Address
    domain: str


class ListedParty(NamedTuple):
    """A party of a page."""

    party: Address
    country_code: str
    party_id: str
    roles: Numbers
    modules_sender: Numbers
    modules_receiver: Numbers
    operator: Address
    operator_domain: str
    listing: int


class RegistryViews(Contract[RegistryState]):
    """What the Registry tells."""

    @view
    def get_node(self, operator: Address) -> str:
        """Tell the URL of an operator's node."""
        return self.state.domains.get(operator, "")

    @view
    def get_node_operators(self) -> tuple[Address, ...]:
        """Tell all operators that run a node."""
        return tuple(self.state.operators)

    @view
    def node_count(self) -> int:
        """Tell how many nodes there are."""
        return len(self.state.operators)

    @view
    def nodes(self, offset: int, limit: int) -> tuple[ListedNode, ...]:
        """Tell a page of the nodes."""
        page = page_of(self.state.operators, offset, limit)
        return tuple([ListedNode(operator, self.get_node(operator)) for operator in page])

    @view
    def get_operator_by_address(self, party: Address) -> tuple[Address, str]:
        """Tell a party's operator, and its URL: empty while it runs no node."""
        operator = self._operator_of(party)
        return operator, self.get_node(operator)

    @view
    def get_operator_by_ocpi(self, country_code: str, party_id: str) -> tuple[Address, str]:
        """Tell the operator of the party with an id."""
        return self.get_operator_by_address(self.party_of(country_code, party_id))

    @view
    def get_party_details_by_address(
        self,
        party_address: Address,
    ) -> tuple[str, str, Numbers, Numbers, Numbers, Address, str]:
        """Tell all of a party: id, modules, roles, operator."""
        _, roles, sender, receiver, operator, domain = self._details(party_address)
        return *self.party_id_of(party_address), sender, receiver, roles, operator, domain

    @view
    def get_party_details_by_ocpi(
        self,
        country_code: str,
        party_id: str,
    ) -> tuple[Address, Numbers, Numbers, Numbers, Address, str]:
        """Tell all of the party with an id: address, roles, modules, operator."""
        return self._details(self.party_of(country_code, party_id))

    @view
    def get_parties(self) -> tuple[Address, ...]:
        """Tell all parties."""
        return tuple(self.state.listed)

    @view
    def party_count(self) -> int:
        """Tell how many parties there are."""
        return len(self.state.listed)

    @view
    def parties(self, offset: int, limit: int) -> tuple[ListedParty, ...]:
        """Tell a page of the parties."""
        page: list[ListedParty] = []
        for party in page_of(self.state.listed, offset, limit):
            _, roles, sender, receiver, operator, domain = self._details(party)
            identity, listing = self.party_id_of(party), self.listing_of(party)
            entry = ListedParty(
                party, *identity, roles, sender, receiver, operator, domain, listing
            )
            page.append(entry)
        return tuple(page)

    @view
    def listing_of(self, party: Address) -> int:
        """Tell the number of a party's listing."""
        entry = self.state.parties.get(party)
        return entry.listing if entry else 0

    @view
    def listings_of(self, first: Address, second: Address) -> tuple[int, int]:
        """Tell the numbers of two parties' listings."""
        return self.listing_of(first), self.listing_of(second)

    @view
    def party_id_of(self, party: Address) -> tuple[str, str]:
        """Tell the id that an address holds."""
        entry = self.state.parties.get(party)
        return (entry.id.country_code, entry.id.party_id) if entry else NO_ID

    @view
    def party_of(self, country_code: str, party_id: str) -> Address:
        """Tell the address that holds an id."""
        return self.state.holders.get(PartyId(country_code, party_id), ZERO_ADDRESS)

    def _operator_of(self, party: Address) -> Address:
        entry = self.state.parties.get(party)
        return entry.operator if entry else ZERO_ADDRESS

    def _details(self, party: Address) -> tuple[Address, Numbers, Numbers, Numbers, Address, str]:
        entry = self.state.parties.get(party)
        if entry is None:
            return ZERO_ADDRESS, (), (), (), ZERO_ADDRESS, ""
        sets = (entry.roles, entry.modules_sender, entry.modules_receiver)
        return party, *sets, entry.operator, self.get_node(entry.operator)
