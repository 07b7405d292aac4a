"""Requests that one account signs and another one sends: methods of both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from ocn_registry import flows  # loads, on first use, what only writes need
from ocn_registry.client.base import Group, Run, SignerT
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address, Contract

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SignableIntent
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.signing import Request, SignedRequest


@checked
class SignedRequests(Group[Run], Generic[SignerT]):
    """Prepare, sign, check, submit and cancel requests."""

    def prepare(
        self,
        intent: SignableIntent,
        account: str,
        *,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> Request:
        """Return the request that an account has to sign, here or elsewhere.

        Args:
            intent: The change.
            account: Address of the account whose entry changes.
            nonce: The nonce; by default the account's next one at the contract. If both nonce and
                deadline are given, the chain is not asked.
            deadline_unix_s: Last second, in Unix time, at which the request can take effect; by
                default an hour from now, and at most 30 days from now.

        Returns:
            The request.

        Raises:
            InvalidInput: The intent can't be signed, or the deadline is past or too far away.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(
            flows.requests.prepare(self._dialect, intent, Address(account), nonce, deadline_unix_s),
        )

    def sign(
        self,
        intent: SignableIntent,
        signer: SignerT,
        *,
        account: str | None = None,
        nonce: int | None = None,
        deadline_unix_s: int | None = None,
    ) -> SignedRequest:
        """Return a signed request; see `prepare`. Nothing is sent.

        Args:
            intent: The change.
            signer: The account's key, or its controller's.
            account: Address of the account whose entry changes; by default the signer's.
            nonce: See `prepare`.
            deadline_unix_s: See `prepare`.

        Returns:
            The signed request.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        given = None if account is None else Address(account)
        return self._run(
            flows.requests.sign(self._dialect, intent, signer, nonce, deadline_unix_s, given),
        )

    def verify(self, *signed: SignedRequest) -> None:
        """Check signed requests like their contract would now, before anything is paid.

        Deadline, nonce and signature are checked, and the change itself is simulated.

        Args:
            signed: The requests.

        Raises:
            RequestExpired: The deadline of a request has passed.
            NonceMismatch: A request does not carry its account's next nonce.
            SignatureMismatch: A request is not signed by its account or controller.
            Reverted: The contract would refuse the change.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(flows.requests.tried(self._dialect, signed))

    def submit(
        self,
        *signed: SignedRequest,
        spender: SignerT,
        options: WriteOptions | None = None,
        quote: Quote | None = None,
    ) -> Outcome:
        """Send requests that others signed, in transactions that the spender pays for.

        Requests are independent: one that fails does not affect the others, and is listed in the
        outcome's `failed`. A transaction takes as many as fit into a block. All requests must be
        for the same contract.

        Args:
            signed: The requests.
            spender: The account that signs the transactions and pays.
            options: See `WriteOptions`.
            quote: The most that a single request may cost; see `quote`.

        Returns:
            What was written, with the outcome of each request.

        Raises:
            RequestRejected: The request would not take effect, or none of several would.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.batch.submit(self._dialect, signed, spender, self._with(options), quote)
        )

    def invalidate_nonce(
        self,
        new_nonce: int | None = None,
        contract: Contract = Contract.REGISTRY,
        *,
        signer: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Cancel all requests that the signer signed with a nonce below this one.

        Args:
            new_nonce: Nonce of its next request; by default 1,000 above the current one.
            contract: The contract; each counts its own nonces.
            signer: The account that signed the requests. It also pays. To have another account
                pay, sign `InvalidateNonce`.
            options: See `WriteOptions`.

        Returns:
            What was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        return self._run(
            flows.admin.invalidate(
                self._dialect,
                contract,
                new_nonce,
                signer,
                self._with(options),
            ),
        )
