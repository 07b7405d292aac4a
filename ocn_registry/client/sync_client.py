"""The client for callers that wait: one line for each thing that a registry can be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

# These two load what only writes need when it is first named.
from ocn_registry import flows, intents
from ocn_registry.client.sync_groups import Ensure, Owner, Transactions
from ocn_registry.client.sync_identity import Identity
from ocn_registry.dialects import dialect_of
from ocn_registry.flows import questions, read
from ocn_registry.flows.read import at_one_block
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


class RegistryClient:
    """Reads and writes one registry.

    Reads take a `block`: the number of the block at whose end to read; `None` for the latest.
    Identify a party by address, or by country code and party id. Reads raise a `TransportError` if
    the chain can't be asked, and `InvalidInput` for values that are not valid. What is not listed
    is `None`, or an empty tuple.

    Writes wait for their block. They raise `Reverted` if the contract refuses, `InvalidInput` for
    values that no contract accepts, a `TransportError` if nothing was sent, `OutcomeUnknown` if the
    transaction was sent and the chain has not decided, and `TransactionReplaced` if another
    transaction of the sender took its number. Many writes of one spender can go on at once.

    The same write again, while the first is open, waits for that one and sends nothing new. With a
    journal in a file this holds in every process that uses the file, and after a restart; without
    one it holds as long as the client's transport lives.

    What few programs need is in groups: `identity`, `owner`, `transactions` and `ensure`.

    Attributes:
        deployment: Chain, contracts and their generation.
        journal: Where transactions are kept until the chain has decided; `None` for the memory of
            the transport.
        identity: A new key, a controller, leaving: the life of an account.
        owner: Reads and writes about who owns the registry.
        transactions: What was sent: outcomes, what is open, and replacing what is stuck.
        ensure: Writes of only what differs.
    """

    def __init__(
        self,
        deployment: Deployment,
        transport: Transport,
        *,
        options: WriteOptions | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Join a deployment and a way to its chain; `connect` does that over HTTP.

        Args:
            deployment: Chain, contracts and their generation.
            transport: Performs what is asked of the chain.
            options: How transactions are priced and waited for, unless a write has its own.
            journal: Where transactions are kept, unless a write has its own.
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
        """Return the options of a write; where they name no journal, with the client's."""
        chosen = options or self._usual_options or flows.options.WriteOptions()
        return chosen if chosen.journal else replace(chosen, journal=self.journal)

    @property
    def transport(self) -> Transport:
        """The way to the chain, for what shares it: a cache, say."""
        return self._transport

    @property
    def limits(self) -> Limits:
        """What the contracts of this deployment can and can't do."""
        return self._dialect.limits

    # Reads

    def node(self, operator: str, *, block: int | None = None) -> Node | None:
        """Read an operator's node."""
        return self._ask(self._dialect.node(Address(operator), block))

    def nodes(
        self,
        *,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Node, ...]:
        """Read all nodes, at one block.

        Args:
            on_read: Told, as parts of a long list arrive, how many entries have been read and how
                many there are.
            block: See the class.
        """
        return self._run(at_one_block(lambda at: self._dialect.nodes(at, on_read), block))

    def party(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> Party | None:
        """Read a party."""
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
        """Read all parties, at one block; with filters, those that all filters let through.

        Args:
            operator: Whose node they are reached through.
            role: A role that they have; of several, at least one.
            module: A module that they have.
            interface: The side of the module that they have; without a module, of any.
            on_read: See `nodes`.
            block: See the class.
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
        """Read where messages to a party go; `None` when no such party is listed."""
        who = PartyId(country_code, party_id)
        return self._run(questions.route(self._dialect, who, block))

    def parties_of(self, account: str, *, block: int | None = None) -> tuple[Party, ...]:
        """Return all parties of an account, one for each of its ids; the current one is first."""
        return self._ask(self._dialect.parties_of(Address(account), block))

    def membership(self, account: str, *, block: int | None = None) -> int | None:
        """Return the number of an account's membership; `None` if it holds no id."""
        return self._ask(self._dialect.membership(Address(account), block))

    def controller_of(self, account: str, *, block: int | None = None) -> Address:
        """Return whose signature counts for an account: its own, unless it named a controller."""
        return self._ask(self._dialect.controller(Address(account), block))

    def reservation_of(
        self,
        country_code: str,
        party_id: str,
        *,
        block: int | None = None,
    ) -> Address | None:
        """Return the only account that can list an id; `None` if it is held, or not reserved."""
        who = PartyId(country_code, party_id)
        return self._ask(self._dialect.reservation(who, block))

    def node_reservation_of(self, domain: str, *, block: int | None = None) -> Address | None:
        """Return the only operator that can list a URL; `None` if it is listed, or not reserved."""
        return self._ask(self._dialect.node_reservation(domain, block))

    def service(self, provider: str, *, block: int | None = None) -> Service | None:
        """Read the service of a provider."""
        return self._ask(self._dialect.service(Address(provider), block))

    def services(
        self,
        *,
        permission: int | None = None,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Service, ...]:
        """Read all services in force, at one block, or those that need a permission.

        Args:
            permission: What they need.
            on_read: See `nodes`.
            block: See the class.
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
        """Read what a user and a provider agreed, be it in force or ended."""
        return self._ask(self._dialect.agreement(Address(user), Address(provider), block))

    def agreements(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> tuple[Agreement, ...]:
        """Read the agreements of a user that are in force, at one block."""
        who = address_or_id(address_or_country_code, party_id)
        return self._run(
            at_one_block(lambda at: questions.agreements(self._dialect, who, at), block)
        )

    def users_of(self, provider: str, *, block: int | None = None) -> tuple[Agreement, ...]:
        """Read the agreements in force to a provider's service, in the order of the parties.

        Contracts don't list them: each party is asked about, some thousand in one request.
        """
        who = Address(provider)
        return self._run(at_one_block(lambda at: self._dialect.users_of(who, at), block))

    # What a node asks of every message; `RegistryCache` answers the same from memory

    def is_mine(
        self,
        country_code: str,
        party_id: str,
        *,
        operator: str,
        block: int | None = None,
    ) -> bool:
        """Return whether a party is reached through the node of this operator."""
        who, at = PartyId(country_code, party_id), Address(operator)
        return self._run(questions.is_mine(self._dialect, who, at, block))

    def planned_parties(
        self,
        *,
        operator: str,
        connected: Iterable[PartyId | tuple[str, str]],
        block: int | None = None,
    ) -> tuple[Party, ...]:
        """Read the parties that are listed at an operator's node and have not connected to it yet.

        Args:
            operator: Whose node.
            connected: Ids of the parties that have: country code and party id.
            block: See the class.
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
        """Read the services that get a message too, by the agreements of the party that sends it.

        Args:
            country_code: First half of the sender's id.
            party_id: Second half.
            module: The module that the message is addressed to, by its name; a module without
                permissions of its own goes to services with one of the `FORWARD_ALL...`.
            interface: The interface that the message is addressed to.
            block: See the class.
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
        """Return what an address is to a party; `None` if it may not sign for the party."""
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
        entry of the registry alone proves nothing: ids and URLs are first come.

        Args:
            address_or_country_code: The operator of a node, or the country code of a party.
            party_id: The party's id.
            options: What a request to a stranger's host may do.
            block: See the class.

        Returns:
            The verdict, with the reason where the host does not vouch; `None` when no such node or
            party is listed.
        """
        # It brings TLS along.
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
        """Read the nonce that the next request of an account has to carry."""
        return self._ask(self._dialect.nonce(Address(account), contract, block))

    def events(
        self,
        *,
        address: str | None = None,
        party: PartyId | tuple[str, str] | None = None,
        first_block: int | Literal["next"] | None = None,
        last_block: int | None = None,
        cursor: EventCursor | None = None,
    ) -> EventFeed:
        """Return a feed of what happened; nothing is asked of the chain before it is read.

        Args:
            address: Only events that name this address.
            party: Only events of this party: of its id, and of the address that holds it.
            first_block: Number of the first block, or `"next"` for the chain's next one; the first
                of the contracts unless given.
            last_block: Number of the last block; `None` for no end.
            cursor: Where an earlier feed left off, to go on from there.

        Raises:
            InvalidInput: What is given is not valid, or does not go together.
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
            intent: What is to change.
            account: Whose entry it is.
            nonce: The nonce; the account's next one at the contract unless given. With both this
                and the deadline given, no chain is asked.
            deadline_unix_s: Last second, in Unix time, at which the request can take effect; an
                hour from now unless given, and at most 30 days from now.
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
        """Prepare a request and sign it; see `prepare`. Nothing is sent.

        Args:
            intent: What is to change.
            signer: Signs: the account itself, or its controller.
            account: Whose entry it is; the signer's own unless given.
            nonce: See `prepare`.
            deadline_unix_s: See `prepare`.
        """
        whose = None if account is None else Address(account)
        return self._run(
            flows.requests.sign(self._dialect, intent, signer, nonce, deadline_unix_s, whose),
        )

    def read_request(self, text: str | bytes) -> Request:
        """Read the JSON of a request that is still to be signed, here or elsewhere.

        Args:
            text: What `Request.to_json` wrote, or another program of the same form.

        Raises:
            InvalidInput: It is no request, or is for another chain or contract.
        """
        return flows.requests.read(self._dialect, text)

    def read_signed_request(self, text: str | bytes) -> SignedRequest:
        """Read the JSON of a signed request; the signature is not looked at yet (see `verify`).

        Args:
            text: What `SignedRequest.to_json` wrote, or a wallet's payload with a `signature`.

        Raises:
            InvalidInput: It is no signed request, or is for another chain or contract.
        """
        return flows.requests.read_signed(self._dialect, text)

    def verify(self, *signed: SignedRequest) -> None:
        """Check deadline, nonce and signature of signed requests, before anything is paid.

        Raises:
            RequestExpired: The deadline of one has passed.
            NonceMismatch: One does not carry its account's next nonce.
            SignatureMismatch: One is not signed by its account, nor does its contract say so.
        """
        self._run(flows.requests.verify(self._dialect, signed))

    def submit(
        self,
        *signed: SignedRequest,
        spender: Signer,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send requests that others signed, in transactions that the spender pays.

        Several requests are independent: one that fails leaves the others in force, and is listed
        in the outcome's `failed`. As many as fit into a block go into one transaction. All must be
        for one contract.

        Args:
            signed: The requests.
            spender: Signs the transactions, and pays.
            options: See `WriteOptions`.
            quote: What a single request may cost at most; see `quote`.

        Raises:
            RequestRejected: The request would not take effect; of several, none would.
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
        """Send intents of the signer's own in one transaction: all take effect, or none.

        Requests that others signed can be among them.

        Args:
            steps: Intents and requests, all for one contract.
            signer: Account that the intents are about; it pays.
            cancel_signed: Whether to cancel, in the same transaction, what the signer has signed
                and nobody has submitted. Without that, such a request could undo the write until
                its deadline. The next 1,000 nonces are skipped.
            options: See `WriteOptions`.
            quote: What `quote` returned for the same steps, for a write that was confirmed: it then
                never costs more, and is sent without a second look if the quote is fresh.

        Raises:
            FeeAboveCap: It would now cost more than the quote, or than the options allow.
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
            steps: Intents and requests, all for one contract.
            payer: Address of the account that would send them; its key is not needed.
            options: See `WriteOptions`.
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
        """List the signer's node under a URL, or change the URL."""
        return self.send(intents.SetNode(domain=domain), signer=signer, options=options)

    def delete_node(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's node."""
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
        """List the signer as a party, or change its id, roles or operator."""
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
        """Replace the modules that the signer's party implements."""
        intent = intents.SetPartyModules(sender=tuple(sender), receiver=tuple(receiver))
        return self.send(intent, signer=signer, options=options)

    def delete_party(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's only party."""
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
        """Offer the signer's service, or change it."""
        intent = intents.SetService(name=name, url=url, permissions=tuple(permissions))
        return self.send(intent, signer=signer, options=options)

    def delete_service(self, *, signer: Signer, options: WriteOptions | None = None) -> Outcome:
        """Delete the signer's service."""
        return self.send(intents.DeleteService(), signer=signer, options=options)

    def create_agreement(
        self,
        provider: str,
        permissions: Iterable[int] | None = None,
        *,
        signer: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Agree to the service of a provider, to exactly these permissions if they are given."""
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
        """Revoke the signer's agreement with a provider."""
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
            new_nonce: Nonce of its next request; 1,000 above the present one unless given.
            contract: Each contract counts for itself.
            signer: Whose requests they are; it pays. To have another one pay, sign
                `InvalidateNonce`.
            options: See `WriteOptions`.
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
