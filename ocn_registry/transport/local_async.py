"""What is done on this machine, for callers that share a thread; importing asyncio takes 6 ms."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING

from ocn_registry.protocol.effects import Clock, Local, Sleep, UnixTime
from ocn_registry.protocol.journal import MemoryJournal, MemoryOfTransport

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class AsyncHere:
    """This machine."""

    def __init__(self) -> None:
        """Begin with an empty journal."""
        self._journal = MemoryJournal()

    async def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect; what needs a chain is another's to perform."""
        match effect:
            case Sleep():
                return await asyncio.sleep(effect.seconds)
            case Clock():
                return time.monotonic()
            case UnixTime():
                return int(time.time())
            case Local():
                # In a thread, so that a device that waits for its owner keeps nobody else waiting.
                found = await asyncio.to_thread(effect.task)
                return await found if inspect.isawaitable(found) else found
            case MemoryOfTransport():
                return self._journal
            case _:
                raise NotImplementedError(f"{type(effect).__name__} is nothing to do here")
