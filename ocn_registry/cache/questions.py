"""Lookups for node software, answered from the registry in memory.

A `Snapshot` answers for one block for as long as you keep it. A cache has the same methods and
answers for the latest block that it knows. So does `RegistryClient`, which asks the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.events.state import bits_of
from ocn_registry.foreign.arguments import listed
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
    from datetime import datetime

    from ocn_registry.events.state import Moment, PartyRow, State
    from ocn_registry.models import (
        Agreement,
        BlockRef,
        Party,
        Route,
        Service,
    )
    from ocn_registry.vouching.background import Verdicts


class Questions:
    """The methods of caches and snapshots; identify a party as for `RegistryClient`.

    All of them raise `InvalidInput` for an address, an id or a filter that is not valid. Those of a
    cache raise `StaleCache` if nothing is loaded yet, or if it is older than allowed.
    """

    __slots__ = ()

    def _state(self) -> State:
        raise NotImplementedError

    def _verdicts(self) -> Verdicts | None:
        """Return the verdicts about hosts; `None` if they are not checked."""
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
        """The block that answers reflect."""
        return self._state().block

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the current state, for several lookups at one block."""
        return Snapshot(self._state(), self._verdicts())

    def route(self, country_code: str, party_id: str) -> Route | None:
        """Return the route of messages to a party.

        Args:
            country_code: First half of the party's id.
            party_id: Second half of the party's id.

        Returns:
            `None` if the party is not listed. The route has no domain if the party's operator runs
            no node, so that the party can't be reached.
        """
        state = self._state()
        try:
            return state.routes[country_code, party_id]
        except (KeyError, TypeError):  # a list can't be looked for
            return state.route(PartyId(country_code, party_id))

    def is_mine(self, country_code: str, party_id: str, *, operator: str) -> bool:
        """Return whether a party is reached through the node of this operator.

        Args:
            country_code: First half of the party's id.
            party_id: Second half of the party's id.
            operator: Address of the account that runs the node.

        Returns:
            `True` if so; `False` also if the party is not listed.
        """
        state = self._state()
        row = _row(state, PartyId(country_code, party_id))
        return row is not None and state.node_of(row).operator == Address(operator)

    def node(self, operator: str) -> Node | None:
        """Return an operator's node.

        Args:
            operator: Address of the account that runs the node.

        Returns:
            The node; `None` if the account runs none.
        """
        return next(iter(self._nodes([self._state().node(Address(operator))])), None)

    def nodes(self) -> tuple[Node, ...]:
        """Return all nodes, in no particular order."""
        return self._nodes(
            [
                Node(operator=row.operator, domain=row.domain)
                for row in self._state().nodes.values()
                if row.domain is not None
            ],
        )

    def party(self, address_or_country_code: str, party_id: str | None = None) -> Party | None:
        """Return a party; for the address of an account with several ids, the current one.

        Args:
            address_or_country_code: Address of the account, or the first half of the party's id.
            party_id: Second half of the party's id; `None` after an address.

        Returns:
            The party; `None` if it is not listed.
        """
        state = self._state()
        who = address_or_id(address_or_country_code, party_id)
        if isinstance(who, Address):
            found = state.party_of(who)
        else:
            key = state.find(who)
            row = None if key is None else state.parties.get(key)
            found = None if key is None or row is None else state.party(key, row)
        return None if found is None else self._parties([found])[0]

    def parties_of(self, account: str) -> tuple[Party, ...]:
        """Return all parties of an account, the current one first.

        Args:
            account: Address of the account.

        Returns:
            The parties; empty if the account has no id.
        """
        return self._parties(self._state().parties_of(Address(account)))

    def parties(
        self,
        *,
        operator: str | None = None,
        role: Role | Iterable[Role] | None = None,
        module: Module | None = None,
        interface: Interface | None = None,
        date_from: datetime | None = None,
    ) -> tuple[Party, ...]:
        """Return the parties that match all filters, one for each id, in no particular order.

        Args:
            operator: Address of the operator whose node reaches them.
            role: A role that they have, or several, of which they have at least one.
            module: A module that they implement.
            interface: The interface of the module; without a module, of any module.
            date_from: Only parties that changed at this time or later; a time with a time zone.
                A party is kept while its last change is not known, see `is_dated`.

        Returns:
            The parties; empty if none matches.
        """
        state = self._state()
        keys: Iterable[str] = state.parties
        if operator is not None:
            number = state.operators.get(Address(operator))
            keys = () if number is None else state.attached.of(number)
        wanted, since = any_of(Role, role), 0.0
        roles = None if wanted is None else bits_of(tuple(wanted))
        if date_from is not None:
            if getattr(date_from, "tzinfo", None) is None:
                raise InvalidInput("date_from has no time zone: give one, for example datetime.UTC")
            since = date_from.timestamp()
        module, interface = known(Module, module), known(Interface, interface)
        module_bits = -1 if module is None else 1 << module
        anything = module is None and interface is None
        found: list[Party] = []
        for key in keys:
            row = state.parties.get(key)
            if row is None:
                continue
            sender = 0 if interface is Interface.RECEIVER else row.sender
            receiver = 0 if interface is Interface.SENDER else row.receiver
            if (
                (roles is None or row.roles & roles)
                and (anything or (sender | receiver) & module_bits)
                and state.changed(key, row).timestamp_unix_s >= since
            ):
                found.append(state.party(key, row))
        return self._parties(found)

    def last_updated(self, country_code: str, party_id: str) -> Moment | None:
        """Return block and time of a party's last change; `None` if the party is not listed.

        Use it for `last_updated` in OCPI's HubClientInfo. A party that was already listed when the
        cache was loaded counts as changed at that block, until its last change has been found in
        earlier events; see `is_dated`.

        Args:
            country_code: First half of the party's id.
            party_id: Second half of the party's id.

        Returns:
            Number of the block, and its time; `None` if the party is not listed.
        """
        state = self._state()
        key = state.find(PartyId(country_code, party_id))
        row = None if key is None else state.parties.get(key)
        return None if key is None or row is None else state.changed(key, row)

    @property
    def is_dated(self) -> bool:
        """Whether the last change of every party is known.

        A cache that was just loaded finds out in its next rounds. Until then, and if the RPC node
        keeps no old events, `last_updated` of some parties is the time of the load: they changed
        then or before.
        """
        state = self._state()
        return all(state.dated(key, row) is not None for key, row in state.parties.items())

    def planned_parties(
        self,
        *,
        operator: str,
        connected: Iterable[PartyId | tuple[str, str] | str],
    ) -> tuple[Party, ...]:
        """Return the parties that are listed at an operator's node but have not connected to it.

        Args:
            operator: Address of the operator.
            connected: Ids of the parties that have connected: country code and party id.

        Returns:
            The parties; empty if all have connected.
        """
        done = {PartyId.of(one).folded for one in listed(connected, "ids")}
        return tuple(
            [party for party in self.parties(operator=operator) if party.id.folded not in done],
        )

    def service(self, provider: str) -> Service | None:
        """Return the service of a provider.

        Args:
            provider: Address of the account that offers it.

        Returns:
            The service; `None` if the account offers none.
        """
        return self._state().service(Address(provider))

    def services(self, *, permission: int | None = None) -> tuple[Service, ...]:
        """Return the services in force, or those that need a permission, in no particular order.

        Args:
            permission: The permission, as a `Permission` or its number; `None` for all services.

        Returns:
            The services; empty if there are none.
        """
        state = self._state()
        found = [
            state.service(row.account)
            for row in state.services.values()
            if permission is None or permission in row.permissions
        ]
        return tuple([service for service in found if service is not None])

    def agreements(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
    ) -> tuple[Agreement, ...]:
        """Return the agreements of a user that are in force.

        Args:
            address_or_country_code: Address of the account, or the first half of the party's id.
            party_id: Second half of the party's id; `None` after an address.

        Returns:
            The agreements, each with its provider; empty if there are none.
        """
        state = self._state()
        who = address_or_id(address_or_country_code, party_id)
        if isinstance(who, Address):
            return state.agreements(who)
        row = _row(state, who)
        return () if row is None else state.agreements(row.account)

    def services_for(
        self,
        country_code: str,
        party_id: str,
        *,
        module: Module | str,
        interface: Interface | str,
    ) -> tuple[Service, ...]:
        """Return the services that a message is forwarded to, by the agreements of its sender.

        Args:
            country_code: First half of the sender's id.
            party_id: Second half of the sender's id.
            module: The module that the message is addressed to. Messages of a module without
                permissions of its own go to services with a `FORWARD_ALL...` permission.
            interface: The interface that the message is addressed to.

        Returns:
            The services; empty if none receives a copy.
        """
        matching = permissions_for(module, interface)
        state = self._state()
        row = _row(state, PartyId(country_code, party_id))
        if row is None:
            return ()
        found = [
            state.service(service.account)
            for _, service in state.in_force(row.account)
            if not matching.isdisjoint(service.permissions)
        ]
        return tuple([service for service in found if service is not None])

    def signatory_of(self, country_code: str, party_id: str, *, address: str) -> Signatory | None:
        """Return in what role an address may sign for a party; `None` if it may not.

        Args:
            country_code: First half of the party's id.
            party_id: Second half of the party's id.
            address: The address that made a signature.

        Returns:
            Whether it is the account of the party or that of its node; `None` if neither.
        """
        state = self._state()
        row = _row(state, PartyId(country_code, party_id))
        if row is None:
            return None
        return Signatory.of(Address(address), row.account, state.node_of(row).operator)


class Snapshot(Questions):
    """The registry at one block."""

    __slots__ = ("_kept", "_known_hosts")

    def __init__(self, state: State, verdicts: Verdicts | None = None) -> None:
        """Create a snapshot of a state."""
        self._kept = state
        self._known_hosts = verdicts

    @property
    def state(self) -> State:
        """The rows that the answers come from."""
        return self._kept

    def _state(self) -> State:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._kept

    def _verdicts(self) -> Verdicts | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._known_hosts


def _row(state: State, party: PartyId) -> PartyRow | None:
    key = state.find(party)
    return None if key is None else state.parties.get(key)
