"""The model has the names and encodings of the contracts."""

import inspect
from dataclasses import fields

import pytest
from eth_abi.abi import decode as eth_decode
from eth_abi.abi import encode as eth_encode
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.models import Address
from ocn_registry.testing import codec
from ocn_registry.testing.model import Call, Event, Permissions, Registry, events
from ocn_registry.testing.wire import ContractInterface, kind_of

CONTRACTS = {"Registry": Registry, "Permissions": Permissions}
# Declared by OpenZeppelin's EIP712, and never emitted by a contract whose domain never changes.
NEVER = {"EIP712DomainChanged"}


def entries(name: str, kind: str) -> dict:
    return {e["name"]: e for e in artifact("v3", name).abi if e["type"] == kind}


def arguments_of(function, *, signed: bool) -> list[str]:
    """Return the names of a function's arguments; the two forms of a request share an effect."""
    _self, *names = inspect.signature(function).parameters
    if not hasattr(function, "__wrapped__"):
        return names
    if not signed:
        return names[1:]
    fields_, acceptance = (
        [n for n in names if n != "acceptance"],
        [n for n in names if n == "acceptance"],
    )
    return [*fields_, "nonce", "deadline", "signature", *acceptance]


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_model_has_the_functions_of_the_contracts(name):
    functions = entries(name, "function")
    views = {one for one, e in functions.items() if e["stateMutability"] in {"view", "pure"}}
    assert set(CONTRACTS[name].views) == views
    assert set(CONTRACTS[name].externals) == set(functions) - views


@pytest.mark.parametrize("name", CONTRACTS)
def test_functions_of_the_model_have_the_arguments_of_the_contracts(name):
    for one, entry in entries(name, "function").items():
        model = CONTRACTS[name]
        given_ = arguments_of((model.externals | model.views)[one], signed=one.endswith("Raw"))
        assert given_ == [snake(i["name"]) or given_[n] for n, i in enumerate(entry["inputs"])]


@pytest.mark.parametrize("name", CONTRACTS)
def test_events_of_the_model_have_the_fields_of_the_contracts(name):
    for one, entry in entries(name, "event").items():
        if one in NEVER:
            continue
        names = [part.name for part in fields(getattr(events, one))]
        assert names == [snake(item["name"]) for item in entry["inputs"]]


def test_the_model_has_no_other_events():
    declared = {one for name in CONTRACTS for one in entries(name, "event")}
    assert {event.__name__ for event in Event.__subclasses__()} == declared - NEVER


WORDS = {
    "address": st.binary(min_size=20, max_size=20).map(Address.from_bytes),
    "bool": st.booleans(),
    "uint8": st.integers(0, 255),
    "uint256": st.integers(0, 2**256 - 1),
    "bytes4": st.binary(min_size=4, max_size=4),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=70),
    "string": st.text(max_size=30),
}


def typed(kinds):
    """Return strategies for a type and a value of it."""
    lists = kinds.flatmap(
        lambda one: st.lists(one[1], max_size=4).map(
            lambda values: (f"{one[0]}[]", st.just(tuple(values)))
        )
    )
    structs = st.lists(kinds, min_size=1, max_size=4).map(
        lambda parts: (f"({','.join(p[0] for p in parts)})", st.tuples(*[p[1] for p in parts]))
    )
    return st.one_of(lists, structs)


kinds = st.recursive(st.sampled_from(list(WORDS.items())), typed, max_leaves=8)


@given(kinds.flatmap(lambda one: st.tuples(st.just(one[0]), one[1])))
def test_the_codec_writes_and_reads_what_eth_abi_does(typed_value):
    kind, value = typed_value
    data = codec.encode(f"({kind})", (value,))
    assert data == eth_encode([kind], [value])
    assert codec.decode(f"({kind})", data) == (value,)
    assert len(eth_decode([kind], data)) == 1


@given(st.data())
@pytest.mark.parametrize("name", CONTRACTS)
def test_a_call_reads_back_from_its_calldata(name, data):
    function = data.draw(st.sampled_from(sorted(entries(name, "function"))))
    inputs = entries(name, "function")[function]["inputs"]
    if function in {"multicall", "tryMulticall"}:
        return
    call = Call(function, tuple(data.draw(value_of(kind_of(one))) for one in inputs))
    interface = ContractInterface(name)
    assert interface.call_of(interface.calldata(call)) == call
    batch = Call("tryMulticall", ((call, Call("", (b"\xff\xff",))),))
    assert interface.call_of(interface.calldata(batch)) == batch


@given(st.binary(max_size=200))
def test_calldata_of_random_bytes_fails_as_in_the_contracts(data):
    assert isinstance(ContractInterface("Registry").call_of(data), Call)


def value_of(kind: str):
    """Return values of a type of the contracts."""
    if kind.endswith("[]"):
        return st.lists(value_of(kind[:-2]), max_size=3).map(tuple)
    if kind.startswith("("):
        return st.tuples(*map(value_of, codec.split(kind)))
    if kind in {"bytes2", "bytes3"}:
        size = int(kind[5:])
        return st.binary(min_size=size, max_size=size).map(lambda raw: raw.decode("latin-1"))
    if kind == "string":
        return st.binary(max_size=40).map(lambda raw: raw.decode(errors="surrogateescape"))
    return WORDS[kind]
