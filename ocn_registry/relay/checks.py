"""Checks of requests on the chain, batched for requests that arrive at the same time.

Querying the chain takes as much CPU as everything else about a request, and one query for fifty
requests costs hardly more than one for a single request. Each request is checked as if it were
alone: if it fails because of others in its group, it is simulated again by itself.
"""

from __future__ import annotations

import logging
import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from ocn_registry.errors import InsufficientFunds, OcnRegistryError
from ocn_registry.flows.requests import checks as checks_of
from ocn_registry.protocol.effects import Balance, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.requests import Checked
    from ocn_registry.models import Address
    from ocn_registry.signing import SignedRequest
    from ocn_registry.transport import Transport

_LOG = logging.getLogger("ocn_registry.relay")
_TOGETHER = 50


class Check:
    """A request, and the account's requests that are waiting before it."""

    def __init__(self, signed: SignedRequest, before: tuple[SignedRequest, ...]) -> None:
        """Create the check of a request."""
        self.signed, self.before = signed, before
        self.contracts: Future[tuple[Address, ...]] = Future()


class Checker:
    """Checks requests in a thread; `check` may be called from any thread."""

    def __init__(
        self,
        dialect: Dialect,
        transport: Transport,
        spender: Callable[[], Address],
        least_wei: int = 0,
    ) -> None:
        """Start the thread.

        Args:
            dialect: The generation of the contracts.
            transport: Reaches the chain.
            spender: Returns the account that pays. Requests are simulated with it as the sender.
            least_wei: The balance below which no request is accepted.
        """
        self._dialect, self._transport, self._spender = dialect, transport, spender
        self._least_wei = least_wei
        self._waiting: queue.SimpleQueue[Check | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._go_on, name="ocn-relay-check", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the submitted checks, and stop."""
        self._waiting.put(None)
        self._thread.join()

    def check(
        self, signed: SignedRequest, before: tuple[SignedRequest, ...]
    ) -> tuple[Address, ...]:
        """Check a request: deadline, nonce, signature, and that it would not revert.

        Args:
            signed: The request.
            before: The account's waiting requests, in nonce order. A request behind others can't be
                simulated.

        Returns:
            The contracts that have to check a signature of it.

        Raises:
            RequestRejected: The contract would reject the deadline, the nonce or the signature.
            Reverted: The contract would reject the request.
            InsufficientFunds: The spender can't pay.
            TransportError: The chain can't be reached.
        """
        one = Check(signed, before)
        self._waiting.put(one)
        return one.contracts.result()

    def _go_on(self) -> None:
        later: list[Check | None] = []
        while True:
            now = [later.pop(0) if later else self._waiting.get()]
            while len(now) + len(later) < _TOGETHER and not self._waiting.empty():
                later.append(self._waiting.get())
            # A group has one request per account: each must have the next nonce.
            taken = {one.signed.account for one in now if one is not None}
            for one in list(later):
                if one is not None and one.signed.account not in taken:
                    taken.add(one.signed.account)
                    later.remove(one)
                    now.append(one)
            checks = [one for one in now if one is not None]
            try:
                self._check(checks)
            except BaseException as error:  # noqa: BLE001 - without this thread, all callers would hang
                if not isinstance(error, OcnRegistryError):
                    _LOG.exception("an internal error occurred while requests were checked")
                for one in checks:
                    if not one.contracts.done():
                        one.contracts.set_exception(error)
            if None in now:
                return

    def _check(self, checks: Sequence[Check]) -> None:
        if checks and self._least_wei:
            spender = self._spender()
            balance = run(iter(Balance(spender)), self._transport.perform)
            if balance < self._least_wei:
                raise InsufficientFunds(spender, balance, self._least_wei)
        looks = self._looks(checks)
        good: list[tuple[Check, tuple[Address, ...]]] = []
        for one, look in zip(checks, looks, strict=True):
            if look.error is not None:
                one.contracts.set_exception(look.error)
            elif one.before:
                one.contracts.set_result(look.contracts)
            else:
                good.append((one, look.contracts))
        for contract in {self._dialect.contract_of(one.signed.intent) for one, _ in good}:
            group = [
                each
                for each in good
                if self._dialect.contract_of(each[0].signed.intent) is contract
            ]
            self._simulate(group)

    def _looks(self, checks: Sequence[Check]) -> list[Checked]:
        row = [each for one in checks for each in (*one.before, one.signed)]
        looks = iter(run(checks_of(self._dialect, tuple(row)), self._transport.perform))
        return [[next(looks) for _ in (*one.before, one.signed)][-1] for one in checks]

    def _simulate(self, group: list[tuple[Check, tuple[Address, ...]]]) -> None:
        """Simulate requests for one contract together; those that fail, again by themselves."""
        if len(group) > 1:
            call = self._dialect.write(
                tuple([one.signed for one, _ in group]), each_alone=True, sender=self._spender()
            )
            errors = run(iter(call), self._transport.perform)
            alone = [each for each, error in zip(group, errors, strict=True) if error is not None]
        else:
            alone = group
        for one, contracts in group:
            if (one, contracts) not in alone:
                one.contracts.set_result(contracts)
        for one, contracts in alone:
            try:
                call = self._dialect.write((one.signed,), each_alone=False, sender=self._spender())
                run(iter(call), self._transport.perform)
            except OcnRegistryError as error:
                one.contracts.set_exception(error)
            else:
                one.contracts.set_result(contracts)
