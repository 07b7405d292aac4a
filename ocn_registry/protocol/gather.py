"""Run several flows concurrently, and send their effects to a node in one request.

Without it, a plan that reads entries and prices a write would wait for each in turn.
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

# Effects on this machine, and those with their own rules for choosing a node.
_ALONE: Final = (Sleep, Clock, UnixTime, Local, MemoryOfTransport, Send, FromEach)


class Running(Generic[T_co]):
    """A running flow, and its result."""

    def __init__(self, flow: Flow[T_co]) -> None:
        """Start a flow, and run it up to its first effect."""
        self._flow = flow
        self._error: OcnRegistryError | None = None
        self.asks: AnyEffect | None = None
        self._advance(lambda: next(flow))

    def result(self) -> T_co:
        """Return the flow's result, or raise its error."""
        if self._error is not None:
            raise self._error
        return self._value

    def answered(self, answer: object) -> None:
        """Send the flow the answer to its effect."""
        self._advance(lambda: self._flow.send(answer))

    def alone(self) -> Flow[None]:
        """Perform the flow's effect by itself; errors go to the flow."""
        if self.asks is None:
            return
        try:
            answer = yield self.asks
        except OcnRegistryError as error:
            self.failed(error)
        else:
            self.answered(answer)

    def failed(self, error: OcnRegistryError) -> None:
        """Raise an error at the flow's effect."""
        self._advance(lambda: self._flow.throw(error))

    def _advance(self, step: Callable[[], AnyEffect]) -> None:
        self.asks = None
        try:
            self.asks = step()
        except StopIteration as stop:
            self._value: T_co = stop.value
        except OcnRegistryError as error:
            self._error = error


def gather(*flows: Running[object]) -> Flow[None]:
    """Run flows to completion. Each then has its result or its error.

    If a shared request fails, each effect is performed by itself, so that the right flow gets the
    error.
    """
    while waiting := [flow for flow in flows if flow.asks is not None]:
        alone = [flow for flow in waiting if isinstance(flow.asks, _ALONE)]
        if alone or len(waiting) == 1:
            yield from (alone or waiting)[0].alone()
            continue
        try:
            answers = yield Together(tuple([flow.asks for flow in waiting if flow.asks]))
        except (RpcUnavailable, RpcTimeout) as error:  # applies to any effect
            for flow in waiting:
                flow.failed(error)
        except OcnRegistryError:
            for flow in waiting:
                yield from flow.alone()
        else:
            for flow, answer in zip(waiting, answers, strict=True):
                flow.answered(answer)
