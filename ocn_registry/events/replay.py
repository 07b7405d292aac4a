"""Rebuild a registry from its events alone.

Changes of both contracts are applied in chain order, starting with the block of their deployment.
The answers equal those of the contracts, including order: all of their state except nonces and a
pending owner. Blocks, cursors, reorganisations and files are up to the caller.

This requires contracts with complete events (`Limits.events_tell_all`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.events.draft import Draft
from ocn_registry.events.fold import Fold
from ocn_registry.events.state import Moment, State
from ocn_registry.events.tables import Lists
from ocn_registry.models import ZERO_ADDRESS, Agreement, BlockRef, Node
from ocn_registry.outcomes import (
    AccountMoved,
    ControllerSet,
    ImportClosed,
    ImportOpened,
    NodeReserved,
    NodeSet,
    OwnershipTransferred,
    PartyReserved,
    PartySet,
)

if TYPE_CHECKING:
    from ocn_registry.events.state import Member
    from ocn_registry.models import Address, Contract, Party, PartyId, Service
    from ocn_registry.outcomes import Change

K = TypeVar("K")

_NOWHERE = BlockRef(number=0, hash="0x" + 64 * "0", timestamp_unix_s=0)
_UNTIMED = Moment(0, 0)


class Replay:
    """The state after the events so far.

    Attributes:
        owner: Owner of the registry; `None` if there is none.
        importing: The contracts whose import is open.
        controllers: The controller of each account that has named one.
        reservations: The account that each reserved id is reserved for, while nobody holds it.
        node_reservations: The operator that each reserved URL is reserved for, while it is not
            listed.
    """

    def __init__(self) -> None:
        """Start before the first event."""
        self.owner: Address | None = None
        self.importing: set[Contract] = set()
        self._lists: Lists[Member] = Lists.kept()
        self._draft = Draft(State(block=_NOWHERE))
        self._fold = Fold(self._draft, lists=self._lists)
        self.controllers: dict[Address, Address] = {}
        self.reservations: dict[PartyId, Address] = {}
        self.node_reservations: dict[str, Address] = {}

    def apply(  # noqa: C901, PLR0912 - one case for each kind of change
        self,
        change: Change,
        when: Moment = _UNTIMED,
    ) -> None:
        """Apply the next change.

        Raises:
            MissingEvents: It is inconsistent with the previous events.
        """
        match change:
            case OwnershipTransferred():
                self.owner = None if change.owner == ZERO_ADDRESS else change.owner
            case ImportOpened():
                self.importing.add(change.contract)
            case ImportClosed():
                self.importing.discard(change.contract)
            case ControllerSet():
                _keep(self.controllers, change.account, change.controller)
                if change.controller == change.account:
                    del self.controllers[change.account]
            case PartyReserved():
                _keep(self.reservations, change.id, change.holder)
            case NodeReserved():
                _keep(self.node_reservations, change.domain, change.operator)
            case _:
                self._fold.apply(change, when)
        match change:  # listing uses up the reservation
            case PartySet():
                self.reservations.pop(change.id, None)
            case NodeSet():
                self.node_reservations.pop(change.node.domain, None)
            case AccountMoved():
                controller = self.controllers.pop(change.account, change.new_account)
                if controller != change.new_account:
                    self.controllers[change.new_account] = controller
            case _:
                pass

    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes, in the order of the contract's list."""
        rows = [self._draft.nodes.get(number) for number in self._lists.nodes]
        return tuple(
            [
                Node(operator=row.operator, domain=row.domain)
                for row in rows
                if row is not None and row.domain is not None
            ],
        )

    def parties(self) -> tuple[Party, ...]:
        """Return all parties, one for each id, in the order of the contract's list."""
        state = self._state()
        return tuple(
            [
                state.party(key, row)
                for key in self._lists.parties
                if (row := state.parties.get(key)) is not None
            ],
        )

    def parties_of(self, account: Address) -> tuple[Party, ...]:
        """Return the parties of an account, in the order of the contract: the current one first."""
        return tuple(self._state().parties_of(account))

    def services(self) -> tuple[Service, ...]:
        """Return all services in force, in the order of the contract's list."""
        state = self._state()
        rows = [(member, state.services.get(member)) for member in self._lists.services]
        found = [
            state.service(row.account)
            for member, row in rows
            if row is not None and state.offer(member) is not None
        ]
        return tuple([service for service in found if service is not None])

    def agreements(self, user: Address) -> tuple[Agreement, ...]:
        """Return the agreements of a user's current membership, in the order of its list.

        Those with providers whose membership has ended are skipped.
        """
        draft, state = self._draft, self._state()
        account = draft.accounts.get(user)
        if account is None:
            return ()
        row = draft.consents.get(account.member)
        active = {consent.provider for consent, _ in state.in_force(user)}
        return tuple(
            [
                Agreement(
                    user=user,
                    provider=service.account,
                    active=consent.provider in active,
                    membership=account.membership,
                    version=consent.version,
                )
                for consent in (() if row is None else row.consents)
                if (service := draft.services.get(consent.provider)) is not None
                and (provider := draft.accounts.get(service.account)) is not None
                and provider.member == consent.provider
            ],
        )

    def _state(self) -> State:
        return self._draft.finish(_NOWHERE)


def _keep(table: dict[K, Address], key: K, account: Address | None) -> None:
    table.pop(key, None)
    if account is not None:
        table[key] = account
