"""The asynchronous cache, refreshed by a task or on request."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ocn_registry.cache.core import CacheCore
from ocn_registry.cache.sync_cache import RegistryCache
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.portable.closing import AsyncClosing
from ocn_registry.protocol.effects import run_async

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.cache.core import CacheOptions
    from ocn_registry.cache.updates import Update
    from ocn_registry.client.async_client import AsyncRegistryClient

_LOG = logging.getLogger("ocn_registry.cache")


@checked
class AsyncRegistryCache(CacheCore, AsyncClosing):
    """The whole registry in memory, kept current from the chain's events.

    ```python
    async with connect_async("ewc") as registry:
        async with AsyncRegistryCache(registry, file="ocn.sqlite") as cache:
            await cache.start()
            print(cache.route("DE", "ABC"))
    ```

    Lookups need no `await`: they are answered from memory. See `RegistryCache` for their rules.
    Subscribers may be asynchronous; the file is written in a thread.
    """

    def __init__(
        self,
        client: AsyncRegistryClient,
        *,
        file: str | Path | None = None,
        options: CacheOptions | None = None,
    ) -> None:
        """Open the file, if one is given. The chain is not queried yet."""
        super().__init__(client.deployment, file, options)
        self._transport = client.transport
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[object] | None = None
        self._task: asyncio.Task[None] | None = None

    async def refresh(self) -> Update | None:
        """Update the cache to the chain's latest block, and notify subscribers."""
        return await self._refresh(full=False)

    async def reload(self) -> Update | None:
        """Discard the state and load the whole registry again; see `refresh`."""
        return await self._refresh(full=True)

    async def start(self) -> None:
        """Load the registry if it is not loaded yet, then refresh it in a task until `close`."""
        if self._task is not None:
            raise InvalidInput("the cache already refreshes itself")
        if self._known is None:
            await self.refresh()
        self._task = asyncio.create_task(self._run_loop(), name="ocn-registry-cache")
        if self._hosts is not None:
            self._hosts.start()

    async def stop(self) -> None:
        """Stop the task and wait for it to end. The cache keeps its state."""
        if self._hosts is not None:
            self._hosts.stop()
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Stop, and close the file. Lookups keep working."""
        await self.stop()
        if self._store is not None:
            await asyncio.to_thread(self._store.close)  # waits for a save in progress

    async def _refresh(self, *, full: bool) -> Update | None:
        me = asyncio.current_task()
        if me is not None and self._refreshing is me:
            raise InvalidInput("a subscriber can't refresh the cache that calls it")
        async with self._lock:
            self._refreshing = me
            try:
                update = await run_async(self._round(full=full), self._transport.perform)
                if update is not None:
                    for answer in self._notify(update):
                        try:
                            await answer
                        except Exception:  # noqa: BLE001 - a subscriber's error
                            _LOG.exception("a subscriber failed", extra=self._fields())
                return update
            finally:
                self._refreshing = None

    async def _run_loop(self) -> None:
        pause_s = 0.0
        while True:
            await asyncio.sleep(pause_s)
            try:
                await self.refresh()
                pause_s = self.options.poll_s
            except Exception as error:  # noqa: BLE001 - a bug must not end the refreshes unnoticed
                pause_s = self._pause_after(error, pause_s)
            if self._task is not asyncio.current_task():  # called by a subscriber
                return

    __init__.__doc__ = RegistryCache.__init__.__doc__
    refresh.__doc__ = RegistryCache.refresh.__doc__
