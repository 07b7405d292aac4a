"""`watch` and `history`: show what happened to entries, from the events of the contracts."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_LEAST_S = 0.05


def watch(args: Namespace) -> int:
    """Print changes as they happen."""
    from ocn_registry.cli.output.watch import watch as run

    return run(args)


def history(args: Namespace) -> int:
    """Show every change of a party, a node or a service."""
    from ocn_registry.cli.output.history import history as run

    return run(args)


def _watched(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-a",
        "--address",
        help="only changes that name this address, as operator, party, provider or user",
    )
    group.add_argument(
        "-c",
        "--credentials",
        "--party",
        nargs=2,
        metavar=("CC", "PID"),
        help="only changes of this party: of its id, and of the address that holds it",
    )
    _first(parser, "the next one")
    parser.add_argument(
        "--cursor",
        metavar="FILE",
        help="keep the position in this file, and continue from there the next time. No change is "
        "lost; those printed right before a crash may be printed twice, with the same blockHash "
        "and index",
    )
    parser.add_argument(
        "--interval",
        type=_pause,
        default=5.0,
        metavar="SECONDS",
        help="how often to poll the chain (default: 5)",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="stop at the latest block, or when the RPC node fails",
    )


def _history_options(parser: ArgumentParser) -> None:
    take.one_party(parser)
    _first(parser, "the first block of the contracts, or of the chain")
    parser.add_argument(
        "--to",
        dest="last",
        type=_block,
        metavar="BLOCK",
        help="last block to read (default: the latest)",
    )
    take.listing(parser)


def _first(parser: ArgumentParser, otherwise: str) -> None:
    parser.add_argument(
        "--from",
        dest="first",
        type=_block,
        metavar="BLOCK",
        help=f"first block to read (default: {otherwise})",
    )


def _block(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ArgumentTypeError(f"{text!r} is not a valid block number: give 0 or more")
    return int(text)


def _pause(text: str) -> float:
    try:
        pause_s = float(text)
    except ValueError:
        pause_s = 0.0
    if not _LEAST_S <= pause_s <= 86400:  # noqa: PLR2004 - a day
        raise ArgumentTypeError(
            f"{text!r} is not a valid interval: give seconds, {_LEAST_S} or more"
        )
    return pause_s


COMMANDS = (
    Command(
        "watch",
        "print changes as they happen",
        watch,
        (_watched,),
        examples=("watch -n ewc", "watch -c DE ABC --cursor abc.json -n ewc"),
    ),
    Command(
        "history",
        "show every change of a party, a node or a service",
        history,
        (_history_options,),
        examples=("history -c DE ABC -n ewc", "history -c DE ABC --from 30000000 --csv -n ewc"),
    ),
)
