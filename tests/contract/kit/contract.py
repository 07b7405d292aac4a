"""Contracts over one JSON-RPC connection: a write and its receipt in a millisecond.

`registry.setNode(url, sender=operator)` sends a transaction, waits for it and raises `Reverted`
if it failed, with the error of the *mined* transaction. `registry.getNode(operator)` reads.
Anything with an `address` can be passed as an address.
"""

import contextlib
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from gas_scenarios import HttpChain, JsonRpcError, mined

GAS_LIMIT = 16_000_000
ZERO_ADDRESS = "0x" + "00" * 20


class Reverted(Exception):
    """A call or a transaction reverted with this error; its name is empty if there was no
    reason."""

    def __init__(self, name: str, values: tuple, data: bytes) -> None:
        super().__init__(f"{name}{values}" if name else f"no known reason: 0x{data.hex()}")
        self.name = name
        self.values = values
        self.data = data


@contextlib.contextmanager
def reverts(name: str, *values: Any) -> Iterator[None]:
    """Expect this error with exactly these arguments."""
    try:
        yield
    except Reverted as reverted:
        got, expected = (reverted.name, reverted.values), (name, plain(values))
        if got != expected:
            raise AssertionError(f"reverted with {got}, not with {expected}") from reverted
    else:
        raise AssertionError(f"did not revert, but should with {name}{plain(values)}")


def plain(value: Any) -> Any:
    """Return a value in the decoder's form: addresses as text, lists as tuples."""
    if hasattr(value, "address"):
        return value.address
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    return value


def _argument(kind: str, value: Any) -> Any:
    """Return a value in the encoder's form; ids may be text."""
    if kind in {"bytes2", "bytes3"} and isinstance(value, str):
        return value.encode()
    return plain(value)


def abi_type(item: dict) -> str:
    """Return the canonical type of a parameter."""
    kind = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(abi_type(c) for c in item['components'])}){kind.removeprefix('tuple')}"
    return kind


@cache
def _record(fields: tuple[str, ...]) -> type:
    return namedtuple("Record", fields)  # noqa: PYI024 - an ABI names the fields


def _named(items: list[dict], values: tuple) -> Any:
    """Return decoded values, with named fields for structs and several results."""
    named = tuple(_named_one(i, v) for i, v in zip(items, values, strict=True))
    names = tuple(i["name"] for i in items)
    return _record(names)(*named) if all(names) and len(set(names)) == len(names) else named


def _named_one(item: dict, value: Any) -> Any:
    kind = item["type"]
    if kind.endswith("]"):
        inner = {**item, "type": kind[: kind.rindex("[")]}
        return tuple(_named_one(inner, entry) for entry in value)
    if kind == "tuple":
        return _named(item["components"], value)
    return to_checksum_address(value) if kind == "address" else value


@dataclass(frozen=True)
class Receipt:
    """The result of a transaction, with the events of the contract that it was sent to."""

    gas_used: int
    block_number: int
    events: tuple[tuple[str, tuple], ...]
    status: int
    hash: str
    error: Reverted | None = None


@dataclass(frozen=True)
class Function:
    """One function of a contract."""

    contract: "Contract"
    abi: dict

    @property
    def signature(self) -> str:
        return f"{self.abi['name']}({','.join(abi_type(i) for i in self.abi['inputs'])})"

    @property
    def selector(self) -> bytes:
        return keccak(text=self.signature)[:4]

    def calldata(self, *values: Any) -> bytes:
        types = [abi_type(i) for i in self.abi["inputs"]]
        arguments = [_argument(t, v) for t, v in zip(types, values, strict=True)]
        return self.selector + encode(types, arguments)

    def decode(self, data: bytes) -> Any:
        outputs = self.abi["outputs"]
        answer = _named(outputs, decode([abi_type(o) for o in outputs], data))
        return answer[0] if len(outputs) == 1 else answer

    def call(self, *values: Any, sender: Any = None) -> Any:
        """Return the function's result without changing anything."""
        return self.decode(self.contract.call(self.calldata(*values), sender=sender))

    def __call__(self, *values: Any, sender: Any = None, **transaction: Any) -> Any:
        if self.abi["stateMutability"] in {"view", "pure"}:
            return self.call(*values, sender=sender)
        return self.contract.send(self.calldata(*values), sender=sender, **transaction)


@dataclass(frozen=True, repr=False)
class Contract:
    """A contract on the chain; its functions are its attributes."""

    chain: HttpChain
    address: str
    abi: list[dict]
    functions: dict[str, Function] = field(default_factory=dict)
    _topics: dict[bytes, dict] = field(default_factory=dict)
    _errors: dict[bytes, dict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.abi:
            if entry["type"] == "function":
                self.functions[entry["name"]] = Function(self, entry)
            elif entry["type"] in {"event", "error"}:
                types = ",".join(abi_type(i) for i in entry["inputs"])
                identifier = keccak(text=f"{entry['name']}({types})")
                if entry["type"] == "event":
                    self._topics[identifier] = entry
                else:
                    self._errors[identifier[:4]] = entry

    def __repr__(self) -> str:
        return f"<contract at {self.address}>"

    def __getattr__(self, name: str) -> Function:
        try:
            return self.functions[name]
        except KeyError:
            raise AttributeError(name) from None

    def call(self, data: bytes, sender: Any = None) -> bytes:
        """Return the answer to a call with this calldata."""
        transaction = {"to": self.address, "data": "0x" + data.hex()}
        if sender is not None:
            transaction["from"] = plain(sender)
        try:
            answer = self.chain.request("eth_call", transaction, "latest")
        except JsonRpcError as error:
            if error.data is None:
                raise
            raise self.reverted(bytes.fromhex(error.data[2:])) from error
        return bytes.fromhex(answer[2:])

    def send(
        self, data: bytes, *, sender: Any, gas: int = GAS_LIMIT, value: int = 0, check: bool = True
    ) -> Receipt:
        """Send a transaction and wait for it.

        Raises:
            Reverted: It failed, and `check` is on.
        """
        transaction = self.transaction(data, sender=sender, gas=gas, value=value)
        receipt = self.receipt(mined(self.chain, transaction))
        if receipt.error is not None and check:
            raise receipt.error
        return receipt

    def transaction(
        self, data: bytes, *, sender: Any, gas: int = GAS_LIMIT, value: int = 0
    ) -> dict:
        return {
            "from": plain(sender),
            "to": self.address,
            "data": "0x" + data.hex(),
            "gas": hex(gas),
            "value": hex(value),
        }

    def receipt(self, answer: dict) -> Receipt:
        """Return the result of a mined transaction."""
        status = int(answer["status"], 16)
        error = None
        if not status:
            options = {"tracer": "callTracer"}
            trace = self.chain.request("debug_traceTransaction", answer["transactionHash"], options)
            error = self.reverted(bytes.fromhex(trace.get("output", "0x")[2:]))
        return Receipt(
            gas_used=int(answer["gasUsed"], 16),
            block_number=int(answer["blockNumber"], 16),
            events=tuple(
                self._event(log)
                for log in answer["logs"]
                if int(log["address"], 16) == int(self.address, 16)
            ),
            status=status,
            hash=answer["transactionHash"],
            error=error,
        )

    def reverted(self, data: bytes) -> Reverted:
        """Decode the error of a call."""
        entry = self._errors.get(data[:4])
        if entry is None:
            return Reverted("", (), data)
        return Reverted(entry["name"], tuple(self._values(entry["inputs"], data[4:])), data)

    def error_data(self, name: str, *values: Any) -> bytes:
        """Return the encoded error."""
        for selector, entry in self._errors.items():
            if entry["name"] == name:
                return selector + encode([abi_type(i) for i in entry["inputs"]], plain(values))
        raise KeyError(name)

    def slot(self, number: int) -> int:
        """Return a storage slot as one number."""
        return int(self.chain.request("eth_getStorageAt", self.address, hex(number), "latest"), 16)

    def set_slot(self, number: int, value: int) -> None:
        """Overwrite a storage slot."""
        word = f"0x{value:064x}"
        self.chain.request("anvil_setStorageAt", self.address, f"0x{number:064x}", word)

    def _values(self, items: list[dict], data: bytes) -> Any:
        return _named(items, decode([abi_type(i) for i in items], data))

    def _event(self, log: dict) -> tuple[str, tuple]:
        topics = [bytes.fromhex(t[2:]) for t in log["topics"]]
        entry = self._topics[topics[0]]
        indexed = [i for i in entry["inputs"] if i["indexed"]]
        rest = [i for i in entry["inputs"] if not i["indexed"]]
        values = {
            i["name"]: _named_one(i, decode([abi_type(i)], topic)[0])
            for i, topic in zip(indexed, topics[1:], strict=True)
        }
        decoded = decode([abi_type(i) for i in rest], bytes.fromhex(log["data"][2:]))
        values |= {i["name"]: _named_one(i, v) for i, v in zip(rest, decoded, strict=True)}
        return entry["name"], tuple(values[i["name"]] for i in entry["inputs"])


def event(name: str, *values: Any) -> tuple[str, tuple]:
    """Return an event in the form of `Receipt.events`."""
    return name, plain(values)


def id_of(registry: Contract, party: Any) -> tuple[bytes, bytes]:
    """Return country code and party id of an account's current id; zero bytes when it has none."""
    return tuple(registry.getPartyDetailsByAddress(party)[:2])
