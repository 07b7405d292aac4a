"""The examples in other languages work, with a registry on a chain."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ocn_registry import KeySigner, RegistryClient, Role
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.notary import MessageSignature, OcpiMessage
from ocn_registry.transport.http_sync import HttpTransport

ROOT = Path(__file__).parents[2]
TYPESCRIPT, JAVA = ROOT / "examples" / "typescript", ROOT / "examples" / "java"
TIMEOUT_S = 600
MOST_LINES = 60
URL = "https://node.example"
PARTY = KeySigner.from_key("0x" + "17" * 32)


def run(*command, cwd, told="", **environment):
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=os.environ | environment,
        input=told,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def devnet():
    with Devnet() as devnet:
        yield devnet


@pytest.fixture(scope="module")
def operator(devnet):
    return KeySigner.from_key(devnet.accounts[1].private_key)


@pytest.fixture(scope="module")
def client(devnet, operator):
    with RegistryClient(devnet.deployment(), HttpTransport([devnet.rpc_url])) as client:
        client.set_node(URL, signer=operator)
        cpo = KeySigner.from_key(devnet.accounts[2].private_key)
        client.set_party("DE", "CPO", [Role.CPO, Role.OTHER], operator.address, signer=cpo)
        yield client


@pytest.fixture(scope="module")
def where(devnet):
    return {"RPC_URL": devnet.rpc_url, "REGISTRY": devnet.deployment().registry}


@pytest.fixture(scope="module")
def typescript(tmp_path_factory):
    """Build as the guide says: the release's ABI beside the sources, then the compiler."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(TYPESCRIPT, folder, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    run(sys.executable, ROOT / "tools" / "build" / "build_typescript.py", folder, cwd=ROOT)
    run("node", "node_modules/typescript/bin/tsc", "-p", ".", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def java(maven):
    maven(JAVA)

    def run_class(name, *arguments, **options):
        path = "target/classes:target/dependency/*"
        return run("java", "-cp", path, f"examples.{name}", *arguments, cwd=JAVA, **options)

    return run_class


def test_examples_are_short():
    sources = [*TYPESCRIPT.glob("*.ts"), *JAVA.rglob("*.java")]
    assert len(sources) == 6
    for source in sources:
        assert len(source.read_text().splitlines()) < MOST_LINES, source.name


@pytest.mark.parametrize("library", ["ethers", "viem"])
def test_a_registration_signed_in_typescript_is_sent_from_here(
    library, typescript, client, where, operator
):
    party_id = library[:3].upper()
    key = "0x" + library.encode().hex().rjust(64, "0")
    told = run(
        *("node", f"register.{library}.js", "DE", party_id, operator.address),
        cwd=typescript,
        PARTY_KEY=key,
        **where,
    )
    signed = client.read_signed_request(told)
    client.verify(signed)
    client.submit(signed, spender=operator)
    party = client.party("DE", party_id)
    assert party.address == KeySigner.from_key(key).address
    assert (party.roles, party.operator_domain) == ((Role.CPO,), URL)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("library", ["ethers", "viem"])
def test_a_route_is_read_in_typescript(library, typescript, where, operator):
    def ask(*party):
        return json.loads(run("node", f"route.{library}.js", *party, cwd=typescript, **where))

    assert ask("DE", "CPO") == ask("de", "cpo")
    assert ask("DE", "CPO") == {"operator": operator.address, "domain": URL}
    assert ask("XX", "XXX") is None


@pytest.mark.usefixtures("client")
def test_a_party_is_read_in_java(java, where, operator):
    told = java("ReadParty", "DE", "CPO", **where).splitlines()
    assert told[1:] == [
        "role CPO",
        "role OTHER",
        f"operator {operator.address.lower()}",
        f"url {URL}",
    ]
    assert java("ReadParty", "XX", "XXX", **where).strip() == "no such party"


def test_a_message_is_verified_in_java(java):
    message = OcpiMessage.request({"X-Correlation-ID": "1"}, body={"id": "LOC", "kwh": 0.5})
    signature = MessageSignature.sign(message, PARTY, strict=True)
    came = {
        "signature": signature.to_header(),
        "message": {"headers": dict(message.headers), "body": json.loads(message.body_text())},
    }
    assert java("VerifyMessage", told=json.dumps(came)).strip() == f"signed by {PARTY.address}"
    came["message"]["body"]["id"] = "LOC2"
    assert java("VerifyMessage", told=json.dumps(came)).startswith("refused")
