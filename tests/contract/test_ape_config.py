"""The settings of `ape-config.yaml` reach Ape, the compiler, and the chain of the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ape.api.config import ApeConfig
from ape_ethereum.ecosystem import NetworkConfig
from ape_foundry.provider import FoundryNetworkConfig
from ape_solidity.compiler import SolidityConfig
from ape_test import ApeTestConfig

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "ape-config.yaml").read_text())
SECTIONS = {"energyweb", "ethereum", "foundry", "networks", "node", "solidity", "test"}


def without_metadata(code):
    """Remove the metadata that the compiler appends, which depends on the names of source files."""
    return code[: -2 - int.from_bytes(code[-2:])]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ((), {*ApeConfig.model_fields} | SECTIONS),
        (("solidity",), SolidityConfig.model_fields),
        (("foundry",), FoundryNetworkConfig.model_fields),
        (("test",), ApeTestConfig.model_fields),
        (("ethereum",), {"local"}),
        (("ethereum", "local"), NetworkConfig.model_fields),
        (("energyweb",), {"default_network", "mainnet", "volta"}),
        (("energyweb", "mainnet"), NetworkConfig.model_fields),
        (("energyweb", "volta"), NetworkConfig.model_fields),
        (("node",), {"energyweb"}),
        (("node", "energyweb"), {"mainnet", "volta"}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_all_keys_are_known(path, known):
    # Ape ignores unknown keys and keeps the default.
    section = CONFIG
    for key in path:
        section = section[key]

    assert set(section) <= set(known)


@pytest.mark.parametrize(
    ("name", "chain_id", "uri", "confirmations"),
    [
        ("mainnet", 246, "https://rpc.energyweb.org", 21),
        ("volta", 73799, "https://volta-rpc.energyweb.org", 3),
    ],
)
def test_energy_webs_networks_are_set_up(networks, name, chain_id, uri, confirmations):
    network = networks.energyweb.get_network(name)

    assert network.chain_id == chain_id
    assert network.block_time == 5
    assert network.required_confirmations == confirmations
    assert network.transaction_acceptance_timeout == 120
    assert network.get_provider("node").uri == uri


def test_ape_lists_both_networks():
    ape = Path(sys.executable).with_name("ape")
    listed = subprocess.run(
        [ape, "networks", "list", "--ecosystem", "energyweb", "--format", "yaml"],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{ape.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    (energyweb,) = yaml.safe_load(listed)["ecosystems"]

    found = {network["name"]: network for network in energyweb["networks"]}
    assert {name for name in found if not name.endswith("-fork")} == {"mainnet", "volta"}
    for network in (found["mainnet"], found["volta"]):
        assert "node" in [provider["name"] for provider in network["providers"]]


def test_chain_has_london_rules_by_configuration(chain):
    assert chain.provider.make_request("anvil_nodeInfo", [])["hardFork"] == "London"


def test_chain_refuses_an_opcode_of_shanghai(chain):
    push0 = {"data": "0x5f"}  # run as the constructor of a new contract

    with pytest.raises(Exception, match="NotActivated"):
        chain.provider.make_request("eth_call", [push0, "latest"])


@pytest.mark.parametrize("name", ["Registry", "Permissions"])
def test_ape_compiles_the_code_that_is_published(project, name):
    published = json.loads((ROOT / "ocn_registry/deploy/artifacts/v3" / f"{name}.json").read_text())
    contract = getattr(project, name).contract_type

    for compiled, key in (
        (contract.deployment_bytecode, "bytecode"),
        (contract.runtime_bytecode, "deployedBytecode"),
    ):
        ours = bytes.fromhex(compiled.bytecode.removeprefix("0x"))
        theirs = bytes.fromhex(published[key].removeprefix("0x"))
        assert without_metadata(ours) == without_metadata(theirs)
