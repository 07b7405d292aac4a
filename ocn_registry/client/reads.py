"""What a registry can be asked: the reads of both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.client.base import Group, Run
from ocn_registry.flows import questions, read
from ocn_registry.flows.read import at_one_block
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, Contract, PartyId, address_or_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.models import Agreement, Interface, Module, Node, Party, Role, Route, Service


@checked
class Reads(Group[Run]):
    """Reads of entries; each takes the `block` to read at, by default the latest."""

    def node(self, operator: str, *, block: int | None = None) -> Node | None:
        """Return an operator's node.

        Args:
            operator: Address of the account that runs the node.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The node; `None` if the account runs none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.node(Address(operator), block)))

    def nodes(
        self,
        *,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Node, ...]:
        """Return all nodes, at one block.

        Args:
            on_read: Called as pages arrive, with the number of entries read so far and the number
                of all entries.
            block: See the class.

        Returns:
            The nodes, in the contract's order.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(at_one_block(lambda at: self._dialect.nodes(at, on_read), block))

    def party(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> Party | None:
        """Return a party; for the address of an account with several ids, the current one.

        Args:
            address_or_country_code: Address of the account, or the country code of its id.
            party_id: Second half of the id; with an address, leave it out.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The party; `None` if none is listed. By address, the one under its current id.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = address_or_id(address_or_country_code, party_id)
        return self._run(questions.party(self._dialect, who, block))

    def parties(  # noqa: PLR0913 - each has a default
        self,
        *,
        operator: str | None = None,
        role: Role | Iterable[Role] | None = None,
        module: Module | None = None,
        interface: Interface | None = None,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Party, ...]:
        """Return the parties that match all filters, one for each id, at one block.

        Args:
            operator: Address of the operator whose node reaches them.
            role: A role that they have, or several, of which they have at least one.
            module: A module that they implement.
            interface: The interface of the module; without a module, of any module.
            on_read: See `nodes`.
            block: See the class.

        Returns:
            The parties, one for each id, in the contract's order.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(
            read.parties(
                self._dialect,
                block,
                operator=operator,
                role=role,
                module=module,
                interface=interface,
                on_read=on_read,
            ),
        )

    def route(
        self,
        country_code: str,
        party_id: str,
        *,
        block: int | None = None,
    ) -> Route | None:
        """Return the route of messages to a party; `None` if the party is not listed.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The route; `None` if no such party is listed. Its `domain` is `None` while the operator
            runs no node.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = PartyId(country_code, party_id)
        return self._run(questions.route(self._dialect, who, block))

    def parties_of(self, account: str, *, block: int | None = None) -> tuple[Party, ...]:
        """Return all parties of an account, one for each of its ids, the current one first.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The parties, the current one first; empty if the account holds no id.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.parties_of(Address(account), block)))

    def membership(self, account: str, *, block: int | None = None) -> int | None:
        """Return the number of an account's membership; `None` if it holds no id.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The number; `None` if the account holds no id.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.membership(Address(account), block)))

    def controller_of(self, account: str, *, block: int | None = None) -> Address:
        """Return the address that signs for an account: its controller, or the account itself.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Address of the controller; the account's own if it has named none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.controller(Address(account), block)))

    def reservation_of(
        self,
        country_code: str,
        party_id: str,
        *,
        block: int | None = None,
    ) -> Address | None:
        """Return the only account that can list an id; `None` if it is held, or not reserved.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Address of the holder; `None` if the id is held, or not reserved.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = PartyId(country_code, party_id)
        return self._run(iter(self._dialect.reservation(who, block)))

    def node_reservation_of(self, domain: str, *, block: int | None = None) -> Address | None:
        """Return the only operator that can list a URL; `None` if it is listed, or not reserved.

        Args:
            domain: URL of the node.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Address of the operator; `None` if the URL is listed, or not reserved.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.node_reservation(domain, block)))

    def service(self, provider: str, *, block: int | None = None) -> Service | None:
        """Return the service of a provider.

        Args:
            provider: Address of the account that offers the service.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The service; `None` if the account offers none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.service(Address(provider), block)))

    def services(
        self,
        *,
        permission: int | None = None,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Service, ...]:
        """Return the services in force, or those that need a permission, at one block.

        Args:
            permission: The permission; `None` for all services.
            on_read: See `nodes`.
            block: See the class.

        Returns:
            The services in force, in the contract's order.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(
            read.services(self._dialect, block, permission=permission, on_read=on_read),
        )

    def agreement(
        self,
        user: str,
        provider: str,
        *,
        block: int | None = None,
    ) -> Agreement | None:
        """Return the agreement of a user with a provider, whether it is in force or has ended.

        Args:
            user: Address of the account that agreed.
            provider: Address of the account that offers the service.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The agreement, with `active`; `None` if there never was one.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.agreement(Address(user), Address(provider), block)))

    def agreements(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> tuple[Agreement, ...]:
        """Return the agreements of a user that are in force, at one block.

        Args:
            address_or_country_code: Address of the account, or the country code of its id.
            party_id: Second half of the id; with an address, leave it out.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The agreements in force.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = address_or_id(address_or_country_code, party_id)
        return self._run(
            at_one_block(lambda at: questions.agreements(self._dialect, who, at), block)
        )

    def users_of(self, provider: str, *, block: int | None = None) -> tuple[Agreement, ...]:
        """Return the agreements in force to a provider's service, in the order of the parties.

        The contracts don't list them, so every party is looked up, about a thousand in a request.

        Args:
            provider: Address of the account that offers the service.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The agreements in force, one for each user.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = Address(provider)
        return self._run(at_one_block(lambda at: self._dialect.users_of(who, at), block))

    def nonce(
        self,
        account: str,
        contract: Contract = Contract.REGISTRY,
        *,
        block: int | None = None,
    ) -> int:
        """Return the nonce that the next request of an account has to carry.

        Args:
            account: Address of the account.
            contract: Which of the two contracts: each counts its own nonces.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The nonce.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.nonce(Address(account), contract, block)))
