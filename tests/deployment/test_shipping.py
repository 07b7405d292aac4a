"""The record of a deployment can be added to the package as a network, also in a wheel."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from eth_account import Account
from key_creator import KeyCreator

from ocn_registry.deploy.deploy import DeploymentOrder, deploy
from ocn_registry.deploy.record import Record
from ocn_registry.flows.options import WriteOptions
from ocn_registry.protocol.effects import run

ROOT = Path(__file__).parents[2]
NAME = "volta-v3"
LOOK = f"""
from ocn_registry import connect, networks
with connect("{NAME}", rpc_urls=["RPC"]) as registry:
    print("{NAME}" in networks.names(), registry.owner.address(), registry.nodes())
"""


@pytest.fixture
def owner(fresh):
    account = Account.create()
    fresh.request("anvil_setBalance", account.address, hex(10**18))
    return KeyCreator(account)


@pytest.fixture
def checkout(fresh, transport, owner, tmp_path):
    """Copy the files of the wheel, and deploy into the copy."""
    folder = tmp_path / "checkout"
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ocn_registry", folder / "ocn_registry", ignore=leave_out)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "docs" / "man", folder / "docs" / "man")
    order = DeploymentOrder(
        name=NAME,
        chain_id=fresh.chain_id,
        deployer=owner.address,
        owner=owner.address,
        import_open=False,
        options=WriteOptions(timeout_s=60),
    )
    record = Record.read(folder / "ocn_registry" / "networks" / f"{NAME}.json")
    run(deploy(order, record, owner), transport.perform)
    return folder


def python(*words, at):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=at,
        env=os.environ | {"PYTHONPATH": str(at)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_package_reads_the_record(checkout, fresh, owner):
    result = python("-c", LOOK.replace("RPC", fresh.rpc_url), at=checkout)
    assert result == f"True {owner.address} ()\n"
    command = ("-m", "ocn_registry.cli", "owner", "show", "-n", NAME, "--rpc-url", fresh.rpc_url)
    assert json.loads(python(*command, at=checkout))["owner"] == owner.address


def test_key_as_an_argument_is_refused_on_what_was_deployed_for_all(checkout, fresh, owner):
    """The development chain stands in for the public one; only the contracts matter."""
    words = ("set-node", "https://a.example", "-n", NAME, "--rpc-url", fresh.rpc_url)
    refused = subprocess.run(
        [sys.executable, "-m", "ocn_registry.cli", *words, "-s", "0x" + "11" * 32],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "keystore:PATH" in refused.stderr


def test_wheel_ships_the_record(checkout, tmp_path):
    build = "import sys, flit_core.buildapi as b; print(b.build_wheel(sys.argv[1]))"
    name = python("-c", build, str(tmp_path), at=checkout).split()[-1]
    with zipfile.ZipFile(tmp_path / name) as wheel:
        record = json.loads(wheel.read(f"ocn_registry/networks/{NAME}.json"))
    assert record["registry"]
    assert record["startBlock"]


@pytest.mark.parametrize(
    ("uri", "known"),
    [
        ("https://volta-rpc.energyweb.org", True),
        ("https://volta-rpc.energyweb.org/", True),
        ("http://127.0.0.1:8545", False),
    ],
)
def test_record_reports_the_public_node_where_that_was_asked(uri, known):
    spec = importlib.util.spec_from_file_location("deploy_script", ROOT / "scripts" / "deploy.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    place = script.public_place(73799, uri)
    assert ("https://volta-rpc.energyweb.org" in place.get("rpcUrls", ())) == known
    assert script.public_place(246, uri) == {}
