"""Send accepted requests in transactions.

Each spender has one transaction in flight. The package's `submit` does everything that concerns
money: it checks the requests again just before it signs, commits nonce, bytes and requests to the
journal before it sends them, and resends the same bytes until the chain has decided. This module
decides which requests are next, and when a request that the chain refuses has ended.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import (
    BatchRejected,
    InvalidInput,
    OcnRegistryError,
    RequestRejected,
    Reverted,
    TransportError,
)
from ocn_registry.protocol.effects import run
from ocn_registry.relay import store
from ocn_registry.relay.journal import Taken
from ocn_registry.relay.settling import Settler
from ocn_registry.relay.waiting import HeldRequests, end_of, is_early

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import BlockRef
    from ocn_registry.relay.service import RelayService
    from ocn_registry.relay.store import Accepted, State
    from ocn_registry.signing import SignedRequest

_LOG = logging.getLogger("ocn_registry.relay")
_LOOK_AT: Final = 1_000  # waiting requests that a round considers
_DECIDE: Final = 50  # held requests that a round checks at a final block
_OPEN: Final[tuple[State, ...]] = ("sent", "accepted")
_PAUSE_S: Final = 0.5
_SLOWER_S: Final = 5.0
# Errors about the requests. All others are about the node, the fees or the database: the requests
# wait, and are tried again.
_REFUSALS: Final = (RequestRejected, Reverted)


class RequestSender:
    """The roles `send` and `follow` of one process."""

    def __init__(self, service: RelayService, *, sends: bool = True, follows: bool = True) -> None:
        """Create a sender. It does nothing yet.

        Args:
            service: The relay.
            sends: Whether to send requests and settle transactions.
            follows: Whether to follow blocks until they are final.
        """
        self._service = service
        self._settler = Settler(service)
        self._waiting = HeldRequests(service.config.batch, service.blocks_to_finality)
        self._sends, self._follows = sends, follows
        # A queue, because signal handlers call `stop`: an Event's lock, which its thread
        # may hold at that moment, would wait for itself.
        self._stopped: SimpleQueue[None] = SimpleQueue()

    def run(self) -> None:
        """Run rounds until `stop` is called."""
        pause = 0.0
        while not self._is_stopped_within(pause):
            pause = _PAUSE_S
            try:
                if self.round():
                    pause = 0.0
            except OcnRegistryError as error:
                _LOG.warning("nothing was sent in this round: %s", error)
                pause = _SLOWER_S
            except Exception:  # noqa: BLE001 - a bug must not end the sending unnoticed
                _LOG.exception("an internal error occurred while requests were sent")
                pause = _SLOWER_S

    def stop(self) -> None:
        """Make `run` return after its current round. A signal handler may call it."""
        self._stopped.put(None)

    def _is_stopped_within(self, pause: float) -> bool:
        try:
            self._stopped.get(timeout=pause)
        except Empty:
            return False
        return True

    def round(self) -> bool:
        """Settle sent transactions, send waiting requests, and check for final blocks.

        Returns:
            Whether there may be more to send at once.

        Raises:
            OcnRegistryError: The chain or the database can't be used, or the spender can't pay.
        """
        try:
            return self._sends and self._settle_and_send()
        finally:
            if self._follows:
                self._settler.follow()

    def _settle_and_send(self) -> bool:
        """Settle and send, unless another process is doing so for the same spender."""
        service = self._service
        with service.database.reading() as transaction:
            if not any(store.in_state(transaction, state, 1) for state in _OPEN):
                return False
        account = service.spender_address.lower()
        lock = service.database.lock(f"round-{service.config.deployment.chain_id}-{account}")
        if lock is None:  # this process is a standby
            return False
        try:
            self._settler.settle()
            return self.send()
        finally:
            lock.release()

    def send(self) -> bool:
        """Send the next requests, all for one contract.

        Returns:
            Whether there may be more to send at once.
        """
        with self._service.database.reading() as transaction:
            is_paused = store.is_paused(transaction)
            waiting = store.in_state(transaction, "accepted", _LOOK_AT + self._waiting.held)
        if not waiting:
            return False
        head = self._settler.head()
        chosen = self._waiting.choose(waiting, head)
        self._decide(waiting, head)
        signed = [] if is_paused else self._read(chosen)
        if not signed:
            return False
        return self._submit([one for one, _ in signed], [each for _, each in signed], head)

    def _read(self, chosen: list[Accepted]) -> list[tuple[Accepted, SignedRequest]]:
        """Return requests with their documents. One that can no longer be read has failed."""
        found: list[tuple[Accepted, SignedRequest]] = []
        for one in chosen:
            try:
                found.append((one, self._service.client.read_signed_request(one.document)))
            except InvalidInput as error:
                self._end(one, "failed", str(error))
        return found

    def _submit(self, chosen: list[Accepted], signed: list[SignedRequest], head: BlockRef) -> bool:
        service = self._service
        try:
            outcome = service.client.submit(
                *signed, spender=service.spender, options=self._settler.options()
            )
        except Taken:
            self._waiting.give_way()
            return True
        except Reverted as error:
            if len(chosen) > 1:
                self._waiting.halve(len(chosen))
            if error.tx_hash is not None:
                self._settler.reverted(error.tx_hash, error)
            elif len(chosen) == 1:
                self._hold(chosen, (error,), head)
        except BatchRejected as error:
            self._hold(chosen, error.errors, head)
        except RequestRejected as error:
            self._hold(chosen, (error,) * len(chosen), head)
        else:
            self._waiting.sent()
            items = dict(zip([one.id for one in chosen], outcome.items, strict=True))
            self._settler.landed(outcome, items)
            self._hold(chosen, [items[one.id].error for one in chosen], head)
        return True

    def _hold(
        self,
        requests: Sequence[Accepted],
        errors: Sequence[OcnRegistryError | None],
        head: BlockRef,
    ) -> None:
        """Hold the requests that the chain refused."""
        for one, error in zip(requests, errors, strict=True):
            if isinstance(error, _REFUSALS):
                _LOG.info("request %s is held: %s", one.id, error)
                self._waiting.hold(one, error, head)

    def _decide(self, waiting: Sequence[Accepted], head: BlockRef) -> None:
        """End the held requests that a final block refuses, and release the others."""
        final = head.number - self._service.blocks_to_finality + 1
        for one, signed in self._read(self._waiting.doubtful(waiting, head)[:_DECIDE]):
            try:
                error = self._refusal_at(final, signed)
            except TransportError as problem:
                _LOG.info(
                    "block %d does not show the outcome of request %s: %s", final, one.id, problem
                )
                continue
            if error is not None and not is_early(one, error):
                self._end(one, *end_of(one, error))
            else:
                self._waiting.release(one)

    def _refusal_at(self, block_number: int, signed: SignedRequest) -> Reverted | None:
        """Return why the contract refuses a request at a block; `None` if it does not."""
        service = self._service
        call = service.dialect.write((signed,), each_alone=False, sender=service.spender_address)
        try:
            run(iter(replace(call, block=block_number)), service.transport.perform)
        except Reverted as error:
            return error
        return None

    def _end(self, request: Accepted, state: State, why: str) -> None:
        """Record the end of a request that was not sent."""
        _LOG.info("request %s is %s: %s", request.id, state, why)
        with self._service.database.transaction() as transaction:
            store.move(transaction, request.id, state, since=("accepted",), error=why)
