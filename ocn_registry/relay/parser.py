"""The command line of `ocn-relay`: its commands, their options and examples."""

from __future__ import annotations

import argparse
import re
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias
from urllib.parse import parse_qs, urlsplit

from ocn_registry.foreign.text import masked, shown
from ocn_registry.relay.store import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Command: TypeAlias = "Callable[[argparse.Namespace], int]"

NAME: Final = "ocn-relay"
_NOT_A_CHOICE: Final = re.compile(r"argument .+: invalid choice: '(.*)' \(choose from (.*)\)")
_CODES: Final = """\
exit codes:
  0    done, or ready
  1    not ready, or an unexpected error
  2    the command or the configuration can't be used like this
  130  interrupted"""


class _HelpText(argparse.RawDescriptionHelpFormatter):
    """A formatter that folds descriptions and keeps lists of examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        del indent
        return "\n".join(
            [
                line  # is copied
                if line.startswith(f"  {NAME} ")
                else textwrap.fill(line, width, subsequent_indent="    ", break_long_words=False)
                for line in text.split("\n")
            ]
        )


class RelayParser(argparse.ArgumentParser):
    """A parser that never quotes a key in errors."""

    def __init__(self, **options: object) -> None:
        """Create a parser; the options are those of `ArgumentParser`."""
        super().__init__(
            allow_abbrev=False,
            formatter_class=_HelpText,
            **options,  # type: ignore[arg-type]  # argparse's own options, handed on by it
        )  # pyright: ignore[reportCallIssue]

    def error(self, message: str) -> NoReturn:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Report the error, with a pointer to the help."""
        unknown = _NOT_A_CHOICE.fullmatch(message)
        if unknown is not None:
            names = re.findall(r"'([^']+)'", unknown[2])
            close = get_close_matches(unknown[1], names, n=1)
            meant = f"did you mean {close[0]}? " if close else ""
            message = f"{shown(unknown[1])} is not known here: {meant}Use one of {', '.join(names)}"
        self.exit(2, f"error: {safe(message)}\nsee: {self.prog} --help\n")


def safe(text: str) -> str:
    """Return a line for a terminal, without secrets and control characters."""
    text = masked(text)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def parser(commands: Mapping[str, Command]) -> RelayParser:
    """Return the parser.

    Args:
        commands: The function of each command.
    """
    root = RelayParser(
        prog=NAME,
        description="Accept signed requests to the OCN Registry over HTTP, and pay for them.",
        epilog=f"{_CODES}\n\n{_examples('init', 'run', 'status')}",
    )
    root.add_argument("--version", action=_Version, nargs=0, help="show the version")
    root.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        default="ocn-relay.toml",
        help="the configuration (default: ocn-relay.toml in this folder)",
    )
    root.add_argument(
        "--database",
        type=_database_url,
        metavar="URL",
        help="sqlite:PATH or postgresql://USER@HOST/NAME (default: the configuration's)",
    )
    below = root.add_subparsers(required=True, title="commands", metavar="COMMAND")

    def add(name: str, text: str, *examples: str) -> RelayParser:
        made = below.add_parser(
            name,
            help=f"{text[0].lower()}{text[1:]}",
            description=f"{text}.",
            epilog=_examples(*(examples or (name,))),
        )
        made.set_defaults(command=commands[name])
        return made

    add("init", "Write a configuration with comments", "init", "--config volta.toml init")
    run = add("run", "Serve, send and follow", "run", "--config volta.toml run --role api")
    run.add_argument(
        "--role",
        choices=("all", "api", "send", "follow"),
        default="all",
        help="only serve the API, only send, or only watch until blocks are final; several "
        "processes need PostgreSQL (default: all)",
    )
    add("status", "Show whether the relay is ready, and what waits")
    add("pause", "Accept and send nothing until `resume`")
    add("resume", "Accept and send again")
    _add_keys(
        add(
            "keys",
            "List, add or revoke API keys",
            "keys",
            "keys add example-gmbh --requests-per-day 50",
            "keys revoke example-gmbh",
        ),
        commands,
    )
    _add_requests(
        add(
            "requests",
            "List requests by state, or show one",
            "requests",
            "requests list sent",
            f"requests show 0x{'ab' * 32}",
        ),
        commands,
    )
    return root


def _add_keys(keys: RelayParser, commands: Mapping[str, Command]) -> None:
    kinds = keys.add_subparsers(title="actions", metavar="ACTION")
    lists = kinds.add_parser(
        "list", help="list the API keys (default)", epilog=_examples("keys list")
    )
    lists.set_defaults(command=commands["keys"])
    more = kinds.add_parser(
        "add",
        help="make an API key and print it once",
        epilog=_examples("keys add example-gmbh", "keys add example-gmbh --gas-per-day 20000000"),
    )
    more.add_argument(
        "name", type=_name, metavar="NAME", help="what the key's quota is counted under"
    )
    more.add_argument(
        "--requests-per-day",
        type=_count,
        default=200,
        metavar="N",
        help="requests that it can submit each day (default: 200)",
    )
    more.add_argument(
        "--gas-per-day",
        type=_count,
        metavar="N",
        help="gas that the relay pays for it each day (default: gas_per_day of the configuration)",
    )
    more.set_defaults(command=commands["keys add"])
    less = kinds.add_parser(
        "revoke", help="make an API key void", epilog=_examples("keys revoke example-gmbh")
    )
    less.add_argument("name", type=_name, metavar="NAME", help="name of the key")
    less.set_defaults(command=commands["keys revoke"])


def _add_requests(requests: RelayParser, commands: Mapping[str, Command]) -> None:
    requests.set_defaults(state="accepted")
    kinds = requests.add_subparsers(title="actions", metavar="ACTION")
    lists = kinds.add_parser(
        "list",
        help="list the requests in a state (default)",
        epilog=_examples("requests list", "requests list sent"),
    )
    lists.add_argument(
        "state",
        nargs="?",
        metavar="STATE",
        default="accepted",
        help=f"one of {', '.join(STATES)} (default: accepted)",
    )
    shows = kinds.add_parser(
        "show", help="show a request", epilog=_examples(f"requests show 0x{'ab' * 32}")
    )
    shows.add_argument("id", metavar="ID", help="the request's id, from the answer to its sender")
    shows.set_defaults(command=commands["requests show"])


class _Version(argparse.Action):
    """Print the version: the package is loaded only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        from ocn_registry import __version__  # noqa: PLC0415 - only for --version

        parser.exit(0, f"{NAME} {__version__}\n")


def _examples(*calls: str) -> str:
    return "\n".join(["examples:", *[f"  {NAME} {call}" for call in calls]])


def _name(text: str) -> str:
    """Parse the name of an API key."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", text):
        return text
    raise argparse.ArgumentTypeError(
        f"{shown(text)} is not a valid name: use up to 64 letters, digits, dots and hyphens"
    )


def _database_url(text: str) -> str:
    """Parse the URL of a database, which may hold no password: other users see command lines."""
    try:
        parts = urlsplit(text)
        has_password = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a valid URL") from None
    if has_password:
        raise argparse.ArgumentTypeError(
            "the URL holds a password, which other users of this machine could see: put it into "
            "~/.pgpass, or the whole URL into the configuration"
        )
    return text


def _count(text: str) -> int:
    """Parse a number of requests, or of gas."""
    if re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{shown(text)} is not a valid number: give one such as 200")
