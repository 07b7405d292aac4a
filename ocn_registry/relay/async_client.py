"""The client of a relay for asyncio: the same calls, run in threads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ocn_registry.foreign.arguments import checked
from ocn_registry.portable.closing import AsyncClosing
from ocn_registry.relay.client import RelayClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ocn_registry.networks import Deployment
    from ocn_registry.relay.client import RelayedRequest
    from ocn_registry.relay.documents import Voucher
    from ocn_registry.relay.event_stream import RelayEvent
    from ocn_registry.signing import SignedRequest, Signer


@checked
class AsyncRelayClient(AsyncClosing):
    """A client of a relay, for asyncio; see `RelayClient`."""

    def __init__(self, url: str, *, key: str | None = None, timeout_s: float = 20.0) -> None:
        """Create a client from the relay's URL; see `RelayClient`."""
        self._client = RelayClient(url, key=key, timeout_s=timeout_s)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._client.close)

    async def submit(
        self, signed: SignedRequest, *, voucher: Voucher | None = None
    ) -> RelayedRequest:
        """Submit a signed request; see `RelayClient.submit`."""
        return await asyncio.to_thread(self._client.submit, signed, voucher=voucher)

    async def request(self, request_id: str) -> RelayedRequest:
        """Return the state of a request; see `RelayClient.request`."""
        return await asyncio.to_thread(self._client.request, request_id)

    async def withdraw(
        self, request_id: str, *, deployment: Deployment, signer: Signer | None = None
    ) -> RelayedRequest:
        """Withdraw a request that has not been sent yet; see `RelayClient.withdraw`."""
        return await asyncio.to_thread(
            self._client.withdraw, request_id, deployment=deployment, signer=signer
        )

    async def follow(self, *, after: str | None = None) -> AsyncIterator[RelayEvent]:
        """Yield the relay's events; see `RelayClient.follow`."""
        events = self._client.follow(after=after)
        while True:
            yield await asyncio.to_thread(next, events)

    async def wait(
        self,
        request_id: str,
        *,
        until: str = "mined",
        timeout_s: float = 120.0,
        on_state: Callable[[RelayedRequest], None] | None = None,
    ) -> RelayedRequest:
        """Wait until a request is in a block, or has ended; see `RelayClient.wait`."""
        return await asyncio.to_thread(
            self._client.wait, request_id, until=until, timeout_s=timeout_s, on_state=on_state
        )

    async def allowance(self, account: str) -> dict[str, object]:
        """Return what is left of an account's quotas today; see `RelayClient.allowance`."""
        return await asyncio.to_thread(self._client.allowance, account)
