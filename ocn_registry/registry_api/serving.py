"""An API with all its parts for one deployment, for servers without a relay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self

from ocn_registry.cache.core import CacheOptions
from ocn_registry.cache.sync_cache import RegistryCache
from ocn_registry.client.connect import connect
from ocn_registry.registry_api.api import RegistryApi
from ocn_registry.registry_api.history import HistoryLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.networks import Deployment
    from ocn_registry.vouching.background import VouchingOptions


class Serving:
    """An API with its cache and history, which follow the chain while it is open.

    ```python
    with Serving(deployment) as serving:
        reply = serving.api.answer("GET", "/v1/overview")
    ```
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        client: Callable[[], RegistryClient] | None = None,
        folder: Path | None = None,
        poll_s: float = 2.0,
        vouching: VouchingOptions | None = None,
    ) -> None:
        """Create the parts. The chain is not queried yet.

        Args:
            deployment: The registry's deployment.
            client: Creates a client, where the connection needs a proxy, for example.
            folder: Where to store cache and history, for a quick next start; `None` for memory
                only.
            poll_s: How often to poll the chain.
            vouching: How to ask hosts whether they vouch for what is listed; they are not asked by
                default.

        Raises:
            InvalidInput: A file in the folder can't be used.
        """
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        # A transport remembers the blocks that it returned, so each follower of the chain has its
        # own.
        make = client or partial(connect, deployment)
        self._clients = [make() for _ in range(3)]
        asking, caching, reading = self._clients
        self.cache = RegistryCache(
            caching,
            file=None if folder is None else folder / "cache.sqlite",
            options=CacheOptions(max_age_s=None, poll_s=poll_s, vouching=vouching),
        )
        self.history = HistoryLog(reading, None if folder is None else folder / "history.sqlite")
        self.api = RegistryApi(asking, self.cache, history=self.history)

    def __enter__(self) -> Self:
        """Start the parts."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the parts."""
        self.close()

    def start(self) -> None:
        """Load the registry, then follow the chain in threads.

        Raises:
            TransportError: The chain can't be reached.
        """
        try:
            self.cache.start()
            self.api.entities()  # the index takes a second or two in a large registry
            self.history.start()
        except BaseException:  # Ctrl-C, too
            self.close()
            raise

    def close(self) -> None:
        """Stop the threads, and close files and connections."""
        self.api.close()
        self.history.close()
        self.cache.close()
        for client in self._clients:
            client.close()
