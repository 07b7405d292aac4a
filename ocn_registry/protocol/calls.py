"""What a transaction called or created, as effects: events are explained by it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A transaction that creates a contract.

    Attributes:
        contract: Address of what it creates: the sender and the number decide it.
        data: The contract's bytecode and the constructor's arguments.
        block_number: Number of its block; `None` while it is in none.
    """

    contract: Address
    data: bytes
    block_number: int | None


@dataclass(frozen=True, slots=True)
class CreationBy(Effect[Creation | None]):
    """Ask what a transaction creates; `None` when the node knows none that creates a contract."""

    tx_hash: str
