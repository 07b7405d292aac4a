"""Calls of the model: messages, receipts, and reverts without side effects.

A contract's writing function is a method marked `external`, a reading one is marked `view`. Names
are the contract's in Python's spelling: `import_nodes` for `importNodes`. `requests.request` marks
what a direct and a signed function have in common, and makes both.
"""

from __future__ import annotations

from copy import copy
from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from ocn_registry.errors import Reverted, UnknownRevert
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.testing.model.events import Event

    Functions = dict[str, Callable[..., Any]]

F = TypeVar("F", bound="Callable[..., Any]")
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

    def copied(self) -> Self:
        """Return a copy."""
        return replace(self, **{part.name: copy(getattr(self, part.name)) for part in fields(self)})


S = TypeVar("S", bound=State)


class Contract(Generic[S]):
    """The base of contracts: an address, a state and functions.

    Attributes:
        externals: Its writing functions, by name in the contract.
        views: Its reading functions.
        message: The call that runs.
    """

    externals: ClassVar[Functions]
    views: ClassVar[Functions]
    message: Message

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
        method = self.externals.get(call.function)
        if method is None:
            return Receipt((), self.ask(call.function, *call.arguments))
        self.message = message
        before, outer = self.state.copied(), self._emitted
        self._emitted = []
        try:
            result = method(self, *call.arguments)
            return Receipt(tuple(self._emitted), result)
        except Reverted:
            self.state = before
            raise
        finally:
            self._emitted = outer

    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - what the function returns
        """Call a reading function by its name in the contract."""
        if method := self.views.get(function):
            return method(self, *arguments)
        raise UnknownRevert

    def _emit(self, *events: Event) -> None:
        self._emitted.extend(events)


def external(function: F) -> F:
    """Mark a writing function."""
    return mark("external", function, {camel_case(function.__name__): function})


def view(function: F) -> F:
    """Mark a reading function."""
    return mark("view", function, {camel_case(function.__name__): function})


def mark(kind: str, method: F, functions: Functions) -> F:
    """Note the contract's functions of a kind that a method stands for, by name."""
    method.__dict__[kind] = functions
    return method


def camel_case(name: str) -> str:
    """Return the contract's spelling of a name."""
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def _functions(contract: type, kind: str) -> Functions:
    found: Functions = {}
    for name in dir(contract):
        found |= getattr(getattr(contract, name), kind, {})
    return found
