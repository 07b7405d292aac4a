"""The life of an account, for asynchronous callers: `client.identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import flows
from ocn_registry.client import sync_identity
from ocn_registry.client.async_groups import Group, documented_by
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.outcomes import Holdings, Left, Moved, Outcome
    from ocn_registry.signing import AnySigner, SignedRequest


@checked
@documented_by(sync_identity.Identity)
class Identity(Group):
    """Keys, controllers and leaving: each is one task, whichever keys sign."""

    async def holdings(self, account: str, *, block: int | None = None) -> Holdings:
        """Return what an account has: parties, node, service, agreements and controller."""
        return await self._run(flows.identity.holdings(self._dialect, Address(account), block))

    async def rotate(
        self,
        new_signer: AnySigner,
        *,
        signer: AnySigner,
        account: str | None = None,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Moved:
        """Move everything that an account has to a new key, in one transaction."""
        given = signer.address if account is None else Address(account)
        return await self._run(
            flows.identity.rotate(
                self._dialect, given, signer, new_signer, spender, self._with(options)
            ),
        )

    async def move(
        self,
        request: SignedRequest,
        acceptance: SignedRequest | None = None,
        *,
        spender: AnySigner,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Send a move that was signed in parts, on different machines."""
        whole = request if acceptance is None else request.accepted(acceptance)
        return await self._run(
            flows.batch.submit(self._dialect, (whole,), spender, self._with(options)),
        )

    async def name_controller(
        self,
        controller: AnySigner | SignedRequest | None,
        *,
        signer: AnySigner,
        account: str | None = None,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Outcome:
        """Set the controller of an account, which signs for it from now on; or remove it."""
        given = signer.address if account is None else Address(account)
        return await self._run(
            flows.identity.name_controller(
                self._dialect, given, controller, signer, spender, self._with(options)
            ),
        )

    async def leave(
        self,
        *,
        signer: AnySigner,
        account: str | None = None,
        spender: AnySigner | None = None,
        options: WriteOptions | None = None,
    ) -> Left:
        """Delete everything that an account has: service, ids and node."""
        given = signer.address if account is None else Address(account)
        return await self._run(
            flows.identity.leave(self._dialect, given, signer, spender, self._with(options)),
        )
