"""`completion`: print a shell's completion script for commands, options and values.

shtab generates the script from the parser. Only what a parser doesn't know is added: where files
can follow, and the names that an option accepts.
"""

from __future__ import annotations

from argparse import PARSER
from typing import TYPE_CHECKING, cast

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.cli.config.choices import SHELLS, Choice
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser, Namespace


def completion(args: Namespace) -> int:
    """Print a shell's completion script."""
    from ocn_registry.cli.output.render import as_json, put

    text = script(args.shell)
    put(as_json(text) if args.json else text)
    return DONE


def script(shell: str) -> str:
    """Return the completion script of a shell: `bash`, `zsh` or `fish`."""
    import shtab

    from ocn_registry.cli.parser import parser_of

    parser = parser_of()
    _prepare(parser)
    return shtab.complete(parser, shell).rstrip("\n")


def _prepare(parser: ArgumentParser) -> None:
    """Mark what can follow each option, in a parser that is not used for parsing."""
    for action in parser._actions:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it has no public name
        if action.nargs == PARSER:
            commands = cast("dict[str, ArgumentParser]", action.choices)
            for command in set(commands.values()):  # each once, even with several names
                _prepare(command)
        else:
            _mark(action)


def _mark(action: Action) -> None:
    from shtab import FILE

    metavars = (action.metavar,) if isinstance(action.metavar, str) else action.metavar or ()
    if isinstance(action.type, Choice):
        action.choices = action.type.known
    elif {"FILE", "PATH"} & set(metavars):
        action.complete = FILE  # type: ignore[attr-defined]  # where shtab looks
    elif metavars and "|" in metavars[0]:  # confirmed|final|N
        action.choices = [value for value in metavars[0].split("|") if value.islower()]


_shell = take.option(
    "shell",
    nargs="?",
    choices=SHELLS,
    default="bash",
    help=f"one of {', '.join(SHELLS)} (default: bash)",
)


COMMANDS = (
    Command(
        "completion",
        "print the completion script of a shell",
        completion,
        (_shell,),
        more="bash: add `source <(ocn-registry completion)` to ~/.bashrc. zsh: save the script as "
        "_ocn-registry in a folder of $fpath. fish: save it as "
        "~/.config/fish/completions/ocn-registry.fish.",
        examples=("completion zsh",),
    ),
)
