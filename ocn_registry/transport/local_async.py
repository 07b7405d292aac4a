"""What is done on this machine, for callers that share a thread; importing asyncio takes 6 ms."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING

from ocn_registry.protocol.effects import Clock, Local, Sleep, UnixTime
from ocn_registry.protocol.lanes import Lane, TakeTurn, Turn

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Answer, AnyEffect


class AsyncHere:
    """This machine."""

    def __init__(self) -> None:
        """Begin without a memory."""
        self._lanes: dict[Address, tuple[asyncio.Lock, Lane]] = {}

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
            case TakeTurn():
                lock, lane = self._lanes.setdefault(effect.account, (asyncio.Lock(), Lane()))
                await lock.acquire()
                return Turn(lane, lock.release)
            case _:
                raise NotImplementedError(f"{type(effect).__name__} is nothing to do here")
