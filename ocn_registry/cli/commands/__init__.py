"""The commands. Each module here contains a group of commands with their options.

To add a command, write a module here with `COMMANDS`, and add it to `MODULES`. `--help` loads all
of these modules, so imports that are needed only to run belong inside functions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    Options: TypeAlias = Callable[[ArgumentParser], None]

# In the order of the help, with the words or verbs that their commands begin with: a command loads
# no other modules.
MODULES: Final = {
    "read": ("get", "list"),
    "events": ("watch", "history"),
    "explore": ("explore",),
    "write": ("set", "delete", "revoke"),
    "request": ("request",),
    "relay": ("register", "request"),
    "sponsor": ("request",),
    "identity": ("identity",),
    "account": ("identity", "leave"),
    "info": ("info",),
    "doctor": ("doctor",),
    "vouch": ("vouch",),
    "tx": ("tx",),
    "devnet": ("devnet",),
    "settings": ("settings",),
    "completion": ("completion",),
    "verify": ("verify",),
    "owner": ("owner",),
    "reserve": ("owner",),
    "migrate": ("migrate",),
}
GROUPS: Final = {
    "request": "sign on one machine, pay on another; requests travel as files",
    "request prepare": "write a request for its account to sign",
    "identity": "create, show and replace your keys",
    "vouch": "prove that a node or an id is yours, and check others",
    "tx": "transactions that were sent",
    "owner": "for the owner of the registry: delete, reassign, hand over",
    "migrate": "move a registry's entries to new contracts, or keep them in a file",
}


class Command(NamedTuple):
    """A command.

    Attributes:
        path: Its name, in one or more words.
        help: What it does, in one line.
        run: Runs it, and returns the exit code.
        options: Add its options to a parser.
        aliases: Other names for its last word.
        action: The write, for commands that share a function.
        more: Additional sentences of its help.
        examples: Example command lines, without the program's name.
    """

    path: str
    help: str
    run: Callable[[Namespace], int]
    options: tuple[Options, ...] = ()
    aliases: tuple[str, ...] = ()
    action: str | None = None
    more: str = ""
    examples: tuple[str, ...] = ()


def commands(first: str | None = None) -> list[Command]:
    """Return the commands, in the order of the help.

    Args:
        first: The first word of the command line, if only commands that begin with it count: the
            modules of others are not loaded. `None` for all commands.
    """
    verb = None if first is None else first.partition("-")[0]
    found: list[Command] = []
    for name, verbs in MODULES.items():
        if verb is None or verb in verbs:
            found += import_module(f"{__name__}.{name}").COMMANDS
    return found
