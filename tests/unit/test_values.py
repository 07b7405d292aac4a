"""The package's `dataclass` equals the standard library's, with methods made on first use."""

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import textwrap
import threading
import types
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import ClassVar

import pytest

import ocn_registry
from ocn_registry.portable.values import _Later, complete, dataclass


def point(decorator):
    """A class of points, made by one of the two decorators."""

    @decorator(frozen=True, slots=True, kw_only=True)
    class Point:
        """A point."""

        dimensions: ClassVar[int] = 2
        x: int
        y: int = 3
        tags: list = dataclasses.field(default_factory=list, compare=False)

        def __post_init__(self):
            if self.x < 0:
                raise ValueError("x is negative")

    return Point


def ordered(decorator):
    """A class with an order, and positional fields."""

    @decorator(frozen=True, slots=True, order=True)
    class Version:
        """A version."""

        major: int
        minor: int = 0

    return Version


@dataclass(frozen=True, slots=True)
class Base:
    """A base."""

    first: int


@dataclass(frozen=True, slots=True)
class Derived(Base):
    """A value with an inherited field and its own."""

    second: int = 2


@dataclass(slots=True)
class Mutable:
    """A value that changes."""

    count: int = 0


class Undecorated(Derived):
    """A subclass that calls the constructor of its base."""

    def __init__(self):
        super().__init__(7, 8)


def described(kind):
    """Return all visible properties of a class that the decorator makes."""
    one, same, other = kind(x=1), kind(x=1), kind(x=1, y=4)
    return {
        "signature": str(inspect.signature(kind)),
        "repr": repr(one).rpartition(".")[2],
        "equal": (one == same, one == other, one == (1, 3)),
        "hash": (hash(one) == hash(same), hash(one) == hash((1, 3))),
        "fields": [(each.name, each.default, each.kw_only) for each in dataclasses.fields(kind)],
        "parameters": str(kind.__dataclass_params__),
        "slots": kind.__slots__,
        "match": kind.__match_args__,
        "dict": dataclasses.asdict(dataclasses.replace(one, x=5)),
        "copied": copy.deepcopy(other) == other,
        "names": (kind.__name__, kind.__qualname__.rpartition(".")[2], kind.__doc__),
        "dimensions": kind.dimensions,
    }


def test_classes_of_a_package_can_be_completed_before_they_are_used(monkeypatch):
    modules = [types.ModuleType(f"{name}.shapes") for name in ("package", "another")]
    for module in modules:
        module.Point = point(dataclass)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    complete("package.")
    first, second = [
        [name for name, member in vars(module.Point).items() if isinstance(member, _Later)]
        for module in modules
    ]
    assert not first
    assert "__init__" in second


def test_class_equals_that_of_the_standard_library():
    assert described(point(dataclass)) == described(point(dataclasses.dataclass))


def test_ordered_class_equals_that_of_the_standard_library():
    ours, standard = ordered(dataclass), ordered(dataclasses.dataclass)
    assert ours(1) < ours(1, 1)
    assert sorted([ours(2), ours(1, 5)]) == [ours(1, 5), ours(2)]
    assert ours.__match_args__ == standard.__match_args__ == ("major", "minor")
    assert inspect.signature(ours) == inspect.signature(standard)


@pytest.mark.parametrize("first_use", [repr, hash, lambda one: one == one, copy.copy])  # noqa: PLR0124
def test_each_member_may_be_the_first_that_is_used(first_use):
    kind = point(dataclass)
    one = kind.__new__(kind)
    for name, value in (("x", 1), ("y", 2), ("tags", [])):
        object.__setattr__(one, name, value)
    assert first_use(one) is not NotImplemented


@pytest.mark.parametrize(
    "question", [dataclasses.is_dataclass, dataclasses.fields, inspect.signature]
)
def test_the_class_can_be_inspected_before_a_value_exists(question):
    assert question(point(dataclass))


@pytest.mark.parametrize(
    "change", [lambda one: setattr(one, "x", 2), lambda one: delattr(one, "x")]
)
def test_frozen_value_can_not_change(change):
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        change(point(dataclass)(x=1))


def test_value_that_is_not_frozen_changes_and_has_no_hash():
    value = Mutable()
    value.count += 1
    assert value == Mutable(1)
    assert Mutable.__hash__ is None
    with pytest.raises(AttributeError):
        value.other = 1


def test_fields_are_inherited_in_order():
    assert Derived(1) == Derived(1, 2)
    assert repr(Derived(1)) == "Derived(first=1, second=2)"
    assert Derived.__slots__ == ("second",)
    assert repr(Undecorated()) == "Undecorated(first=7, second=8)"


def test_value_can_be_pickled():
    written = pickle.dumps(Derived(1, 9))
    assert pickle.loads(written) == Derived(1, 9)  # noqa: S301 - our own


def test_wrong_arguments_are_reported_like_the_standard_library_does():
    said = []
    for decorator in (dataclass, dataclasses.dataclass):
        with pytest.raises(TypeError) as caught:
            point(decorator)(x=1, z=2)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_many_threads_may_make_the_first_value_at_once():
    for _ in range(50):
        kind, together, made = point(dataclass), threading.Barrier(4), []

        def first(kind=kind, together=together, made=made):
            together.wait()
            made.append(kind(x=1))

        threads = [threading.Thread(target=first) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [kind(x=1)] * 4


def test_a_class_is_completed_only_when_it_is_used():
    code = """
        from ocn_registry import MoveAccount, SetNode
        from ocn_registry.portable.values import _Later
        SetNode(domain="https://node.example.com")
        print(*[isinstance(vars(kind)["__init__"], _Later) for kind in (SetNode, MoveAccount)])
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["False", "True"]


def test_each_dataclass_with_slots_of_the_package_has_a_place_for_each_field():
    folder = Path(ocn_registry.__file__).parent
    names = [
        module.name
        for module in walk_packages([str(folder)], "ocn_registry.")
        if not module.name.startswith(("ocn_registry.relay.migrations", "ocn_registry.testing"))
    ]
    for name in names:
        module = import_module(name)
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == name and "__slots__" in vars(kind):
                if not dataclasses.is_dataclass(kind):
                    continue
                slots = {slot for each in kind.__mro__ for slot in vars(each).get("__slots__", ())}
                assert {each.name for each in dataclasses.fields(kind)} <= slots, kind
