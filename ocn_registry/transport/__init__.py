"""Transports perform effects on a chain: over HTTP, through a user's Web3, or in memory.

They know nothing about registries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class Transport(Protocol):
    """Performs effects, one after the other."""

    def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect, or raise a `TransportError` or the effect's own error."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class AsyncTransport(Protocol):
    """Performs effects, for asynchronous callers."""

    async def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect, or raise a `TransportError` or the effect's own error."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
