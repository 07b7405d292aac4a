"""The views of Registry. Absent values are the zero address, 0, empty text or an empty list.

Answers have the form of the contract's: tuples in the order of its return values and structs.

Source: contracts/interfaces/IRegistry.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.models import ZERO_ADDRESS, PartyId
from ocn_registry.testing.model.calls import Contract, view
from ocn_registry.testing.model.requests import COUNT_BITS
from ocn_registry.testing.model.rules import page_of
from ocn_registry.testing.model.state import Account, RegistryState

if TYPE_CHECKING:
    from ocn_registry.models import Address

Numbers = tuple[int, ...]
_NOTHING = Account()
NO_ID = ("\0" * 2, "\0" * 3)


class NodeView(NamedTuple):
    """A node in a page."""

    operator: Address
    domain: str


class PartyView(NamedTuple):
    """A party under one of its account's ids."""

    party: Address
    country_code: str
    party_id: str
    roles: Numbers
    modules_sender: Numbers
    modules_receiver: Numbers
    operator: Address
    operator_domain: str
    membership: int
    current: bool
    website: str


NOBODY = PartyView(ZERO_ADDRESS, *NO_ID, (), (), (), ZERO_ADDRESS, "", 0, current=False, website="")
# Roles and modules 0 to 6: those that version 1 knew and its views show.
_KNOWN_TO_V1 = 7
_MEMBERSHIP, _FOUNDING, _CURRENT, _TERM = 0, 64, 104, 224


class RegistryViews(Contract[RegistryState]):
    """The views of Registry."""

    @view
    def get_node(self, operator: Address) -> str:
        """Return the URL of an operator's node."""
        return self.state.domains.get(self._account(operator).node, "")

    @view
    def get_node_operators(self) -> tuple[Address, ...]:
        """Return all operators that run a node."""
        return tuple([self.state.operators[node] for node in self.state.listed_nodes])

    @view
    def node_count(self) -> int:
        """Return the number of nodes."""
        return len(self.state.listed_nodes)

    @view
    def nodes(self, offset: int, limit: int) -> tuple[NodeView, ...]:
        """Return a page of the nodes."""
        page = page_of(self.state.listed_nodes, offset, limit)
        return tuple([NodeView(*self._operator(node)) for node in page])

    @view
    def get_operator_by_address(self, party: Address) -> tuple[Address, str]:
        """Return the operator of an account's current party, and its URL."""
        return self._operator_of(self._current(party))

    @view
    def get_operator_by_ocpi(self, country_code: str, party_id: str) -> tuple[Address, str]:
        """Return the operator of the party with an id."""
        return self._operator_of(PartyId(country_code, party_id))

    @view
    def get_party_details_by_address(
        self,
        party_address: Address,
    ) -> tuple[str, str, Numbers, Numbers, Numbers, Address, str]:
        """Return an account's current party in version 1's form."""
        entry = self._party(self._current(party_address))
        sets = (_known(entry.modules_sender), _known(entry.modules_receiver), _known(entry.roles))
        return entry.country_code, entry.party_id, *sets, entry.operator, entry.operator_domain

    @view
    def get_party_details_by_ocpi(
        self,
        country_code: str,
        party_id: str,
    ) -> tuple[Address, Numbers, Numbers, Numbers, Address, str]:
        """Return the party with an id in version 1's form."""
        entry = self._party(PartyId(country_code, party_id))
        sets = (_known(entry.roles), _known(entry.modules_sender), _known(entry.modules_receiver))
        return entry.party, *sets, entry.operator, entry.operator_domain

    @view
    def get_parties(self) -> tuple[Address, ...]:
        """Return all accounts with an id, each at the position of its current one."""
        entries = [(one, self.state.parties[one].account) for one in self.state.listed]
        return tuple([account for one, account in entries if self._current(account) == one])

    @view
    def party_count(self) -> int:
        """Return the number of listed ids."""
        return len(self.state.listed)

    @view
    def parties(self, offset: int, limit: int) -> tuple[PartyView, ...]:
        """Return a page of the parties, one for each id."""
        return tuple([self._party(one) for one in page_of(self.state.listed, offset, limit)])

    @view
    def parties_of(self, account: Address) -> tuple[PartyView, ...]:
        """Return all parties of an account, the current one first."""
        return tuple([self._party(one) for one in self._account(account).ids])

    @view
    def party(self, country_code: str, party_id: str) -> PartyView:
        """Return the party with an id."""
        return self._party(PartyId(country_code, party_id))

    @view
    def party_of(self, country_code: str, party_id: str) -> Address:
        """Return the account that holds an id."""
        entry = self.state.parties.get(PartyId(country_code, party_id))
        return entry.account if entry else ZERO_ADDRESS

    @view
    def membership_of(self, account: Address) -> int:
        """Return the number of an account's membership."""
        return self._account(account).membership

    @view
    def reservation_of(self, country_code: str, party_id: str) -> Address:
        """Return the account that an id is reserved for."""
        return self.state.reserved.get(PartyId(country_code, party_id), ZERO_ADDRESS)

    @view
    def node_reservation_of(self, domain: str) -> Address:
        """Return the operator that a URL is reserved for."""
        return self.state.reserved_hosts.get(domain, ZERO_ADDRESS)

    @view
    def controller_of(self, account: Address) -> Address:
        """Return the account that signs for an account: its controller, or itself."""
        return self._account(account).controller or account

    @view
    def key_of(self, account: Address) -> tuple[int, Address]:
        """Return what Permissions needs to know about an account, packed in a word."""
        entry = self._account(account)
        current = entry.ids[0] if entry.ids else None
        word = (
            entry.membership << _MEMBERSHIP
            | _number(entry.founding) << _FOUNDING
            | _number(current) << _CURRENT
            | self.state.nonces.get(account, 0) >> COUNT_BITS << _TERM
        )
        return word, self.controller_of(account)

    @view
    def keys_of(self, first: Address, second: Address) -> tuple[int, int, Address]:
        """Return the packed words of two accounts, and the first one's controller."""
        word, controller = self.key_of(first)
        return word, self.key_of(second)[0], controller

    @view
    def accounts_of(self, keys: Numbers) -> tuple[Address, ...]:
        """Return the current accounts of these memberships."""
        return tuple([self._member(key) for key in keys])

    def _member(self, key: int) -> Address:
        membership = key >> _MEMBERSHIP & (1 << _FOUNDING) - 1
        founding = _id(key >> _FOUNDING)
        entry = self.state.parties.get(founding)
        holder = entry.account if entry else self.state.reserved.get(founding, ZERO_ADDRESS)
        if membership and self._account(holder).membership == membership:
            return holder
        member = self.state.members.get(membership, ZERO_ADDRESS)
        return member if self._account(member).gave_up_founding else ZERO_ADDRESS

    def _account(self, account: Address) -> Account:
        return self.state.accounts.get(account, _NOTHING)

    def _current(self, account: Address) -> PartyId | None:
        ids = self._account(account).ids
        return ids[0] if ids else None

    def _operator(self, node: int) -> tuple[Address, str]:
        return self.state.operators[node], self.state.domains.get(node, "")

    def _operator_of(self, party: PartyId | None) -> tuple[Address, str]:
        entry = None if party is None else self.state.parties.get(party)
        return self._operator(entry.node) if entry else (ZERO_ADDRESS, "")

    def _party(self, party: PartyId | None) -> PartyView:
        entry = None if party is None else self.state.parties.get(party)
        if entry is None or party is None:
            return NOBODY
        return PartyView(
            entry.account,
            party.country_code,
            party.party_id,
            entry.roles,
            entry.modules_sender,
            entry.modules_receiver,
            *self._operator(entry.node),
            membership=self.membership_of(entry.account),
            current=self._current(entry.account) == party,
            website=entry.website,
        )


def _known(values: Numbers) -> Numbers:
    return tuple([value for value in values if value < _KNOWN_TO_V1])


def _number(party: PartyId | None) -> int:
    """Return an id as a number of five bytes."""
    if party is None:
        return 0
    return int.from_bytes((party.country_code + party.party_id).encode("latin-1"), "big")


def _id(number: int) -> PartyId:
    text = (number & (1 << 40) - 1).to_bytes(5, "big").decode("latin-1")
    return PartyId(text[:2], text[2:])
