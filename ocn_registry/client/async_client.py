"""The asynchronous client: the methods of `RegistryClient`, to be awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.client.async_groups import Ensure, Owner, Transactions
from ocn_registry.client.async_identity import Identity
from ocn_registry.client.base import AsyncRun, Client, awaited
from ocn_registry.client.lookups import Lookups
from ocn_registry.client.reads import Reads
from ocn_registry.client.signed_requests import SignedRequests
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.client.writes import Writes
from ocn_registry.foreign.arguments import checked
from ocn_registry.portable.closing import AsyncClosing
from ocn_registry.protocol.effects import run_async

if TYPE_CHECKING:
    from typing import Literal

    from ocn_registry.events.cursor import EventCursor
    from ocn_registry.events.feed import AsyncEventFeed
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import PartyId, Vouching
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.journal import Journal
    from ocn_registry.signing import AnySigner  # noqa: F401 - used in quotes
    from ocn_registry.transport import AsyncTransport
    from ocn_registry.vouching import FetchOptions

T = TypeVar("T")

_SignedRequests = SignedRequests["AnySigner"]
_Writes = Writes["AnySigner"]


@checked
class AsyncRegistryClient(Client[AsyncRun, "AsyncTransport"], AsyncClosing):
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
        super().__init__(deployment, transport, self._perform, options, journal)
        self.identity = Identity(self._dialect, self._run, self._with)
        self.owner = Owner(self._dialect, self._run, self._with)
        self.transactions = Transactions(self._dialect, self._run, self._with)
        self.ensure = Ensure(self._dialect, self._run, self._with)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _perform(self, flow: Flow[T]) -> T:
        return await run_async(flow, self._transport.perform)

    node = awaited(Reads.node)
    nodes = awaited(Reads.nodes)
    party = awaited(Reads.party)
    parties = awaited(Reads.parties)
    route = awaited(Reads.route)
    parties_of = awaited(Reads.parties_of)
    membership = awaited(Reads.membership)
    controller_of = awaited(Reads.controller_of)
    reservation_of = awaited(Reads.reservation_of)
    node_reservation_of = awaited(Reads.node_reservation_of)
    service = awaited(Reads.service)
    services = awaited(Reads.services)
    agreement = awaited(Reads.agreement)
    agreements = awaited(Reads.agreements)
    users_of = awaited(Reads.users_of)
    nonce = awaited(Reads.nonce)

    is_mine = awaited(Lookups.is_mine)
    planned_parties = awaited(Lookups.planned_parties)
    services_for = awaited(Lookups.services_for)
    signatory_of = awaited(Lookups.signatory_of)

    prepare = awaited(_SignedRequests.prepare)
    sign = awaited(_SignedRequests.sign)
    verify = awaited(_SignedRequests.verify)
    submit = awaited(_SignedRequests.submit)
    invalidate_nonce = awaited(_SignedRequests.invalidate_nonce)

    send = awaited(_Writes.send)
    quote = awaited(_Writes.quote)
    set_node = awaited(_Writes.set_node)
    delete_node = awaited(_Writes.delete_node)
    set_party = awaited(_Writes.set_party)
    set_party_modules = awaited(_Writes.set_party_modules)
    delete_party = awaited(_Writes.delete_party)
    set_service = awaited(_Writes.set_service)
    delete_service = awaited(_Writes.delete_service)
    create_agreement = awaited(_Writes.create_agreement)
    revoke_agreement = awaited(_Writes.revoke_agreement)

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

    vouched.__doc__ = RegistryClient.vouched.__doc__
    events.__doc__ = RegistryClient.events.__doc__
