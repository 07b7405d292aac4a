"""Calls of the model: messages, receipts, and reverts without side effects.

A contract's writing function is a method marked `external`, with the message as its first argument;
a reading one is marked `view`. Names are the contract's in Python's spelling: `set_node_raw` for
`setNodeRaw`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import field, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar

from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.testing.model.events import Event

P = ParamSpec("P")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The caller, and the time of the call's block, in Unix seconds."""

    sender: Address
    time_unix_s: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a contract, as in a batch.

    Attributes:
        function: Its name in the contract, for example `setNodeRaw`. An unknown name stands for
            malformed calldata.
        arguments: Addresses and texts as text, lists and structs as tuples.
    """

    function: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt(Generic[T_co]):
    """The result of a successful call: its events in order, and the returned value."""

    events: tuple[Event, ...]
    result: T_co


@dataclass(slots=True, kw_only=True)
class State:
    """The storage of a contract.

    Dictionaries and lists hold immutable values, so a shallow copy is sufficient.
    """

    import_open: bool
    nonces: dict[Address, int] = field(default_factory=dict[Address, int])


S = TypeVar("S", bound=State)


class Contract(Generic[S]):
    """The base of contracts: an address, a state and functions.

    Attributes:
        externals: Its writing functions, by name in the contract.
        views: Its reading functions.
    """

    externals: ClassVar[dict[str, Callable[..., Any]]]
    views: ClassVar[dict[str, Callable[..., Any]]]

    def __init_subclass__(cls) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Collect the marked methods."""
        super().__init_subclass__()
        cls.externals, cls.views = _functions(cls, "external"), _functions(cls, "view")

    def __init__(self, address: Address, chain_id: int, state: S) -> None:
        """Create the contract on a chain."""
        self.address = address
        self.chain_id = chain_id
        self.state = state
        self._emitted: list[Event] = []

    def call(self, message: Message, call: Call) -> Receipt[Any]:
        """Call a writing function by its name in the contract.

        Raises:
            Reverted: The call failed, and changed nothing.
        """
        if method := self.externals.get(call.function):
            receipt: Receipt[Any] = method(self, message, *call.arguments)
            return receipt
        return Receipt((), self.ask(call.function, *call.arguments))

    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - what the function returns
        """Call a reading function by its name in the contract."""
        if method := self.views.get(function):
            return method(self, *arguments)
        raise UnknownRevert

    def _emit(self, *events: Event) -> None:
        self._emitted.extend(events)

    def atomically(self, function: Callable[[], R]) -> Receipt[R]:
        """Run a function; undo its changes if it raises."""
        before, outer = _copy(self.state), self._emitted
        self._emitted = []
        try:
            result = function()
            return Receipt(tuple(self._emitted), result)
        except Reverted:
            self.state = before
            raise
        finally:
            self._emitted = outer


C = TypeVar("C", bound=Contract[Any])


def external(
    function: Callable[Concatenate[C, Message, P], R],
) -> Callable[Concatenate[C, Message, P], Receipt[R]]:
    """Mark a writing function: if it fails, its changes are undone."""

    @wraps(function)
    def run(contract: C, message: Message, /, *args: P.args, **kwargs: P.kwargs) -> Receipt[R]:
        return contract.atomically(lambda: function(contract, message, *args, **kwargs))

    run.__dict__["kind"] = "external"
    return run


def view(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a reading function."""
    function.__dict__["kind"] = "view"
    return function


def _functions(contract: type, kind: str) -> dict[str, Callable[..., Any]]:
    """Return the functions of a kind, by name in the contract."""
    found = {name: getattr(contract, name) for name in dir(contract)}
    return {
        head + "".join(word.title() for word in rest): method
        for name, method in found.items()
        if getattr(method, "kind", None) == kind
        for head, *rest in [name.split("_")]
    }


def _copy(state: S) -> S:
    return replace(state, **{part.name: copy(getattr(state, part.name)) for part in fields(state)})
