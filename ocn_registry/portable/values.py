"""The package's `dataclass`: the standard library's, which makes methods when they are needed.

A command loads 120 classes of values with slots, and makes values of 50. Writing the methods of all
of them when they were loaded took 60 ms, a third of what a command does itself; now it takes 20 ms.
It imports nothing of the package.
"""

from __future__ import annotations

import sys
from _thread import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - what type checkers see

    from _typeshed import DataclassInstance
else:

    def dataclass(*, slots: bool = False, **options: bool) -> Callable[[type], type]:
        """Return a decorator, as `dataclasses.dataclass` does for the same options.

        Args:
            slots: Whether values have slots. Only such classes are completed later.
            options: The other options of `dataclasses.dataclass`.
        """
        if slots:
            return lambda written: _completed_later(written, options)
        return _standard()(**options)


def complete(*packages: str) -> None:
    """Make the methods of all classes of these packages that are imported.

    A program that is about to use many of them calls this while it waits for something else.

    Args:
        packages: How the names of their modules begin.
    """
    for name, module in [*sys.modules.items()]:
        if name.startswith(packages):
            for kind in [*vars(module).values()]:
                if isinstance(kind, type):
                    getattr(kind, "__dataclass_fields__", None)  # makes all the others too


_ONE_AT_A_TIME = RLock()  # completing a class completes its bases


class _Later:
    """A member that is made when it is first used, with all others of its class."""

    __slots__ = ("_complete", "_name")

    def __init__(self, name: str, complete: Callable[[], type]) -> None:
        self._name = name
        self._complete = complete

    def __get__(self, instance: object, owner: type) -> object:
        member: object = vars(self._complete())[self._name]
        bind = getattr(type(member), "__get__", None)
        return member if bind is None else bind(member, instance, owner)


def _completed_later(written: type, options: dict[str, bool]) -> type:
    """Return a class with slots for its fields, whose other members are made later.

    Args:
        written: The class as it is written. The standard library's decorator is applied to it when
            a member is needed.
        options: The options of that decorator, except `slots`.
    """
    later = [name for name in _members(**options) if vars(written).get(name) is None]

    def complete() -> type:
        with _ONE_AT_A_TIME:
            if isinstance(vars(cls)[later[-1]], _Later):
                _standard()(**options)(written)
                for name in later:
                    setattr(cls, name, vars(written)[name])
        return cls

    fields = [name for name, kind in written.__annotations__.items() if "ClassVar" not in str(kind)]
    left_out = {*fields, "__dict__", "__weakref__"}
    body = {name: value for name, value in vars(written).items() if name not in left_out}
    body |= {name: _Later(name, complete) for name in later}
    body |= {"__slots__": tuple(fields), "__qualname__": written.__qualname__}
    if options.get("frozen"):  # as the standard library does, for copies and pickles
        body = {"__getstate__": _state, "__setstate__": _set_state} | body
    cls = type(written)(written.__name__, written.__bases__, body)
    return cls


def _members(
    *, eq: bool = True, order: bool = False, frozen: bool = False, **_: bool
) -> tuple[str, ...]:
    """Return the names of what the standard library's decorator adds, the last one last."""
    return (
        *("__init__", "__repr__", "__match_args__"),
        *(("__eq__",) if eq else ()),
        *(("__hash__",) if eq and frozen else ()),
        *(("__setattr__", "__delattr__") if frozen else ()),
        *(("__lt__", "__le__", "__gt__", "__ge__") if order else ()),
        *(("__replace__",) if sys.version_info >= (3, 13) else ()),
        *("__dataclass_params__", "__dataclass_fields__"),
    )


def _standard() -> Callable[..., Callable[[type], type]]:
    from dataclasses import dataclass as standard  # noqa: PLC0415 - many commands need it late

    return standard


def _names(value: DataclassInstance) -> list[str]:
    from dataclasses import fields  # noqa: PLC0415 - see `_standard`

    return [field.name for field in fields(value)]


def _state(value: DataclassInstance) -> list[object]:
    return [getattr(value, name) for name in _names(value)]


def _set_state(value: DataclassInstance, state: list[object]) -> None:
    for name, part in zip(_names(value), state, strict=True):
        object.__setattr__(value, name, part)
