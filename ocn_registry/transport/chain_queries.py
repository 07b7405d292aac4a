"""Queries that only deploying, verifying and `doctor` need, each by the JSON-RPC method it calls.

They are effects like those of `protocol.effects`, for transports that reach a node by JSON-RPC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ocn_registry.protocol.effects import Effect
from ocn_registry.transport.rpc_values import as_address, as_hash, as_number, as_object, is_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Query(Effect[T_co]):
    """A call of a JSON-RPC method that changes nothing, so that it can be repeated.

    Attributes:
        method: The name of the method.
        params: Its parameters.
        decode: Returns the answer of a result; raises `BadAnswer`.
    """

    method: str
    params: tuple[object, ...]
    decode: Callable[[object], T_co]


class CreationIn(NamedTuple):
    """A transaction that creates a contract: who sent it, under which number, and its hash."""

    sender: Address
    nonce: int
    tx_hash: str


def client_version() -> Query[str]:
    """Return the query for the name of the node's program; `""` if it has none."""
    return Query("web3_clientVersion", (), lambda text: text if isinstance(text, str) else "")


def creation_runs(code: bytes) -> Query[None]:
    """Return the query that runs creation code; the node refuses code that the chain can't run."""
    return Query("eth_call", ({"data": "0x" + code.hex()}, "latest"), lambda _: None)


def creation_gas(deployer: Address, code: bytes) -> Query[int]:
    """Return the query for the gas that a creation takes."""
    return Query("eth_estimateGas", ({"from": deployer, "data": "0x" + code.hex()},), as_number)


def block_author(number: int) -> Query[Address]:
    """Return the query for the account that made a block."""
    return Query(
        "eth_getBlockByNumber",
        (hex(number), False),
        lambda block: as_address(as_object(block).get("miner")),
    )


def creations_in(number: int) -> Query[tuple[CreationIn, ...]]:
    """Return the query for the transactions of a block that create contracts; none if unknown."""

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
