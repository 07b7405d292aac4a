"""How the model is called: messages, receipts, and reverts that leave no trace.

A function of a contract that may change something is a method marked `external`, with the message
as its first argument; one that only reads is marked `view`. Its name is the contract's in Python's
spelling: `set_node_raw` is `setNodeRaw`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar

from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.models import Address

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
    """A call of a contract, as a batch takes it.

    Attributes:
        function: The contract's name for it, for example `setNodeRaw`. What the contract does not
            know stands for calldata that it can't read.
        arguments: Addresses and texts as text, lists as tuples, structs as tuples too.
    """

    function: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt(Generic[T_co]):
    """What a call did that succeeded: its events in their order, and what it returned."""

    events: tuple[Event, ...]
    result: T_co


@dataclass(slots=True, kw_only=True)
class State:
    """What a contract has in storage.

    Dictionaries and lists hold nothing that can change, so that a copy one level deep is a copy.
    """

    import_open: bool
    nonces: dict[Address, int] = field(default_factory=dict[Address, int])


S = TypeVar("S", bound=State)


class Contract(Generic[S]):
    """What every contract is: an address, a state, and functions.

    Attributes:
        externals: Its functions that may change something, by the contract's names.
        views: Its functions that only read.
    """

    externals: ClassVar[dict[str, Callable[..., Any]]]
    views: ClassVar[dict[str, Callable[..., Any]]]

    def __init_subclass__(cls) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Collect what is marked."""
        super().__init_subclass__()
        cls.externals, cls.views = _functions(cls, "external"), _functions(cls, "view")

    def __init__(self, address: Address, chain_id: int, state: S) -> None:
        """Create the contract on a chain."""
        self.address = address
        self.chain_id = chain_id
        self.state = state
        self._emitted: list[Event] = []

    def call(self, message: Message, call: Call) -> Receipt[Any]:
        """Call a function by its name.

        Raises:
            Reverted: It failed, and changed nothing.
        """
        if method := self.externals.get(call.function):
            receipt: Receipt[Any] = method(self, message, *call.arguments)
            return receipt
        return Receipt((), self.ask(call.function, *call.arguments))

    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - what the function returns
        """Call a function that only reads, by its name."""
        if method := self.views.get(function):
            return method(self, *arguments)
        raise UnknownRevert

    def _emit(self, *events: Event) -> None:
        self._emitted.extend(events)

    def atomically(self, function: Callable[[], R]) -> Receipt[R]:
        """Run all of it, or none."""
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
    """Mark a function that may change something: what fails leaves no trace."""

    @wraps(function)
    def run(contract: C, message: Message, /, *args: P.args, **kwargs: P.kwargs) -> Receipt[R]:
        return contract.atomically(lambda: function(contract, message, *args, **kwargs))

    run.__dict__["kind"] = "external"
    return run


def view(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that only reads."""
    function.__dict__["kind"] = "view"
    return function


def _functions(contract: type, kind: str) -> dict[str, Callable[..., Any]]:
    """Return the functions of a kind, by the names that the contracts give them."""
    found = {name: getattr(contract, name) for name in dir(contract)}
    return {
        head + "".join(word.title() for word in rest): method
        for name, method in found.items()
        if getattr(method, "kind", None) == kind
        for head, *rest in [name.split("_")]
    }


def _copy(state: S) -> S:
    return replace(state, **{part.name: copy(getattr(state, part.name)) for part in fields(state)})
