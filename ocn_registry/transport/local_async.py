"""Effects on this machine, for asynchronous callers.

It is a separate module because importing asyncio takes 6 ms.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from typing import TYPE_CHECKING

from ocn_registry.protocol.effects import Local, Sleep
from ocn_registry.transport.local import LocalEffects

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class AsyncLocalEffects:
    """Performs effects on this machine, for asynchronous callers."""

    def __init__(self) -> None:
        """Create it with an empty journal."""
        self._others = LocalEffects()

    async def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect on this machine."""
        match effect:
            case Sleep():
                return await asyncio.sleep(effect.seconds)
            case Local():
                # In a thread, because a device may wait for its user.
                running = asyncio.ensure_future(asyncio.to_thread(effect.task))
                found = await (_finished(running) if effect.finishes else running)
                return await found if inspect.isawaitable(found) else found
            case _:
                return self._others.perform(effect)


async def _finished(running: asyncio.Future[Answer]) -> Answer:
    """Return the result of a task that nobody can stop; a cancelled caller waits for its end."""
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()  # retrieved: the caller has left
        raise
