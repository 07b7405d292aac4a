"""Plans to replace a stuck transaction, at a higher price or with one that does nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    FeeAboveCap,
    InvalidInput,
    OutcomeUnknown,
    TransactionReplaced,
)
from ocn_registry.evm.transactions import unsigned
from ocn_registry.flows.confirmation import Included, look_for
from ocn_registry.flows.options import LEAST_GAS
from ocn_registry.flows.price import check_cost, raised
from ocn_registry.outcomes import Quote
from ocn_registry.plans.execute import Plan, execute, transaction
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.plans.words import words_of
from ocn_registry.protocol.effects import TransactionOf, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.evm.transactions import Transaction
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.outcomes import Outcome
    from ocn_registry.plans.entries import Entry
    from ocn_registry.plans.execute import Console, Line
    from ocn_registry.protocol.effects import SentTransaction
    from ocn_registry.signing import Signer


class ReplacementTask:
    """The replacement of a stuck transaction."""

    def __init__(
        self,
        client: RegistryClient,
        tx_hash: str,
        payer: Signer,
        console: Console,
        *,
        void: bool,
    ) -> None:
        """Create the plan of a replacement.

        Args:
            client: Reaches the registry; its journal may know the transaction.
            tx_hash: Hash of the stuck transaction.
            payer: The account that sent it.
            console: Shows the plan, and asks.
            void: Whether to cancel it instead of sending it again.
        """
        self._client, self._tx_hash, self._payer = client, tx_hash, payer
        self._console, self._void = console, void
        self._hashes: tuple[str, ...] = (tx_hash,)  # of all attempts, if the journal knows them
        self._stuck, self._gas = self._transaction()

    def execute(self, options: WriteOptions, *, dry_run: bool) -> int:
        """Show the plan, ask, send, and show the result.

        Returns:
            The exit code.
        """
        plan: Plan[Outcome | None] = Plan(
            payer=self._payer.address,
            lines=tuple(self._lines()),
            quote=self._quote,
            send=self._send,
            report=self._report,
            preview={"status": "dry run", "spender": self._payer.address},
            question="cancel it?" if self._void else "send it again at the higher price?",
        )
        return execute(self._client, plan, self._console, options, dry_run=dry_run)

    def _transaction(self) -> tuple[Transaction, int]:
        """Return the latest attempt, and the gas of the first: a cancellation may be in between."""
        journal, chain_id = self._client.journal, self._client.deployment.chain_id
        entry = None if journal is None else journal.find(chain_id, self._tx_hash)
        if entry is not None:
            self._hashes = entry.tx_hashes
            try:
                first = unsigned(entry.attempts[0].raw)
                return unsigned(entry.attempts[-1].raw), first.gas
            except ValueError:
                raise InvalidInput(
                    f"transaction {self._tx_hash} creates a contract: run the deployment again "
                    "with --raise-price",
                ) from None
        sent: SentTransaction | None = self._client.transport.perform(TransactionOf(self._tx_hash))
        if sent is None:
            raise OutcomeUnknown(
                self._tx_hash,
                "neither the journal nor the RPC node knows it; it may be in another journal",
            )
        return sent.transaction, sent.transaction.gas

    def _lines(self) -> Iterator[Line]:
        yield "replaces", f"{self._tx_hash}, number {self._stuck.nonce} of the account"
        open_ = self._client.transactions.open(self._payer.address)
        for each in open_:
            if self._tx_hash in each.tx_hashes:
                for intent in each.intents:
                    yield "change", words_of(intent)
        if self._void:
            yield "ends", "that change: it will not take effect, unless it is in a block first"
        yield "spender", self._payer.address

    def _quote(self, options: WriteOptions) -> Quote:
        perform = self._client.transport.perform
        found = run(look_for(self._hashes, 1), perform)
        if isinstance(found, Included):
            sentence = f"transaction {found.tx_hash} is in a block: nothing new is sent"
            return Quote(gas=0, cost_wei=0, sent_before=found.tx_hash, notices=(sentence,))
        was = (self._stuck.max_fee_per_gas_wei, self._stuck.tip_per_gas_wei)
        has_base_fee = self._client.deployment.base_fee
        price = run(raised(was, options, has_base_fee=has_base_fee), perform)
        gas = LEAST_GAS if self._void else self._gas
        check_cost(gas, price, options)
        return Quote(
            gas=gas,
            cost_wei=gas * price.max_fee_per_gas_wei,
            max_fee_per_gas_wei=price.max_fee_per_gas_wei,
            tip_per_gas_wei=price.tip_per_gas_wei,
        )

    def _send(self, options: WriteOptions, quote: Quote | None) -> Outcome | None:
        transactions = self._client.transactions
        if quote is not None and quote.sent_before is not None:
            try:
                return transactions.await_outcome(self._tx_hash, options=options)
            except TransactionReplaced:
                if self._void:  # cancelled before
                    return None
                raise
        if quote is not None:
            options = replace(options, max_fee_per_gas_wei=quote.max_fee_per_gas_wei)
        act = transactions.cancel if self._void else transactions.speed_up
        try:
            return act(self._tx_hash, signer=self._payer, options=options)
        except FeeAboveCap as error:
            if quote is None or error.cap_wei != quote.max_fee_per_gas_wei:
                raise
            # The price has risen, or another process has raised it in the meantime.
            raise FeeAboveCap(quote.gas * error.needed_wei, quote.cost_wei, of="plan") from None

    def _report(self, outcome: Outcome | None) -> tuple[Entry, int]:
        if outcome is None:
            return {"status": "cancelled", "hash": self._tx_hash}, DONE
        return {
            "status": "done",
            **transaction(self._client.deployment, outcome),
            "changes": [change.to_dict() for change in outcome.changes],
        }, DONE
