"""The options of commands about you, your key, and this machine. Nothing here takes time."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.names import SHELLS

if TYPE_CHECKING:
    from argparse import ArgumentParser


def keystore(parser: ArgumentParser) -> None:
    """Take the path of a new keystore."""
    parser.add_argument("path", metavar="PATH", help="file that is written, and not over another")
    take.passphrase(parser)


def self_(parser: ArgumentParser) -> None:
    """Take who is asked about: an address, or who has a key."""
    parser.add_argument("-a", "--address", help="address that is asked about")
    take.signing(parser)


def operator(parser: ArgumentParser) -> None:
    """Take whose node is asked."""
    parser.add_argument(
        "-a",
        "--address",
        help="address of an operator: its node is asked who it is, and compared with the registry",
    )


def tx_hash(parser: ArgumentParser) -> None:
    """Take a transaction."""
    parser.add_argument(
        "tx_hash", type=take.tx_hash, metavar="HASH", help="hash of the transaction"
    )
    take.waiting(parser)
    parser.set_defaults(wait=False)  # only where it is asked for, whatever the settings say


def development(parser: ArgumentParser) -> None:
    """Take what a development chain is like."""
    parser.add_argument(
        "--port",
        type=int,
        default=8544,
        help="port on this machine (default: 8544, where -n local looks; 0 for a free one)",
    )
    parser.add_argument(
        "--with-v1",
        action="store_true",
        help="with the first generation's contracts as well, where its command looks for them",
    )
    parser.add_argument(
        "--chain-id",
        type=int,
        default=None,
        help="chain id, for example Volta's for a rehearsal (default: the one of -n local)",
    )
    parser.add_argument(
        "--block-time",
        type=_block_time,
        metavar="SECONDS",
        help="make a block this often, as public chains do (default: one for each transaction)",
    )
    first = parser.add_mutually_exclusive_group()
    first.add_argument(
        "--sample",
        action="store_true",
        help="with two nodes, three parties and a service",
    )
    first.add_argument(
        "--import-open",
        action="store_true",
        help="with the import open, to rehearse `migrate`: the first account owns the contracts",
    )


def _block_time(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d?", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is no time of a block: give 1 to 99 seconds")
    return int(text)


def settings(parser: ArgumentParser) -> None:
    """Take what is asked of the settings, and all that could be set."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("show", "path"),
        default="show",
        help="show what is in force and from where (default), or print the path of the file",
    )
    take.signing(parser)
    take.spending(parser)


def shell(parser: ArgumentParser) -> None:
    """Take the shell that completes."""
    parser.add_argument(
        "shell",
        nargs="?",
        choices=SHELLS,
        default="bash",
        help=f"one of {', '.join(SHELLS)} (default: bash)",
    )
