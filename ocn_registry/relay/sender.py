"""Send accepted requests in transactions, and record their outcomes.

Each spender has one transaction in flight. The package's `submit` does everything that concerns
money: it checks the requests again just before it signs, commits nonce, bytes and requests to the
journal before it sends them, and resends the same bytes until the chain has decided. This module
decides which requests are next, when to raise the price of a stuck transaction, and how an outcome
changes the states of requests.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import (
    BatchRejected,
    FeeAboveCap,
    InsufficientFunds,
    JournalError,
    NonceMismatch,
    NotSent,
    OcnRegistryError,
    OutcomeUnknown,
    RequestExpired,
    Reverted,
    TransactionReplaced,
    TransportError,
)
from ocn_registry.flows.options import WriteOptions
from ocn_registry.protocol.effects import Head, run
from ocn_registry.relay import store
from ocn_registry.relay.journal import members_of

if TYPE_CHECKING:
    from ocn_registry.outcomes import Item, Outcome
    from ocn_registry.protocol.journal import JournalEntry
    from ocn_registry.relay.service import Service
    from ocn_registry.relay.store import Accepted, State

_LOG = logging.getLogger("ocn_registry.relay")
_LOOK_AT: Final = 1_000  # waiting requests that a round considers
_PAUSE_S: Final = 0.5
_SLOWER_S: Final = 5.0
_PATIENCE_S: Final = 30.0
_STUCK_BLOCKS: Final = 6  # the price is raised after this many blocks without the transaction
# What says nothing about the request: it waits, and is tried again.
_LATER: Final = (
    TransportError,
    OutcomeUnknown,
    NotSent,
    JournalError,
    FeeAboveCap,
    InsufficientFunds,
    TransactionReplaced,
)


class Sender:
    """The roles `send` and `follow` of one process."""

    def __init__(self, service: Service, *, sends: bool = True, follows: bool = True) -> None:
        """Create a sender. It does nothing yet.

        Args:
            service: The relay.
            sends: Whether to send requests and settle transactions.
            follows: Whether to follow blocks until they are final.
        """
        self._service = service
        self._sends, self._follows = sends, follows
        self._stopped = threading.Event()
        self._seen_at: dict[str, int] = {}  # the block at which the wait for a transaction began

    def run(self) -> None:
        """Run rounds until `stop` is called."""
        while not self._stopped.is_set():
            pause = _PAUSE_S
            try:
                if self.round():
                    pause = 0.0
            except OcnRegistryError as error:
                _LOG.warning("nothing was sent in this round: %s", error)
                pause = _SLOWER_S
            except Exception:  # noqa: BLE001 - a fault of ours: else nothing would be sent, in silence
                _LOG.exception("the sender made a mistake")
                pause = _SLOWER_S
            self._stopped.wait(pause)

    def stop(self) -> None:
        """Make `run` return after its current round."""
        self._stopped.set()

    def round(self) -> bool:
        """Settle sent transactions, send waiting requests, and check for final blocks.

        Returns:
            Whether anything was sent.

        Raises:
            OcnRegistryError: The chain or the database can't be used, or the spender can't pay.
        """
        sent = False
        if self._sends:
            self.settle()
            sent = self.send()
        if self._follows:
            self.follow()
        return sent

    def settle(self) -> None:
        """Determine the outcome of transactions that an earlier round or process left open."""
        with self._service.database.transaction() as transaction:
            open_ones = store.in_state(transaction, "sent", _LOOK_AT)
        hashes = dict.fromkeys([one.tx_hash for one in open_ones if one.tx_hash])
        self._seen_at = {one: at for one, at in self._seen_at.items() if one in hashes}
        for tx_hash in hashes:
            try:
                outcome = self._outcome_of(tx_hash)
            except TransactionReplaced:
                self._move(
                    tx_hash, [one for one in open_ones if one.tx_hash == tx_hash], "accepted"
                )
            except Reverted as error:
                self._fail(tx_hash, error)
            else:
                entry = self._entry(tx_hash)
                ids = () if entry is None else members_of(entry)
                self._landed(outcome, dict(zip(ids, outcome.items, strict=True)))

    def _outcome_of(self, tx_hash: str) -> Outcome:
        """Wait for a transaction; raise its price after several blocks without it."""
        transactions = self._service.client.transactions
        first = self._seen_at.setdefault(tx_hash, self._head())
        try:
            return transactions.await_outcome(tx_hash, options=self._options())
        except OutcomeUnknown:
            if self._head() < first + _STUCK_BLOCKS:
                raise
        _LOG.warning("transaction %s is stuck: it is offered more", tx_hash)
        try:
            return transactions.speed_up(
                tx_hash, signer=self._service.spender, options=self._options()
            )
        except FeeAboveCap as error:
            _LOG.warning("transaction %s stays as it is: %s", tx_hash, error)
            return transactions.await_outcome(tx_hash, options=self._options())

    def _head(self) -> int:
        return run(iter(Head()), self._service.transport.perform).ref.number

    def send(self) -> bool:
        """Send the next requests, all for one contract.

        Returns:
            Whether any were sent.
        """
        with self._service.database.transaction() as transaction:
            if store.is_paused(transaction):
                return False
            waiting = store.in_state(transaction, "accepted", _LOOK_AT)
        chosen = _next(waiting, self._service.config.batch)
        if not chosen:
            return False
        client = self._service.client
        signed = [client.read_signed_request(one.document) for one in chosen]
        try:
            outcome = client.submit(*signed, spender=self._service.spender, options=self._options())
        except _LATER:
            raise
        except OcnRegistryError as error:
            return self._nothing_took_effect(chosen, error)
        items = dict(zip([one.id for one in chosen], outcome.items, strict=True))
        self._landed(outcome, items)
        for one in chosen:
            self._left_out(one, items[one.id])
        return True

    def _nothing_took_effect(self, chosen: list[Accepted], error: OcnRegistryError) -> bool:
        """Record the reasons; return whether a transaction was paid for anyway."""
        if isinstance(error, Reverted) and error.tx_hash is not None:
            self._fail(error.tx_hash, error)
            return True
        reasons = error.errors if isinstance(error, BatchRejected) else (error,) * len(chosen)
        for one, reason in zip(chosen, reasons, strict=True):
            self._refused(one, reason)
        return False

    def follow(self) -> None:
        """Check whether the blocks of mined requests are final, or were replaced."""
        service = self._service
        with service.database.transaction() as transaction:
            mined = store.in_state(transaction, "mined", _LOOK_AT)
        if not mined:
            return
        depth = service.config.deployment.blocks_to_finality or 1
        head = self._head()
        for tx_hash in dict.fromkeys([one.tx_hash for one in mined if one.tx_hash]):
            members = [one for one in mined if one.tx_hash == tx_hash]
            if not self._stands(tx_hash, 1):
                self._move(tx_hash, members, "sent")
            elif head - (members[0].block_number or head) + 1 >= depth and self._stands(
                tx_hash, depth
            ):
                with service.database.transaction() as transaction:
                    for one in members:
                        store.move(
                            transaction,
                            one.id,
                            "done" if one.error is None else "failed",
                            since=("mined",),
                            carried_by=(tx_hash,),
                            tx_hash=one.tx_hash,
                            block_number=one.block_number,
                            gas_used=one.gas_used,
                            error=one.error,
                        )

    def _stands(self, tx_hash: str, confirmations: int) -> bool:
        try:
            outcome = self._service.client.transactions.outcome_of(
                tx_hash, options=self._options(confirmations)
            )
        except Reverted:
            return True
        return outcome is not None

    def _options(self, confirmations: int = 1) -> WriteOptions:
        return WriteOptions(
            max_fee_per_gas_wei=self._service.config.max_fee_per_gas_wei,
            confirmations=confirmations,
            timeout_s=_PATIENCE_S,
            journal=self._service.journal,
        )

    def _landed(self, outcome: Outcome, items: dict[str, Item]) -> None:
        """Note what transactions did to the requests that they carry.

        Args:
            outcome: The transactions.
            items: What became of requests, by their ids. The outcome of a batch tells of those that
                were left out as well, so its items are not those of a transaction, place by place.
        """
        for part in outcome.parts or (outcome,):
            entry = self._entry(part.tx_hash)
            if entry is None:
                continue
            ids = members_of(entry)
            with self._service.database.transaction() as transaction:
                for request_id in [one for one in ids if one in items]:
                    error = items[request_id].error
                    store.move(
                        transaction,
                        request_id,
                        "mined",
                        since=("sent",),
                        carried_by=entry.tx_hashes,
                        tx_hash=part.tx_hash,
                        block_number=part.block.number,
                        gas_used=part.gas_used // len(ids),
                        error=None if error is None else str(error),
                    )

    def _entry(self, tx_hash: str) -> JournalEntry | None:
        return self._service.journal.find(self._service.config.deployment.chain_id, tx_hash)

    def _left_out(self, request: Accepted, item: Item) -> None:
        """Record why a request was left out of a transaction."""
        if item.error is not None and not isinstance(item.error, _LATER):
            with self._service.database.transaction() as transaction:
                now = store.find(transaction, request.id)
            if now is not None and now.state == "accepted":
                self._refused(request, item.error)

    def _refused(self, request: Accepted, error: OcnRegistryError) -> None:
        """Record that a request can no longer take effect, unless it is only too early."""
        state: State = "failed"
        if isinstance(error, RequestExpired):
            state = "expired"
        elif isinstance(error, NonceMismatch):
            if error.expected < request.nonce:
                return  # requests with earlier nonces come first
            state = "superseded"
        _LOG.info("request %s is %s: %s", request.id, state, error)
        with self._service.database.transaction() as transaction:
            store.move(transaction, request.id, state, since=("accepted",), error=str(error))

    def _fail(self, tx_hash: str, error: Reverted) -> None:
        """Record that a transaction reverted. Like any other, it is final when its block is."""
        entry = self._entry(tx_hash)
        if entry is None:
            return
        with self._service.database.transaction() as transaction:
            for request_id in members_of(entry):
                store.move(
                    transaction,
                    request_id,
                    "mined",
                    since=("sent",),
                    carried_by=entry.tx_hashes,
                    tx_hash=tx_hash,
                    block_number=None if entry.block is None else entry.block.number,
                    error=str(error),
                )

    def _move(self, tx_hash: str, requests: list[Accepted], state: State) -> None:
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


def _next(waiting: tuple[Accepted, ...], most: int) -> list[Accepted]:
    """Choose the requests for the next transaction.

    They are all for one contract, in the order of acceptance, and those of an account in the order
    of their nonces. Contract signatures are kept separate from those of keys. Expired requests are
    included, so that they are recorded as such.

    Args:
        waiting: Accepted requests, the earliest first.
        most: Maximum number of requests in a transaction.
    """
    now = int(time.time())
    expired = [one for one in waiting if one.deadline_unix_s < now]
    if expired:
        return expired[:1]
    if not waiting:
        return []
    first = waiting[0]
    same = [
        one
        for one in waiting
        if one.contract == first.contract and one.by_contract == first.by_contract
    ]
    return sorted(same[:most], key=lambda one: (one.account, one.nonce))
