"""The commands as data, read off the parsers that the help comes from.

Completion and the manual are made of this, so that they can't tell of another command line.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.cli.commands import commands
from ocn_registry.cli.config.choices import Choice
from ocn_registry.cli.parser import Parser, add_options, parser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES: Final = frozenset({"FILE", "PATH"})
_OF_THE_HELP: Final = "options"


class Option(NamedTuple):
    """One option, or one argument without a flag.

    Attributes:
        flags: Its spellings; none for what is told by its place.
        takes: Names of what follows it: none for a switch.
        help: What it does.
        values: What can follow, where that is known.
        files: Whether files can follow.
        many: Whether more than one value can follow.
        required: Whether the command needs it.
        one_of: Whether the command needs it, or another one of which this holds.
        group: The heading under which it stands in the help.
    """

    flags: tuple[str, ...]
    takes: tuple[str, ...]
    help: str
    values: tuple[str, ...]
    files: bool
    many: bool
    required: bool
    one_of: bool
    group: str


class Described(NamedTuple):
    """One command: its words, its other names, what it does, what it takes."""

    path: tuple[str, ...]
    aliases: tuple[str, ...]
    help: str
    options: tuple[Option, ...]

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Its words, under each of its names."""
        return tuple([(*self.path[:-1], name) for name in (self.path[-1], *self.aliases)])


def described() -> list[Described]:
    """Describe all commands, in the order of the help."""
    found: list[Described] = []
    for command in commands():
        parser = Parser(prog="ocn-registry")
        add_options(parser, command)
        path = tuple(command.path.split())
        options = tuple(_options(parser))
        found.append(Described(path, command.aliases, command.help, options))
    return found


def of_the_root() -> tuple[Option, ...]:
    """Describe what can be told before the command."""
    return tuple([option for option in _options(parser_of()) if option.flags])


def _options(parser: argparse.ArgumentParser) -> Iterator[Option]:
    one_of = {
        action
        for group in parser._mutually_exclusive_groups  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it has no public name
        if group.required
        for action in group._group_actions  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the same
    }
    for group in parser._action_groups:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the same
        title = group.title or _OF_THE_HELP
        for action in group._group_actions:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the same
            if action.help is not argparse.SUPPRESS:
                yield _option(action, title, one_of=action in one_of)


def _option(action: argparse.Action, group: str, *, one_of: bool) -> Option:
    takes: tuple[str, ...] = ()
    if action.nargs != 0:
        told = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
        takes = (told,) if isinstance(told, str) else told
    kind = action.type
    values = kind.known if isinstance(kind, Choice) else tuple(action.choices or ())
    if not values and takes and "|" in takes[0]:  # confirmed|final|N
        values = tuple([value for value in takes[0].split("|") if value.islower()])
    return Option(
        flags=tuple(action.option_strings),
        takes=takes,
        help=(action.help or "").replace("%%", "%"),
        values=tuple(map(str, values)),
        files=bool(_FILES & set(takes)),
        many=action.nargs in {"+", "*"} or len(takes) > 1,
        required=action.required and action.nargs != "?",
        one_of=one_of,
        group=group,
    )
