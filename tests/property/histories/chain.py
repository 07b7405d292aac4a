"""Anvil at London rules over raw JSON-RPC: whole blocks and whole states in few requests."""

import http.client
import itertools
import json
from dataclasses import dataclass
from typing import Any

from ocn_registry.deploy.anvil import Anvil
from ocn_registry.models import Address
from ocn_registry.protocol.effects import Log

CHAIN_ID = 31337
GENESIS_UNIX_S = 1_700_000_000
GAS = 16_000_000
GWEI = 10**9

_OPTIONS = f"""
    --hardfork london --chain-id {CHAIN_ID} --timestamp {GENESIS_UNIX_S} --no-mining --order fees
    --gas-limit 1000000000 --max-persisted-states 0 --transaction-block-keeper 64
""".split()


class RpcError(Exception):
    """Anvil refuses."""


@dataclass(frozen=True)
class Transaction:
    """A transaction from any address."""

    sender: Address
    to: Address | None
    data: bytes
    value: int = 0


@dataclass(frozen=True)
class Mined:
    """The result of a transaction: return or revert data, and logs."""

    succeeded: bool
    output: bytes
    logs: tuple[Log, ...]
    gas_used: int
    created: Address | None


class Chain:
    """A chain on which blocks are made by command."""

    def __init__(self, *options: str) -> None:
        self.anvil = Anvil([*_OPTIONS, *options])
        host = self.anvil.url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=120)
        self._ids = itertools.count(1)
        self.request("anvil_autoImpersonateAccount", True)
        self.time = GENESIS_UNIX_S

    def close(self) -> None:
        self._connection.close()
        self.anvil.stop()

    def batch(self, *requests: tuple[Any, ...]) -> list[Any]:
        """Make several requests in one; they may be answered in any order."""
        if not requests:
            return []
        body = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
            for method, *params in requests
        ]
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/", json.dumps(body), headers)
        answers = {a["id"]: a for a in json.loads(self._connection.getresponse().read())}
        for answer in answers.values():
            if "error" in answer:
                raise RpcError(answer["error"])
        return [answers[item["id"]]["result"] for item in body]

    def request(self, method: str, *params: Any) -> Any:
        return self.batch((method, *params))[0]

    def mine(
        self, transactions: list[Transaction], time: int, calls: list[tuple[Address, bytes]]
    ) -> tuple[list[Mined], list[bytes]]:
        """Mine a block of these transactions, in this order, and then call functions."""
        self.request("evm_setNextBlockTimestamp", time)
        hashes = self.batch(
            *[
                ("eth_sendTransaction", _transaction(transaction, place))
                for place, transaction in enumerate(transactions)
            ]
        )
        self.request("evm_mine")
        self.time = time
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        count = len(hashes)
        answers = self.batch(
            *[("eth_getTransactionReceipt", tx_hash) for tx_hash in hashes],
            *[("debug_traceTransaction", tx_hash, tracer) for tx_hash in hashes],
            *[("eth_call", _call(to, data), "latest") for to, data in calls],
        )
        pairs = list(zip(answers[:count], answers[count : 2 * count], strict=True))
        places = [int(receipt["transactionIndex"], 16) for receipt, _ in pairs]
        blocks = {receipt["blockNumber"] for receipt, _ in pairs}
        assert places == list(range(count)), "the block has another order"
        assert len(blocks) <= 1, "the transactions are in several blocks"
        return [_mined(*pair) for pair in pairs], [_bytes(data) for data in answers[2 * count :]]

    def snapshot(self) -> tuple[str, int]:
        return self.request("evm_snapshot"), self.time

    def revert(self, snapshot: tuple[str, int]) -> None:
        """Return to a snapshot, which is used up by that."""
        assert self.request("evm_revert", snapshot[0])
        self.time = snapshot[1]


def _transaction(transaction: Transaction, place: int) -> dict[str, str]:
    fields = {
        "from": transaction.sender,
        "data": "0x" + transaction.data.hex(),
        "gas": hex(GAS),
        # Anvil orders a block by price.
        "gasPrice": hex((200 - place) * GWEI),
        "value": hex(transaction.value),
    }
    return fields if transaction.to is None else fields | {"to": transaction.to}


def _call(to: Address, data: bytes) -> dict[str, str]:
    return {"to": to, "data": "0x" + data.hex(), "gas": hex(900_000_000)}


def _mined(receipt: dict[str, Any], trace: dict[str, Any]) -> Mined:
    created = receipt.get("contractAddress")
    return Mined(
        succeeded=receipt["status"] == "0x1",
        output=_bytes(trace.get("output", "0x")),
        logs=tuple(
            Log(
                address=Address(log["address"]),
                topics=tuple(log["topics"]),
                data=_bytes(log["data"]),
            )
            for log in receipt["logs"]
        ),
        gas_used=int(receipt["gasUsed"], 16),
        created=Address(created) if created else None,
    )


def _bytes(digits: str) -> bytes:
    return bytes.fromhex(digits[2:])
