"""A chain in the memory of this process as the way to a registry: for tests of users' programs.

```python
from ocn_registry.testing.chain import MemoryChain

chain = MemoryChain()
registry = RegistryClient(chain.deployment, MemoryTransport(chain))
```

What stands behind it answers effects itself: no JSON, no socket, no node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ocn_registry.transport.local import LOCAL, Here
from ocn_registry.transport.local_async import AsyncHere
from ocn_registry.transport.rpc_pool import flat, nested

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class Answering(Protocol):
    """A chain that answers one effect at a time, whatever thread asks."""

    def answer(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect, or raise what it raises."""
        ...


class MemoryTransport:
    """Asks a chain in memory."""

    def __init__(self, chain: Answering) -> None:
        """Say which chain; several transports may share one."""
        self._chain = chain
        self._here = Here()

    def close(self) -> None:
        """Do nothing: the chain goes on."""

    def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect."""
        if isinstance(effect, LOCAL):
            return self._here.perform(effect)
        return nested(effect, iter([self._chain.answer(part) for part in flat(effect)]))


class AsyncMemoryTransport:
    """Asks a chain in memory, for callers that share a thread."""

    def __init__(self, chain: Answering) -> None:
        """Say which chain; several transports may share one."""
        self._chain = chain
        self._here = AsyncHere()

    async def close(self) -> None:
        """Do nothing: the chain goes on."""

    async def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect."""
        if isinstance(effect, LOCAL):
            return await self._here.perform(effect)
        return nested(effect, iter([self._chain.answer(part) for part in flat(effect)]))
