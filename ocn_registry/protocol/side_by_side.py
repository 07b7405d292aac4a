"""Run several flows at once, and send their questions to a node in one request.

Otherwise, a plan that reads entries and prices a write would wait for one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic

from ocn_registry.errors import OcnRegistryError, RpcTimeout, RpcUnavailable
from ocn_registry.protocol.effects import (
    Clock,
    FromEach,
    Local,
    Send,
    Sleep,
    T_co,
    Together,
    UnixTime,
)
from ocn_registry.protocol.journal import MemoryOfTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.protocol.effects import AnyEffect, Flow

# What happens on this machine, and what has rules of its own about which node it goes to.
_ALONE: Final = (Sleep, Clock, UnixTime, Local, MemoryOfTransport, Send, FromEach)


class Running(Generic[T_co]):
    """A flow on its way, and how it ended."""

    def __init__(self, flow: Flow[T_co]) -> None:
        """Start a flow, and run it up to the first thing that it asks."""
        self._flow = flow
        self._error: OcnRegistryError | None = None
        self.asks: AnyEffect | None = None
        self._go_on(lambda: next(flow))

    def result(self) -> T_co:
        """Return what the flow returned; raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def answered(self, answer: object) -> None:
        """Send the flow its answer."""
        self._go_on(lambda: self._flow.send(answer))

    def alone(self) -> Flow[None]:
        """Ask what the flow asks, and nothing else; its errors are its own."""
        if self.asks is None:
            return
        try:
            answer = yield self.asks
        except OcnRegistryError as error:
            self.failed(error)
        else:
            self.answered(answer)

    def failed(self, error: OcnRegistryError) -> None:
        """Raise an error where the flow asked."""
        self._go_on(lambda: self._flow.throw(error))

    def _go_on(self, step: Callable[[], AnyEffect]) -> None:
        self.asks = None
        try:
            self.asks = step()
        except StopIteration as stop:
            self._value: T_co = stop.value
        except OcnRegistryError as error:
            self._error = error


def side_by_side(*flows: Running[object]) -> Flow[None]:
    """Run flows to their ends; each has its result, or the error that it ended with.

    If a common request fails, each is asked by itself, so that the error is told to the right one.
    """
    while waiting := [flow for flow in flows if flow.asks is not None]:
        alone = [flow for flow in waiting if isinstance(flow.asks, _ALONE)]
        if alone or len(waiting) == 1:
            yield from (alone or waiting)[0].alone()
            continue
        try:
            answers = yield Together(tuple([flow.asks for flow in waiting if flow.asks]))
        except (RpcUnavailable, RpcTimeout) as error:  # that is so whatever is asked
            for flow in waiting:
                flow.failed(error)
        except OcnRegistryError:
            for flow in waiting:
                yield from flow.alone()
        else:
            for flow, answer in zip(waiting, answers, strict=True):
                flow.answered(answer)
