"""`completion`: the script by which a shell completes commands, options and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli.commands import Command
from ocn_registry.cli.config.choices import SHELLS
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def completion(args: Namespace) -> int:
    """Print the script of a shell."""
    from ocn_registry.cli.completion import script
    from ocn_registry.cli.output.render import as_json, put

    text = script(args.shell).rstrip("\n")
    put(as_json(text) if args.json else text)
    return DONE


def _shell(parser: ArgumentParser) -> None:
    parser.add_argument(
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
        examples=("completion zsh",),
    ),
)
