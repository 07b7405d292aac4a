"""Options shared by several commands. It imports nothing slow."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentTypeError
from operator import methodcaller
from typing import TYPE_CHECKING, Final

from ocn_registry.cli.config.choices import NETWORKS, choice
from ocn_registry.foreign.variables import PROFILE, VARIABLES

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

KEY_HELP: Final = (
    "keystore:PATH (encrypted file), env:NAME (environment variable), file:PATH (key file that "
    "only you can read), command:PROGRAM (a program that signs) or contract:PROGRAM (a program "
    "that signs for a Safe)"
)

_CONSENT: Final = "required if there is no terminal, as in a script"
MAX_UINT: Final = (1 << 256) - 1
_MOST_LIFETIME_S: Final = 30 * 86_400
NONE: Final = "none"  # the word that removes an address or a URL


def option(*names: str, **settings: object) -> Callable[[ArgumentParser], None]:
    """Return what adds an option to a parser; the arguments are those of `add_argument`."""
    return methodcaller("add_argument", *names, **settings)


def new_file(text: str) -> str:
    """Return the path of a file to write."""
    if not text:
        raise ArgumentTypeError("the path is empty: name a file")
    return text


def whole(what: str, least: int = 0, most: int = MAX_UINT) -> Callable[[str], int]:
    """Return a parser of a whole number within limits.

    Args:
        what: Description of the number, for messages.
        least: The minimum.
        most: The maximum.
    """

    def parse(text: str) -> int:
        digits = re.fullmatch(r"0*([0-9]{1,78})", text)
        number = -1 if digits is None else int(digits[1])
        if not least <= number <= most:
            limit = "2^256 - 1" if most == MAX_UINT else most
            raise ArgumentTypeError(
                f"{text!r} is not a valid {what}: give a whole number from {least} to {limit}",
            )
        return number

    return parse


def duration(text: str) -> float:
    """Parse a length of time in seconds."""
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", text) and float(text) > 0:
        return float(text)
    raise ArgumentTypeError(f"{text!r} is not a valid number of seconds: give one such as 60")


def tokens(text: str) -> int:
    """Parse an amount of the chain's token, and return it in wei."""
    found = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,18}))?", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a valid amount: give one such as 0.01")
    return int(found[1]) * 10**18 + int((found[2] or "").ljust(18, "0"))


def blocks(text: str) -> str:
    """Parse a number of blocks to wait for."""
    if text in {"confirmed", "final"} or re.fullmatch(r"[1-9][0-9]{0,3}", text):
        return text
    raise ArgumentTypeError(f"{text!r} is not confirmed, final, or a number of blocks")


def lifetime(text: str) -> int:
    """Parse how long a request can be used: at most 30 days."""
    found = seconds(text)
    if found > _MOST_LIFETIME_S:
        raise ArgumentTypeError(f"{text!r} is too long: a request can be used for at most 30d")
    return found


def seconds(text: str) -> int:
    """Parse a length of time: 30m, 12h or 7d."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a valid time: give one such as 30m, 12h or 7d")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def tx_hash(text: str) -> str:
    """Parse the hash of a transaction."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{64}", text):
        return text.lower()
    raise ArgumentTypeError(f"{text!r} is not a valid hash: give 0x and 64 hexadecimal digits")


controlling = option(
    "--controller",
    metavar="KEY",
    help="key of the account's controller, which signs in its place (or: "
    f"{VARIABLES['controller'][0]}); see --signer for its forms",
)
account = option(
    "-a",
    "--account",
    metavar="ADDRESS",
    help="account whose entry changes, if its controller signs (default: the signer's)",
)
passphrase = option(
    "--passphrase-file",
    metavar="FILE",
    help="file with the passphrase of the keystores, which only you can read; without it you "
    "are asked",
)
journal = option(
    "--journal",
    metavar="FILE",
    help="file that stores transactions until the chain has decided them (default: "
    "ocn-registry/journal.db in your state folder)",
)
waiting = option(
    "--wait",
    type=blocks,
    metavar="confirmed|final|N",
    help="wait until it is in a block (default), until no other block can replace that one, "
    "or for N blocks",
)
yes = option("-y", "--yes", action="store_true", help=f"do not ask; {_CONSENT}")
operator_address = option("address", help="address of the operator")
provider = option("provider", help="address of the party that offers the service")
party_id = option(
    "-c",
    "--credentials",
    nargs=2,
    metavar=("CC", "PID"),
    required=True,
    help="OCPI country code and party id of the party",
)
one_of_ids = option(
    "-c",
    "--credentials",
    nargs=2,
    metavar=("CC", "PID"),
    help="OCPI country code and party id, if the account has several",
)
out = option(
    "--out",
    dest="output_file",
    type=new_file,
    metavar="FILE",
    help="write the output to FILE, in UTF-8, instead of standard output; an existing file is "
    "not overwritten",
)
requests = option(
    "files",
    nargs="+",
    metavar="FILE",
    help="requests, in order; - for standard input",
)


def network_and_output(parser: ArgumentParser, *, root: bool = False) -> None:
    """Add the options of every command, before or after its name."""

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
        help="JSON file: your own deployment, or what differs from NETWORK (as in version 1)",
    )
    group.add_argument(
        "--rpc-url",
        action="append",
        metavar="URL",
        default=default(None),
        help="RPC node to use instead of the network's; can be repeated (or: "
        f"{VARIABLES['rpc_url'][0]})",
    )
    group.add_argument(
        "--proxy",
        metavar="URL",
        default=default(None),
        help="HTTP proxy for the connection to the RPC node",
    )
    group.add_argument(
        "--ca-file",
        metavar="FILE",
        default=default(None),
        help="certificates of the authorities to trust, instead of the system's",
    )
    group.add_argument(
        "--profile",
        metavar="NAME",
        default=default(None),
        help=f"profile of your settings file to use (or: {PROFILE}); see `settings`",
    )
    group.add_argument(
        "--json",
        action="store_true",
        default=default(False),  # noqa: FBT003 - argparse's own form
        help="print JSON, even on a terminal",
    )
    if root:
        for flags in (("-s", "--signer"), ("-x", "--spender")):
            parser.add_argument(*flags, help=SUPPRESS)


def signing(parser: ArgumentParser) -> None:
    """Add the key of the account whose entry changes."""
    parser.add_argument(
        "-s",
        "--signer",
        default=SUPPRESS,
        metavar="KEY",
        help=f"key of the account whose entry changes (or: {VARIABLES['signer'][0]}): {KEY_HELP}",
    )
    passphrase(parser)


def acting(parser: ArgumentParser) -> None:
    """Add the key that signs for an account: its own, or its controller's."""
    signing(parser)
    controlling(parser)
    account(parser)


def spending(parser: ArgumentParser) -> None:
    """Add the key of the account that pays, and how the transaction is sent."""
    _paying(parser)
    sending(parser)


def spending_as_v1(parser: ArgumentParser) -> None:
    """Add the same for a command of version 1, which does not ask without a terminal."""
    _paying(parser)
    sending(parser, consent="not required without a terminal, as in version 1")


def _paying(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-x",
        "--spender",
        default=SUPPRESS,
        metavar="KEY",
        help="key of the account that pays, if it is not the signer (or: "
        f"{VARIABLES['spender'][0]}); see "
        "--signer for its forms",
    )
    parser.add_argument(
        "--spender-passphrase-file",
        metavar="FILE",
        help="file with the passphrase of the spender's keystore, if it differs",
    )


def sending(
    parser: ArgumentParser,
    awaited: str = "the transaction",
    consent: str = _CONSENT,
) -> None:
    """Add the options of confirmation, and of sending a transaction.

    Args:
        parser: The parser.
        awaited: What the command waits for, in words.
        consent: When `--yes` is needed, in words.
    """
    parser.add_argument(
        "-y", "--yes", action="store_true", help=f"do not ask before sending; {consent}"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="simulate, show the plan and the price, and send nothing",
    )
    waiting(parser)
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="SECONDS",
        help=f"how long to wait for {awaited} (default: 120, and longer for --wait final)",
    )
    parser.add_argument(
        "--max-fee",
        type=whole("price in wei", 1),
        metavar="WEI",
        help="highest price per gas, in wei (default: twice the base fee)",
    )
    parser.add_argument(
        "--max-cost",
        type=tokens,
        metavar="TOKENS",
        help="most that a transaction may cost, in the chain's token (default: 0.01)",
    )
    journal(parser)


def one_party(parser: ArgumentParser) -> None:
    """Add the party: by address, or by country code and party id."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("-a", "--address", help="address of the party")
    group.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        help="OCPI country code and party id of the party",
    )


def listing(parser: ArgumentParser) -> None:
    """Add the output form of a list."""
    parser.add_argument("--csv", action="store_true", help="print CSV, with a header line")
    out(parser)
