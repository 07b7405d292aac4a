"""The functions that cause each change: origins are checked against the real functions."""

from typing import get_args

import pytest

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.dialects.origins import LEADS_TO
from ocn_registry.dialects.v1 import functions as v1_functions
from ocn_registry.dialects.v3 import functions as v3_functions
from ocn_registry.evm.keccak import selector
from ocn_registry.outcomes import Change

OWNERS = {"OwnershipOffered", "OwnershipTransferred", "ImportOpened", "ImportClosed"}
# Functions without events, of the owner, or made of other functions.
OTHERS = {
    *("invalidateNonce", "multicall", "tryMulticall", "closeImport"),
    *("transferOwnership", "acceptOwnership", "renounceOwnership"),
}
NAMES = {"v1": v1_functions.names, "v3": v3_functions.names}


def types(inputs):
    return ",".join(
        f"({types(each['components'])}){each['type'].removeprefix('tuple')}"
        if each.get("components")
        else each["type"]
        for each in inputs
    )


def writes(dialect):
    """Return the names of the writing functions in the ABI, by selector."""
    return {
        int.from_bytes(selector(f"{entry['name']}({types(entry['inputs'])})"), "big"): entry["name"]
        for contract in ("Registry", "Permissions")
        for entry in artifact(dialect, contract).abi
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }


def test_every_change_except_the_owners_has_functions_that_cause_it():
    kinds = {kind.__name__ for kind in get_args(Change)}
    assert {kind.__name__ for kind in LEADS_TO} == kinds - OWNERS


@pytest.mark.parametrize("dialect", ["v1", "v3"])
def test_every_writing_function_causes_a_change(dialect):
    leading = {name for names in LEADS_TO.values() for name in names}
    plain = {name.removesuffix("Raw") for name in writes(dialect).values()}
    assert plain - OTHERS <= leading


def test_every_function_that_causes_a_change_exists():
    plain = {name.removesuffix("Raw") for kind in NAMES for name in writes(kind).values()}
    assert {name for names in LEADS_TO.values() for name in names} <= plain


@pytest.mark.parametrize("dialect", ["v1", "v3"])
def test_every_function_that_writes_is_known_by_its_selector(dialect):
    known = NAMES[dialect]()
    assert writes(dialect).items() <= known.items()
