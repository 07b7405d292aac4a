"""Apply changes to a state: the only place that knows the effects of events.

Values that no event contains are counted by the contracts' rules: memberships, versions of
services, and the order of lists. With all events since the deployment, all of these are known. A
cache starts from the lists at some block, which don't contain every counter: such a number is a
placeholder below 0 until it is learned from an event or by reading it (`Fold.unknown`,
`Fold.learn`).

A change that is inconsistent with the state means that events are missing: `MissingEvents`.

Source: contracts/interfaces/IRegistry.sol and IPermissions.sol ("The state can be rebuilt ...").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.events.fold_services import ServicesFold
from ocn_registry.events.state import (
    AccountRow,
    NodeRow,
    PartyRow,
    bits_of,
    key_of,
)
from ocn_registry.events.tables import Lists, MissingEvents
from ocn_registry.outcomes import (
    AccountMoved,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    PartyWebsiteSet,
)

if TYPE_CHECKING:
    from ocn_registry.events.draft import Draft
    from ocn_registry.events.state import Member, Moment
    from ocn_registry.models import Address, Party, PartyId, Service
    from ocn_registry.outcomes import Change


class Fold:
    """Applies changes to a draft."""

    __slots__ = (
        "_draft",
        "_echoes",
        "_is_complete",
        "_lists",
        "_moved",
        "_newest",
        "_services",
        "_stand_in",
    )

    def __init__(self, draft: Draft, *, lists: Lists[Member] | None = None) -> None:
        """Start with a draft.

        Args:
            draft: The state in the making.
            lists: Keeps the order of lists, if all events are applied. Ended entries then stay in
                the draft, as in the contracts' lists. By default, order is not kept and ended
                entries are dropped.
        """
        self._draft = draft
        self._lists: Lists[Member] = lists or Lists()
        self._is_complete = lists is not None
        self._services = ServicesFold(draft, self._lists, is_complete=self._is_complete)
        self._newest: Address | None = None
        self._stand_in = 0
        # The events after a move repeat the account's node and ids.
        self._moved: set[Address] = set()
        self._echoes: set[str] = set()

    def apply(self, change: Change, when: Moment) -> None:
        """Apply the next change.

        Args:
            change: The change; changes of ownership are ignored.
            when: Its block.

        Raises:
            MissingEvents: It is inconsistent with the state.
        """
        match change:
            case NodeSet():
                self._set_node(change)
            case NodeDeleted():
                self._delete_node(change.operator)
            case PartySet():
                self._set_party(change, when)
            case PartyDeleted():
                self._delete_party(change)
            case PartyWebsiteSet():
                self._set_website(change, when)
            case AccountMoved():
                self._move(change.account, change.new_account)
            case _:
                self._services.apply(change)

    def finish(self) -> None:
        """Drop agreements to services that were replaced or deleted: they never come back."""
        self._services.finish()

    def unknown(self) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
        """Return the accounts whose membership, and providers whose version, must be read."""
        draft = self._draft
        accounts = [
            address
            for address, row in draft.accounts.changed.items()
            if row is not None and (row.membership or 0) < 0
        ]
        providers = [
            row.account
            for row in draft.services.changed.values()
            if row is not None and row.permissions and (row.version or 0) < 0
        ]
        return tuple(accounts), tuple(providers)

    def learn(
        self,
        parties: tuple[Party | None, ...],
        services: tuple[Service | None, ...],
    ) -> None:
        """Fill in the numbers of `unknown`, read at the block of the last change."""
        draft = self._draft
        for service in services:
            account = None if service is None else draft.accounts.get(service.provider)
            row = None if account is None else draft.services.get(account.member)
            if service is not None and account is not None and row is not None:
                draft.services.put(account.member, row._replace(version=service.version))
        for party in parties:
            account = None if party is None else draft.accounts.get(party.address)
            if party is None or account is None:
                continue
            known = account._replace(membership=party.membership)
            draft.accounts.put(party.address, known)
            if party.address == self._newest:
                draft.last_membership = party.membership

    def _set_node(self, change: NodeSet) -> None:
        draft, operator = self._draft, change.node.operator
        number = draft.number_of(operator)
        draft.nodes.put(number, NodeRow(operator, change.node.domain))
        self._lists.nodes.add(number)

    def _delete_node(self, operator: Address) -> None:
        draft = self._draft
        number = draft.operators.get(operator)
        row = None if number is None else draft.nodes.get(number)
        if number is None or row is None or row.domain is None:
            if operator in self._moved:
                return
            raise MissingEvents(f"{operator} leaves and has no node: read all events again")
        draft.nodes.put(number, NodeRow(operator, None))
        self._lists.nodes.remove(number)

    def _set_party(self, change: PartySet, when: Moment) -> None:
        draft, key = self._draft, key_of(change.id)
        present = draft.parties.get(key)
        if present is not None and present.account != change.address:
            raise MissingEvents(f"{change.id} has another holder: read all events again")
        if present is None:
            self._add_id(change.address, key)
        elif key in self._echoes:
            self._echoes.discard(key)
        else:
            self._make_current(change.address, key, change.id)
        draft.parties.put(
            key,
            PartyRow(
                change.address,
                bits_of(change.roles),
                bits_of(change.modules_sender),
                bits_of(change.modules_receiver),
                draft.number_of(change.operator),
                None if present is None else present.website,
                when,
            ),
        )

    def _add_id(self, address: Address, key: str) -> None:
        draft = self._draft
        account = draft.accounts.get(address)
        if account is None:
            membership = self._next_membership(address)
            account = AccountRow(address, (key,), membership, membership)
        else:
            current, *others = account.ids
            account = account._replace(ids=(key, *others, current))
        draft.accounts.put(address, account)
        self._lists.parties.add(key)

    def _make_current(self, address: Address, key: str, party: PartyId) -> None:
        account = self._account(address, party)
        ids = list(account.ids)
        place = ids.index(key)
        if place:
            ids[0], ids[place] = key, ids[0]
            self._draft.accounts.put(address, account._replace(ids=tuple(ids)))

    def _delete_party(self, change: PartyDeleted) -> None:
        draft, key = self._draft, key_of(change.id)
        account = self._account(change.address, change.id)
        draft.parties.put(key, None)
        self._lists.parties.remove(key)
        ids = list(account.ids)
        last, place = ids.pop(), account.ids.index(key)
        if place < len(ids):  # the last of the others takes its place, even as the current one
            ids[place] = last
        if ids:
            draft.accounts.put(change.address, account._replace(ids=tuple(ids)))
        else:
            draft.accounts.put(change.address, None)
            self._services.end(account.member)

    def _set_website(self, change: PartyWebsiteSet, when: Moment) -> None:
        key = key_of(change.id)
        self._account(change.address, change.id)
        row = self._draft.parties.get(key)
        if row is not None:
            row = row._replace(website=change.website, changed=when)
            self._draft.parties.put(key, row)

    def _move(self, old: Address, new: Address) -> None:
        draft = self._draft
        if draft.accounts.get(new) is not None or draft.operators.get(new) is not None:
            raise MissingEvents(f"{old} moves to {new}, which is in use: read all events again")
        self._moved.add(old)
        number = draft.operators.get(old)
        if number is not None:
            draft.operators.put(old, None)
            draft.operators.put(new, number)
            node = draft.nodes.get(number)
            draft.nodes.put(number, NodeRow(new, None if node is None else node.domain))
        account = draft.accounts.get(old)
        if account is None:
            return
        draft.accounts.put(old, None)
        draft.accounts.put(new, account._replace(address=new))
        for key in account.ids:
            row = draft.parties.get(key)
            if row is not None:
                draft.parties.put(key, row._replace(account=new))
        self._echoes |= set(account.ids)
        service = draft.services.get(account.member)
        if service is not None:
            draft.services.put(account.member, service._replace(account=new))
        agreed = draft.consents.get(account.member)
        if agreed is not None:
            draft.consents.put(account.member, agreed._replace(user=new))
        if self._newest == old:
            self._newest = new

    def _account(self, address: Address, party: PartyId) -> AccountRow:
        """Return the account that holds an id."""
        account = self._draft.accounts.get(address)
        if account is None or key_of(party) not in account.ids:
            raise MissingEvents(f"{address} is not the party {party}: read all events again")
        return account

    def _next_membership(self, account: Address) -> int:
        draft, self._newest = self._draft, account
        if draft.last_membership is None:
            if not self._is_complete:
                return self._placeholder()
            draft.last_membership = 0
        draft.last_membership += 1
        return draft.last_membership

    def _placeholder(self) -> int:
        self._stand_in -= 1
        return self._stand_in
