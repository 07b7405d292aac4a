"""What went wrong, as a sentence on standard error and an exit code."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

from ocn_registry.cli.codes import NOT_LISTED, REJECTED, RPC, UNEXPECTED, UNKNOWN, USAGE
from ocn_registry.cli.render import printable, talk
from ocn_registry.errors import (
    FeeAboveCap,
    InsufficientFunds,
    InvalidInput,
    NoContract,
    OcnRegistryError,
    OutcomeUnknown,
    PartlyDone,
    RequestRejected,
    Reverted,
    RpcUnavailable,
    TransactionReplaced,
    TransportError,
    UnsupportedByDialect,
)
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from argparse import Namespace


class NotListed(OcnRegistryError):
    """What a command needs is not listed."""


def code_of(error: BaseException) -> int:
    """Tell the exit code of an error."""
    refused = (RequestRejected, Reverted, FeeAboveCap, InsufficientFunds, TransactionReplaced)
    if isinstance(error, PartlyDone):
        return UNKNOWN if isinstance(error.error, OutcomeUnknown) else REJECTED
    for kinds, code in (
        ((NotListed,), NOT_LISTED),
        ((InvalidInput, UnsupportedByDialect), USAGE),
        (refused, REJECTED),
        ((TransportError,), RPC),
        ((OutcomeUnknown,), UNKNOWN),
    ):
        if isinstance(error, kinds):
            return code
    from ocn_registry.deploy.handover import NotHandedOver  # noqa: PLC0415 - it reads half of the package

    return REJECTED if isinstance(error, NotHandedOver) else UNEXPECTED


def tell(error: Exception, args: Namespace) -> int:
    """Say what went wrong, and what to do.

    Returns:
        The exit code.
    """
    if not isinstance(error, OcnRegistryError):
        if os.environ.get("OCN_DEBUG"):
            traceback.print_exception(error)
        if isinstance(error, OSError) and error.strerror:  # of this machine: a full disk, say
            what = "the output" if error.filename is None else shown(str(error.filename))
            talk(f"error: {what} can't be used: {error.strerror}")
            return UNEXPECTED
        talk(
            f"unexpected: {type(error).__name__}: {printable(str(error))}; please report it, with "
            "what OCN_DEBUG=1 shows in addition",
        )
        return UNEXPECTED
    talk(f"error: {printable(str(error))}")
    if isinstance(error, Reverted) and error.tx_hash is not None:
        talk(f"the transaction {error.tx_hash} is in a block, failed, and was paid for")
    if isinstance(error, OutcomeUnknown):
        talk(f"look for it with: ocn-registry tx status {error.tx_hash}")
    if args.network == "local" and isinstance(error, RpcUnavailable):
        talk(
            "`local` is a development chain on this machine: start one with `ocn-registry devnet`, "
            "or choose a public network with -n volta or -n ewc (and for good in your settings "
            "file: see `ocn-registry settings`)",
        )
    if args.network == "local" and isinstance(error, NoContract):
        talk("for contracts of the first generation on a development chain: -n local-v1")
    return code_of(error)
