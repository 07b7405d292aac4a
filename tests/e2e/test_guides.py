"""The guides' code runs, and the examples do what they say."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import ocn_registry
from ocn_registry import KeySigner, RegistryClient, Role, SetParty
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.transport.http_sync import HttpTransport

ROOT = Path(__file__).parents[2]
GUIDES = {"guide-party": {}, "guide-node": {}, "guide-deployer": {"import_open": True}}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture
def devnet(request):
    with Devnet(**getattr(request, "param", {})) as devnet:
        yield devnet


def client_of(devnet):
    return RegistryClient(devnet.deployment(), HttpTransport([devnet.rpc_url]))


@pytest.fixture
def keys(devnet, monkeypatch):
    for name, place in (("OWNER_KEY", 0), ("NODE_KEY", 1), ("SPENDER_KEY", 2)):
        monkeypatch.setenv(name, devnet.accounts[place].private_key)


@pytest.fixture
def listed(devnet):
    """List a node and two parties, which the guide for nodes reads."""
    operator = KeySigner.from_key(devnet.accounts[1].private_key)
    with client_of(devnet) as client:
        if client.owner.import_open():
            return
        client.set_node("https://node.example", signer=operator)


@pytest.fixture
def two_parties(devnet):
    spender = KeySigner.from_key(devnet.accounts[3].private_key)
    with client_of(devnet) as client:
        for country, name in (("DE", "ABC"), ("NL", "EMS")):
            wanted = SetParty(
                country_code=country,
                party_id=name,
                roles=[Role.CPO],
                operator=devnet.accounts[1].address,
            )
            client.submit(client.sign(wanted, KeySigner.generate()), spender=spender)


def on(devnet, connect):
    """Make the names of our networks refer to the development chain."""

    def here(network="local", **options):
        deployment = replace(devnet.deployment(), rpc_urls=(devnet.rpc_url,))
        return connect(deployment if network == "local" else network, **options)

    return here


@pytest.mark.parametrize(("guide", "devnet"), GUIDES.items(), indirect=["devnet"], ids=list(GUIDES))
@pytest.mark.usefixtures("keys", "listed")
def test_code_of_a_guide_runs(guide, devnet, request, tmp_path, monkeypatch):
    if guide == "guide-node":
        request.getfixturevalue("two_parties")
    blocks = BLOCK.findall((ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8"))
    assert len(blocks) > 3
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getpass.getpass", lambda: "secret")
    monkeypatch.setenv("ETH_ACCOUNT_KDF", "pbkdf2")
    for name in ("connect", "connect_async"):
        connect = getattr(ocn_registry, name)
        monkeypatch.setitem(vars(ocn_registry), name, on(devnet, connect))
    names = {"__name__": guide}
    for place, block in enumerate(blocks, start=1):
        code = compile(block, f"block {place} of {guide}.md", "exec")
        exec(code, names)  # noqa: S102 - our own documentation
    names["registry"].close()


@pytest.fixture
def network(devnet, tmp_path):
    path = tmp_path / "devnet.json"
    deployment = devnet.deployment()
    fields = {
        "chainId": deployment.chain_id,
        "dialect": "v3",
        "registry": deployment.registry,
        "permissions": deployment.permissions,
        "rpcUrls": [devnet.rpc_url],
    }
    path.write_text(json.dumps(fields))
    return path


@pytest.fixture
def run(tmp_path):
    """Run an example as its head says: `run(name, argument, ..., KEY=value)`."""

    def run(name, *arguments, code=0, **environment):
        done = subprocess.run(
            [sys.executable, ROOT / "examples" / f"{name}.py", *arguments],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if not code else done.stderr

    return run


@pytest.mark.usefixtures("listed")
def test_example_registers_a_party_with_someone_else_paying(devnet, network, run):
    party = "0x" + os.urandom(32).hex()
    keys = {"PARTY_KEY": party, "SPENDER_KEY": devnet.accounts[2].private_key}
    first = run("register_a_party", network, "DE", "ABC", **keys)
    assert first.startswith("created: ")
    assert "https://node.example" in first
    assert run("register_a_party", network, "DE", "ABC", **keys).startswith("unchanged: ")
    other = {**keys, "PARTY_KEY": "0x" + os.urandom(32).hex()}
    assert run("register_a_party", network, "DE", "ABC", code=1, **other).startswith("PartyIdTaken")
    assert run("register_a_party", network, "DE", "ABC", code=1).startswith("InvalidInput")


def test_example_signs_here_and_sends_there(devnet, network, run, tmp_path):
    signer = KeySigner.from_key(key := "0x" + os.urandom(32).hex())
    run("sign_here_send_there", "prepare", network, "request.json", ACCOUNT=signer.address)
    no_network = tmp_path / "offline.json"
    no_network.write_text(
        json.dumps({**json.loads(network.read_text()), "rpcUrls": ["http://127.0.0.1:1"]})
    )
    output = run(
        "sign_here_send_there", "sign", no_network, "request.json", "signed.json", PARTY_KEY=key
    )
    assert "SetNode(domain='https://node.example.org')" in output
    spender = {"SPENDER_KEY": devnet.accounts[2].private_key}
    assert "NodeSet" in run("sign_here_send_there", "send", network, "signed.json", **spender)
    again = run("sign_here_send_there", "send", network, "signed.json", code=1, **spender)
    assert again.startswith("NonceMismatch")
    with client_of(devnet) as client:
        assert client.node(signer.address).domain == "https://node.example.org"


@pytest.mark.usefixtures("listed", "two_parties")
def test_example_resolves_routes(network, run):
    lines = run("async_routes", network, "DE-ABC", "NL*EMS", "XXXXX").splitlines()
    assert lines == [
        "DE ABC: https://node.example",
        "NL EMS: https://node.example",
        "XX XXX: nobody holds this id",
    ]
    assert run("async_routes", network, "DE ABCD", code=1).startswith("InvalidInput")
