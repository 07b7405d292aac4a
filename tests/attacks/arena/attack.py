"""Attacks and their possible results.

An attack prepares what it needs, makes its move and returns `Seen(what it sees, what it wants)`.
It succeeds if both are equal. It fails if the contract refuses the move, or if the attacker sees
something else; each attack declares the expected refusal or sight, and the test checks it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kit.contract import plain

from .chain import Arena
from .target import Blueprint, Refused


@dataclass(frozen=True)
class Seen:
    """What the attacker sees at the end, and what it wanted to see."""

    value: Any
    wanted: Any

    @property
    def succeeded(self) -> bool:
        return bool(plain(self.value) == plain(self.wanted))


@dataclass(frozen=True)
class Several(Seen):
    """The result of several moves that should all be refused: those that were not.

    The attack succeeds if one move was accepted. A wrong error is not a success, but still fails
    the test.
    """

    @property
    def succeeded(self) -> bool:
        return _TAKEN in self.value.values()


_TAKEN = "taken"


def several(moves: Iterable[tuple[Any, Refused, Callable[[], Any]]]) -> Several:
    """Make each move; each has a name and an expected refusal."""
    odd = {}
    for name, expected, move in moves:
        refusal = refusal_of(move)
        if refusal != expected:
            odd[name] = _TAKEN if refusal is None else refusal
    return Several(odd, wanted=None)


@dataclass(frozen=True)
class Sees:
    """The move is accepted but does no harm: the attacker then sees this."""

    value: Any
    meaning: str

    def __str__(self) -> str:
        return self.meaning


class Refuses(Refused):
    """The contract refuses the attack's move with exactly this error."""

    def __str__(self) -> str:
        return f"`{self.name}`" if self.name else "reverts"


class Succeeds:
    """The attack gets what it wants."""

    def __str__(self) -> str:
        return "succeeds"


SUCCEEDS = Succeeds()


@dataclass(frozen=True)
class NotThere:
    """The contracts have no feature that could be attacked like this."""

    reason: str

    def __str__(self) -> str:
        return f"not there: {self.reason}"


Expected = Sees | Refuses | Succeeds | NotThere


@dataclass(frozen=True)
class Attack:
    """An attack, and its expected result on each generation."""

    move: Callable[[Any], Seen]
    v1: Expected
    v3: Expected

    @property
    def name(self) -> str:
        return self.move.__name__

    @property
    def gain(self) -> str:
        return " ".join((self.move.__doc__ or "").split())

    def on(self, blueprint: Blueprint, arena: Arena) -> Seen | Refused:
        """Attack new contracts, and leave the chains unchanged."""
        with arena.as_it_was():
            target = blueprint.build(arena)
            try:
                return self.move(target)
            except Refused as refused:
                return refused


ATTACKS: list[Attack] = []


def attack(*, v3: Expected, v1: Expected = SUCCEEDS) -> Callable[[Any], Attack]:
    """Turn a function into an attack; its docstring says what the attacker gains."""

    def make(move: Callable[[Any], Seen]) -> Attack:
        made = Attack(move, v1, v3)
        assert made.gain
        assert made.name not in {other.name for other in ATTACKS}
        ATTACKS.append(made)
        return made

    return make


def check(outcome: Seen | Refused, expected: Expected) -> None:
    """Assert that an attack ended with the expected result."""
    if isinstance(expected, Refuses):
        assert outcome == expected
        return
    assert isinstance(outcome, Seen), outcome
    if isinstance(expected, Sees):
        assert plain(outcome.value) == plain(expected.value)
        assert not outcome.succeeded, "this is what the attacker wanted"
    else:
        assert plain(outcome.value) == plain(outcome.wanted)


def refusal_of(move: Callable[[], Any]) -> Refused | None:
    """Make a move that should be refused, and return the refusal; None if it was accepted."""
    try:
        move()
    except Refused as refused:
        return refused
    return None
