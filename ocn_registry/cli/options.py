"""The options of commands, each written once. Nothing is imported here that takes time."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentTypeError
from typing import TYPE_CHECKING, Final

from ocn_registry.cli.names import MODULES, NETWORKS, PERMISSIONS, ROLES, choice

if TYPE_CHECKING:
    from argparse import ArgumentParser

# What may be a private key, whole or cut: it is quoted nowhere.
LIKE_A_KEY: Final = re.compile(r"(0[xX])?[0-9a-fA-F]{60,}")
KEY_HELP: Final = (
    "keystore:PATH (encrypted file), env:NAME (environment variable), file:PATH (key file that "
    "only you can read), or command:PROGRAM (signs elsewhere)"
)


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
        default=default(None),
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
        "--proxy",
        metavar="URL",
        default=default(None),
        help="HTTP proxy through which the RPC node is asked",
    )
    group.add_argument(
        "--ca-file",
        metavar="FILE",
        default=default(None),
        help="certificates of authorities to trust in place of the usual ones",
    )
    group.add_argument(
        "--profile",
        metavar="NAME",
        default=default(None),
        help="settings of this name in your settings file (or: OCN_PROFILE); see `settings`",
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


def signing(parser: ArgumentParser) -> None:
    """Take the key of whose entry it is."""
    parser.add_argument(
        "-s",
        "--signer",
        default=SUPPRESS,
        metavar="KEY",
        help=f"key of whose entry it is (or: SIGNER): {KEY_HELP}",
    )
    passphrase(parser)


def passphrase(parser: ArgumentParser) -> None:
    """Take the passphrase of keystores."""
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="passphrase of the keystores, in a file only you can read; asked for without",
    )


def waiting(parser: ArgumentParser) -> None:
    """Take how long a transaction is waited for."""
    parser.add_argument(
        "--wait",
        type=blocks,
        metavar="confirmed|final|N",
        help="wait until it is in a block (default), until no other block can take its place, or "
        "until N blocks stand",
    )


def blocks(text: str) -> str:
    """Read how many blocks are waited for."""
    if text in {"confirmed", "final"} or re.fullmatch(r"[1-9][0-9]{0,3}", text):
        return text
    raise ArgumentTypeError(f"{text!r} is neither confirmed, nor final, nor a number of blocks")


def tx_hash(text: str) -> str:
    """Read the hash of a transaction."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{64}", text):
        return text.lower()
    raise ArgumentTypeError(f"{text!r} is no hash: give 0x and 64 hexadecimal digits")


def spending(parser: ArgumentParser) -> None:
    """Take the key of who pays, and how the transaction is sent."""
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
    sending(parser)


def sending(parser: ArgumentParser, awaited: str = "that") -> None:
    """Take whether somebody is asked, and how it is sent.

    Args:
        parser: Takes them.
        awaited: What is waited for, in words.
    """
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
        help=f"how long to wait for {awaited} (default: 120, and longer for --wait final)",
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


def listing(parser: ArgumentParser) -> None:
    """Take the form of a list."""
    parser.add_argument("--csv", action="store_true", help="print CSV, with a line of names first")


def parties(parser: ArgumentParser) -> None:
    """Take which parties are listed."""
    listing(parser)
    parser.add_argument("--operator", metavar="ADDRESS", help="reached through this one's node")
    parser.add_argument("--role", type=choice("role", ROLES), metavar="ROLE", help="with this role")
    parser.add_argument(
        "--module",
        type=choice("module", MODULES),
        metavar="MODULE",
        help="with this OCPI module",
    )
    parser.add_argument(
        "--interface",
        choices=("sender", "receiver"),
        help="with this side of it, or of any module",
    )


def services(parser: ArgumentParser) -> None:
    """Take which services are listed."""
    listing(parser)
    parser.add_argument(
        "--permission",
        type=choice("permission", PERMISSIONS),
        metavar="PERMISSION",
        help="that need this permission",
    )


def account(parser: ArgumentParser) -> None:
    """Take whose request it will be, and how long it can be used."""
    parser.add_argument(
        "-a",
        "--account",
        required=True,
        metavar="ADDRESS",
        help="whose entry it is, and who will sign",
    )
    parser.add_argument(
        "--nonce",
        type=int,
        help="nonce of the request (default: the next one of the account); with --nonce and a "
        "limit of time, no chain is asked",
    )
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--valid-for",
        type=_seconds,
        metavar="TIME",
        help="30m, 12h or 7d: how long it can be used, 30 days at most (default: 1h)",
    )
    limit.add_argument(
        "--deadline",
        type=int,
        metavar="SECONDS",
        help="last second at which it can be used, in Unix time",
    )


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no time: give 30m, 12h or 7d")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def file(parser: ArgumentParser) -> None:
    """Take one request."""
    parser.add_argument("file", metavar="FILE", help="the request; - for standard input")


def files(parser: ArgumentParser) -> None:
    """Take requests."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="requests, in order; - for standard input",
    )


def yes(parser: ArgumentParser) -> None:
    """Take that nobody has to be asked."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def cancelled(parser: ArgumentParser) -> None:
    """Take which requests are cancelled."""
    parser.add_argument(
        "--contract",
        choices=("registry", "permissions"),
        default="registry",
        help="nodes and parties (default), or services and agreements: each counts for itself",
    )
    parser.add_argument(
        "--new-nonce",
        type=int,
        metavar="NONCE",
        help="cancel what was signed with a nonce below this one (default: the next 1,000)",
    )
