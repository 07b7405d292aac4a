"""Effects on this machine: clocks, pauses, and tasks such as signing."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.protocol.effects import Clock, Local, Sleep, UnixTime
from ocn_registry.protocol.journal import MemoryJournal, MemoryOfTransport

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class LocalEffects:
    """Performs effects on this machine, for synchronous callers."""

    def __init__(self) -> None:
        """Create it with an empty journal."""
        self._journal = MemoryJournal()

    def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect on this machine."""
        match effect:
            case Sleep():
                return time.sleep(effect.seconds)
            case Clock():
                return time.monotonic()
            case UnixTime():
                return int(time.time())
            case Local():
                found = effect.task()
                if inspect.isawaitable(found):
                    if inspect.iscoroutine(found):
                        found.close()
                    raise InvalidInput(
                        "this signer is asynchronous: use AsyncRegistryClient with it",
                    )
                return found
            case MemoryOfTransport():
                return self._journal
            case _:
                raise NotImplementedError(f"{type(effect).__name__} needs a chain")


LOCAL = (Sleep, Clock, UnixTime, Local, MemoryOfTransport)
