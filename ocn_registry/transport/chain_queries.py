"""Queries needed only for deploying, verifying and `doctor`, by JSON-RPC method.

They are effects like those in `protocol.effects`, for transports that use JSON-RPC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ocn_registry.foreign.strict_json import is_list
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Effect
from ocn_registry.transport.rpc_values import as_address, as_hash, as_number, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Query(Effect[T_co]):
    """A call of a JSON-RPC method without side effects, so it can be repeated.

    Attributes:
        method: The name of the method.
        params: Its parameters.
        decode: Returns the answer of a result; raises `BadAnswer`.
    """

    method: str
    params: tuple[object, ...]
    decode: Callable[[object], T_co]


class CreationIn(NamedTuple):
    """A transaction that creates a contract: its sender, nonce and hash."""

    sender: Address
    nonce: int
    tx_hash: str


def client_version() -> Query[str]:
    """Return the query for the name of the node software; `""` if there is none."""
    return Query("web3_clientVersion", (), lambda text: text if isinstance(text, str) else "")


def creation_runs(code: bytes) -> Query[None]:
    """Return the query that runs creation code; it fails for code that the chain can't run."""
    return Query("eth_call", ({"data": "0x" + code.hex()}, "latest"), lambda _: None)


def creation_gas(deployer: Address, code: bytes) -> Query[int]:
    """Return the query for the gas of a creation."""
    return Query("eth_estimateGas", ({"from": deployer, "data": "0x" + code.hex()},), as_number)


def block_author(number: int) -> Query[Address]:
    """Return the query for the account that produced a block."""
    return Query(
        "eth_getBlockByNumber",
        (hex(number), False),
        lambda block: as_address(as_object(block).get("miner")),
    )


def creations_in(number: int) -> Query[tuple[CreationIn, ...]]:
    """Return the query for a block's transactions that create contracts; empty if unknown."""

    def decode(block: object) -> tuple[CreationIn, ...]:
        listed = None if block is None else as_object(block).get("transactions")
        transactions = map(as_object, listed if is_list(listed) else [])
        return tuple(
            [
                CreationIn(
                    as_address(fields.get("from")),
                    as_number(fields.get("nonce")),
                    as_hash(fields.get("hash")),
                )
                for fields in transactions
                if fields.get("to") is None
            ],
        )

    return Query("eth_getBlockByNumber", (hex(number), True), decode)
