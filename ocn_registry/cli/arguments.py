"""The words that the command understands. Nothing is imported here that takes time.

The names of roles, modules and permissions stand here a second time, for the same reason; a test
holds them to the enumerations of `models`.
"""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from ocn_registry.cli.codes import MEANINGS

if TYPE_CHECKING:
    from argparse import (
        Namespace,
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage] - it has no public name
    )
    from collections.abc import Callable, Sequence

NETWORKS: Final = ("local", "volta", "prod", "ewc", "local-v1")
ROLES: Final = ("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP")
MODULES: Final = (
    "cdrs",
    "chargingprofiles",
    "commands",
    "locations",
    "sessions",
    "tariffs",
    "tokens",
)
PERMISSIONS: Final = (
    "FORWARD_ALL",
    "FORWARD_ALL_SENDER",
    "FORWARD_ALL_RECEIVER",
    *(
        f"FORWARD_MODULE_{module}_{side}"
        for module in (
            "LOCATIONS",
            "SESSIONS",
            "CDRS",
            "TARIFFS",
            "TOKENS",
            "COMMANDS",
            "CHARGINGPROFILES",
        )
        for side in ("SENDER", "RECEIVER")
    ),
)
KEY_HELP: Final = (
    "keystore:PATH (encrypted file), env:NAME (environment variable), file:PATH (key file that "
    "only you can read), or command:PROGRAM (signs elsewhere)"
)
_KEY: Final = re.compile(r"(0x)?[0-9a-fA-F]{60,}")


class Parser(ArgumentParser):
    """A parser whose errors quote no key, and that takes no half words."""

    def __init__(self, **options: object) -> None:
        """Make it as argparse does."""
        super().__init__(
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
            **options,  # type: ignore[arg-type]  # argparse's own options, handed on by it
        )  # pyright: ignore[reportCallIssue]

    def error(self, message: str) -> NoReturn:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Say what is wrong, and where to read more."""
        safe = _KEY.sub("<hidden>", message)
        safe = safe.encode("unicode_escape").decode() if not safe.isprintable() else safe
        self.exit(2, f"error: {safe}\nsee: {self.prog} --help\n")


class Command(NamedTuple):
    """One command: its words, what it does, what runs it (`module:function`), its options."""

    path: str
    help: str
    run: str
    options: Callable[[ArgumentParser], None]
    aliases: tuple[str, ...] = ()
    action: str | None = None


def choice(kind: str, known: Sequence[str]) -> Callable[[str], str]:
    """Make what reads one of several names, in small or capital letters."""
    spelled = {name.upper(): name for name in known}

    def read(text: str) -> str:
        if text.upper() in spelled:
            return spelled[text.upper()]
        from difflib import get_close_matches  # noqa: PLC0415 - for errors only

        close = get_close_matches(text.upper(), spelled, n=1)
        guess = f"did you mean {spelled[close[0]]}? " if close else ""
        names = ", ".join(known)
        raise ArgumentTypeError(f"{text!r} is no {kind}: {guess}There are {names}")

    return read


def everywhere(parser: ArgumentParser, *, root: bool = False) -> None:
    """Add what every command takes, before or after its name."""

    def default(value: object) -> object:
        return value if root else SUPPRESS

    group = parser.add_argument_group("network and output")
    group.add_argument(
        "-n",
        "--network",
        "--net",
        type=choice("network", NETWORKS),
        default=default("local"),
        metavar="NETWORK",
        help=f"one of {', '.join(NETWORKS)}; prod is another name for ewc (default: local)",
    )
    group.add_argument(
        "--network-file",
        "--net-file",
        "--nf",
        metavar="FILE",
        default=default(None),
        help="JSON file: a deployment of your own, or what differs from NETWORK (as in version 1)",
    )
    group.add_argument(
        "--rpc-url",
        action="append",
        metavar="URL",
        default=default(None),
        help="RPC node to ask, in place of the network's; can be repeated (or: OCN_RPC_URL)",
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=default(False),  # noqa: FBT003 - argparse's own form
        help="print JSON on a terminal, too",
    )
    if root:
        for flags in (("-s", "--signer"), ("-x", "--spender")):
            parser.add_argument(*flags, help=SUPPRESS)


def _signing(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-s",
        "--signer",
        default=SUPPRESS,
        metavar="KEY",
        help=f"key of whose entry it is (or: SIGNER): {KEY_HELP}",
    )
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="passphrase of the keystores; asked for without",
    )


def waiting(parser: ArgumentParser) -> None:
    """Take how long a transaction is waited for."""
    parser.add_argument(
        "--wait",
        type=_wait,
        default="confirmed",
        metavar="confirmed|final|N",
        help="wait until it is in a block (default), until no other block can take its place, or "
        "until N blocks stand",
    )


def _wait(text: str) -> str:
    if text in {"confirmed", "final"} or re.fullmatch(r"[1-9][0-9]{0,3}", text):
        return text
    raise ArgumentTypeError(f"{text!r} is neither confirmed, nor final, nor a number of blocks")


def _spending(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-x",
        "--spender",
        default=SUPPRESS,
        metavar="KEY",
        help="key of who pays, where that is another (or: SPENDER); see --signer for its forms",
    )
    parser.add_argument(
        "--spender-passphrase-file",
        metavar="FILE",
        help="passphrase of the spender's keystore, if it is another",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before sending")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="simulate, show the plan and the price, and send nothing",
    )
    waiting(parser)
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="how long to wait for that (default: 120, and longer for --wait final)",
    )
    parser.add_argument(
        "--max-fee",
        type=int,
        metavar="WEI",
        help="most that is paid per gas, in wei (default: twice the base fee)",
    )


def nothing(_: ArgumentParser) -> None:
    """Take no options."""


def address(parser: ArgumentParser) -> None:
    """Take the address of a node's operator."""
    parser.add_argument("address", help="address of the operator")


def provider(parser: ArgumentParser) -> None:
    """Take the address of a provider."""
    parser.add_argument("provider", help="address of the party that offers the service")


def domain(parser: ArgumentParser) -> None:
    """Take the URL of a node."""
    parser.add_argument("domain", metavar="URL", help="URL of the node, https://node.example.com")


def who(parser: ArgumentParser) -> None:
    """Take what names a party."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("-a", "--address", help="address of the party")
    group.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        help="its OCPI country code and party id",
    )


def party(parser: ArgumentParser) -> None:
    """Take what a party is."""
    parser.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        required=True,
        help="its OCPI country code and party id",
    )
    parser.add_argument(
        "-r",
        "--roles",
        nargs="+",
        action="extend",
        type=choice("role", ROLES),
        required=True,
        metavar="ROLE",
        help=f"one or more of {', '.join(ROLES)}",
    )
    parser.add_argument(
        "-o",
        "--operator",
        required=True,
        metavar="ADDRESS",
        help="address that runs the node through which it is reached",
    )


def modules(parser: ArgumentParser) -> None:
    """Take the modules of a party."""
    for side in ("sender", "receiver"):
        parser.add_argument(
            f"--{side[0]}i",
            f"--{side}-interface",
            dest=f"{side}_interface",
            nargs="*",
            action="extend",
            default=None,
            type=choice("module", MODULES),
            metavar="MODULE",
            help=f"modules whose {side} interface it has: {', '.join(MODULES)}",
        )


def service(parser: ArgumentParser) -> None:
    """Take what a service is."""
    parser.add_argument("--name", default="", help="name of the service")
    parser.add_argument("-u", "--url", default="", help="where to read more about it")
    parser.add_argument(
        "-p",
        "--permissions",
        nargs="+",
        action="extend",
        required=True,
        type=choice("permission", PERMISSIONS),
        metavar="PERMISSION",
        help=f"what it needs, one or more of: {', '.join(PERMISSIONS)}",
    )


WRITES: Final[tuple[tuple[str, str, Callable[[ArgumentParser], None], tuple[str, ...]], ...]] = (
    ("set-node", "list the signer's node, or change its URL", domain, ()),
    ("delete-node", "take the signer's node off the list", nothing, ()),
    ("set-party", "list the signer as a party, or change its entry", party, ()),
    (
        "set-party-modules",
        "replace the OCPI modules that the signer has as a party",
        modules,
        ("set-modules",),
    ),
    ("delete-party", "take the signer off the list of parties", nothing, ()),
    ("set-service", "offer the signer's service, or change it", service, ()),
    ("delete-service", "take the signer's service off the list", nothing, ()),
    ("set-agreement", "agree to what a provider's service needs", provider, ()),
    ("revoke-agreement", "take back what was agreed with a provider", provider, ()),
)


def _reads() -> list[Command]:
    return [
        Command("get-node", "show the node of an operator", "reads:get_node", address),
        Command("list-nodes", "show all nodes", "reads:list_nodes", nothing),
        Command("get-party", "show a party", "reads:get_party", who),
        Command("list-parties", "show all parties", "reads:list_parties", nothing),
        Command("get-service", "show the service of a provider", "reads:get_service", provider),
        Command("list-services", "show all services", "reads:list_services", nothing),
        Command(
            "get-agreements", "show the services that a party uses", "reads:get_agreements", who
        ),
    ]


def _writes() -> list[Command]:
    found: list[Command] = []
    for name, says, options, aliases in WRITES:

        def whole(
            parser: ArgumentParser,
            options: Callable[[ArgumentParser], None] = options,
        ) -> None:
            options(parser)
            _signing(parser)
            _spending(parser)

        raws = tuple([f"{alias}-raw" for alias in aliases])
        told = f"the same as {name}, signed by the signer and paid by the spender"
        found += [
            Command(name, says, "writes:direct", whole, aliases, name),
            Command(f"{name}-raw", told, "writes:raw", whole, raws, name),
        ]
    return found


def commands() -> list[Command]:
    """Tell all commands, in the order of the help."""
    return [*_reads(), *_writes()]


def parser_of(argv: Sequence[str] | None = None) -> ArgumentParser:
    """Make the parser.

    Args:
        argv: What will be parsed: options are made for the commands in it only. All unless given.
    """
    codes = "\n".join([f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items()])
    root = Parser(
        prog="ocn-registry",
        description="Read and write the registry of the Open Charging Network.",
        epilog=f"exit codes:\n{codes}\n\n`ocn-registry COMMAND --help` says more of one command.",
    )
    root.add_argument("--version", action="store_const", const="about:version", dest="run")
    everywhere(root, root=True)
    below: dict[str, _SubParsersAction[ArgumentParser]] = {}
    _group(root, "", below)
    for command in commands():
        *groups, name = command.path.split()
        for depth, group in enumerate(groups):
            place = " ".join(groups[: depth + 1])
            if place not in below:
                above = below[" ".join(groups[:depth])]
                made = above.add_parser(group, help=GROUPS[place], description=GROUPS[place])
                _group(made, place, below)
        parser = below[" ".join(groups)].add_parser(
            name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
            aliases=command.aliases,
        )
        if argv is None or any(word in argv for word in (name, *command.aliases)):
            command.options(parser)
            everywhere(parser)
        parser.set_defaults(run=command.run, action=command.action)
    return root


GROUPS: Final[dict[str, str]] = {}


def _group(
    parser: ArgumentParser,
    place: str,
    below: dict[str, _SubParsersAction[ArgumentParser]],
) -> None:
    below[place] = parser.add_subparsers(title="commands", metavar="COMMAND")


def parse(argv: Sequence[str]) -> Namespace:
    """Read the command line; leave with code 2 when it can't be understood."""
    parser = parser_of(argv)
    for word in argv:
        if re.fullmatch(r"-[a-z]{4,}(=.*)?", word):
            parser.error(
                f"{word.partition('=')[0]} is not understood: write -{word} with two dashes"
            )
    args = parser.parse_args(argv)
    if getattr(args, "run", None) is None:
        parser.print_help(sys.stderr)
        parser.exit(2)
    return args
