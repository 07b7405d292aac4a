"""Groups of what few programs ask of a registry, for callers that share a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

# These two load what only writes need when it is first named.
from ocn_registry import flows, intents
from ocn_registry.models import Address, Contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import WantedParty
    from ocn_registry.models import Module, Role
    from ocn_registry.outcomes import (
        Ensured,
        EnsuredParties,
        OpenTransaction,
        Outcome,
        SpenderStatus,
    )
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner, SignedRequest

T = TypeVar("T")


class Run(Protocol):
    """Performs a flow."""

    async def __call__(self, flow: Flow[T], /) -> T:
        """Return what the flow returns."""
        ...


class Group:
    """What a group shares with the client that it belongs to."""

    def __init__(
        self,
        dialect: Dialect,
        perform: Run,
        options: Callable[[WriteOptions | None], WriteOptions],
    ) -> None:
        """Create the group, with the client's dialect, transport and default options."""
        self._dialect = dialect
        self._run = perform
        self._with = options


class Owner(Group):
    """Reads and writes about who owns the registry: `client.owner`."""

    async def address(self, *, block: int | None = None) -> Address | None:
        """Return the owner; `None` if there is none."""
        return await self._run(iter(self._dialect.owner(block)))

    async def pending(self, *, block: int | None = None) -> Address | None:
        """Return the account that the registry was offered to; `None` if there is none."""
        return await self._run(iter(self._dialect.pending_owner(block)))

    async def import_open(
        self,
        contract: Contract = Contract.REGISTRY,
        *,
        block: int | None = None,
    ) -> bool:
        """Return whether a contract still accepts entries of an earlier registry."""
        return await self._run(iter(self._dialect.import_open(contract, block)))

    async def reassign_party(
        self,
        claim: SignedRequest,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Hand an id to its rightful holder, in one transaction; for the owner of the registry.

        Args:
            claim: `SetParty` with that id, signed by its rightful holder.
            signer: Owns the registry. Whoever holds the id is taken off the list.
            options: See `WriteOptions`.

        Raises:
            PartyIdNotFound: Nobody holds the id: submit the claim as it is.
        """
        return await self._run(
            flows.admin.reassign(self._dialect, claim, signer, self._with(options)),
        )


class Transactions(Group):
    """What was sent, and what became of it: `client.transactions`."""

    async def open(self, account: str | None = None) -> tuple[OpenTransaction, ...]:
        """Return what the journal has signed and the chain has not decided, in order.

        Args:
            account: Whose transactions; `None` for those of all accounts in the journal.
        """
        who = None if account is None else Address(account)
        return await self._run(
            flows.pending.open_transactions(self._dialect, who, self._with(None))
        )

    async def spender(self, account: str) -> SpenderStatus:
        """Return an account's balance and open transactions, for a server that pays for many."""
        return await self._run(
            flows.pending.spender_status(self._dialect, Address(account), self._with(None)),
        )

    async def outcome_of(
        self, tx_hash: str, *, options: WriteOptions | None = None
    ) -> Outcome | None:
        """Return what became of a transaction, for example after `OutcomeUnknown`.

        Args:
            tx_hash: Its hash, or that of one that it replaced.
            options: Only the journal and the number of confirmations count.

        Returns:
            What it did; `None` if it is not in a block that stands. Its `items` are empty if the
            journal does not know the transaction.

        Raises:
            Reverted: It is in a block, and failed.
        """
        return await self._run(
            flows.replace.outcome_of(self._dialect, tx_hash, self._with(options))
        )

    async def await_outcome(self, tx_hash: str, *, options: WriteOptions | None = None) -> Outcome:
        """Wait for a transaction that was sent before; see `outcome_of`.

        Raises:
            TransactionReplaced: It will never take effect.
        """
        return await self._run(
            flows.replace.await_outcome(self._dialect, tx_hash, self._with(options))
        )

    async def speed_up(
        self,
        tx_hash: str,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Send a transaction that is stuck again, for at least a quarter more.

        It has the number of the first, so only one of them can take effect: the outcome's
        `tx_hash` says which. If the first is in a block already, nothing is sent.
        """
        return await self._run(
            flows.replace.speed_up(self._dialect, tx_hash, signer, self._with(options)),
        )

    async def cancel(
        self,
        tx_hash: str,
        *,
        signer: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome | None:
        """Send a transaction that does nothing in place of one that is stuck.

        Returns:
            `None` if the first will never take effect; what it did if it was quicker.
        """
        return await self._run(
            flows.replace.cancel(self._dialect, tx_hash, signer, self._with(options)),
        )


class Ensure(Group):
    """Writes of only what differs from what is listed: `client.ensure`."""

    async def node(
        self,
        domain: str,
        *,
        signer: AnySigner,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """List the signer's node under a URL, if it is not already listed there.

        With a spender, the signer signs a request and the spender pays.
        """
        wanted = intents.SetNode(domain=domain)
        return await self._run(
            flows.ensure.node(self._dialect, wanted, signer, spender, self._with(options)),
        )

    async def party(  # noqa: PLR0913 - what a party is
        self,
        country_code: str,
        party_id: str,
        roles: Iterable[Role],
        operator: str,
        *,
        modules_sender: Iterable[Module] | None = None,
        modules_receiver: Iterable[Module] | None = None,
        website: str | None = None,
        signer: AnySigner,
        account: str | None = None,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """List an account as a party, if it is not already listed like this.

        A further id is added; the account's other ids stay. With a spender, the signer signs
        requests and the spender pays. Modules and website that are not given stay as they are.

        Args:
            country_code: First half of the id.
            party_id: Second half of the id.
            roles: At least one.
            operator: Address that runs the node.
            modules_sender: Modules whose sender interface it has.
            modules_receiver: Modules whose receiver interface it has.
            website: URL; empty removes it.
            signer: The account's key, or its controller.
            account: The account; the signer's own unless given.
            spender: Who pays; the signer unless given.
            options: See `WriteOptions`.
        """
        wanted = intents.WantedParty(
            country_code=country_code,
            party_id=party_id,
            roles=tuple(roles),
            operator=operator,
            modules_sender=None if modules_sender is None else tuple(modules_sender),
            modules_receiver=None if modules_receiver is None else tuple(modules_receiver),
            website=website,
        )
        whose = None if account is None else Address(account)
        return await self._run(
            flows.ensure.party(self._dialect, wanted, signer, spender, self._with(options), whose),
        )

    async def parties(
        self,
        wanted: Iterable[WantedParty],
        *,
        signer: AnySigner,
        account: str | None = None,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> EnsuredParties:
        """List an account as these parties, and write only what differs, in one transaction.

        The account's other ids stay, and are named in the result. `wanted_parties` makes the list
        of an OCPI credentials object.

        Args:
            wanted: The parties; each id once.
            signer: The account's key, or its controller.
            account: The account; the signer's own unless given.
            spender: Who pays; the signer unless given.
            options: See `WriteOptions`.
        """
        whose = None if account is None else Address(account)
        return await self._run(
            flows.ensure.parties(
                self._dialect, tuple(wanted), signer, spender, self._with(options), whose
            ),
        )

    async def service(  # noqa: PLR0913 - what a service is
        self,
        permissions: Iterable[int],
        *,
        name: str = "",
        url: str = "",
        signer: AnySigner,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """Offer the signer's service, if it is not already offered like this.

        With a spender, the signer signs a request and the spender pays.
        """
        wanted = intents.SetService(name=name, url=url, permissions=tuple(permissions))
        return await self._run(
            flows.ensure.service(self._dialect, wanted, signer, spender, self._with(options)),
        )
