"""The effects of Registry's writes, shared by their direct and signed forms.

An account's entries belong to numbers that are never reused: ids, service and agreements to its
membership, URL and attached parties to its node number. So it can be moved to a new key. The order
of the checks is that of the lines here.

Source: contracts/interfaces/IRegistry.sol, contracts/Registry.sol.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from ocn_registry.contract_errors import (
    AccountInUse,
    AccountNotFound,
    AccountRetired,
    DomainReserved,
    DomainTaken,
    NodeNotFound,
    NoRoles,
    NotController,
    PartyIdNotFound,
    PartyIdReserved,
    PartyIdTaken,
    TooManyIds,
    TooManyNodes,
    TooManyTerms,
    ZeroAddress,
)
from ocn_registry.models import ZERO_ADDRESS, PartyId
from ocn_registry.testing.model.calls import view
from ocn_registry.testing.model.events import (
    AccountMoved,
    ControllerSet,
    OperatorUpdate,
    PartyUpdate,
    PartyWebsite,
)
from ocn_registry.testing.model.ownership import Ownership
from ocn_registry.testing.model.registry_views import RegistryViews
from ocn_registry.testing.model.requests import COUNT_BITS, SignedRequests, request
from ocn_registry.testing.model.rules import (
    MODULE_LIMIT,
    ROLE_LIMIT,
    check_url,
    checked_id,
    checked_set,
    take_out,
)
from ocn_registry.testing.model.state import Account, PartyEntry, RegistryState

if TYPE_CHECKING:
    from ocn_registry.models import Address

K = TypeVar("K")
Numbers = tuple[int, ...]
MAX_IDS: Final = 64
LAST_NODE: Final = (1 << 30) - 1
LAST_TERM: Final = (1 << 16) - 1


class Acceptance(NamedTuple):
    """The consent of a new account or a controller."""

    nonce: int
    deadline: int
    signature: bytes


class RegistryEffects(RegistryViews, Ownership, SignedRequests[RegistryState]):
    """The common effects of both forms of each write."""

    @view
    def nonces(self, account: Address) -> int:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the nonce of the account's next request: its term, then its count."""
        return self.state.nonces.get(account, 0)

    def _controller_of(self, account: Address) -> Address:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self.controller_of(account)

    def _set_nonce(self, account: Address, nonce: int) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self.state.nonces[account] = nonce

    def _change(self, account: Address, **changes: Any) -> None:  # noqa: ANN401 - fields of `Account`
        self.state.accounts[account] = replace(self._account(account), **changes)

    def _runs_node(self, operator: Address) -> bool:
        return self._account(operator).node in self.state.domains

    def _operator_at(self, domain: str) -> Address | None:
        node = self.state.hosts.get(domain)
        return None if node is None else self.state.operators[node]

    @request("SetNode")
    def set_node(self, operator: Address, domain: str) -> None:
        """List a node, or change its URL."""
        self._require_open()
        self._store_node(operator, domain)

    def _store_node(self, operator: Address, domain: str) -> None:
        if operator == ZERO_ADDRESS:
            raise ZeroAddress
        if self._account(operator).is_retired:
            raise AccountRetired(operator)
        check_url(domain)
        present = self._operator_at(domain)
        if present not in {None, operator}:
            raise DomainTaken(domain, str(present))
        kept_for = self.state.reserved_hosts.get(domain, operator)
        if kept_for != operator:
            raise DomainReserved(domain, kept_for)
        node = self._node_number(operator)
        if node in self.state.domains:
            del self.state.hosts[self.state.domains[node]]
        else:
            self.state.listed_nodes.append(node)
        self.state.domains[node], self.state.hosts[domain] = domain, node
        self.state.reserved_hosts.pop(domain, None)
        self._emit(OperatorUpdate(operator, domain))

    @request("DeleteNode")
    def delete_node(self, operator: Address) -> None:
        """Delete a node."""
        if not self._runs_node(operator):
            raise NodeNotFound(operator)
        node = self._account(operator).node
        del self.state.hosts[self.state.domains.pop(node)]
        take_out(self.state.listed_nodes, node)
        self._emit(OperatorUpdate(operator, ""))

    def _node_number(self, operator: Address) -> int:
        """Return an operator's node number, assigning the next one if it has none."""
        if not self._account(operator).node:
            if self.state.last_node == LAST_NODE:
                raise TooManyNodes(LAST_NODE)
            self.state.last_node += 1
            self._change(operator, node=self.state.last_node)
            self.state.operators[self.state.last_node] = operator
        return self._account(operator).node

    @request("SetParty")
    def set_party(
        self,
        party: Address,
        country_code: str,
        party_id: str,
        roles: Numbers,
        operator: Address,
    ) -> None:
        """List an account under another id, or change roles or operator of an id that it holds."""
        self._require_open()
        identity, roles = checked_id(country_code, party_id), checked_roles(roles)
        node, present = self._account(operator).node, self.state.parties.get(identity)
        held = present if present is not None and present.account == party else None
        stays_with_operator = held is not None and held.node == node
        if not stays_with_operator and not self._runs_node(operator):
            raise NodeNotFound(operator)
        if held is not None:
            self.state.parties[identity] = replace(held, roles=roles, node=node)
            self._make_current(party, identity)
        else:
            self._add_id(party, identity, PartyEntry(account=party, roles=roles, node=node))
        self._emit_party(identity)

    @request("SetPartyModules")
    def set_party_modules_of(
        self,
        party: Address,
        country_code: str,
        party_id: str,
        sender: Numbers,
        receiver: Numbers,
    ) -> None:
        """Replace the modules of an id."""
        self._require_open()
        held = self._held(party, country_code, party_id)
        self._store_modules(party, held, sender, receiver)

    def _store_modules(
        self,
        account: Address,
        identity: PartyId,
        sender: Numbers,
        receiver: Numbers,
    ) -> None:
        self.state.parties[identity] = replace(
            self.state.parties[identity],
            modules_sender=checked_set(sender, MODULE_LIMIT),
            modules_receiver=checked_set(receiver, MODULE_LIMIT),
        )
        self._make_current(account, identity)
        self._emit_party(identity)

    @request("SetPartyWebsite")
    def set_party_website(
        self,
        party: Address,
        country_code: str,
        party_id: str,
        website: str,
    ) -> None:
        """Set the website of an id."""
        self._require_open()
        self._store_website(self._held(party, country_code, party_id), website)

    def _store_website(self, identity: PartyId, website: str) -> None:
        if website:
            check_url(website)
        entry = self.state.parties[identity]
        self.state.parties[identity] = replace(entry, website=website)
        country_code, party_id = identity.country_code, identity.party_id
        self._emit(PartyWebsite(country_code, party_id, entry.account, website))

    @request("DeleteParty")
    def delete_party_of(self, party: Address, country_code: str, party_id: str) -> None:
        """Delete an id."""
        self._remove_id(party, self._held(party, country_code, party_id))

    def _held(self, account: Address, country_code: str, party_id: str) -> PartyId:
        holder = self.party_of(country_code, party_id)
        if holder == ZERO_ADDRESS:
            raise PartyIdNotFound(country_code, party_id)
        if holder != account:
            raise PartyIdTaken(country_code, party_id, holder)
        return PartyId(country_code, party_id)

    def _add_id(self, account: Address, identity: PartyId, entry: PartyEntry) -> None:
        country_code, party_id = identity.country_code, identity.party_id
        if account == ZERO_ADDRESS:
            raise ZeroAddress
        present = self._account(account)
        if present.is_retired:
            raise AccountRetired(account)
        if len(present.ids) == MAX_IDS:
            raise TooManyIds(account, MAX_IDS)
        if identity in self.state.parties:
            raise PartyIdTaken(country_code, party_id, self.state.parties[identity].account)
        kept_for = self.state.reserved.get(identity, account)
        if kept_for != account:
            raise PartyIdReserved(country_code, party_id, kept_for)
        self.state.reserved.pop(identity, None)
        self.state.parties[identity] = entry
        self.state.listed.append(identity)
        if present.ids:
            current, *others = present.ids
            self._change(account, ids=(identity, *others, current))
            return
        self.state.last_membership += 1
        self.state.members[self.state.last_membership] = account
        self._change(
            account,
            membership=self.state.last_membership,
            founding=identity,
            ids=(identity,),
        )

    def _make_current(self, account: Address, identity: PartyId) -> None:
        """Make another id current by swapping the two in the list."""
        ids = list(self._account(account).ids)
        place = ids.index(identity)
        ids[0], ids[place] = ids[place], ids[0]
        self._change(account, ids=tuple(ids))

    def _remove_id(self, account: Address, identity: PartyId) -> None:
        del self.state.parties[identity]
        take_out(self.state.listed, identity)
        left = (account, (), (), (), ZERO_ADDRESS)
        self._emit(PartyUpdate(identity.country_code, identity.party_id, *left))
        present = self._account(account)
        if len(present.ids) == 1:
            del self.state.members[present.membership]
            self._change(account, membership=0, founding=None, gave_up_founding=False, ids=())
            return
        if identity == present.founding:
            self._change(account, gave_up_founding=True)
        ids = list(present.ids)
        take_out(ids, identity)
        self._change(account, ids=tuple(ids))
        if identity == present.ids[0]:
            self._emit_party(ids[0])

    @request("MoveAccount")
    def move_account(
        self,
        account: Address,
        new_account: Address,
        acceptance: Acceptance,
    ) -> None:
        """Move everything to a new key."""
        self._require_open()
        if new_account == ZERO_ADDRESS:
            raise ZeroAddress
        if new_account != self.message.sender:
            self._use_acceptance("AcceptAccount", new_account, account, acceptance)
        present = self._account(account)
        if not (present.ids or present.node or present.controller):
            raise AccountNotFound(account)
        blank = self._account(new_account)
        if blank.ids or blank.node or blank.controller or blank.is_retired:
            raise AccountInUse(new_account)
        self._next_term(new_account)
        controller = None if present.controller == new_account else present.controller
        self.state.accounts[new_account] = replace(present, controller=controller)
        self.state.accounts[account] = Account(is_retired=True)
        self._emit(AccountMoved(account, new_account))
        if present.node:
            self.state.operators[present.node] = new_account
            if present.node in self.state.domains:
                self._emit(OperatorUpdate(account, ""))
                self._emit(OperatorUpdate(new_account, self.state.domains[present.node]))
        if present.ids:
            self.state.members[present.membership] = new_account
            current, *others = present.ids
            for identity in (*others, current):
                entry = self.state.parties[identity]
                self.state.parties[identity] = replace(entry, account=new_account)
                self._emit_party(identity)

    @request("SetController")
    def set_controller(
        self,
        account: Address,
        controller: Address,
        acceptance: Acceptance,
    ) -> None:
        """Set or remove the controller."""
        self._require_open()
        if controller == ZERO_ADDRESS:
            controller = account
        if controller != account:
            its_controller = self.controller_of(controller)
            if its_controller != controller:
                raise NotController(controller, its_controller)
            self._use_acceptance("AcceptController", controller, account, acceptance)
        self._next_term(account)
        self._change(account, controller=None if controller == account else controller)
        self._emit(ControllerSet(account, controller))

    def _use_acceptance(
        self,
        primary_type: str,
        accepting: Address,
        account: Address,
        acceptance: Acceptance,
    ) -> None:
        """Check an acceptance, which only the accepting account itself can sign."""
        nonce, deadline, signature = acceptance
        values = (accepting, account, nonce, deadline)
        self._use_signature(accepting, primary_type, values, signature)

    def _next_term(self, account: Address) -> None:
        nonce = self.nonces(account)
        if nonce >> COUNT_BITS == LAST_TERM:
            raise TooManyTerms(account, LAST_TERM)
        self._set_nonce(account, nonce + (1 << COUNT_BITS))

    def _emit_party(self, identity: PartyId) -> None:
        entry = self.state.parties[identity]
        sets = (entry.roles, entry.modules_sender, entry.modules_receiver)
        operator = self.state.operators[entry.node]
        names = (identity.country_code, identity.party_id)
        self._emit(PartyUpdate(*names, entry.account, *sets, operator))


def checked_roles(roles: Numbers) -> Numbers:
    """Return the set of roles; raise if it is empty."""
    if not roles:
        raise NoRoles
    return checked_set(roles, ROLE_LIMIT)


def reserve(reserved: dict[K, Address], key: K, account: Address) -> None:
    """Reserve an id or a URL for an account; the zero address lifts the reservation."""
    reserved.pop(key, None)
    if account != ZERO_ADDRESS:
        reserved[key] = account
