"""The options of `watch` and `history`. Nothing is imported here that takes time."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take

if TYPE_CHECKING:
    from argparse import ArgumentParser

_LEAST_S = 0.05


def watched(parser: ArgumentParser) -> None:
    """Take whose changes are watched, from where on, and how."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-a",
        "--address",
        help="changes that name this address, as operator, party, provider or user (default: all)",
    )
    group.add_argument(
        "-c",
        "--credentials",
        "--party",
        nargs=2,
        metavar=("CC", "PID"),
        help="changes of this party: of its id, and of the address that holds it",
    )
    _first(parser, "the next one")
    parser.add_argument(
        "--cursor",
        metavar="FILE",
        help="remember in this file where it is, and go on from there the next time, whatever "
        "ended it. No change is lost; those printed right before a crash may be printed twice, "
        "with the same blockHash and index",
    )
    parser.add_argument(
        "--interval",
        type=_pause,
        default=5.0,
        metavar="SECONDS",
        help="how often the chain is asked (default: 5)",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="end at the latest block; with an RPC node that fails, end at once",
    )


def told(parser: ArgumentParser) -> None:
    """Take whose history is told, and of which blocks."""
    take.who(parser)
    _first(parser, "the first of the contracts, or of the chain")
    parser.add_argument(
        "--to",
        dest="last",
        type=_block,
        metavar="BLOCK",
        help="last block that is looked through (default: the latest)",
    )
    take.listing(parser)


def _first(parser: ArgumentParser, otherwise: str) -> None:
    parser.add_argument(
        "--from",
        dest="first",
        type=_block,
        metavar="BLOCK",
        help=f"first block that is looked through (default: {otherwise})",
    )


def _block(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ArgumentTypeError(f"{text!r} is no number of a block: give 0 or more")
    return int(text)


def _pause(text: str) -> float:
    try:
        pause_s = float(text)
    except ValueError:
        pause_s = 0.0
    if not _LEAST_S <= pause_s <= 86400:  # noqa: PLR2004 - a day
        raise ArgumentTypeError(f"{text!r} is no pause: give seconds, {_LEAST_S} or more")
    return pause_s
