"""Lookups that node software makes for each message; `RegistryCache` answers them from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client.base import Group, Run
from ocn_registry.flows import questions
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, PartyId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.models import Interface, Module, Party, Service, Signatory


@checked
class Lookups(Group[Run]):
    """Lookups for node software, answered by the chain."""

    def is_mine(
        self,
        country_code: str,
        party_id: str,
        *,
        operator: str,
        block: int | None = None,
    ) -> bool:
        """Return whether a party is reached through the node of this operator.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            operator: Address of the account that runs the node.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Whether it is; `False` if no such party is listed.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who, at = PartyId(country_code, party_id), Address(operator)
        return self._run(questions.is_mine(self._dialect, who, at, block))

    def planned_parties(
        self,
        *,
        operator: str,
        connected: Iterable[PartyId | tuple[str, str] | str],
        block: int | None = None,
    ) -> tuple[Party, ...]:
        """Return the parties that are listed at an operator's node but have not connected to it.

        Args:
            operator: Address of the operator.
            connected: Ids of the parties that have connected: country code and party id.
            block: See the class.

        Returns:
            The parties, in the contract's order.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        at = Address(operator)
        return self._run(questions.planned_parties(self._dialect, at, connected, block))

    def services_for(
        self,
        country_code: str,
        party_id: str,
        *,
        module: Module | str,
        interface: Interface | str,
        block: int | None = None,
    ) -> tuple[Service, ...]:
        """Return the services that a message is forwarded to, by the agreements of its sender.

        Args:
            country_code: First half of the sender's id.
            party_id: Second half of the sender's id.
            module: The module that the message is addressed to. Messages of a module without
                permissions of its own go to services with a `FORWARD_ALL...` permission.
            interface: The interface that the message is addressed to.
            block: See the class.

        Returns:
            The services, each once; empty if the sender has agreed to none that match.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = PartyId(country_code, party_id)
        flow = questions.services_for(self._dialect, who, module, interface, block)
        return self._run(flow)

    def signatory_of(
        self,
        country_code: str,
        party_id: str,
        *,
        address: str,
        block: int | None = None,
    ) -> Signatory | None:
        """Return in what role an address may sign for a party; `None` if it may not.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            address: The address in question.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Whether the address is the party's or its operator's; `None` if it is neither.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who, at = PartyId(country_code, party_id), Address(address)
        return self._run(questions.signatory_of(self._dialect, who, at, block))
