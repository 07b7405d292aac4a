"""What a node asks, answered from one state of the registry.

`Snapshot` answers for one block, for as long as it is kept; a cache answers for the block that it
knows at that moment, by the same methods. Straight over a client, the same questions are methods of
`RegistryClient` (`flows/questions` says how).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cache.state import agreement
from ocn_registry.forwarding import permissions_for
from ocn_registry.models import (
    Address,
    Interface,
    Module,
    Node,
    PartyId,
    Role,
    Signatory,
    address_or_id,
    any_of,
    known,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.cache.state import PartyRow, State
    from ocn_registry.models import (
        Agreement,
        BlockRef,
        Party,
        Route,
        Service,
    )
    from ocn_registry.vouching.background import Verdicts


class Questions:
    """Answers out of a state that a subclass gives; parties are named as for `RegistryClient`."""

    __slots__ = ()

    def _state(self) -> State:
        raise NotImplementedError

    def _verdicts(self) -> Verdicts | None:
        """Return what is known of hosts; `None` where nobody asks them."""
        return None

    def _nodes(self, nodes: Iterable[Node | None]) -> tuple[Node, ...]:
        verdicts = self._verdicts()
        listed = [node for node in nodes if node is not None]
        return tuple(listed if verdicts is None else map(verdicts.node, listed))

    def _parties(self, parties: Iterable[Party]) -> tuple[Party, ...]:
        verdicts = self._verdicts()
        return tuple(parties if verdicts is None else map(verdicts.party, parties))

    @property
    def block(self) -> BlockRef:
        """The block that answers are about."""
        return self._state().block

    def snapshot(self) -> Snapshot:
        """Give what is known now, to ask several things of one block."""
        return Snapshot(self._state(), self._verdicts())

    def route(self, country_code: str, party_id: str) -> Route | None:
        """Tell where messages to a party go.

        Returns:
            `None` when no such party is listed; a route without a domain when its operator runs no
            node, and the party can't be reached.
        """
        state = self._state()
        try:
            return state.routes[country_code, party_id]
        except KeyError:
            row = _find(state, PartyId(country_code, party_id))
            return None if row is None else state.route(row)

    def is_mine(self, country_code: str, party_id: str, *, operator: str) -> bool:
        """Tell whether a party is reached through the node of this operator."""
        row = self._row(PartyId(country_code, party_id))
        return row is not None and row.operator == Address(operator)

    def node(self, operator: str) -> Node | None:
        """Give an operator's node."""
        return next(iter(self._nodes([self._state().node(Address(operator))])), None)

    def nodes(self) -> tuple[Node, ...]:
        """Give all nodes, in no order that could be relied on."""
        state = self._state()
        return self._nodes(
            [Node(operator=one, domain=domain) for one, domain in state.nodes.items()]
        )

    def party(self, address_or_country_code: str, party_id: str | None = None) -> Party | None:
        """Give a party."""
        state = self._state()
        row = _find(state, address_or_id(address_or_country_code, party_id))
        return None if row is None else self._parties([state.party(row)])[0]

    def parties(
        self,
        *,
        operator: str | None = None,
        role: Role | Iterable[Role] | None = None,
        module: Module | None = None,
        interface: Interface | None = None,
    ) -> tuple[Party, ...]:
        """Give all parties, in no order; with filters, those that all filters let through.

        Args:
            operator: Whose node they are reached through.
            role: A role that they have; of several, at least one.
            module: A module that they have.
            interface: The side of the module that they have; without a module, of any.
        """
        state, at = self._state(), None if operator is None else Address(operator)
        role_bits = sum(1 << one for one in any_of(Role, role) or ())
        module, interface = known(Module, module), known(Interface, interface)
        module_bits = -1 if module is None else 1 << module
        anything = module is None and interface is None
        found: list[Party] = []
        for row in state.parties.values():
            sender = 0 if interface is Interface.RECEIVER else row.sender
            receiver = 0 if interface is Interface.SENDER else row.receiver
            if (
                (at is None or row.operator == at)
                and (not role_bits or row.roles & role_bits)
                and (anything or (sender | receiver) & module_bits)
            ):
                found.append(state.party(row))
        return self._parties(found)

    def planned_parties(
        self,
        *,
        operator: str,
        connected: Iterable[PartyId | tuple[str, str]],
    ) -> tuple[Party, ...]:
        """Give the parties that are listed at an operator's node and have not connected to it yet.

        Args:
            operator: Whose node.
            connected: Ids of the parties that have: country code and party id.
        """
        there = {_folded(one) for one in connected}
        state, at = self._state(), Address(operator)
        return self._parties(
            [
                state.party(row)
                for row in state.parties.values()
                if row.operator == at and _folded((row.country_code, row.party_id)) not in there
            ],
        )

    def service(self, provider: str) -> Service | None:
        """Give the service of a provider."""
        return self._state().service(Address(provider))

    def services(self, *, permission: int | None = None) -> tuple[Service, ...]:
        """Give all services in force, in no order, or those that need a permission."""
        state = self._state()
        found = [
            state.service(provider)
            for provider, row in state.services.items()
            if permission is None or permission in row.permissions
        ]
        return tuple([service for service in found if service is not None])

    def agreements(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
    ) -> tuple[Agreement, ...]:
        """Give the agreements of a user that are in force."""
        state = self._state()
        row = _find(state, address_or_id(address_or_country_code, party_id))
        if row is None:
            return ()
        return tuple([agreement(row.address, one) for one in state.in_force(row.address)])

    def services_for(
        self,
        country_code: str,
        party_id: str,
        *,
        module: Module | str,
        interface: Interface | str,
    ) -> tuple[Service, ...]:
        """Give the services that get a message too, by the agreements of the party that sends it.

        Args:
            country_code: First half of the sender's id.
            party_id: Second half.
            module: The module that the message is addressed to, by its name; a module without
                permissions of its own goes to services with one of the `FORWARD_ALL...`.
            interface: The interface that the message is addressed to.
        """
        matching = permissions_for(module, interface)
        state = self._state()
        row = _find(state, PartyId(country_code, party_id))
        if row is None:
            return ()
        found = [
            state.service(consent.provider)
            for consent in state.in_force(row.address)
            if not matching.isdisjoint(state.services[consent.provider].permissions)
        ]
        return tuple([service for service in found if service is not None])

    def signatory_of(self, country_code: str, party_id: str, *, address: str) -> Signatory | None:
        """Tell who an address is to a party; `None` for anybody who may not sign for it.

        Args:
            country_code: First half of the party's id.
            party_id: Second half.
            address: Whose signature was found.
        """
        row = self._row(PartyId(country_code, party_id))
        return None if row is None else Signatory.of(Address(address), row.address, row.operator)

    def _row(self, party: PartyId) -> PartyRow | None:
        return _find(self._state(), party)


class Snapshot(Questions):
    """The registry at one block."""

    __slots__ = ("_kept", "_known_hosts")

    def __init__(self, state: State, verdicts: Verdicts | None = None) -> None:
        """Keep a state."""
        self._kept = state
        self._known_hosts = verdicts

    def _state(self) -> State:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._kept

    def _verdicts(self) -> Verdicts | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._known_hosts


def _find(state: State, who: Address | PartyId) -> PartyRow | None:
    if isinstance(who, Address):
        return state.parties.get(who)
    rows = (state.ids.get((one.country_code, one.party_id)) for one in who.spellings)
    return next((row for row in rows if row is not None), None)


def _folded(party: PartyId | tuple[str, str]) -> PartyId:
    return (party if isinstance(party, PartyId) else PartyId(*party)).folded
