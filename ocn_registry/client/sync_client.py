"""The synchronous client: one method for each operation of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.client.base import Client, Run
from ocn_registry.client.lookups import Lookups
from ocn_registry.client.reads import Reads
from ocn_registry.client.signed_requests import SignedRequests
from ocn_registry.client.sync_groups import Ensure, Owner, Transactions
from ocn_registry.client.sync_identity import Identity
from ocn_registry.client.writes import Writes
from ocn_registry.foreign.arguments import checked
from ocn_registry.portable.closing import Closing
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from typing import Literal

    from ocn_registry.events.cursor import EventCursor
    from ocn_registry.events.feed import EventFeed
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import PartyId, Vouching
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.protocol.journal import Journal
    from ocn_registry.signing import Signer  # noqa: F401 - used in quotes
    from ocn_registry.transport import Transport
    from ocn_registry.vouching import FetchOptions

T = TypeVar("T")


@checked
class RegistryClient(
    Client[Run, "Transport"], Writes["Signer"], SignedRequests["Signer"], Lookups, Reads, Closing
):
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
        super().__init__(deployment, transport, self._perform, options, journal)
        self.identity = Identity["Signer"](self._dialect, self._run, self._with)
        self.owner = Owner["Signer"](self._dialect, self._run, self._with)
        self.transactions = Transactions["Signer"](self._dialect, self._run, self._with)
        self.ensure = Ensure["Signer"](self._dialect, self._run, self._with)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _perform(self, flow: Flow[T]) -> T:
        return run(flow, self._transport.perform)

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
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        # Imported here because it loads TLS.
        from ocn_registry.vouching.check import checked  # noqa: PLC0415

        if party_id is None:
            node = self.node(address_or_country_code, block=block)
            return checked(self.deployment, node, options)
        party = self.party(address_or_country_code, party_id, block=block)
        return checked(self.deployment, party, options)

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
