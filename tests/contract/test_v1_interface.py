"""Views, direct writes and events that v1's programs use exist, with the same types."""

import json
import re

import pytest
from gas_scenarios import ROOT, V1_DEFINITIONS
from kit.contract import abi_type

CONTRACTS = ("Registry", "Permissions")
# v1's unprotected signed writes are gone; ours also take a nonce and a deadline.
GONE_FUNCTIONS = {"isOwner"}
# One event for both making and revoking, and two unused ones.
GONE_EVENTS = {"ServiceAgreement", "DebugHash", "DebugPacked"}

V1 = json.loads(V1_DEFINITIONS.read_text())


def v1_entries(kind, gone=()):
    return [
        pytest.param(contract, entry, id=f"{contract}-{entry['name']}")
        for contract in CONTRACTS
        for entry in V1[contract]["abi"]
        if entry["type"] == kind and entry["name"] not in gone and not entry["name"].endswith("Raw")
    ]


@pytest.fixture
def entries(open_pair):
    """Return the entries of the contract's ABI with a name."""

    def entries(contract, kind, name):
        abi = getattr(open_pair, contract.lower()).abi
        return [e for e in abi if e["type"] == kind and e["name"] == name]

    return entries


def types(items):
    return [abi_type(item) for item in items]


def names_agree(ours, theirs):
    """Return whether names equal v1's where it has one: programs read answers by name."""
    return all(b["name"] in {"", a["name"]} for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(("contract", "v1"), v1_entries("function", GONE_FUNCTIONS))
def test_function_is_there(entries, contract, v1):
    (ours,) = entries(contract, "function", v1["name"])

    assert types(ours["inputs"]) == types(v1["inputs"])
    assert types(ours["outputs"]) == types(v1["outputs"])
    assert names_agree(ours["inputs"], v1["inputs"])
    assert names_agree(ours["outputs"], v1["outputs"])
    assert ours["stateMutability"] == v1["stateMutability"]


@pytest.mark.parametrize(("contract", "v1"), v1_entries("event", GONE_EVENTS))
def test_event_is_there(entries, contract, v1):
    (ours,) = entries(contract, "event", v1["name"])

    assert types(ours["inputs"]) == types(v1["inputs"])
    assert [i["indexed"] for i in ours["inputs"]] == [i["indexed"] for i in v1["inputs"]]
    assert [i["name"] for i in ours["inputs"]] == [i["name"] for i in v1["inputs"]]
    assert not ours.get("anonymous")


def test_exceptions_are_only_the_listed_ones(open_pair):
    """Everything of v1 that is missing is listed above or is an unprotected `Raw` function."""
    for contract in CONTRACTS:
        ours = {e.get("name") for e in getattr(open_pair, contract.lower()).abi}
        theirs = {e["name"] for e in V1[contract]["abi"] if e["type"] in {"function", "event"}}
        gone = theirs - ours
        assert gone <= GONE_FUNCTIONS | GONE_EVENTS, gone


@pytest.mark.parametrize(("contract", "name"), [
    (contract, e["name"])
    for contract in CONTRACTS
    for e in V1[contract]["abi"]
    if e["type"] == "function" and e["name"].endswith("Raw")
])  # fmt: skip
def test_unprotected_signed_write_is_gone(entries, contract, name):
    """Ours of the same name has another selector, so nothing signed for v1 fits."""
    (v1,) = (e for e in V1[contract]["abi"] if e.get("name") == name)
    (ours,) = entries(contract, "function", name)

    assert types(ours["inputs"]) != types(v1["inputs"])
    assert types(ours["inputs"])[-3:] == ["uint256", "uint256", "bytes"]


def test_enumerations_keep_their_order():
    """Roles and modules are numbers in calldata, so their order is part of the interface."""
    source = (ROOT / "contracts" / "interfaces" / "IRegistry.sol").read_text()
    for name, expected in (
        ("Role", "CPO EMSP HUB NAP NSP OTHER SCSP"),
        ("Module", "cdrs chargingprofiles commands locations sessions tariffs tokens"),
    ):
        body = re.sub(r"///.*", "", source.split(f"enum {name} {{")[1].split("}")[0])
        assert [item.strip() for item in body.split(",")] == expected.split()
