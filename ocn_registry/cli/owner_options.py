"""The options of `owner` and `verify`. Nothing is imported here that takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take

if TYPE_CHECKING:
    from argparse import ArgumentParser

_CHOICES = ("open", "closed")


def node(parser: ArgumentParser) -> None:
    """Take whose node is deleted, and why."""
    take.address(parser)
    _deed(parser, because=True)


def party(parser: ArgumentParser) -> None:
    """Take which party is deleted, and why."""
    parser.add_argument(
        "-c",
        "--credentials",
        nargs=2,
        metavar=("CC", "PID"),
        required=True,
        help="its OCPI country code and party id",
    )
    _deed(parser, because=True)


def claim(parser: ArgumentParser) -> None:
    """Take what the rightful holder of an id signed, and why it gets it."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="set-party request that the rightful holder signed; - for standard input",
    )
    _deed(parser, because=True)


def heir(parser: ArgumentParser) -> None:
    """Take to whom the registry is offered."""
    parser.add_argument("address", help="address of a Safe, a timelock, or an account with a key")
    parser.add_argument(
        "--without-code",
        action="store_true",
        help="take an address without code: an account with a key",
    )
    _deed(parser, because=False)


def acceptance(parser: ArgumentParser) -> None:
    """Take whose key accepts."""
    _deed(parser, because=False)


def safe(parser: ArgumentParser) -> None:
    """Take which Safe accepts."""
    parser.add_argument(
        "address",
        nargs="?",
        help="address of the Safe (default: to whom the registry is offered)",
    )
    parser.add_argument(
        "--timelock",
        metavar="ADDRESS",
        help="the Safe is to schedule the acceptance in this timelock",
    )
    _delay(parser)
    _salt(parser)


def scheduled(parser: ArgumentParser) -> None:
    """Take which timelock is to accept, and when."""
    _timelock(parser)
    _delay(parser)
    _salt(parser)
    _deed(parser, because=False)


def executed(parser: ArgumentParser) -> None:
    """Take which timelock accepts now."""
    _timelock(parser)
    _salt(parser)
    _deed(parser, because=False)


def _timelock(parser: ArgumentParser) -> None:
    parser.add_argument("address", help="address of the timelock that the registry is offered to")


def _delay(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--delay",
        type=int,
        metavar="SECONDS",
        help="time until it can be executed (default: the least that the timelock takes)",
    )


def _salt(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--salt",
        type=int,
        default=0,
        metavar="NUMBER",
        help="tells this acceptance from an earlier one in the same timelock (default: 0)",
    )


def log(parser: ArgumentParser) -> None:
    """Take which log is shown, and whether the chain is asked."""
    _log(parser)
    parser.add_argument(
        "--settle",
        action="store_true",
        help="ask the chain what became of what has no end in the log, and write that down",
    )


def verify(parser: ArgumentParser) -> None:
    """Take what is expected of a deployment, besides its code."""
    parser.add_argument("--owner", metavar="ADDRESS", help="who owns it now")
    parser.add_argument("--first-owner", metavar="ADDRESS", help="who owned it from the start")
    parser.add_argument("--import", dest="import_", choices=_CHOICES, help="what its import is now")
    parser.add_argument(
        "--deployed-import",
        choices=_CHOICES,
        help="what its import was when it was created",
    )
    for name in ("registry", "permissions"):
        parser.add_argument(
            f"--{name}-tx",
            type=take.tx_hash,
            metavar="HASH",
            help=f"transaction that created the {name.title()}",
        )


def _deed(parser: ArgumentParser, *, because: bool) -> None:
    """Take the owner's key, why, where that is written down, and how it is sent."""
    parser.add_argument(
        "--reason",
        required=because,
        default="",
        metavar="TEXT",
        help="why, for your own log: what happened, the evidence, who decided",
    )
    _log(parser)
    if because:
        parser.add_argument(
            "--for-safe",
            action="store_true",
            help="print the file by which a Safe that owns the registry does it; send nothing",
        )
    take.signing(parser)
    take.sending(parser)


def _log(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--log",
        metavar="FILE",
        help="your own log (default: ocn-registry/owner.jsonl in your folder of states)",
    )
