"""The client for asynchronous callers: one method for each thing that a registry can do.

`sync_client` has the same methods, and documents them; a test compares the two line by line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

# These two load, on first use, what only writes need.
from ocn_registry import flows, intents
from ocn_registry.client.async_groups import Ensure, Owner, Transactions, documented_by
from ocn_registry.client.async_identity import Identity
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.dialects import dialect_of
from ocn_registry.flows import questions, read
from ocn_registry.flows.read import at_one_block
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, Contract, PartyId, address_or_id
from ocn_registry.protocol.effects import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Literal, Self

    from ocn_registry.dialects import Limits, Step
    from ocn_registry.events.cursor import EventCursor
    from ocn_registry.events.feed import AsyncEventFeed
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
    from ocn_registry.signing import AnySigner, Request, SignedRequest
    from ocn_registry.transport import AsyncTransport
    from ocn_registry.vouching import FetchOptions

T = TypeVar("T")


@checked
@documented_by(RegistryClient)
class AsyncRegistryClient:
    """Reads and writes one registry; for asyncio.

    It has the methods, groups and attributes of `RegistryClient`, with the same arguments, results
    and errors. Await whatever asks the chain.
    """

    def __init__(
        self,
        deployment: Deployment,
        transport: AsyncTransport,
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

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _run(self, flow: Flow[T]) -> T:
        return await run_async(flow, self._transport.perform)

    async def _ask(self, question: Asked[T]) -> T:
        return await run_async(iter(question), self._transport.perform)

    def _with(self, options: WriteOptions | None) -> WriteOptions:
        """Return the options of a write, with the client's journal if they have none."""
        chosen = options or self._usual_options or flows.options.WriteOptions()
        flows.options.check(chosen)
        return chosen if chosen.journal else replace(chosen, journal=self.journal)

    @property
    def transport(self) -> AsyncTransport:
        """The transport, to share it with a cache, for example."""
        return self._transport

    @property
    def limits(self) -> Limits:
        """What the contracts of this deployment can and can't do."""
        return self._dialect.limits

    # Reads

    async def node(self, operator: str, *, block: int | None = None) -> Node | None:
        """Return an operator's node."""
        return await self._ask(self._dialect.node(Address(operator), block))

    async def nodes(
        self,
        *,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Node, ...]:
        """Return all nodes, at one block."""
        return await self._run(at_one_block(lambda at: self._dialect.nodes(at, on_read), block))

    async def party(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> Party | None:
        """Return a party; for the address of an account with several ids, the current one."""
        who = address_or_id(address_or_country_code, party_id)
        return await self._run(questions.party(self._dialect, who, block))

    async def parties(  # noqa: PLR0913 - each has a default
        self,
        *,
        operator: str | None = None,
        role: Role | Iterable[Role] | None = None,
        module: Module | None = None,
        interface: Interface | None = None,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Party, ...]:
        """Return the parties that match all filters, one for each id, at one block."""
        return await self._run(
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

    async def route(
        self,
        country_code: str,
        party_id: str,
        *,
        block: int | None = None,
    ) -> Route | None:
        """Return the route of messages to a party; `None` if the party is not listed."""
        who = PartyId(country_code, party_id)
        return await self._run(questions.route(self._dialect, who, block))

    async def parties_of(self, account: str, *, block: int | None = None) -> tuple[Party, ...]:
        """Return all parties of an account, one for each of its ids, the current one first."""
        return await self._ask(self._dialect.parties_of(Address(account), block))

    async def membership(self, account: str, *, block: int | None = None) -> int | None:
        """Return the number of an account's membership; `None` if it holds no id."""
        return await self._ask(self._dialect.membership(Address(account), block))

    async def controller_of(self, account: str, *, block: int | None = None) -> Address:
        """Return the address that signs for an account: its controller, or the account itself."""
        return await self._ask(self._dialect.controller(Address(account), block))

    async def reservation_of(
        self,
        country_code: str,
        party_id: str,
        *,
        block: int | None = None,
    ) -> Address | None:
        """Return the only account that can list an id; `None` if it is held, or not reserved."""
        who = PartyId(country_code, party_id)
        return await self._ask(self._dialect.reservation(who, block))

    async def node_reservation_of(self, domain: str, *, block: int | None = None) -> Address | None:
        """Return the only operator that can list a URL; `None` if it is listed, or not reserved."""
        return await self._ask(self._dialect.node_reservation(domain, block))

    async def service(self, provider: str, *, block: int | None = None) -> Service | None:
        """Return the service of a provider."""
        return await self._ask(self._dialect.service(Address(provider), block))

    async def services(
        self,
        *,
        permission: int | None = None,
        on_read: Callable[[int, int], None] | None = None,
        block: int | None = None,
    ) -> tuple[Service, ...]:
        """Return the services in force, or those that need a permission, at one block."""
        return await self._run(
            read.services(self._dialect, block, permission=permission, on_read=on_read),
        )

    async def agreement(
        self,
        user: str,
        provider: str,
        *,
        block: int | None = None,
    ) -> Agreement | None:
        """Return the agreement of a user with a provider, whether it is in force or has ended."""
        return await self._ask(self._dialect.agreement(Address(user), Address(provider), block))

    async def agreements(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        block: int | None = None,
    ) -> tuple[Agreement, ...]:
        """Return the agreements of a user that are in force, at one block."""
        who = address_or_id(address_or_country_code, party_id)
        return await self._run(
            at_one_block(lambda at: questions.agreements(self._dialect, who, at), block)
        )

    async def users_of(self, provider: str, *, block: int | None = None) -> tuple[Agreement, ...]:
        """Return the agreements in force to a provider's service, in the order of the parties."""
        who = Address(provider)
        return await self._run(at_one_block(lambda at: self._dialect.users_of(who, at), block))

    # Questions that node software asks for each message; `RegistryCache` answers them in memory

    async def is_mine(
        self,
        country_code: str,
        party_id: str,
        *,
        operator: str,
        block: int | None = None,
    ) -> bool:
        """Return whether a party is reached through the node of this operator."""
        who, at = PartyId(country_code, party_id), Address(operator)
        return await self._run(questions.is_mine(self._dialect, who, at, block))

    async def planned_parties(
        self,
        *,
        operator: str,
        connected: Iterable[PartyId | tuple[str, str] | str],
        block: int | None = None,
    ) -> tuple[Party, ...]:
        """Return the parties that are listed at an operator's node but have not connected to it."""
        return questions.planned(await self.parties(operator=operator, block=block), connected)

    async def services_for(
        self,
        country_code: str,
        party_id: str,
        *,
        module: Module | str,
        interface: Interface | str,
        block: int | None = None,
    ) -> tuple[Service, ...]:
        """Return the services that a message is forwarded to, by the agreements of its sender."""
        who = PartyId(country_code, party_id)
        flow = questions.services_for(self._dialect, who, module, interface, block)
        return await self._run(flow)

    async def signatory_of(
        self,
        country_code: str,
        party_id: str,
        *,
        address: str,
        block: int | None = None,
    ) -> Signatory | None:
        """Return what an address is to a party; `None` if it may not sign for the party."""
        who, at = PartyId(country_code, party_id), Address(address)
        return await self._run(questions.signatory_of(self._dialect, who, at, block))

    async def vouched(
        self,
        address_or_country_code: str,
        party_id: str | None = None,
        *,
        options: FetchOptions | None = None,
        block: int | None = None,
    ) -> Vouching | None:
        """Return whether a host confirms what the registry says about it."""
        # Imported here because it loads TLS.
        from ocn_registry.vouching.check import checked_async  # noqa: PLC0415

        if party_id is None:
            node = await self.node(address_or_country_code, block=block)
            return await checked_async(self.deployment, node, options)
        party = await self.party(address_or_country_code, party_id, block=block)
        return await checked_async(self.deployment, party, options)

    async def nonce(
        self,
        account: str,
        contract: Contract = Contract.REGISTRY,
        *,
        block: int | None = None,
    ) -> int:
        """Return the nonce that the next request of an account has to carry."""
        return await self._ask(self._dialect.nonce(Address(account), contract, block))

    def events(
        self,
        *,
        address: str | None = None,
        party: PartyId | tuple[str, str] | str | None = None,
        first_block: int | Literal["next"] | None = None,
        last_block: int | None = None,
        cursor: EventCursor | None = None,
    ) -> AsyncEventFeed:
        """Return a feed of events. The chain is not asked until you read from it."""
        from ocn_registry.events.feed import AsyncEventFeed, FeedOptions  # noqa: PLC0415 - few ask

        options = FeedOptions.of(
            address=address,
            party=party,
            first_block=first_block,
            last_block=last_block,
            cursor=cursor,
        )
        start = self.deployment.start_block or 0
        return AsyncEventFeed(self._transport.perform, self._dialect, start, options)

    # Signed requests

    async def prepare(
        self,
        intent: SignableIntent,
        account: str,
        *,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> Request:
        """Return the request that an account has to sign, here or elsewhere."""
        return await self._run(
            flows.requests.prepare(self._dialect, intent, Address(account), nonce, deadline_unix_s),
        )

    async def sign(
        self,
        intent: SignableIntent,
        signer: AnySigner,
        *,
        account: str | None = None,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> SignedRequest:
        """Return a signed request; see `prepare`. Nothing is sent."""
        given = None if account is None else Address(account)
        return await self._run(
            flows.requests.sign(self._dialect, intent, signer, nonce, deadline_unix_s, given),
        )

    def read_request(self, text: str | bytes) -> Request:
        """Return the request in a JSON document, without its signature if it has one."""
        return flows.requests.read(self._dialect, text)

    def read_signed_request(self, text: str | bytes) -> SignedRequest:
        """Return the signed request in a JSON document, without checking it; see `verify`."""
        return flows.requests.read_signed(self._dialect, text)

    async def verify(self, *signed: SignedRequest) -> None:
        """Check signed requests like their contract would now, before anything is paid."""
        await self._run(flows.requests.tried(self._dialect, signed))

    async def submit(
        self,
        *signed: SignedRequest,
        spender: AnySigner,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send requests that others signed, in transactions that the spender pays for."""
        return await self._run(
            flows.batch.submit(self._dialect, signed, spender, self._with(options), quote)
        )

    # Writes

    async def send(
        self,
        *steps: Step,
        signer: AnySigner,
        cancel_signed: bool = False,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send intents in one transaction: either all take effect, or none."""
        return await self._run(
            flows.admin.send(
                self._dialect,
                steps,
                signer,
                self._with(options),
                cancel_signed=cancel_signed,
                quote=quote,
            ),
        )

    async def quote(
        self,
        *steps: Step,
        payer: str,
        options: WriteOptions | None = None,
    ) -> Quote:
        """Return the most that `send` can cost. The write is simulated, and nothing is sent."""
        return await self._run(
            flows.quote.quote(self._dialect, steps, Address(payer), self._with(options)),
        )

    async def set_node(
        self,
        domain: str,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer's node under a URL, or change the URL."""
        return await self.send(intents.SetNode(domain=domain), signer=signer, options=options)

    async def delete_node(
        self, *, signer: AnySigner, options: WriteOptions | None = None
    ) -> Outcome:
        """Delete the signer's node."""
        return await self.send(intents.DeleteNode(), signer=signer, options=options)

    async def set_party(  # noqa: PLR0913 - what a party is
        self,
        country_code: str,
        party_id: str,
        roles: Iterable[Role],
        operator: str,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """List the signer as a party, or change its id, roles or operator."""
        intent = intents.SetParty(
            country_code=country_code,
            party_id=party_id,
            roles=tuple(roles),
            operator=operator,
        )
        return await self.send(intent, signer=signer, options=options)

    async def set_party_modules(
        self,
        sender: Iterable[Module] = (),
        receiver: Iterable[Module] = (),
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Replace the modules that the signer's party implements."""
        intent = intents.SetPartyModules(
            sender=tuple(sender),
            receiver=tuple(receiver),
        )
        return await self.send(intent, signer=signer, options=options)

    async def delete_party(
        self, *, signer: AnySigner, options: WriteOptions | None = None
    ) -> Outcome:
        """Delete the signer's only party."""
        return await self.send(intents.DeleteParty(), signer=signer, options=options)

    async def set_service(
        self,
        permissions: Iterable[int],
        *,
        name: str = "",
        url: str = "",
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Offer the signer's service, or change it."""
        needed = tuple(permissions)
        intent = intents.SetService(name=name, url=url, permissions=needed)
        return await self.send(intent, signer=signer, options=options)

    async def delete_service(
        self, *, signer: AnySigner, options: WriteOptions | None = None
    ) -> Outcome:
        """Delete the signer's service."""
        return await self.send(intents.DeleteService(), signer=signer, options=options)

    async def create_agreement(
        self,
        provider: str,
        permissions: Iterable[int] | None = None,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Agree to the service of a provider, to exactly these permissions if they are given."""
        given = None if permissions is None else tuple(permissions)
        intent = intents.CreateAgreement(provider=provider, permissions=given)
        return await self.send(intent, signer=signer, options=options)

    async def revoke_agreement(
        self,
        provider: str,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Revoke the signer's agreement with a provider."""
        return await self.send(
            intents.RevokeAgreement(provider=provider), signer=signer, options=options
        )

    async def invalidate_nonce(
        self,
        new_nonce: int | None = None,
        contract: Contract = Contract.REGISTRY,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Cancel all requests that the signer signed with a nonce below this one."""
        return await self._run(
            flows.admin.invalidate(
                self._dialect,
                contract,
                new_nonce,
                signer,
                self._with(options),
            ),
        )
