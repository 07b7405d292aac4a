"""Wait for Ctrl-C or SIGTERM, for commands that run until somebody stops them."""

from __future__ import annotations

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType
    from typing import Self


_LOOK_S: Final = 0.5


class StopSignals:
    """Within a `with` block, SIGINT and SIGTERM only end `wait`, instead of the process.

    The handler puts into a `SimpleQueue`, which is allowed while the same thread is in its `get`.
    Setting a `threading.Event` there could deadlock, because the interrupted thread may hold its
    lock.
    """

    def __init__(self) -> None:
        """Create the handler; it receives signals within its `with` block."""
        self._queue: SimpleQueue[None] = SimpleQueue()

    def __enter__(self) -> Self:
        """Begin to receive the signals."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the handlers that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def received(self) -> bool:
        """Whether a signal has arrived that `wait` has not returned for yet."""
        return not self._queue.empty()

    def wait(self) -> None:
        """Wait for a signal; return immediately if one has arrived already."""
        while True:  # on Windows, Ctrl-C does not interrupt a wait without a limit
            with suppress(Empty):
                self._queue.get(timeout=_LOOK_S)
                return

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._queue.put(None)
