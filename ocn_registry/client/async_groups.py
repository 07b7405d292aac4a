"""Groups of methods that few programs need, for asynchronous callers."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Protocol, TypeVar

# These two load, on first use, what only writes need.
from ocn_registry import flows, intents
from ocn_registry.client import sync_groups
from ocn_registry.foreign.arguments import checked
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


def documented_by(twin: type) -> Callable[[type[T]], type[T]]:
    """Return a decorator that gives a class's methods the docstrings of its synchronous twin.

    Args:
        twin: The synchronous class. It describes arguments, results and errors; the asynchronous
            one only says in a line what each method does.
    """

    def documented(kind: type[T]) -> type[T]:
        for name, method in vars(twin).items():
            if isinstance(method, FunctionType) and not name.startswith("_"):
                getattr(kind, name).__doc__ = method.__doc__
        return kind

    return documented


class Run(Protocol):
    """Performs a flow."""

    async def __call__(self, flow: Flow[T], /) -> T:
        """Return what the flow returns."""
        ...


class Group:
    """The base of the groups: what they share with their client."""

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


@checked
@documented_by(sync_groups.Owner)
class Owner(Group):
    """Reads and writes of the registry's owner: `client.owner`."""

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
        """Transfer an id to its rightful holder, in one transaction; for the registry's owner."""
        return await self._run(
            flows.admin.reassign(self._dialect, claim, signer, self._with(options)),
        )


@checked
@documented_by(sync_groups.Transactions)
class Transactions(Group):
    """Transactions that were sent, and what became of them: `client.transactions`."""

    async def open(self, account: str | None = None) -> tuple[OpenTransaction, ...]:
        """Return the transactions in the journal that the chain has not decided about, in order."""
        who = None if account is None else Address(account)
        return await self._run(
            flows.pending.open_transactions(self._dialect, who, self._with(None))
        )

    async def spender(self, account: str) -> SpenderStatus:
        """Return an account's balance and open transactions; for servers that pay for others."""
        return await self._run(
            flows.pending.spender_status(self._dialect, Address(account), self._with(None)),
        )

    async def outcome_of(
        self, tx_hash: str, *, options: WriteOptions | None = None
    ) -> Outcome | None:
        """Return what became of a transaction, for example after `OutcomeUnknown`."""
        return await self._run(
            flows.replace.outcome_of(self._dialect, tx_hash, self._with(options))
        )

    async def await_outcome(self, tx_hash: str, *, options: WriteOptions | None = None) -> Outcome:
        """Wait for a transaction that was sent earlier, and return its outcome."""
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
        """Send a stuck transaction again, at a price that is at least a quarter higher."""
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
        """Replace a stuck transaction by one that does nothing."""
        return await self._run(
            flows.replace.cancel(self._dialect, tx_hash, signer, self._with(options)),
        )


@checked
@documented_by(sync_groups.Ensure)
class Ensure(Group):
    """Writes that change only what differs from the listed entries: `client.ensure`."""

    async def node(
        self,
        domain: str,
        *,
        signer: AnySigner,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """List the signer's node under a URL, if it is not already listed there."""
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
        """List an account as a party, if it is not already listed like this."""
        wanted = intents.WantedParty(
            country_code=country_code,
            party_id=party_id,
            roles=tuple(roles),
            operator=operator,
            modules_sender=None if modules_sender is None else tuple(modules_sender),
            modules_receiver=None if modules_receiver is None else tuple(modules_receiver),
            website=website,
        )
        given = None if account is None else Address(account)
        return await self._run(
            flows.ensure.party(self._dialect, wanted, signer, spender, self._with(options), given),
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
        """List an account as several parties, and write only what differs, in one transaction."""
        given = None if account is None else Address(account)
        return await self._run(
            flows.ensure.parties(
                self._dialect, tuple(wanted), signer, spender, self._with(options), given
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
        """Offer the signer's service, if it is not already offered like this."""
        wanted = intents.SetService(name=name, url=url, permissions=tuple(permissions))
        return await self._run(
            flows.ensure.service(self._dialect, wanted, signer, spender, self._with(options)),
        )
