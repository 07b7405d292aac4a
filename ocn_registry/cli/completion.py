"""Completion for shells, made of the same commands and options as the help."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.cli.commands import GROUPS
from ocn_registry.cli.described import described, of_the_root

if TYPE_CHECKING:
    from ocn_registry.cli.described import Described, Option

Named = tuple[str, str]


class Step(NamedTuple):
    """What can follow after some words of a command.

    Attributes:
        paths: These words: of each of the command's names, with a space before each word.
        names: What the next word can be, and what it means: commands, or values.
        options: The options.
        files: Whether the next word can be a file.
    """

    paths: tuple[str, ...]
    names: tuple[Named, ...]
    options: tuple[Option, ...]
    files: bool


class Value(NamedTuple):
    """What can follow after an option: `paths` says of which commands, none for all."""

    paths: tuple[str, ...]
    option: Option


def script(shell: str) -> str:
    """Make the script of a shell: `bash`, `zsh` or `fish`."""
    from ocn_registry.cli import completion_shells as shells  # noqa: PLC0415 - needs this module

    return {"bash": shells.bash, "zsh": shells.zsh, "fish": shells.fish}[shell]()


def steps() -> list[Step]:
    """Tell what can follow: after no word, after the groups, after each command."""
    every = described()
    groups: dict[str, list[Named]] = {"": [], **{f" {group}": [] for group in GROUPS}}
    for each in every:
        *above, name = each.path
        for depth in range(len(above)):
            place = " ".join(["", *above[:depth]]) if depth else ""
            told = (above[depth], GROUPS[" ".join(above[: depth + 1])])
            if told not in groups[place]:
                groups[place].append(told)
        names = (name, *each.aliases)
        groups[" ".join(["", *above]) if above else ""] += [(one, each.help) for one in names]
    root = of_the_root()
    heads = [
        Step((place,), tuple(names), root if not place else root[:1], files=False)
        for place, names in groups.items()
    ]
    return [*heads, *(_step(each) for each in every)]


def values() -> list[Value]:
    """Tell what can follow after the options that take something."""
    found: dict[str, dict[Option, list[str]]] = {}
    every = [(_paths(each), option) for each in described() for option in each.options]
    switches = {flag for _, option in every if not option.takes for flag in option.flags}
    for paths, option in every:
        if not option.takes:
            continue
        for flag in option.flags:
            one = option._replace(flags=(flag,), help="", takes=option.takes[:1], group="")
            one = one._replace(required=False, one_of=False)
            found.setdefault(flag, {}).setdefault(one, []).extend(paths)
    return [
        Value(() if len(kinds) == 1 and flag not in switches else tuple(paths), option)
        for flag, kinds in found.items()
        for option, paths in kinds.items()
    ]


def _step(each: Described) -> Step:
    told = [option for option in each.options if not option.flags]
    return Step(
        _paths(each),
        tuple([(value, "") for option in told for value in option.values]),
        tuple([option for option in each.options if option.flags]),
        files=any(option.files for option in told),
    )


def _paths(each: Described) -> tuple[str, ...]:
    return tuple([" ".join(["", *path]) for path in each.paths])
