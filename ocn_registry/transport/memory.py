"""Transports to a chain in memory, for tests of users' programs.

```python
from ocn_registry.testing.chain import MemoryChain

chain = MemoryChain()
registry = RegistryClient(chain.deployment, MemoryTransport(chain))
```

The chain answers effects directly, without JSON, sockets or a node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ocn_registry.foreign.arguments import checked
from ocn_registry.transport.local import LOCAL, LocalEffects
from ocn_registry.transport.local_async import AsyncLocalEffects
from ocn_registry.transport.rpc_pool import flat, nested

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class Answering(Protocol):
    """A chain that performs one effect at a time, from any thread."""

    def answer(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect, or raise the effect's own error."""
        ...


class MemoryTransport:
    """Performs effects on a chain in memory."""

    @checked
    def __init__(self, chain: Answering) -> None:
        """Create a transport to a chain, which several transports can share."""
        self._chain = chain
        self._local = LocalEffects()

    def close(self) -> None:
        """Do nothing: the chain keeps running."""

    def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, LOCAL):
            return self._local.perform(effect)
        return nested(effect, iter([self._chain.answer(part) for part in flat(effect)]))


class AsyncMemoryTransport:
    """Performs effects on a chain in memory, for asynchronous callers."""

    @checked
    def __init__(self, chain: Answering) -> None:
        """Create a transport to a chain, which several transports can share."""
        self._chain = chain
        self._local = AsyncLocalEffects()

    async def close(self) -> None:
        """Do nothing: the chain keeps running."""

    async def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, LOCAL):
            return await self._local.perform(effect)
        return nested(effect, iter([self._chain.answer(part) for part in flat(effect)]))
