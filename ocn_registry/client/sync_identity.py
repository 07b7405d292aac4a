"""The life of an account, for the synchronous client: `client.identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from ocn_registry import flows
from ocn_registry.client.base import Group, Run, SignerT
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.outcomes import Holdings, Left, Moved, Outcome
    from ocn_registry.signing import SignedRequest


@checked
class Identity(Group[Run], Generic[SignerT]):
    """Keys, controllers and leaving: each is one task, whichever keys sign."""

    def holdings(self, account: str, *, block: int | None = None) -> Holdings:
        """Return what an account has: parties, node, service, agreements and controller.

        Args:
            account: Address of the account.
            block: Block to read at; the latest unless given. See the class.

        Returns:
            What it has, at one block.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            TransportError: The RPC node can't be reached, or its answer is not valid.
        """
        return self._run(flows.identity.holdings(self._dialect, Address(account), block))

    def rotate(
        self,
        new_signer: SignerT,
        *,
        signer: SignerT,
        account: str | None = None,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Moved:
        """Move everything that an account has to a new key, in one transaction.

        Its ids, service, agreements, node with attached parties, and controller move along. The
        account is retired for good. Save the new key before you call this.

        Args:
            new_signer: The new key, which was never used in this registry. It signs the acceptance.
            signer: The account's key, or its controller's.
            account: Address of the account; by default the signer's.
            spender: The account that pays; by default the signer.
            options: See `WriteOptions`.

        Returns:
            The new account, what moved, and what was written.

        Raises:
            AccountNotFound: The account has nothing to move.
            AccountInUse: The new key already has something in this registry, or is retired.
            UnsupportedByDialect: These contracts can't move accounts.
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.rotate(
                self._dialect, given, signer, new_signer, spender, self._with(options)
            ),
        )

    def move(
        self,
        request: SignedRequest,
        acceptance: SignedRequest | None = None,
        *,
        spender: SignerT,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Send a move that was signed in parts, on different machines.

        Args:
            request: `MoveAccount`, signed by the account or its controller.
            acceptance: `AcceptAccount`, signed by the new key; `None` if the request contains it.
            spender: The account that pays.
            options: See `WriteOptions`.

        Returns:
            What was written.

        Raises:
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        whole = request if acceptance is None else request.accepted(acceptance)
        return self._run(
            flows.batch.submit(self._dialect, (whole,), spender, self._with(options)),
        )

    def name_controller(
        self,
        controller: SignerT | SignedRequest | None,
        *,
        signer: SignerT,
        account: str | None = None,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Set the controller of an account, which signs for it from now on; or remove it.

        Args:
            controller: The signer of the controller, or the `AcceptController` that it has signed,
                as a Safe does. `None` removes the current controller.
            signer: The account's key, or its current controller's.
            account: Address of the account; by default the signer's.
            spender: The account that pays; by default the signer.
            options: See `WriteOptions`.

        Returns:
            What was written.

        Raises:
            NotController: The new controller has a controller itself.
            UnsupportedByDialect: These contracts have no controllers.
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.name_controller(
                self._dialect, given, controller, signer, spender, self._with(options)
            ),
        )

    def leave(
        self,
        *,
        signer: SignerT,
        account: str | None = None,
        spender: SignerT | None = None,
        options: WriteOptions | None = None,
    ) -> Left:
        """Delete everything that an account has: service, ids and node.

        Agreements end with the last id. If it is interrupted, call it again.

        Args:
            signer: The account's key, or its controller's.
            account: Address of the account; by default the signer's.
            spender: The account that pays; by default the signer.
            options: See `WriteOptions`.

        Returns:
            What the account had, and what was written.

        Raises:
            InvalidInput: An address, an id or a number is not valid.
            Reverted: The contract refuses. It is simulated first, so that nothing is paid.
            FeeAboveCap: It would cost more than the options allow; nothing was sent.
            OutcomeUnknown: It was sent, and the chain has not decided within the time.
            TransportError: The RPC node fails, or the account can't pay.
        """
        given = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.leave(self._dialect, given, signer, spender, self._with(options)),
        )
