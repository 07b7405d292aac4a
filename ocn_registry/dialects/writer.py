"""What a dialect does for writes: calldata, requests, and the contracts' answers."""

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
        """Raise `InvalidInput` for what the contract would refuse whatever its state."""
        ...

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Return the call that takes these steps, in one transaction.

        Args:
            steps: Intents of the sender itself, and requests that others signed; one contract's.
            each_alone: A step that fails leaves the others in force. Else it is all or nothing.
            sender: Who sends it, and whom errors are about.

        Returns:
            The call; its answer says of each step why it failed, `None` if it did not.
        """
        ...

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Return the transactions that a write takes: one, unless a contract would lose something.

        Args:
            steps: As for `write`; the requests among them have been verified.
            sender: Who sends them.
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
        """Return what an account has to sign."""
        ...

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Read a request's JSON, signed or not; reject one that is not for this deployment."""
        ...

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Return what events of these contracts say; those of other contracts are left out.

        Args:
            logs: The events.
            intents: What was asked of the transaction, for contracts whose events don't tell a
                deletion or a revocation from its opposite (see `Limits.events_tell_all`).
        """
        ...

    def functions(self, call: ContractCall) -> tuple[str, ...]:
        """Return the names of the contract functions that a transaction called.

        Those of a batch are listed one by one. A call of any other contract has none.
        """
        ...

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Return why steps of a batch failed, by their place in it."""
        ...

    def error_of(self, data: bytes) -> Reverted:
        """Return the error that revert data stands for.

        Args:
            data: What a call reverted with; empty where there was no reason.
        """
        ...
