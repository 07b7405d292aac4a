"""Failures as sentences and exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.errors import (
    FeeAboveCap,
    InsufficientFunds,
    InvalidInput,
    JournalError,
    OcnRegistryError,
    OutcomeUnknown,
    PartlyDone,
    RequestRejected,
    Reverted,
    TransactionReplaced,
    TransportError,
    UnsupportedByDialect,
)
from ocn_registry.plans.exit_codes import NOT_LISTED, REJECTED, RPC, UNEXPECTED, UNKNOWN, USAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

# v1's sentences for entries that are not listed.
NO_NODE: Final = "Node operator not listed in registry."
NO_PARTY: Final = "OCPI Party not listed in registry."
NO_SERVICE: Final = "Provider has no Service listed"


class NotListed(OcnRegistryError):
    """An entry that a command needs is not listed."""


def code_of(error: BaseException) -> int:
    """Return the exit code of an error."""
    refused = (RequestRejected, Reverted, FeeAboveCap, InsufficientFunds, TransactionReplaced)
    if isinstance(error, PartlyDone):
        return UNKNOWN if isinstance(error.error, OutcomeUnknown) else REJECTED
    for kinds, code in (
        ((NotListed,), NOT_LISTED),
        ((InvalidInput, UnsupportedByDialect, JournalError), USAGE),
        (refused, REJECTED),
        ((TransportError,), RPC),
        ((OutcomeUnknown,), UNKNOWN),
    ):
        if isinstance(error, kinds):
            return code
    from ocn_registry.deploy.handover import NotHandedOver  # noqa: PLC0415 - it loads half of the package

    return REJECTED if isinstance(error, NotHandedOver) else UNEXPECTED


def explain(error: OcnRegistryError, *, options: str = "") -> Iterator[str]:
    """Yield sentences about an error, and what to do next.

    Args:
        error: The error.
        options: The network options, for suggested commands.
    """
    yield f"error: {error}"
    if isinstance(error, Reverted) and error.tx_hash is not None:
        yield f"the transaction {error.tx_hash} is in a block; it failed, and was paid for"
    if isinstance(error, OutcomeUnknown):
        yield f"look for it with: ocn-registry tx status {error.tx_hash}{options}"
