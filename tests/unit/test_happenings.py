"""Which functions lead to which changes: what is told of the way is about functions that are."""

from typing import get_args

import pytest

from ocn_registry.cli.happenings import _LEAD_TO, _functions
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.evm.keccak import selector
from ocn_registry.networks import built_in
from ocn_registry.outcomes import Change

OWNERS = {"OwnershipOffered", "OwnershipTransferred", "ImportOpened", "ImportClosed"}
# What changes nothing that an event tells, is the owner's, or is made of other functions.
OTHERS = {
    *("invalidateNonce", "multicall", "tryMulticall", "closeImport"),
    *("transferOwnership", "acceptOwnership", "renounceOwnership"),
}


def names_of(dialect):
    return {
        entry["name"]
        for contract in ("Registry", "Permissions")
        for entry in artifact(dialect, contract).abi
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }


def test_every_change_but_the_owners_has_functions_that_lead_to_it():
    kinds = {kind.__name__ for kind in get_args(Change)}
    assert {kind.__name__ for kind in _LEAD_TO} == kinds - OWNERS


@pytest.mark.parametrize("dialect", ["v1", "v3"])
def test_every_function_that_writes_leads_to_a_change(dialect):
    told = {name for names in _LEAD_TO.values() for name in names}
    assert {name.removesuffix("Raw") for name in names_of(dialect)} - OTHERS <= told


def test_every_function_that_is_told_of_is_one():
    plain = {name.removesuffix("Raw") for dialect in ("v1", "v3") for name in names_of(dialect)}
    assert {name for names in _LEAD_TO.values() for name in names} <= plain


@pytest.mark.parametrize("network", ["local", "local-v1"])
def test_functions_are_known_by_their_selectors(network):
    here = built_in(network)
    known = _functions(here)
    assert set(known) == {here.registry, here.permissions}
    for signature, name in (
        ("setNode(string)", "setNode"),
        ("adminDeleteParty(bytes2,bytes3)", "adminDeleteParty"),
    ):
        assert known[here.registry][int.from_bytes(selector(signature), "big")] == name
    if network == "local":
        import_ = selector("importNodes((address,string)[])")
        assert known[here.registry][int.from_bytes(import_, "big")] == "importNodes"
