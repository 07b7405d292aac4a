"""The writing part of dialects: calldata, requests and the contracts' answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ocn_registry.dialects.steps import Stage, Step
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import Address, Contract
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Call, Flow, Log
    from ocn_registry.signing import Request, SignedRequest


class Writer(Protocol):
    """The writing part of a dialect."""

    def contract_of(self, intent: Intent) -> Contract:
        """Return the contract that an intent is for."""
        ...

    def check(self, intent: Intent) -> None:
        """Raise `InvalidInput` for an intent that the contract rejects in any state."""
        ...

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Return the call that performs these steps in one transaction.

        Args:
            steps: Intents of the sender, and requests that others signed, all for one contract.
            each_alone: Whether steps succeed or fail independently; otherwise all or none.
            sender: The sender, for error messages.

        Returns:
            The call. Its answer has the error of each step, `None` for success.
        """
        ...

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions of a write: one, unless a contract would lose data.

        Args:
            steps: As for `write`; requests have been verified.
            sender: The sender.
        """
        ...

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Return the request that an account has to sign."""
        ...

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Return the request in a JSON document, signed or not; reject other deployments'."""
        ...

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return the changes in these contracts' events; events of others are skipped.

        Args:
            logs: The events.
            intents: The transaction's intents, for contracts whose events don't distinguish a
                deletion or a revocation from its opposite (see `Limits.events_tell_all`).
        """
        ...

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called.

        The functions of a batch are listed individually. A call of another contract has none.
        """
        ...

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return why steps of a batch failed, by their index."""
        ...
