"""Convert the model's values to bytes and back: calldata, answers, revert data and logs."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NotRequired, TypedDict, cast

from ocn_registry.contract_errors import contract_errors
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.errors import UnknownRevert
from ocn_registry.evm.keccak import keccak256, selector
from ocn_registry.protocol.effects import Log
from ocn_registry.testing.codec import UnreadableError, decode, encode, join, parts, split
from ocn_registry.testing.model import events as model_events
from ocn_registry.testing.model.calls import Call
from ocn_registry.testing.model.events import CallFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.contract_errors import ContractError
    from ocn_registry.errors import Reverted
    from ocn_registry.models import Address
    from ocn_registry.testing.model.events import Event

_BATCHES: Final = ("multicall", "tryMulticall")


class _Parameter(TypedDict):
    name: str
    type: str
    indexed: NotRequired[bool]
    components: NotRequired[list[_Parameter]]


class _Entry(TypedDict):
    name: str
    type: str
    inputs: list[_Parameter]
    outputs: NotRequired[list[_Parameter]]


def kind_of(parameter: _Parameter) -> str:
    """Return the type of a parameter, with structs as their fields in parentheses."""
    kind = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return (
        f"({','.join(map(kind_of, parameter.get('components', ())))}){kind.removeprefix('tuple')}"
    )


class ContractInterface:
    """A contract's functions, events and errors."""

    def __init__(self, name: str) -> None:
        """Read the ABI of `Registry` or `Permissions`."""
        entries = cast("list[_Entry]", [e for e in artifact("v3", name).abi if "name" in e])
        self._inputs = {e["name"]: _signature(e) for e in entries if e["type"] == "function"}
        self._outputs = {
            e["name"]: f"({','.join(map(kind_of, e.get('outputs', ())))})"
            for e in entries
            if e["type"] == "function"
        }
        self._selectors = {selector(name + kind): name for name, kind in self._inputs.items()}
        self._events = {e["name"]: e for e in entries if e["type"] == "event"}
        self._topics = {
            "0x" + keccak256((name + _signature(e)).encode()).hex(): name
            for name, e in self._events.items()
        }

    def calldata(self, call: Call) -> bytes:
        """Encode a call; for an unknown function, its arguments are the raw bytes."""
        kind = self._inputs.get(call.function)
        if kind is None:
            return bytes(call.arguments[0])  # type: ignore[call-overload, no-any-return]
        arguments = call.arguments
        if call.function in _BATCHES:
            arguments = ([self.calldata(item) for item in call.arguments[0]],)  # type: ignore[attr-defined]
        return selector(call.function + kind) + encode(kind, arguments)

    def call_of(self, data: bytes) -> Call:
        """Decode a call; malformed calldata becomes a call of an unknown function."""
        name = self._selectors.get(data[:4])
        if name is None:
            return Call("", (data,))
        try:
            arguments = decode(self._inputs[name], data[4:])
        except UnreadableError:
            return Call("", (data,))
        if name in _BATCHES:
            arguments = (tuple(self.call_of(item) for item in arguments[0]),)
        return Call(name, arguments)

    def answer(self, call: Call, result: Any) -> bytes:  # noqa: ANN401 - what the model returns
        """Encode the result of a call."""
        if call.function in _BATCHES:
            items: Sequence[Call] = call.arguments[0]  # type: ignore[assignment]
            result = [
                self.answer(item, one) if call.function == "multicall" else self._result(item, one)
                for item, one in zip(items, result, strict=True)
            ]
        kinds = split(self._outputs[call.function])
        return encode(f"({','.join(kinds)})", _as_outputs(kinds, result))

    def result_of(self, call: Call, data: bytes) -> Any:  # noqa: ANN401 - as the model returns it
        """Decode the result of a call to the model's form."""
        values = decode(self._outputs[call.function], data)
        if call.function in _BATCHES:
            items: Sequence[Call] = call.arguments[0]  # type: ignore[assignment]
            pairs = zip(items, values[0], strict=True)
            if call.function == "multicall":
                return tuple([self.result_of(item, one) for item, one in pairs])
            return tuple([self._item_result(item, *one) for item, one in pairs])
        return None if not values else values[0] if len(values) == 1 else values

    def log(self, address: Address, event: Event) -> Log:
        """Encode an event."""
        entry = self._events[type(event).__name__]
        values = [getattr(event, part.name) for part in fields(event)]
        if isinstance(event, CallFailed):
            values[1] = revert_data(event.reason)
        pairs = list(zip(entry["inputs"], values, strict=True))
        topics = [encode(kind_of(p), value) for p, value in pairs if p.get("indexed")]
        rest = [(kind_of(p), value) for p, value in pairs if not p.get("indexed")]
        topic = keccak256((entry["name"] + _signature(entry)).encode())
        return Log(
            address=address,
            topics=tuple("0x" + word.hex() for word in (topic, *topics)),
            data=join([kind for kind, _ in rest], [value for _, value in rest]),
        )

    def event_of(self, log: Log) -> Event:
        """Decode an event."""
        entry = self._events[self._topics[log.topics[0]]]
        topics = iter(log.topics[1:])
        rest = iter(
            parts([kind_of(p) for p in entry["inputs"] if not p.get("indexed")], log.data, 0)
        )
        values = [
            decode(kind_of(p), bytes.fromhex(next(topics)[2:])) if p.get("indexed") else next(rest)
            for p in entry["inputs"]
        ]
        if entry["name"] == CallFailed.__name__:
            values[1] = error_of(values[1])
        event: Event = getattr(model_events, entry["name"])(*values)
        return event

    def _result(self, item: Call, one: tuple[bool, Any]) -> tuple[bool, bytes]:
        succeeded, result = one
        return succeeded, self.answer(item, result) if succeeded else revert_data(result)

    def _item_result(self, item: Call, succeeded: bool, data: bytes) -> tuple[bool, Any]:  # noqa: FBT001 - by position there
        return succeeded, self.result_of(item, data) if succeeded else error_of(data)


def _as_outputs(kinds: tuple[str, ...], result: Any) -> tuple[Any, ...]:  # noqa: ANN401 - what the model returns
    if not kinds:
        return ()
    return (result,) if len(kinds) == 1 else result


def _signature(entry: _Entry) -> str:
    return f"({','.join(map(kind_of, entry['inputs']))})"


def revert_data(error: Reverted) -> bytes:
    """Encode revert data."""
    if isinstance(error, UnknownRevert):
        return error.data
    kind = re.sub(r"^\w+", "", error.signature)
    return selector(error.signature) + encode(kind, error.args)


def error_of(data: bytes) -> Reverted:
    """Decode revert data."""
    found = _errors().get(data[:4])
    if found is None:
        return UnknownRevert(data)
    return found(*decode(re.sub(r"^\w+", "", found.signature), data[4:]))


@cache
def _errors() -> dict[bytes, type[ContractError]]:
    return {selector(error.signature): error for error in contract_errors()}
