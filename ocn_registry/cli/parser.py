"""The parser of the command line, built from the commands. It imports nothing slow."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final, NoReturn

from ocn_registry.cli.commands import GROUPS, commands
from ocn_registry.cli.options import network_and_output
from ocn_registry.cli.output.secrets import without_secrets
from ocn_registry.cli.output.terminal import columns, folded, folded_command, for_stderr
from ocn_registry.foreign.text import masked
from ocn_registry.plans.exit_codes import MEANINGS, USAGE

if TYPE_CHECKING:
    from argparse import (
        Action,
        _MutuallyExclusiveGroup,  # pyright: ignore[reportPrivateUsage] - it has no public name
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage] - it has no public name
    )
    from collections.abc import Iterable, Sequence

    from ocn_registry.cli.commands import Command

NAME: Final = "ocn-registry"
_UNKNOWN: Final = r"argument COMMAND: invalid choice: '(.*)' \(choose from (.*)\)"
_NOT_TWO: Final = r"argument (-c/\S+): expected 2 arguments"
_NOT_A_CHOICE: Final = r"argument (.*): invalid choice: ('.*') \(choose from (.*)\)"
_MISSING: Final = r"(the following|one of the) arguments .*required"
_NOBODY_NAMED: Final = r"one of the arguments -a/\S+ -c/\S+ is required"
_INDENT: Final = 4
_ASKING: Final = (
    "On a terminal, every command that writes or signs asks for confirmation. Without a terminal, "
    "the commands of version 1 (set-..., delete-... and revoke-agreement, with or without -raw) "
    "write without asking, as in version 1. All others, including set-website, need --yes."
)
_LONG_DASH: Final = re.compile(r"[-\u2010-\u2015\u2212]*[\u2010-\u2015\u2212]-?([a-z][a-z-]*)")
_PART: Final = r"(?s)\(.*?\)+(?=\s|$)|\[.*?\]+(?=\s|$)|\S+"
_BELOW: Final = f"\n{' ' * 8}"


class HelpText(RawDescriptionHelpFormatter):
    """A formatter that folds lines of descriptions at the terminal's width."""

    def __init__(self, prog: str) -> None:
        """Create a formatter for the terminal's width, without the module that argparse imports."""
        super().__init__(prog, width=columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        del width
        return "\n".join([_folded(f"{indent}{line}") for line in text.split("\n")])

    def _format_usage(  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self,
        usage: str | None,
        actions: Iterable[Action],
        groups: Iterable[_MutuallyExclusiveGroup],
        prefix: str | None,
    ) -> str:
        usual = super()._format_usage(usage, actions, groups, prefix)
        if max(map(len, usual.splitlines()), default=0) <= columns():
            return usual
        first, *parts = re.findall(_PART, usual)  # argparse never breaks a group of options
        rows = [first]
        for part in parts:
            if len(rows[-1]) + len(part) < columns():
                rows[-1] += f" {part}"
            else:
                rows.append(f"{' ' * _INDENT}{part}")
        return "\n".join(rows) + "\n\n"

    def _format_action_invocation(self, action: Action) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        text = super()._format_action_invocation(action)
        name, value = text, ""
        if action.option_strings and action.nargs != 0:
            name = ", ".join(action.option_strings)
            value = self._format_args(action, self._get_default_metavar_for_optional(action))
        elif text.endswith(")"):  # a command with aliases
            name, _, value = text.partition(" ")
        whole = f"{name} {value}".rstrip()
        return whole if len(whole) + _INDENT <= columns() else f"{name}{_BELOW}{value}"


class Parser(ArgumentParser):
    """A parser that never quotes a key in errors, and accepts no abbreviated options."""

    def __init__(self, **options: object) -> None:
        """Create a parser; the options are those of `ArgumentParser`."""
        super().__init__(
            allow_abbrev=False,
            formatter_class=HelpText,
            **options,  # type: ignore[arg-type]  # argparse's own options, handed on by it
        )  # pyright: ignore[reportCallIssue]
        self._given: Sequence[str] = ()

    def parse_known_args(  # type: ignore[explicit-override,override]  # typing.override needs Python 3.12; argparse's has overloads
        self, args: Sequence[str] | None = None, namespace: Namespace | None = None
    ) -> tuple[Namespace, list[str]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Parse like argparse, and keep the words for error messages."""
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, Namespace() if namespace is None else namespace)

    def _misspelt(self) -> list[str]:
        """Return the given options that do not exist: one may be a misspelling of a missing one."""
        words = list(self._given)
        before = words[: words.index("--")] if "--" in words else words
        options = [word.partition("=")[0] for word in before if word.startswith("--")]
        return [option for option in options if option not in self._option_string_actions]

    def error(self, message: str) -> NoReturn:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Report the error, with a pointer to the help."""
        if re.match(_MISSING, message) and (misspelt := self._misspelt()):
            message = _unrecognized(misspelt, self)
        unknown = re.fullmatch(_UNKNOWN, message)
        if unknown is not None:
            message = _no_such_command(unknown[1], re.findall(r"'([^']+)'", unknown[2]))
        choice = re.fullmatch(_NOT_A_CHOICE, message)
        if choice is not None:
            names = ", ".join(re.findall(r"'([^']+)'", choice[3]))
            message = f"argument {choice[1]}: {choice[2]} is not one of {names}"
        if re.fullmatch(_NOBODY_NAMED, message):
            message = "this needs a party: add -c CC PID, as in -c DE ABC, or -a ADDRESS"
        in_one = re.fullmatch(_NOT_TWO, message)
        if in_one is not None:
            message = f"argument {in_one[1]}: write the id as two words, for example -c DE ABC"
        safe = without_secrets(masked(message))
        safe = safe.encode("unicode_escape").decode() if not safe.isprintable() else safe
        self.exit(USAGE, for_stderr(f"error: {safe}\nsee: {self.prog} --help\n"))


def root_parser() -> Parser:
    """Return the parser of global options, without the commands."""
    codes = "\n".join([f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items()])
    root = Parser(
        prog=NAME,
        description="Read and write the registry of the Open Charging Network.",
        epilog=f"exit codes:\n{codes}\n\n{_ASKING}\n\n"
        f"Run `{NAME} COMMAND --help` to learn more about a command.",
    )
    root.add_argument(
        "--version",
        action="store_const",
        const=_version,
        dest="run",
        help="show the versions of this command and of the contracts that it supports",
    )
    network_and_output(root, root=True)
    return root


def parser_of(argv: Sequence[str] | None = None) -> ArgumentParser:
    """Return the parser.

    Args:
        argv: The command line. Only its commands get their options, which halves the time; `None`
            for all.
    """
    root = root_parser()
    below: dict[str, _SubParsersAction[ArgumentParser]] = {}
    _group(root, "", below)
    for command in _candidates(argv):
        *groups, name = command.path.split()
        for depth, group in enumerate(groups):
            place = " ".join(groups[: depth + 1])
            if place not in below:
                above = below[" ".join(groups[:depth])]
                added = above.add_parser(group, help=GROUPS[place], description=_title(place))
                _group(added, place, below)
        parser = below[" ".join(groups)].add_parser(
            name,
            help=command.help,
            description=description(command),
            epilog=examples(command),
            aliases=command.aliases,
        )
        if argv is None or any(word in argv for word in (name, *command.aliases)):
            add_options(parser, command)
        parser.set_defaults(run=command.run, action=command.action, reached=parser)
    return root


def add_options(parser: ArgumentParser, command: Command) -> None:
    """Add the options of a command, and those that every command has."""
    for options in command.options:
        options(parser)
    network_and_output(parser)


def description(command: Command) -> str:
    """Return what a command does, in sentences."""
    first = f"{command.help[0].upper()}{command.help[1:]}."
    return f"{first} {command.more}".rstrip()


def examples(command: Command) -> str | None:
    """Return the examples of a command's help; `None` if it has none."""
    if not command.examples:
        return None
    return "\n".join(["examples:", *[f"  {NAME} {each}" for each in command.examples]])


def parse(argv: Sequence[str]) -> Namespace:
    """Parse the command line; exit with code 2 if it is not valid."""
    parser = parser_of(argv)
    for word in argv:
        if re.fullmatch(r"-[a-z]{4,}(=.*)?", word):
            parser.error(f"unknown option {word.partition('=')[0]}: use two dashes, -{word}")
        long = _LONG_DASH.fullmatch(word)
        if long is not None:  # word processors and web pages make them
            dashes = "-" if len(long[1]) == 1 else "--"
            parser.error(f"{word} begins with a typographic dash: write {dashes}{long[1]}")
    args, unknown = parser.parse_known_args(argv)
    reached: ArgumentParser = args.reached
    if unknown:  # reported by the subcommand, so that it points to its own help
        reached.error(_unrecognized(unknown, reached))
    if getattr(args, "run", None) is None:
        reached.print_help(sys.stderr)
        parser.exit(USAGE)
    return args


def _version(args: Namespace) -> int:
    from ocn_registry.cli.commands.info import version  # noqa: PLC0415 - only for --version

    return version(args)


def _folded(line: str) -> str:
    """Return a line of a description, or of its examples, that fits the terminal."""
    return (folded_command if line.startswith(f"  {NAME} ") else folded)(line)


def _title(place: str) -> str:
    return f"{GROUPS[place][0].upper()}{GROUPS[place][1:]}."


def _candidates(argv: Sequence[str] | None) -> list[Command]:
    """Return the commands that the first word can refer to: all, unless it names one."""
    first = argv[0] if argv else ""
    meant = [each for each in commands(first) if first in {each.path.split()[0], *each.aliases}]
    return meant or commands()


def _group(
    parser: ArgumentParser,
    place: str,
    below: dict[str, _SubParsersAction[ArgumentParser]],
) -> None:
    # Without `prog`, argparse formats the usage for it.
    below[place] = parser.add_subparsers(title="commands", metavar="COMMAND", prog=parser.prog)
    parser.set_defaults(reached=parser)  # its help is shown if no command follows


def _no_such_command(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for errors only

    if name == "help":
        return f"there is no command {name!r}: did you mean --help?"
    given, name = name, name.lower()
    same_verb = [each for each in known if each.partition("-")[0] == name.partition("-")[0]]
    close = get_close_matches(name, same_verb, n=1) or get_close_matches(name, known, n=1)
    return f"there is no command {given!r}" + (f": did you mean {close[0]}?" if close else "")


def _unrecognized(words: Sequence[str], parser: ArgumentParser) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for errors only

    flags = re.findall(r"--[a-z][a-z-]*", parser.format_help())
    first = words[0].partition("=")[0]
    close = get_close_matches(first, flags, n=1, cutoff=0.7) if first.startswith("--") else []
    return f"unrecognized arguments: {' '.join(words)}" + (
        f" (did you mean {close[0]}?)" if close else ""
    )
