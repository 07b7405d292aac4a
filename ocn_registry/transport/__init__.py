"""The ways to a chain. A transport performs effects; it knows nothing of registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class Transport(Protocol):
    """Performs effects, one after the other."""

    def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect, or raise a `TransportError` or what the effect raises."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class AsyncTransport(Protocol):
    """Performs effects for callers that share a thread."""

    async def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect, or raise a `TransportError` or what the effect raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
