"""Effects that read a transaction's call or creation, to explain its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from ocn_registry.models import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCall:
    """The call in a transaction.

    Attributes:
        sender: The account that sent the transaction and paid for it.
        to: The called contract; `None` if it created one.
        data: Calldata.
    """

    sender: Address
    to: Address | None
    data: bytes


@dataclass(frozen=True, slots=True)
class CalledBy(Effect[ContractCall | None]):
    """Read the call in a transaction; `None` if the node doesn't know it, or no longer does.

    Nothing is signed or paid based on the answer, so it is not checked against the hash.
    """

    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A transaction that creates a contract.

    Attributes:
        contract: Address of the new contract, computed from the sender and the nonce.
        data: The contract's bytecode and the constructor's arguments.
        block_number: Number of its block; `None` while it is pending.
    """

    contract: Address
    data: bytes
    block_number: int | None


@dataclass(frozen=True, slots=True)
class CreationBy(Effect[Creation | None]):
    """Read the creation in a transaction; `None` if the node knows no such transaction."""

    tx_hash: str
