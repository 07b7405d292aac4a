"""Writes: calldata, requests and events. Reads don't load this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.origins import called
from ocn_registry.dialects.v1 import calldata, events, functions, plans, requests, rules
from ocn_registry.dialects.v1.errors import about, refuse
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.errors import InvalidInput
from ocn_registry.intents import CreateAgreement, DeleteParty, SetPartyModules
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import Call

if TYPE_CHECKING:
    from ocn_registry.dialects.base import Dialect
    from ocn_registry.dialects.steps import Stage, Step
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Flow, Log
    from ocn_registry.signing import Request, SignedRequest


class V1Writer:
    """The writing part of the dialect of one deployment; see `Writer` for the methods."""

    def __init__(self, dialect: Dialect) -> None:
        """Create the writing part of a dialect."""
        self._dialect = dialect
        self._chain_id = dialect.chain_id
        self._addresses = {contract: dialect.address_of(contract) for contract in Contract}
        self._contracts = {address: contract for contract, address in self._addresses.items()}

    def contract_of(self, intent: Intent) -> Contract:
        """Return the contract that an intent is for."""
        row = requests.REQUESTS.get(type(intent))
        return Contract.REGISTRY if row is None else row.contract

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
        """Return the call that performs one step in a transaction."""
        del each_alone
        step = _single_step(steps)
        sent = about(step, sender)
        to = self._addresses[self.contract_of(sent.intent)]
        return Call(to, calldata.step(step), _took, lambda data: refuse(data, sent), sender)

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes."""
        return plans.plan(self._dialect, _single_step(steps), sender)

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign, without nonce and deadline."""
        del nonce, deadline_unix_s
        rules.check(intent)
        if isinstance(intent, CreateAgreement) and intent.permissions is not None:
            raise unsupported(
                "accept a signature that names permissions: leave them out, and the agreement "
                "covers whatever the service needs",
            )
        if isinstance(intent, SetPartyModules | DeleteParty) and intent.country_code is not None:
            raise unsupported(
                "accept a signature that names the id: leave it out, and the request concerns the "
                "account's only id",
            )
        contract = self._addresses[self.contract_of(intent)]
        return requests.request(self._chain_id, contract, intent, account)

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        return requests.read_request(self._chain_id, self._addresses.__getitem__, text)

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in events of these contracts; others are left out."""
        return events.changes(logs, self._contracts, intents)

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called."""
        return called(call, self._contracts, functions.names())

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return which steps of a batch failed: none, since there are no batches."""
        del logs
        return {}


def _single_step(steps: tuple[Step, ...]) -> Step:
    if len(steps) > 1:
        raise unsupported("accept several writes in one transaction: send each by itself")
    for step in steps:
        return step
    raise InvalidInput("there is nothing to send: give at least one intent or request")


def _took(data: bytes) -> tuple[Reverted | None, ...]:
    """Decode the answer of a write: any answer means success."""
    del data
    return (None,)
