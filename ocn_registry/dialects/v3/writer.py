"""Writes: calldata, requests and events. Reads don't load this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.origins import called
from ocn_registry.dialects.steps import Stage
from ocn_registry.dialects.v3 import calldata, documents, events, functions, rules
from ocn_registry.dialects.v3.batches import batch
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.errors import BadAnswer, InvalidInput, NoContract
from ocn_registry.evm.abi import Words
from ocn_registry.intents import MoveAccount, SetController
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import Call
from ocn_registry.signing import SignedRequest, acceptance_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects.base import Dialect
    from ocn_registry.dialects.steps import Step
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Flow, Log
    from ocn_registry.signing import Request


class V3Writer:
    """The writing part of the dialect of one deployment; see `Writer` for the methods."""

    def __init__(self, dialect: Dialect) -> None:
        """Create the writing part of a dialect."""
        self._deployment = dialect.deployment
        self._addresses = {contract: dialect.address_of(contract) for contract in Contract}
        self._contracts = {address: contract for contract, address in self._addresses.items()}

    def contract_of(self, intent: Intent) -> Contract:
        """Return the contract that an intent is for."""
        return calldata.contract_of(intent)

    def check(self, intent: Intent) -> None:
        """Raise `InvalidInput` for an intent that the contract rejects in any state."""
        rules.check(intent)

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Return the call that performs these steps in one transaction."""
        intents = [step.intent if isinstance(step, SignedRequest) else step for step in steps]
        contracts = {self.contract_of(intent) for intent in intents}
        if len(contracts) != 1:
            raise InvalidInput(
                "these writes are for both contracts, and a transaction is for one: send those "
                "about nodes and parties separately from those about services and agreements"
                if steps
                else "there is nothing to send: give at least one intent or request",
            )
        if sender is not None:
            for step in steps:
                _require_acceptance(step, sender)
        to = self._addresses[contracts.pop()]
        items = [calldata.step(step) for step in steps]
        if len(items) == 1 and not each_alone:
            return Call(to, items[0], _took(1), refuse, sender)
        decode = _results(to, len(items)) if each_alone else _took(len(items))
        return Call(to, batch(items, each_alone=each_alone), decode, refuse, sender)

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign."""
        contract = self.contract_of(intent)
        rules.check(intent)
        return documents.request(
            self._deployment,
            contract,
            intent,
            account,
            nonce=nonce,
            deadline_unix_s=deadline_unix_s,
        )

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        return documents.read_request(self._deployment, text)

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes: always one."""
        del sender
        yield from ()
        return (Stage(steps=steps),)

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in events of these contracts; others are left out."""
        del intents  # these events are complete
        return events.changes(logs, self._contracts)

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called."""
        return called(call, self._contracts, functions.names())

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return why steps of a batch failed, by their index."""
        return events.failures(logs, self._contracts)


def _require_acceptance(step: Step, sender: Address) -> None:
    """Raise for a move or a controller without the required acceptance.

    Args:
        step: The step.
        sender: The sender. The contract would take a move without acceptance from the new
            account itself, but a spender that sends other people's requests does not intend that.
    """
    if isinstance(step, SignedRequest):
        intent, account, given = step.intent, step.account, step.acceptance
    elif isinstance(step, MoveAccount | SetController):
        intent, account, given = step, sender, step.acceptance
    else:
        return
    needed = acceptance_of(intent, account)
    if needed is None:
        return
    accepting, acceptance = needed
    if given is None:
        raise InvalidInput(
            f"{accepting} has not accepted this {type(intent).__name__} of {account}: have it sign "
            f"the same document, too (`ocn-registry request sign`), or add its signed "
            f"{type(acceptance).__name__}",
        )


def _took(count: int) -> Callable[[bytes], tuple[Reverted | None, ...]]:
    """Return the decoder of a write that is all or nothing: any answer means success."""

    def decode(data: bytes) -> tuple[Reverted | None, ...]:
        del data  # the returned values carry no information
        return (None,) * count

    return decode


def _results(to: Address, count: int) -> Callable[[bytes], tuple[Reverted | None, ...]]:
    """Return the decoder of the results of a batch's items."""

    def one(reader: Words) -> Reverted | None:
        succeeded, result = reader.flag(), reader.blob()
        return None if succeeded else refuse(result)

    def decode(data: bytes) -> tuple[Reverted | None, ...]:
        if not data:
            raise NoContract(to)
        found = Words(data).structs(one)
        if len(found) != count:
            raise BadAnswer(f"a batch of {count} items has {len(found)} results")
        return found

    return decode
