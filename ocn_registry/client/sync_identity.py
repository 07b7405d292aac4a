"""An account's life, for callers that wait: `client.identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import flows
from ocn_registry.client.sync_groups import Group
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.outcomes import Holdings, Left, Moved, Outcome
    from ocn_registry.signing import SignedRequest, Signer


class Identity(Group):
    """Keys, controllers and leaving: each is one task, whichever keys sign."""

    def holdings(self, account: str, *, block: int | None = None) -> Holdings:
        """Return everything that an account has: parties, node, service, agreements, controller."""
        return self._run(flows.identity.holdings(self._dialect, Address(account), block))

    def rotate(
        self,
        new_signer: Signer,
        *,
        signer: Signer,
        account: str | None = None,
        spender: Signer | None = None,
        options: WriteOptions | None = None,
    ) -> Moved:
        """Move everything that an account has to a new key, in one transaction.

        Ids, service, agreements, node with its attached parties, and controller follow. The
        account is retired for good. Save the new key before you call this.

        Args:
            new_signer: The new key, which was never used in this registry. It accepts.
            signer: The account's key, or its controller.
            account: The account; the signer's own unless given.
            spender: Who pays; the signer unless given.
            options: See `WriteOptions`.

        Raises:
            AccountNotFound: There is nothing to move.
            AccountInUse: The new key has something in this registry already, or is retired.
            UnsupportedByDialect: These contracts can't move accounts.
        """
        whose = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.rotate(
                self._dialect, whose, signer, new_signer, spender, self._with(options)
            ),
        )

    def move(
        self,
        request: SignedRequest,
        acceptance: SignedRequest | None = None,
        *,
        spender: Signer,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Send a move whose parts were signed on different machines.

        Args:
            request: `MoveAccount`, signed by the account or its controller.
            acceptance: `AcceptAccount`, signed by the new key; it may be in the request already.
            spender: Who pays.
            options: See `WriteOptions`.
        """
        whole = request if acceptance is None else request.accepted(acceptance)
        return self._run(
            flows.batch.submit(self._dialect, (whole,), spender, self._with(options)),
        )

    def name_controller(
        self,
        controller: Signer | SignedRequest | None,
        *,
        signer: Signer,
        account: str | None = None,
        spender: Signer | None = None,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Name the account whose signature counts for another one from now on, or none.

        Args:
            controller: The controller, which accepts: its signer, or the `AcceptController` that
                it has signed, as a Safe does. `None` removes the present controller.
            signer: The account's key, or its present controller.
            account: The account; the signer's own unless given.
            spender: Who pays; the signer unless given.
            options: See `WriteOptions`.

        Raises:
            NotController: The controller has a controller itself.
            UnsupportedByDialect: These contracts have no controllers.
        """
        whose = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.name_controller(
                self._dialect, whose, controller, signer, spender, self._with(options)
            ),
        )

    def leave(
        self,
        *,
        signer: Signer,
        account: str | None = None,
        spender: Signer | None = None,
        options: WriteOptions | None = None,
    ) -> Left:
        """Delete everything that an account has: service, ids and node.

        Agreements end with the last id. If it is interrupted, call it again.

        Args:
            signer: The account's key, or its controller.
            account: The account; the signer's own unless given.
            spender: Who pays; the signer unless given.
            options: See `WriteOptions`.
        """
        whose = signer.address if account is None else Address(account)
        return self._run(
            flows.identity.leave(self._dialect, whose, signer, spender, self._with(options)),
        )
