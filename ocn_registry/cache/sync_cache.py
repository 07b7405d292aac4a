"""The synchronous cache, refreshed by a thread or on request."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ocn_registry.cache.core import CacheCore
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.portable.closing import Closing
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.cache.core import CacheOptions
    from ocn_registry.cache.updates import Update
    from ocn_registry.client.sync_client import RegistryClient

_LOG = logging.getLogger("ocn_registry.cache")


@checked
class RegistryCache(CacheCore, Closing):
    """The whole registry in memory, kept current from the chain's events.

    ```python
    with connect("ewc") as registry, RegistryCache(registry, file="ocn.sqlite") as cache:
        cache.start()
        print(cache.route("DE", "ABC"))
    ```

    Every answer reflects one block: `block` names it, and `age_s` says how long ago it was the
    latest. For several answers at the same block, take a `snapshot()`. Lookups are answered from
    memory and can be made from any thread. They raise `StaleCache` before the first load, and when
    the state is older than the options allow.
    """

    def __init__(
        self,
        client: RegistryClient,
        *,
        file: str | Path | None = None,
        options: CacheOptions | None = None,
    ) -> None:
        """Open the file, if one is given. The chain is not queried yet.

        Args:
            client: Reaches the registry; the cache shares its connections and does not close them.
            file: Where to store the state, for a quick next start; `None` to keep it in memory
                only.
            options: How to follow the chain, and what to do when that fails.

        Raises:
            InvalidInput: The file belongs to another user or deployment, or is in use.
        """
        super().__init__(client.deployment, file, options)
        self._transport = client.transport
        self._lock = threading.Lock()
        self._refreshing: int | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def refresh(self) -> Update | None:
        """Update the cache to the chain's latest block, and notify subscribers.

        Returns:
            The update; `None` if there is no new block.

        Raises:
            TransportError: The chain can't be reached. The cache keeps its state.
            ReorgTooDeep: The chain replaced more blocks than the cache can undo, and the options
                don't allow a reload.
        """
        return self._refresh(full=False)

    def reload(self) -> Update | None:
        """Discard the state and load the whole registry again; see `refresh`."""
        return self._refresh(full=True)

    def start(self) -> None:
        """Load the registry if it is not loaded yet, then refresh it in a thread until `close`."""
        if self._thread is not None:
            raise InvalidInput("the cache already refreshes itself")
        if self._known is None:
            self.refresh()
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._run_loop, name="ocn-registry-cache", daemon=True
        )
        self._thread.start()
        if self._hosts is not None:
            self._hosts.start()

    def stop(self) -> None:
        """Stop the thread and wait for it to end. The cache keeps its state."""
        self._stopping.set()
        if self._hosts is not None:
            self._hosts.stop()
        thread, self._thread = self._thread, None
        # If a subscriber calls this, the thread ends after the current round.
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def close(self) -> None:
        """Stop, and close the file. Lookups keep working."""
        self.stop()
        if self._store is not None:
            self._store.close()

    def _refresh(self, *, full: bool) -> Update | None:
        me = threading.get_ident()
        if self._refreshing == me:
            raise InvalidInput("a subscriber can't refresh the cache that calls it")
        with self._lock:
            self._refreshing = me
            try:
                update = run(self._round(full=full), self._transport.perform)
                if update is not None:
                    for answer in self._notify(update):
                        _close(answer)
                return update
            finally:
                self._refreshing = None

    def _run_loop(self) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            try:
                self.refresh()
                pause_s = self.options.poll_s
            except Exception as error:  # noqa: BLE001 - a bug must not end the refreshes unnoticed
                pause_s = self._pause_after(error, pause_s)


def _close(answer: object) -> None:
    """Reject an asynchronous subscriber: nothing would await it."""
    close = getattr(answer, "close", None)
    if callable(close):
        close()
    _LOG.error("a subscriber is asynchronous: use AsyncRegistryCache")
