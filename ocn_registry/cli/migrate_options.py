"""The options of `migrate`. Nothing is imported here that takes time."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take

if TYPE_CHECKING:
    from argparse import ArgumentParser


def snapshot(parser: ArgumentParser) -> None:
    """Take which block is read, and where what is found goes."""
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="FILE",
        help="file that is written, and not over another",
    )
    _block(parser, "final", "the latest that no other block can replace")


def plan(parser: ArgumentParser) -> None:
    """Take which snapshot is planned for."""
    _file(parser)
    _max_gas(parser)


def compare(parser: ArgumentParser) -> None:
    """Take what the registry is compared with."""
    _file(parser)
    _block(parser, "latest", "the latest")


def import_(parser: ArgumentParser) -> None:
    """Take what is imported, and how it is sent."""
    _file(parser)
    _max_gas(parser)
    _sending(parser)


def close(parser: ArgumentParser) -> None:
    """Take what has to stand there, and how the end of the import is sent."""
    _file(parser)
    _sending(parser)


def _file(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="file that `migrate snapshot` wrote")


def _block(parser: ArgumentParser, default: str, means: str) -> None:
    parser.add_argument(
        "--block",
        type=_number,
        default=default,
        metavar="NUMBER|latest|final",
        help=f"block that is read (default: {means})",
    )


def _number(text: str) -> str:
    if text in {"latest", "final"} or re.fullmatch(r"[0-9]{1,12}", text):
        return text
    raise ArgumentTypeError(f"{text!r} is neither latest, nor final, nor the number of a block")


def _max_gas(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--max-gas",
        type=int,
        metavar="GAS",
        help="most gas for one transaction (default: what a block takes)",
    )


def _sending(parser: ArgumentParser) -> None:
    """Take the owner's key, and how transactions are sent."""
    take.signing(parser)
    take.sending(parser, "each transaction")
