"""What is done on this machine: time, memory, and tasks such as signing; for callers that wait."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.protocol.effects import Clock, Local, Sleep, UnixTime
from ocn_registry.protocol.journal import MemoryJournal, MemoryOfTransport

if TYPE_CHECKING:
    from ocn_registry.protocol.effects import Answer, AnyEffect


class Here:
    """This machine."""

    def __init__(self) -> None:
        """Begin with an empty journal."""
        self._journal = MemoryJournal()

    def perform(self, effect: AnyEffect) -> Answer:
        """Give the answer of an effect; what needs a chain is another's to perform."""
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
                        "this signer is asynchronous: use it with AsyncRegistryClient",
                    )
                return found
            case MemoryOfTransport():
                return self._journal
            case _:
                raise NotImplementedError(f"{type(effect).__name__} is nothing to do here")


LOCAL = (Sleep, Clock, UnixTime, Local, MemoryOfTransport)
