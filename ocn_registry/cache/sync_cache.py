"""The cache for callers that wait, refreshed by a thread or when you ask for it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ocn_registry.cache.core import CacheCore
from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from ocn_registry.cache.core import CacheOptions
    from ocn_registry.cache.updates import Update
    from ocn_registry.client.sync_client import RegistryClient

_LOG = logging.getLogger("ocn_registry.cache")
_LONGEST_PAUSE_S = 60.0


class RegistryCache(CacheCore):
    """The whole registry in memory, kept current from the chain's events.

    ```python
    with connect("ewc") as registry, RegistryCache(registry, file="ocn.sqlite") as cache:
        cache.start()
        print(cache.route("DE", "ABC"))
    ```

    Every answer is of one block; `block` and `age_s` say of which, and how long ago it was the
    latest. Several answers of the same block: ask a `snapshot()`. Questions are answered from
    memory, by any number of threads. Before anything was loaded, and when what is known is older
    than the options allow, they raise `StaleCache`.
    """

    def __init__(
        self,
        client: RegistryClient,
        *,
        file: str | Path | None = None,
        options: CacheOptions | None = None,
    ) -> None:
        """Open the file, if there is one; nothing is asked of the chain yet.

        Args:
            client: Reaches the registry; the cache shares its connections and does not close them.
            file: Where to keep what is known, so that the next start is quick; `None` for nowhere.
            options: How the chain is followed, and what happens when that is not possible.

        Raises:
            InvalidInput: The file is somebody else's, another deployment's, or in use.
        """
        super().__init__(client.deployment, file, options)
        self._transport = client.transport
        self._lock = threading.Lock()
        self._refreshing: int | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Return the cache."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and close the file."""
        self.close()

    def refresh(self) -> Update | None:
        """Update the cache to the chain's latest block, and notify subscribers.

        Returns:
            What is new; `None` when there is no new block.

        Raises:
            TransportError: The chain can't be asked; what is known stays.
            ReorgTooDeep: The chain has replaced more than can be gone back, and the options don't
                have it loaded again.
        """
        return self._refresh(anew=False)

    def reload(self) -> Update | None:
        """Load the whole registry again, whatever is known; see `refresh`."""
        return self._refresh(anew=True)

    def start(self) -> None:
        """Load now, if nothing is known yet, and go on refreshing in a thread until `close`."""
        if self._thread is not None:
            raise InvalidInput("the cache refreshes itself already")
        if self._known is None:
            self.refresh()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._go_on, name="ocn-registry-cache", daemon=True)
        self._thread.start()
        if self._hosts is not None:
            self._hosts.start()

    def stop(self) -> None:
        """End the thread, and wait until it is gone; what is known stays."""
        self._stopping.set()
        if self._hosts is not None:
            self._hosts.stop()
        thread, self._thread = self._thread, None
        # A subscriber can stop what calls it: then that ends with the round.
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def close(self) -> None:
        """Stop, and close the file; what is known can still be asked."""
        self.stop()
        if self._store is not None:
            self._store.close()

    def _refresh(self, *, anew: bool) -> Update | None:
        me = threading.get_ident()
        if self._refreshing == me:
            raise InvalidInput("a subscriber can't refresh the cache that calls it")
        with self._lock:
            self._refreshing = me
            try:
                update = run(self._round(anew=anew), self._transport.perform)
                if update is not None:
                    for answer in self._tell(update):
                        _close(answer)
                return update
            finally:
                self._refreshing = None

    def _go_on(self) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            try:
                self.refresh()
                pause_s = self.options.poll_s
            except OcnRegistryError as error:
                self._log(f"the cache can't refresh: {error}", logging.WARNING)
                pause_s = min(max(2 * pause_s, self.options.poll_s), _LONGEST_PAUSE_S)
            except Exception:  # noqa: BLE001 - a fault of ours: else answers would age in silence
                _LOG.exception("the cache can't refresh", extra=self._fields())
                pause_s = _LONGEST_PAUSE_S


def _close(answer: object) -> None:
    """Reject an asynchronous subscriber: nobody awaits it here."""
    close = getattr(answer, "close", None)
    if callable(close):
        close()
    _LOG.error("a subscriber is asynchronous: it needs AsyncRegistryCache")
