"""Our copies of v1's ABI, bytecode and addresses equal v1's published npm package."""

import json
from pathlib import Path

import pytest

from ocn_registry import networks
from ocn_registry.deploy import artifacts
from ocn_registry.models import Address

V1_PACKAGE = Path(__file__).parents[2] / "node_modules" / "@shareandcharge" / "ocn-registry"


def published(network):
    return json.loads((V1_PACKAGE / f"contract.defs.{network}.json").read_text())


@pytest.mark.parametrize("name", ["Registry", "Permissions"])
def test_abi_and_bytecode_are_the_published_ones(name):
    ours = artifacts.artifact("v1", name)
    theirs = published("prod")[name]
    assert ours.abi == theirs["abi"]
    assert "0x" + ours.bytecode.hex() == theirs["bytecode"]


# The hash of the sources' metadata, and the compiler's version, at the end of the bytecode.
METADATA_BYTES = 52


@pytest.mark.parametrize("name", ["Registry", "Permissions"])
@pytest.mark.parametrize("network", ["volta", "local"])
def test_code_of_the_other_networks_differs_in_its_metadata_only(name, network):
    ours = artifacts.artifact("v1", name).bytecode
    theirs = bytes.fromhex(published(network)[name]["bytecode"][2:])
    assert ours != theirs
    assert ours[:-METADATA_BYTES] == theirs[:-METADATA_BYTES]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("ewc", "prod"), ("volta", "volta"), ("local-v1", "local")],
)
def test_addresses_are_the_published_ones(ours, theirs):
    deployment, contracts = networks.built_in(ours), published(theirs)
    assert deployment.registry == Address(contracts["Registry"]["address"])
    assert deployment.permissions == Address(contracts["Permissions"]["address"])
