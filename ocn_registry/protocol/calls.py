"""What a transaction called, as an effect; events are explained by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from ocn_registry.models import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCall:
    """What a transaction called.

    Attributes:
        sender: Account that sent and paid for the transaction.
        to: Contract that it called; `None` when it created one.
        data: Calldata.
    """

    sender: Address
    to: Address | None
    data: bytes


@dataclass(frozen=True, slots=True)
class CalledBy(Effect[ContractCall | None]):
    """Ask what a transaction called; `None` when the node does not know the transaction (any more).

    Nothing is signed or paid on the strength of the answer, so it is not checked against the hash.
    """

    tx_hash: str
