"""Record the outcomes of transactions.

Only the chain decides. The outcome of a transaction is read from its receipt, and again when its
block is final: a block that replaces another may contain the same transaction with a different
outcome.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import (
    FeeAboveCap,
    InsufficientFunds,
    OutcomeUnknown,
    Reverted,
    TransactionReplaced,
)
from ocn_registry.flows.options import WriteOptions
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Head, ReceiptOf, run
from ocn_registry.relay import store
from ocn_registry.relay.journal import members_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.errors import OcnRegistryError
    from ocn_registry.models import BlockRef
    from ocn_registry.outcomes import Item, Outcome
    from ocn_registry.protocol.journal import JournalEntry
    from ocn_registry.relay.service import RelayService
    from ocn_registry.relay.store import Accepted, State

_LOG = logging.getLogger("ocn_registry.relay")
_LOOK_AT: Final = 1_000  # requests that a round considers
_PATIENCE_S: Final = 30.0
_STUCK_BLOCKS: Final = 6  # the price is raised after this many blocks without the transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """The effect of a transaction in a block on its requests.

    Attributes:
        tx_hashes: Every attempt that was signed with its nonce.
        tx_hash: The attempt that is in the block.
        block_number: The block.
        gas_used: Gas for each request.
        errors: Why each request had no effect, by its id; `None` for those that had.
        is_shared: Whether they all failed together, so that the fault may be another's.
    """

    tx_hashes: tuple[str, ...]
    tx_hash: str
    block_number: int
    gas_used: int
    errors: Mapping[str, str | None]
    is_shared: bool = False


class Settler:
    """Determines the outcomes of transactions, and records them."""

    def __init__(self, service: RelayService) -> None:
        """Create a settler. It does nothing yet.

        Args:
            service: The relay.
        """
        self._service = service
        self._seen_at: dict[str, int] = {}  # the block at which the wait for a transaction began

    def head(self) -> BlockRef:
        """Return the latest block."""
        return run(iter(Head()), self._service.transport.perform).ref

    def options(self, confirmations: int = 1) -> WriteOptions:
        """Return the options for sending transactions and waiting for them."""
        return WriteOptions(
            max_fee_per_gas_wei=self._service.config.max_fee_per_gas_wei,
            confirmations=confirmations,
            timeout_s=_PATIENCE_S,
            journal=self._service.journal,
        )

    def settle(self) -> None:
        """Determine the outcome of transactions that an earlier round or process left open.

        It waits for the transactions of this process's spender and resends them. Other spenders
        have senders of their own: it only checks theirs.
        """
        sent = self._in_state("sent")
        self._seen_at = {one: at for one, at in self._seen_at.items() if one in sent}
        for tx_hash, members in sent.items():
            entry = self._entry(tx_hash)
            try:
                if entry is None or entry.account == self._service.spender_address:
                    self.landed(self._awaited(tx_hash))
                else:
                    self._note(self._look(tx_hash, 1), "sent")
            except TransactionReplaced:
                self._move(members, tx_hash, "accepted")
            except Reverted as error:
                self.reverted(tx_hash, error)

    def landed(self, outcome: Outcome, items: Mapping[str, Item] | None = None) -> None:
        """Record the effect of transactions on their requests.

        Args:
            outcome: The transactions.
            items: Outcomes of requests by id; `None` if the outcome is that of one transaction. The
                outcome of a batch also includes requests that were left out, so its items don't
                match a transaction's place by place.
        """
        for part in outcome.parts or (outcome,):
            entry = self._entry(part.tx_hash)
            if entry is not None:
                self._note(_fate(entry, part, items), "sent")

    def reverted(self, tx_hash: str, error: Reverted) -> None:
        """Record that a transaction reverted. Like any other, it is final when its block is."""
        self._note(self._reverted(tx_hash, error), "sent")

    def follow(self) -> None:
        """Check whether the blocks of mined requests are final, or were replaced."""
        mined = self._in_state("mined")
        if not mined:
            return
        depth, head = self._service.blocks_to_finality, self.head().number
        for tx_hash, members in mined.items():
            block = members[0].block_number
            if block is not None and head - block + 1 >= depth:
                fate = self._look(tx_hash, depth)
                if fate is not None:
                    self._note(fate, "mined", final=True)
                    continue
            fate = self._look(tx_hash, 1)
            if fate is None:
                self._move(members, tx_hash, "sent")
            elif fate.block_number != block:
                self._note(fate, "mined")

    def _in_state(self, state: State) -> dict[str, list[Accepted]]:
        """Return the requests in a state, grouped by transaction."""
        with self._service.database.reading() as transaction:
            found = store.in_state(transaction, state, _LOOK_AT)
        by_hash: dict[str, list[Accepted]] = {}
        for one in found:
            if one.tx_hash is not None:
                by_hash.setdefault(one.tx_hash, []).append(one)
        return by_hash

    def _awaited(self, tx_hash: str) -> Outcome:
        """Wait for a transaction; raise its price after several blocks without it."""
        transactions = self._service.client.transactions
        first = self._seen_at.setdefault(tx_hash, self.head().number)
        try:
            return transactions.await_outcome(tx_hash, options=self.options())
        except OutcomeUnknown:
            if self.head().number < first + _STUCK_BLOCKS:
                raise
        _LOG.warning("transaction %s is stuck: its price is raised", tx_hash)
        try:
            return transactions.speed_up(
                tx_hash, signer=self._service.spender, options=self.options()
            )
        except (FeeAboveCap, InsufficientFunds) as error:
            _LOG.warning("transaction %s is left as it is: %s", tx_hash, error)
            return transactions.await_outcome(tx_hash, options=self.options())

    def _look(self, tx_hash: str, confirmations: int) -> Fate | None:
        """Return the effect of a transaction; `None` unless it is in a confirmed block."""
        try:
            outcome = self._service.client.transactions.outcome_of(
                tx_hash, options=self.options(confirmations)
            )
        except Reverted as error:
            return self._reverted(tx_hash, error)
        entry = self._entry(tx_hash)
        return None if outcome is None or entry is None else _fate(entry, outcome)

    def _reverted(self, tx_hash: str, error: Reverted) -> Fate | None:
        """Return the effect of a reverted transaction; `None` if it is no longer in a block."""
        entry = self._entry(tx_hash)
        tx_hash = error.tx_hash or tx_hash
        receipt = run(iter(ReceiptOf(tx_hash)), self._service.transport.perform)
        if entry is None or receipt is None:
            return None
        ids = members_of(entry)
        is_shared = len(ids) > 1
        again = "; it is sent again, alone, once that block is final" if is_shared else ""
        return Fate(
            tx_hashes=entry.tx_hashes,
            tx_hash=tx_hash,
            block_number=receipt.block_number,
            gas_used=receipt.gas_used // max(len(ids), 1),
            errors=dict.fromkeys(ids, f"{error}{again}"),
            is_shared=is_shared,
        )

    def _entry(self, tx_hash: str) -> JournalEntry | None:
        return self._service.journal.find(self._service.config.deployment.chain_id, tx_hash)

    def _note(self, fate: Fate | None, since: State, *, final: bool = False) -> None:
        if fate is None:
            return
        again = final and fate.is_shared
        if again:
            _LOG.warning("transaction %s reverted: its requests are sent one by one", fate.tx_hash)
        with self._service.database.transaction() as transaction:
            for request_id, error in fate.errors.items():
                ended: State = "done" if error is None else "failed"
                if again:
                    ended = "accepted"
                store.move(
                    transaction,
                    request_id,
                    ended if final else "mined",
                    since=(since,),
                    carried_by=fate.tx_hashes,
                    tx_hash=fate.tx_hash,
                    block_number=None if again else fate.block_number,
                    gas_used=None if again else fate.gas_used,
                    error=None if again else error,
                )

    def _move(self, requests: list[Accepted], tx_hash: str, state: State) -> None:
        """Record that a transaction is no longer in a block, or never will be."""
        with self._service.database.transaction() as transaction:
            for one in requests:
                store.move(
                    transaction,
                    one.id,
                    state,
                    since=("sent", "mined"),
                    carried_by=(tx_hash,),
                    tx_hash=tx_hash if state == "sent" else None,
                )


def _fate(entry: JournalEntry, outcome: Outcome, items: Mapping[str, Item] | None = None) -> Fate:
    """Return the effect of a transaction on the requests whose outcomes are known."""
    ids = members_of(entry)
    known = dict(zip(ids, outcome.items, strict=True)) if items is None else items
    errors: dict[str, OcnRegistryError | None] = {
        one: known[one].error for one in ids if one in known
    }
    return Fate(
        tx_hashes=entry.tx_hashes,
        tx_hash=outcome.tx_hash,
        block_number=outcome.block.number,
        gas_used=outcome.gas_used // max(len(ids), 1),
        errors={one: None if error is None else str(error) for one, error in errors.items()},
    )
