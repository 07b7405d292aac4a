"""The client for callers that wait: one method for each thing that a registry can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

# These two load, on first use, what only writes need.
from ocn_registry import flows, intents
from ocn_registry.client.sync_groups import Ensure, Owner, Transactions
from ocn_registry.client.sync_identity import Identity
from ocn_registry.dialects import dialect_of
from ocn_registry.flows import questions, read
from ocn_registry.flows.read import at_one_block
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, Contract, PartyId, address_or_id
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Literal, Self

    from ocn_registry.dialects import Limits, Step
    from ocn_registry.events.cursor import EventCursor
    from ocn_registry.events.feed import EventFeed
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import (
        Agreement,
        Interface,
        Module,
        Node,
        Party,
        Role,
        Route,
        Service,
        Signatory,
        Vouching,
    )
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.protocol.effects import Asked, Flow
    from ocn_registry.protocol.journal import Journal
    from ocn_registry.signing import Request, SignedRequest, Signer
    from ocn_registry.transport import Transport
    from ocn_registry.vouching import FetchOptions

T = TypeVar("T")


@checked
class RegistryClient:
    """Reads and writes one registry.

    Reads take a `block`: the number of the block whose state to read; `None` for the latest.
    Identify a party by address, or by country code and party id. For entries that are not listed,
    reads return `None` or an empty tuple. They raise `TransportError` if the chain can't be asked,
    and `InvalidInput` for values that are not valid.

    Writes wait for their block. They raise `Reverted` if the contract refuses, `InvalidInput` for
    values that no contract accepts, a `TransportError` if nothing was sent, `OutcomeUnknown` if the
    transaction was sent and the chain has not decided, and `TransactionReplaced` if another
    transaction of the sender took its number. One spender can have many writes in progress.

    If you send the same write again while the first is open, it waits for that one and sends
    nothing new. With a journal in a file, this is true for every process that uses the file, and
    after a restart; without one, for as long as the client's transport exists.

    Methods that few programs need are in groups: `identity`, `owner`, `transactions`, `ensure`.

    Attributes:
        deployment: The chain, the contracts and their generation.
        journal: Keeps transactions until the chain has decided; `None` for the memory of the
            transport.
        identity: Moves accounts to new keys, names controllers, and deletes everything.
        owner: Reads and writes of the registry's owner.
        transactions: Outcomes, open transactions, and replacements of stuck ones.
        ensure: Writes that change only what differs.
    """

    def __init__(
        self,
        deployment: Deployment,
        transport: Transport,
        *,
        options: WriteOptions | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Create a client from a deployment and a transport; `connect` does so over HTTP.

        Args:
            deployment: The chain, the contracts and their generation.
            transport: Reaches the chain.
            options: How transactions are priced and waited for, unless a write has its own options.
            journal: Keeps transactions until the chain has decided, unless a write has its own.
        """
        self.deployment = deployment
        self.journal = journal
        self._dialect = dialect_of(deployment)
        self._transport = transport
        self._usual_options = options
        self.identity = Identity(self._dialect, self._run, self._with)
        self.owner = Owner(self._dialect, self._run, self._with)
        self.transactions = Transactions(self._dialect, self._run, self._with)
        self.ensure = Ensure(self._dialect, self._run, self._with)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _run(self, flow: Flow[T]) -> T:
        return run(flow, self._transport.perform)

    def _ask(self, question: Asked[T]) -> T:
        return run(iter(question), self._transport.perform)

    def _with(self, options: WriteOptions | None) -> WriteOptions:
        """Return the options of a write, with the client's journal if they have none."""
        chosen = options or self._usual_options or flows.options.WriteOptions()
        flows.options.check(chosen)
        return chosen if chosen.journal else replace(chosen, journal=self.journal)

    @property
    def transport(self) -> Transport:
        """The transport, to share it with a cache, for example."""
        return self._transport

    @property
    def limits(self) -> Limits:
        """What the contracts of this deployment can and can't do."""
        return self._dialect.limits

    # Reads

    def node(self, operator: str, *, block: int | None = None) -> Node | None:
        """Return an operator's node.

        Args:
            operator: Address of the account that runs the node.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The node; `None` if the account runs none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.node(Address(operator), block))

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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.parties_of(Address(account), block))

    def membership(self, account: str, *, block: int | None = None) -> int | None:
        """Return the number of an account's membership; `None` if it holds no id.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The number; `None` if the account holds no id.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.membership(Address(account), block))

    def controller_of(self, account: str, *, block: int | None = None) -> Address:
        """Return the address that signs for an account: its controller, or the account itself.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Address of the controller; the account's own if it has named none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.controller(Address(account), block))

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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        who = PartyId(country_code, party_id)
        return self._ask(self._dialect.reservation(who, block))

    def node_reservation_of(self, domain: str, *, block: int | None = None) -> Address | None:
        """Return the only operator that can list a URL; `None` if it is listed, or not reserved.

        Args:
            domain: URL of the node.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Address of the operator; `None` if the URL is listed, or not reserved.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.node_reservation(domain, block))

    def service(self, provider: str, *, block: int | None = None) -> Service | None:
        """Return the service of a provider.

        Args:
            provider: Address of the account that offers the service.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The service; `None` if the account offers none.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.service(Address(provider), block))

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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.agreement(Address(user), Address(provider), block))

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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        who = Address(provider)
        return self._run(at_one_block(lambda at: self._dialect.users_of(who, at), block))

    # Questions that node software asks for each message; `RegistryCache` answers them in memory

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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return questions.planned(self.parties(operator=operator, block=block), connected)

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
            TransportError: The RPC node can't be reached, or does not answer as one.
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
        """Return what an address is to a party; `None` if it may not sign for the party.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            address: The address in question.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Whether the address is the party's or its operator's; `None` if it is neither.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        who, at = PartyId(country_code, party_id), Address(address)
        return self._run(questions.signatory_of(self._dialect, who, at, block))

    def vouched(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        options: FetchOptions | None = None,
        block: int | None = None,
    ) -> Vouching | None:
        """Return whether a host confirms what the registry says about it.

        The URL of a node has to name its operator; the website of a party has to name its id. An
        entry of the registry alone proves nothing, since anyone can list any free id and URL.

        Args:
            address_or_country_code: The operator of a node, or the country code of a party.
            party_id: The party's id.
            options: Limits of the request to the host.
            block: See the class.

        Returns:
            The verdict, with the reason if the host does not vouch; `None` if the node or party is
            not listed.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        # Imported here because it loads TLS.
        from ocn_registry.vouching.check import checked  # noqa: PLC0415

        if party_id is None:
            node = self.node(address_or_country_code, block=block)
            return checked(self.deployment, node, options)
        party = self.party(address_or_country_code, party_id, block=block)
        return checked(self.deployment, party, options)

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
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._ask(self._dialect.nonce(Address(account), contract, block))

    def events(
        self,
        *,
        address: str | None = None,
        party: PartyId | tuple[str, str] | str | None = None,
        first_block: int | Literal["next"] | None = None,
        last_block: int | None = None,
        cursor: EventCursor | None = None,
    ) -> EventFeed:
        """Return a feed of events. The chain is not asked until you read from it.

        Args:
            address: Only events that name this address.
            party: Only events of this party: of its id, and of the address that holds it.
            first_block: Number of the first block, or `"next"` for the chain's next one; by default
                the first block of the contracts.
            last_block: Number of the last block; `None` to continue indefinitely.
            cursor: The cursor of an earlier feed, to continue from there.

        Returns:
            The feed.

        Raises:
            InvalidInput: An argument is not valid, or can't be combined with another.
        """
        from ocn_registry.events.feed import EventFeed, FeedOptions  # noqa: PLC0415 - few ask

        options = FeedOptions.of(
            address=address,
            party=party,
            first_block=first_block,
            last_block=last_block,
            cursor=cursor,
        )
        start = self.deployment.start_block or 0
        return EventFeed(self._transport.perform, self._dialect, start, options)

    # Signed requests

    def prepare(
        self,
        intent: SignableIntent,
        account: str,
        *,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> Request:
        """Return the request that an account has to sign, here or elsewhere.

        Args:
            intent: The change.
            account: Address of the account whose entry changes.
            nonce: The nonce; by default the account's next one at the contract. If both nonce and
                deadline are given, the chain is not asked.
            deadline_unix_s: Last second, in Unix time, at which the request can take effect; by
                default an hour from now, and at most 30 days from now.

        Returns:
            The request.

        Raises:
            InvalidInput: The intent can't be signed, or the deadline is past or too far away.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._run(
            flows.requests.prepare(self._dialect, intent, Address(account), nonce, deadline_unix_s),
        )

    def sign(
        self,
        intent: SignableIntent,
        signer: Signer,
        *,
        account: str | None = None,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> SignedRequest:
        """Return a signed request; see `prepare`. Nothing is sent.

        Args:
            intent: The change.
            signer: The account's key, or its controller's.
            account: Address of the account whose entry changes; by default the signer's.
            nonce: See `prepare`.
            deadline_unix_s: See `prepare`.

        Returns:
            The signed request.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        given = None if account is None else Address(account)
        return self._run(
            flows.requests.sign(self._dialect, intent, signer, nonce, deadline_unix_s, given),
        )

    def read_request(self, text: str | bytes) -> Request:
        """Return the request in a JSON document, without its signature if it has one.

        Args:
            text: The document, in the form of `Request.to_json`.

        Returns:
            The request, without a signature.

        Raises:
            InvalidInput: The document is not a request, or it is for another chain or contract.
        """
        return flows.requests.read(self._dialect, text)

    def read_signed_request(self, text: str | bytes) -> SignedRequest:
        """Return the signed request in a JSON document, without checking it; see `verify`.

        Args:
            text: The document, in the form of `SignedRequest.to_json`, or a wallet's payload with a
                `signature`.

        Returns:
            The request with its signature.

        Raises:
            InvalidInput: The document is not a signed request for this chain and contract.
        """
        return flows.requests.read_signed(self._dialect, text)

    def verify(self, *signed: SignedRequest) -> None:
        """Check signed requests like their contract would now, before anything is paid.

        Deadline, nonce and signature are checked, and the change itself is simulated.

        Args:
            signed: The requests.

        Raises:
            RequestExpired: The deadline of a request has passed.
            NonceMismatch: A request does not carry its account's next nonce.
            SignatureMismatch: A request is not signed by its account or controller.
            Reverted: The contract would refuse the change.
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        self._run(flows.requests.tried(self._dialect, signed))

    def submit(
        self,
        *signed: SignedRequest,
        spender: Signer,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send requests that others signed, in transactions that the spender pays for.

        Requests are independent: one that fails does not affect the others, and is listed in the
        outcome's `failed`. A transaction takes as many as fit into a block. All requests must be
        for the same contract.

        Args:
            signed: The requests.
            spender: The account that signs the transactions and pays.
            options: See `WriteOptions`.
            quote: The most that a single request may cost; see `quote`.

        Returns:
            What was written, with what became of each request.

        Raises:
            RequestRejected: The request would not take effect, or none of several would.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.batch.submit(self._dialect, signed, spender, self._with(options), quote)
        )

    # Writes

    def send(
        self,
        *steps: Step,
        signer: Signer,
        cancel_signed: bool = False,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send intents in one transaction: either all take effect, or none.

        Requests that others signed can be among them.

        Args:
            steps: Intents and requests, all for the same contract.
            signer: The account whose entries change. It also pays.
            cancel_signed: Whether to cancel, in the same transaction, requests that the signer has
                signed and nobody has submitted. Until its deadline, such a request could undo the
                write. The next 1,000 nonces are skipped.
            options: See `WriteOptions`.
            quote: The quote of the same steps that a user has confirmed: the write never costs
                more, and a fresh quote saves a simulation.

        Returns:
            What was written.

        Raises:
            FeeAboveCap: The write would cost more than the quote, or than the options allow.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.admin.send(
                self._dialect,
                steps,
                signer,
                self._with(options),
                cancel_signed=cancel_signed,
                quote=quote,
            ),
        )

    def quote(
        self,
        *steps: Step,
        payer: str,
        options: WriteOptions | None = None,
    ) -> Quote:
        """Return the most that `send` can cost. The write is simulated, and nothing is sent.

        It raises what `send` would raise. Requests that others signed cost no more with `submit`.

        Args:
            steps: Intents and requests, all for the same contract.
            payer: Address of the account that would send them; its key is not needed.
            options: See `WriteOptions`.

        Returns:
            The most that it can cost; pass it to the write, and it never costs more.

        Raises:
            TransportError: The RPC node can't be reached, or does not answer as one.
        """
        return self._run(
            flows.quote.quote(self._dialect, steps, Address(payer), self._with(options)),
        )

    def set_node(
        self,
        domain: str,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer's node under a URL, or change the URL.

        Args:
            domain: URL of the node.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.SetNode(domain=domain), signer=signer, options=options)

    def delete_node(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's node.

        Args:
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteNode(), signer=signer, options=options)

    def set_party(  # noqa: PLR0913 - what a party is
        self,
        country_code: str,
        party_id: str,
        roles: Iterable[Role],
        operator: str,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer as a party, or change its id, roles or operator.

        Args:
            country_code: First half of the id: two characters.
            party_id: Second half of the id: three characters.
            roles: What the party is; at least one role.
            operator: Address of the account whose node the party is reached through.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        intent = intents.SetParty(
            country_code=country_code,
            party_id=party_id,
            roles=tuple(roles),
            operator=operator,
        )
        return self.send(intent, signer=signer, options=options)

    def set_party_modules(
        self,
        sender: Iterable[Module] = (),
        receiver: Iterable[Module] = (),
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Replace the modules that the signer's party implements.

        Args:
            sender: Modules of which it implements the sender interface; empty for none.
            receiver: Modules of which it implements the receiver interface; empty for none.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        intent = intents.SetPartyModules(
            sender=tuple(sender),
            receiver=tuple(receiver),
        )
        return self.send(intent, signer=signer, options=options)

    def delete_party(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's only party.

        Args:
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteParty(), signer=signer, options=options)

    def set_service(
        self,
        permissions: Iterable[int],
        *,
        name: str = "",
        url: str = "",
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Offer the signer's service, or change it.

        Args:
            permissions: What the service needs.
            name: Name of the service, at most 100 bytes; may be empty.
            url: Where to read more; may be empty.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        needed = tuple(permissions)
        intent = intents.SetService(name=name, url=url, permissions=needed)
        return self.send(intent, signer=signer, options=options)

    def delete_service(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's service.

        Args:
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.DeleteService(), signer=signer, options=options)

    def create_agreement(
        self,
        provider: str,
        permissions: Iterable[int] | None = None,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Agree to the service of a provider, to exactly these permissions if they are given.

        Args:
            provider: Address of the account that offers the service.
            permissions: What is agreed to, which must be what the service needs; `None` for
                whatever it needs.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = None if permissions is None else tuple(permissions)
        intent = intents.CreateAgreement(provider=provider, permissions=given)
        return self.send(intent, signer=signer, options=options)

    def revoke_agreement(
        self,
        provider: str,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Revoke the signer's agreement with a provider.

        Args:
            provider: Address of the account that offers the service.
            signer: Signs the transaction: the account whose entry it is. It pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self.send(intents.RevokeAgreement(provider=provider), signer=signer, options=options)

    def invalidate_nonce(
        self,
        new_nonce: int | None = None,
        contract: Contract = Contract.REGISTRY,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Cancel all requests that the signer signed with a nonce below this one.

        Args:
            new_nonce: Nonce of its next request; by default 1,000 above the current one.
            contract: The contract; each counts its own nonces.
            signer: The account that signed the requests. It also pays. To have another account
                pay, sign `InvalidateNonce`.
            options: See `WriteOptions`.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.admin.invalidate(
                self._dialect,
                contract,
                new_nonce,
                signer,
                self._with(options),
            ),
        )
