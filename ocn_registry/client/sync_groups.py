"""Groups of methods that few programs need, for the synchronous client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

# These two load, on first use, what only writes need.
from ocn_registry import flows, intents
from ocn_registry.client.base import Group, Run, SignerT
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, Contract

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    from ocn_registry.signing import SignedRequest


@checked
class Owner(Group[Run], Generic[SignerT]):
    """Reads and writes of the registry's owner: `client.owner`."""

    def address(self, *, block: int | None = None) -> Address | None:
        """Return the owner; `None` if there is none.

        Args:
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The owner; `None` if there is none.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.owner(block)))

    def pending(self, *, block: int | None = None) -> Address | None:
        """Return the account that the registry was offered to; `None` if there is none.

        Args:
            block: Block to read at; the latest unless given. See the class.

        Returns:
            The account; `None` if there is none.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.pending_owner(block)))

    def import_open(
        self,
        contract: Contract = Contract.REGISTRY,
        *,
        block: int | None = None,
    ) -> bool:
        """Return whether a contract still accepts entries of an earlier registry.

        Args:
            contract: Which of the two contracts.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            Whether it does; `False` where contracts have no import.

        Raises:
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(iter(self._dialect.import_open(contract, block)))

    def reassign_party(
        self,
        claim: SignedRequest,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Transfer an id to its rightful holder, in one transaction; for the registry's owner.

        Any other holder loses the id. Whatever anyone sends in between, the id ends up held by the
        claim's account, or reserved for it.

        Args:
            claim: `SetParty` with that id, signed by its rightful holder.
            signer: The owner of the registry.
            options: See `WriteOptions`.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.admin.reassign(self._dialect, claim, signer, self._with(options)),
        )


@checked
class Transactions(Group[Run], Generic[SignerT]):
    """Sent transactions and their outcomes: `client.transactions`."""

    def open(self, account: str | None = None) -> tuple[OpenTransaction, ...]:
        """Return the transactions in the journal that the chain has not decided about, in order.

        Args:
            account: The sender; `None` for all accounts in the journal.

        Returns:
            The transactions, in the order of their numbers.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        who = None if account is None else Address(account)
        return self._run(flows.pending.open_transactions(self._dialect, who, self._with(None)))

    def spender(self, account: str) -> SpenderStatus:
        """Return an account's balance and open transactions; for servers that pay for others.

        Args:
            account: Address of the account.

        Returns:
            Balance, open transactions, and numbers that the journal does not know.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(
            flows.pending.spender_status(self._dialect, Address(account), self._with(None)),
        )

    def outcome_of(self, tx_hash: str, *, options: WriteOptions | None = None) -> Outcome | None:
        """Return the outcome of a transaction, for example after `OutcomeUnknown`.

        Args:
            tx_hash: The hash of the transaction, or of one that it replaced.
            options: Only the journal and the number of confirmations are used.

        Returns:
            The outcome; `None` while the transaction is not in a block with enough confirmations.
            Its `items` are empty if the journal does not know the transaction.

        Raises:
            Reverted: The transaction is in a block, and failed.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(flows.replace.outcome_of(self._dialect, tx_hash, self._with(options)))

    def await_outcome(self, tx_hash: str, *, options: WriteOptions | None = None) -> Outcome:
        """Wait for a transaction that was sent earlier, and return its outcome.

        Args:
            tx_hash: Hash of the transaction.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What it did.

        Raises:
            TransactionReplaced: The transaction will never take effect.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(flows.replace.await_outcome(self._dialect, tx_hash, self._with(options)))

    def speed_up(
        self,
        tx_hash: str,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Send a stuck transaction again, at a price that is at least a quarter higher.

        Both have the same number, so only one of them can take effect; the outcome's `tx_hash` says
        which. If the first is already in a block, nothing is sent.

        Args:
            tx_hash: Hash of the transaction.
            signer: The account that sent it; it pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            What the transaction did.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.replace.speed_up(self._dialect, tx_hash, signer, self._with(options)),
        )

    def cancel(
        self,
        tx_hash: str,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome | None:
        """Replace a stuck transaction with one that does nothing.

        Args:
            tx_hash: Hash of the transaction.
            signer: The account that sent it; it pays.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            `None` if the stuck transaction will never take effect; its outcome if it was faster.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.replace.cancel(self._dialect, tx_hash, signer, self._with(options)),
        )


@checked
class Ensure(Group[Run], Generic[SignerT]):
    """Writes that change only what differs from the listed entries: `client.ensure`."""

    def node(
        self,
        domain: str,
        *,
        signer: SignerT,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """List the signer's node under a URL, if it is not already listed there.

        With a spender, the signer signs a request and the spender pays.

        Args:
            domain: URL of the node.
            signer: The account whose entry changes. It signs the transaction and pays.
            spender: The account that pays; by default the signer.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            Whether something was written, and what.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        wanted = intents.SetNode(domain=domain)
        return self._run(
            flows.ensure.node(self._dialect, wanted, signer, spender, self._with(options)),
        )

    def party(  # noqa: PLR0913 - what a party is
        self,
        country_code: str,
        party_id: str,
        roles: Iterable[Role],
        operator: str,
        *,
        modules_sender: Iterable[Module] | None = None,
        modules_receiver: Iterable[Module] | None = None,
        website: str | None = None,
        signer: SignerT,
        account: str | None = None,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """List an account as a party, if it is not already listed like this.

        The account's other ids are left alone. With a spender, the signer signs requests and the
        spender pays. `None` for modules or website changes nothing.

        Args:
            country_code: First half of the id.
            party_id: Second half of the id.
            roles: At least one.
            operator: Address of the operator whose node reaches the party.
            modules_sender: Modules of which it implements the sender interface.
            modules_receiver: Modules of which it implements the receiver interface.
            website: URL; empty removes it.
            signer: The account's key, or its controller's.
            account: Address of the account; by default the signer's.
            spender: The account that pays; by default the signer.
            options: See `WriteOptions`.

        Returns:
            Whether something was written, and what.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
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
        given = None if account is None else Address(account)
        return self._run(
            flows.ensure.party(self._dialect, wanted, signer, spender, self._with(options), given),
        )

    def parties(
        self,
        wanted: Iterable[WantedParty],
        *,
        signer: SignerT,
        account: str | None = None,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> EnsuredParties:
        """List an account as several parties, and write only what differs, in one transaction.

        The account's other ids are left alone, and named in the result. `wanted_parties` returns
        the parties of an OCPI credentials object.

        Args:
            wanted: The parties; each id once.
            signer: The account's key, or its controller's.
            account: Address of the account; by default the signer's.
            spender: The account that pays; by default the signer.
            options: See `WriteOptions`.

        Returns:
            Whether something was written, and what.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = None if account is None else Address(account)
        return self._run(
            flows.ensure.parties(
                self._dialect, tuple(wanted), signer, spender, self._with(options), given
            ),
        )

    def service(  # noqa: PLR0913 - what a service is
        self,
        permissions: Iterable[int],
        *,
        name: str = "",
        url: str = "",
        signer: SignerT,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Ensured:
        """Offer the signer's service, if it is not already offered like this.

        With a spender, the signer signs a request and the spender pays.

        Args:
            permissions: What the service needs.
            name: Name of the service, at most 100 bytes; may be empty.
            url: Where to read more; may be empty.
            signer: The account whose entry changes. It signs the transaction and pays.
            spender: The account that pays; by default the signer.
            options: How the transaction is priced and waited for; the client's own unless given.

        Returns:
            Whether something was written, and what.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        wanted = intents.SetService(name=name, url=url, permissions=tuple(permissions))
        return self._run(
            flows.ensure.service(self._dialect, wanted, signer, spender, self._with(options)),
        )
