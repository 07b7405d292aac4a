"""The command line as users run it: as a process, with a real chain."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
if (_faults := str(Path(__file__).resolve().parents[1] / "faults")) not in sys.path:
    sys.path.insert(0, _faults)

from faulty.proxy import FaultProxy

from ocn_registry import KeySigner, Module, Permission, RegistryClient, Role
from ocn_registry.cli.main import main
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.transport.http_sync import HttpTransport

ROOT = Path(__file__).parents[2]
V1_COMMAND = ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "dist" / "cli.js"
TIMEOUT_S = 240
OURS = {"SIGNER", "SPENDER", "SENDER", "OCN_RPC_URL", "OCN_PROFILE"}


@pytest.fixture(scope="session")
def devnet():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture(params=["v3", "v1"])
def deployment(request, devnet):
    return devnet.deployment() if request.param == "v3" else devnet.v1_deployment()


@pytest.fixture
def fresh(devnet):
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


@pytest.fixture
def proxy(fresh):
    """Return a proxy between a command and its chain, which simulates faults of networks and
    nodes."""
    proxy = FaultProxy(fresh.rpc_url)
    yield proxy
    proxy.close()


@pytest.fixture
def client(deployment, fresh):
    transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
    with RegistryClient(deployment, transport) as client:
        yield client


@pytest.fixture
def network_file(deployment, tmp_path):
    """Write a network file in v1's form, which both commands read."""
    host, _, port = deployment.rpc_urls[0].removeprefix("http://").partition(":")
    network = {
        "provider": {"host": host, "port": int(port)},
        "contracts": {
            "Registry": {"address": deployment.registry},
            "Permissions": {"address": deployment.permissions},
        },
    }
    file = tmp_path / "network.json"
    file.write_text(json.dumps(network))
    return str(file)


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"PYTHONPATH": str(ROOT)} | more


@pytest.fixture
def anywhere(tmp_path):
    """Run our command with only these arguments."""

    def run(*words, stdin="", **variables):
        return subprocess.run(
            [sys.executable, "-m", "ocn_registry.cli", *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            cwd=tmp_path,
            env=environment(XDG_STATE_HOME=str(tmp_path / "state")) | variables,
        )

    return run


@pytest.fixture
def command(network_file, monkeypatch, tmp_path):
    """Run our command with the test's contracts, in this process, which is quicker."""

    def run(*words, stdin="", **variables):
        out, err = io.StringIO(), io.StringIO()
        whole = [*map(str, words), "--network-file", network_file]
        with monkeypatch.context() as changed:
            own = environment(XDG_STATE_HOME=str(tmp_path / "state"))
            changed.setattr(os, "environ", own | variables)
            changed.setattr(sys, "stdin", io.StringIO(stdin))
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    code = main(whole)
                except SystemExit as left:
                    code = left.code
        return subprocess.CompletedProcess(whole, code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def done(command):
    """Run our command, which must succeed, and return its output."""

    def run(*words, stdin="", **variables):
        finished = command(*words, stdin=stdin, **variables)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.fixture(scope="session")
def node():
    """Find Node.js: the machine's, or the one of `make setup`."""
    return shutil.which("node", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def v1_command(node, network_file):
    """Run v1's published command, and return its output after the line `connecting to`."""

    def run(*words):
        finished = subprocess.run(
            [node, V1_COMMAND, *words, "--network-file", network_file],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=True,
            env=environment(),
        )
        first, _, rest = finished.stdout.partition("\n")
        assert first.startswith("connecting to ")
        return rest

    return run


def signer(devnet, place):
    return KeySigner.from_key(devnet.accounts[place].private_key)


@pytest.fixture
def operator(devnet):
    return signer(devnet, 1)


@pytest.fixture
def cpo(devnet):
    return signer(devnet, 2)


@pytest.fixture
def emsp(devnet):
    return signer(devnet, 3)


@pytest.fixture
def provider(devnet):
    return signer(devnet, 4)


@pytest.fixture
def spender(devnet):
    return signer(devnet, 5)


@pytest.fixture
def listed_node(client, operator):
    client.set_node("https://node.example.org", signer=operator)
    return operator


@pytest.fixture
def listed_parties(client, listed_node, cpo, emsp, provider):
    at = listed_node.address
    client.set_party("DE", "CPO", [Role.CPO], at, signer=cpo)
    client.set_party_modules([Module.LOCATIONS], [Module.CDRS, Module.TOKENS], signer=cpo)
    client.set_party("NL", "123", [Role.EMSP], at, signer=emsp)
    client.set_party("DE", "SRV", [Role.CPO, Role.EMSP], at, signer=provider)


@pytest.fixture
def listed_service(client, listed_parties, provider):
    client.set_service(
        [Permission.FORWARD_ALL_SENDER, Permission.FORWARD_MODULE_CDRS_RECEIVER],
        name="Smart \u00fc \u4e2d",
        url="https://smart.example.org/terms",
        signer=provider,
    )
    return provider


@pytest.fixture
def agreed(client, listed_service, cpo):
    client.create_agreement(listed_service.address, signer=cpo)


@pytest.fixture
def keys(devnet):
    """Find the key of an account, in the form of v1's documentation."""
    return {account.address: account.private_key for account in devnet.accounts}


@pytest.fixture
def travelling(done, tmp_path):
    """Run a command, write its output to a file, and return the file."""

    def run(*words, **variables):
        file = tmp_path / f"{len(list(tmp_path.glob('*.request')))}.request"
        file.write_text(done("request", *words, **variables))
        return file

    return run
