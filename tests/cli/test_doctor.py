"""The command `doctor`: each check passing and failing, with its advice."""

import json
import os
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ocn_registry.cli.commands import doctor
from ocn_registry.cli.parser import parse
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.evm import abi
from ocn_registry.health import chain as doctor_chain
from ocn_registry.networks import built_in

ROOT = Path(__file__).parents[2]
VOLTA = 73799
OTHER = "0x520896B666fCcDb6458D4eC5C1FdD0D6d9EB97A3"


def found_by(finished):
    """Return the exit code, and what each check found."""
    return finished.returncode, {each["check"]: each for each in json.loads(finished.stdout)}


@pytest.fixture
def checks(command):
    def run(*given, **variables):
        return found_by(command("doctor", *given, **variables))

    return run


class SaysWhoItIs(BaseHTTPRequestHandler):
    """A node that serves only its page about itself."""

    def do_GET(self):
        output = {"url": self.server.url, "address": self.server.address}
        body = json.dumps(output).encode() if self.path == "/ocn/registry/node-info" else b"{}"
        body = getattr(self.server, "odd", body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_doctor_compares_a_node_with_the_registry(client, checks, operator, cpo):
    code, found = checks()
    known = {"RPC", "latest block", "clock", "gas limit", "fees", "validators", "final after"}
    known |= {"command", "Registry", "Permissions", "generation", "code"}
    assert known | ({"import", "storage"} if client.limits.has_import else set()) == set(found)
    assert code == (0 if found["command"]["ok"] else 1)
    assert found["RPC"]["ok"]
    assert not checks("-a", operator.address)[1]["node"]["ok"]
    with HTTPServer(("127.0.0.1", 0), SaysWhoItIs) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.address = operator.address.lower()
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client.set_node(server.url, signer=operator)
        assert checks("-a", operator.address)[1]["node"]["ok"]
        server.address = cpo.address
        code, found = checks("-a", operator.address)
        assert (code, found["node"]["ok"]) == (1, False)
        assert "set-node" in found["node"]["remedy"]
        for odd in (b"[" * 60_000, b"[1]", b"no JSON"):
            server.odd = odd
            code, found = checks("-a", operator.address)
            assert (code, found["node"]["ok"]) == (1, False)
            assert "does not say who runs it" in found["node"]["says"]
        server.shutdown()


def test_the_doctor_reports_an_unreachable_chain(anywhere):
    finished = anywhere("doctor", "--rpc-url", "http://127.0.0.1:9")
    assert finished.returncode == 5
    assert json.loads(finished.stdout)[-1]["ok"] is False


def test_the_code_is_compared_with_what_was_published(client, checks, deployment, fresh):
    code = checks()[1]["code"]
    assert code["ok"]
    if client.limits.replayable:
        assert "was not published" in code["says"]
        return
    assert code["says"] == "identical to the published code"
    assert checks()[1]["storage"]["ok"]
    there = fresh.request("eth_getCode", deployment.permissions, "latest")
    other = there[:-2] + f"{int(there[-2:], 16) ^ 1:02x}"
    fresh.request("anvil_setCode", deployment.permissions, other)
    status, found = checks()
    assert (status, found["code"]["ok"]) == (1, False)
    assert "Permissions: byte" in found["code"]["says"]
    assert "sign nothing" in found["code"]["remedy"]


def test_contracts_that_are_not_there_are_reported(anywhere, devnet, tmp_path):
    nothing = "0x" + "12" * 20
    there = {"chainId": devnet.chain_id, "dialect": devnet.deployment().dialect}
    file = tmp_path / "own.json"
    file.write_text(json.dumps({**there, "registry": nothing, "permissions": nothing}))
    finished = anywhere("doctor", "--network-file", file, "--rpc-url", devnet.rpc_url)
    found = found_by(finished)[1]
    assert finished.returncode == 5
    assert nothing in found["contracts"]["says"].lower()
    assert found["validators"]["ok"]


@pytest.mark.usefixtures("client")
def test_a_clock_that_is_behind_is_reported(checks, monkeypatch):
    assert checks()[1]["clock"]["ok"]
    monkeypatch.setattr(doctor_chain.time, "time", lambda now=time.time: now() - 1000)
    code, found = checks()
    assert (code, found["clock"]["ok"]) == (1, False)
    assert "deadlines" in found["clock"]["remedy"]


@pytest.mark.usefixtures("client")
def test_a_price_that_the_settings_do_not_allow_is_reported(checks, tmp_path):
    assert "base fee" in checks()[1]["fees"]["says"]
    folder = tmp_path / "ocn-registry"
    folder.mkdir()
    (folder / "settings.toml").touch(mode=0o600)
    (folder / "settings.toml").write_text("max_fee = 1\n")
    code, found = checks(XDG_CONFIG_HOME=str(tmp_path))
    assert (code, found["fees"]["ok"]) == (1, False)
    assert "max_fee" in found["fees"]["remedy"]


def test_gas_limits_are_the_measured_ones():
    gas = json.loads((ROOT / "tests" / "contract" / "gas_snapshot.json").read_text())
    batched = [
        value
        for part in [gas, *(each for each in gas.values() if isinstance(each, dict))]
        for name, value in part.items()
        if f"each of {doctor_chain.BATCH} by" in name
    ]
    assert max(batched) == doctor_chain.BATCHED_GAS
    table = (ROOT / "docs" / "migration.md").read_text()
    services = re.search(r"\| services \| (\d+) \| \d+ \| ([\d,]+) \|", table)
    entries, taken = int(services[1]), int(services[2].replace(",", ""))
    assert 1 <= doctor_chain.IMPORT_GAS / (taken * 100 // entries) < 1.2


# A chain that says that it is Volta.


@pytest.fixture(scope="module")
def volta():
    with Devnet(chain_id=VOLTA, with_v1=True) as devnet:
        yield devnet


@pytest.fixture
def on_volta(volta, anywhere, tmp_path):
    snapshot = volta.request("evm_snapshot")

    def run(url=volta.rpc_url, *, first=False):
        here = volta.v1_deployment() if first else volta.deployment()
        file = tmp_path / "volta.json"
        output = {
            "name": "volta",
            "chainId": VOLTA,
            "dialect": here.dialect,
            "registry": here.registry,
            "permissions": here.permissions,
            "otherPermissions": [OTHER] if first else [],
        }
        file.write_text(json.dumps(output))
        volta.request("evm_mine")  # the current block
        return found_by(
            anywhere("doctor", "--network-file", file, "--rpc-url", url),
        )[1]

    yield run
    volta.request("evm_revert", snapshot)


@pytest.mark.parametrize(
    ("limit", "ok", "says"),
    [
        (30_000_000, True, "an import of 100 entries fits too"),
        (8_000_000, True, "50 requests at once fit, an import of 100 entries is split"),
        (4_000_000, False, "50 requests in one transaction can take 4,480,350"),
    ],
)
def test_block_size_is_checked(volta, on_volta, limit, ok, says):
    volta.request("evm_setBlockGasLimit", hex(limit))
    found = on_volta()["gas limit"]
    volta.request("evm_setBlockGasLimit", hex(30_000_000))
    assert found["ok"] is ok
    assert f"{limit:,} gas a block" in found["says"]
    assert says in found["says"]
    if not ok:
        assert found["remedy"] == "submit at most 44 requests at once"


def test_contracts_without_batches_need_room_for_one_write(on_volta):
    found = on_volta(first=True)
    assert "any one write fits" in found["gas limit"]["says"]
    assert f"configured with {OTHER}" in found["Permissions"]["remedy"]


def list_validators(devnet, count):
    """Deploy a contract that answers everything with this many addresses."""
    listed = [abi.address("0x" + f"{number:040x}") for number in range(1, count + 1)]
    answer = abi.join(abi.items(listed))
    copy = bytes.fromhex(f"61{len(answer):04x}80600c6000396000f3")
    assert len(copy) == 12
    devnet.request("anvil_setCode", built_in("volta").validators, "0x" + (copy + answer).hex())


def make_blocks(devnet, authors, count):
    for number in range(count):
        devnet.request("anvil_setCoinbase", "0x" + f"{number % authors + 1:040x}")
        devnet.request("evm_mine")


def test_validators_are_found_without_a_list(volta, on_volta):
    make_blocks(volta, authors=3, count=50)
    found = on_volta()
    assert found["validators"]["ok"]
    says = "3 made the last 50 blocks; how many there are is not known"
    assert found["validators"]["says"] == says
    assert found["final after"]["says"].startswith("3 blocks, by the network file")


@pytest.mark.parametrize(
    ("listed", "authors", "works", "enough"),
    [(5, 5, True, True), (9, 9, True, False), (9, 4, False, False), (5, 3, True, True)],
)
def test_number_of_validators_is_compared_with_finality(
    volta, on_volta, listed, authors, works, enough
):
    list_validators(volta, listed)
    make_blocks(volta, authors, 2 * listed)
    found = on_volta()
    assert found["validators"]["says"] == (
        f"{listed} are listed, {authors} made the last {2 * listed} blocks"
    )
    assert found["validators"]["ok"] is works
    assert found["final after"]["ok"] is enough
    if not enough:
        assert found["final after"]["remedy"] == "use --wait 5 instead of --wait final"


class TellsNoBlocksByNumber(BaseHTTPRequestHandler):
    """A node that refuses everything about old blocks."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        several = asked if isinstance(asked, list) else [asked]
        answers = [self.answer(each) for each in several]
        body = json.dumps(answers if isinstance(asked, list) else answers[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, asked):
        if asked["method"] == "eth_getBlockByNumber" and asked["params"][0] != "latest":
            output = {"error": {"code": -32000, "message": "gone \x1b[2J"}}
        else:
            output = {"result": self.server.chain.request(asked["method"], *asked["params"])}
        return {"jsonrpc": "2.0", "id": asked["id"], **output}

    def log_message(self, *_):
        pass


def test_unreported_facts_are_shown_as_unknown(volta, on_volta):
    with HTTPServer(("127.0.0.1", 0), TellsNoBlocksByNumber) as server:
        server.chain = volta
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found = on_volta(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert found["validators"]["ok"]
    assert found["validators"]["says"].startswith("unknown: the node does not say")
    assert "\x1b" not in found["validators"]["says"]
    assert "is not known" in found["final after"]["says"]
    assert found["code"]["ok"]


def test_an_old_block_of_a_public_chain_is_reported(volta, monkeypatch, tmp_path, capsys):
    here = volta.deployment()
    own = {"chainId": VOLTA, "dialect": here.dialect}
    own |= {"registry": here.registry, "permissions": here.permissions}
    own |= {"rpcUrls": [volta.rpc_url]}
    file = tmp_path / "old.json"
    file.write_text(json.dumps(own))
    monkeypatch.setattr(doctor_chain.time, "time", lambda now=time.time: now() + 10_000)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    args = parse(["doctor", "--network-file", str(file)])
    assert doctor.doctor(args) == 1
    found = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert not found["latest block"]["ok"]
    assert "--rpc-url" in found["latest block"]["remedy"]
    assert found["clock"]["says"] == "unknown: the latest block is too old to compare"


# The command that a shell would run.


@pytest.fixture
def on_the_path(anywhere, devnet, tmp_path):
    def run(content):
        folder = tmp_path / "bin"
        folder.mkdir()
        file = folder / "ocn-registry"
        file.write_text(content)
        file.chmod(0o755)
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        found = found_by(anywhere("doctor", "--rpc-url", devnet.rpc_url, PATH=path))[1]
        return found["command"]

    return run


def test_the_command_of_version_1_on_the_path_is_reported(on_the_path):
    found = on_the_path("#!/usr/bin/env node\n")
    assert (found["ok"], found["says"].endswith("is version 1's")) == (False, True)
    assert "earlier on the PATH" in found["remedy"]


def test_another_command_of_this_name_on_the_path_is_reported(on_the_path):
    found = on_the_path("#!/bin/sh\n")
    assert not found["ok"]
    assert found["says"].startswith("a shell runs ")


def test_this_command_on_the_path_is_accepted(devnet, tmp_path, terminal):
    folder = tmp_path / "bin"
    folder.mkdir()
    file = folder / "ocn-registry"
    file.write_text(
        f"#!{sys.executable}\nimport sys\nfrom ocn_registry.cli.main import main\n"
        "sys.exit(main())\n",
    )
    file.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    running = terminal(
        file, "doctor", "--rpc-url", devnet.rpc_url, "--json", PATH=path, PYTHONPATH=str(ROOT)
    )
    code, shown = running.finish()
    assert code == 0
    assert json.loads(shown)[0] == {
        "check": "command",
        "ok": True,
        "says": str(file),
        "remedy": "",
    }


def test_all_checks_share_one_time_limit(anywhere):
    """A node that accepts connections and never answers does not delay the command any further."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        finished = anywhere("doctor", "--timeout", "0.2", *["--rpc-url", url] * 8)
    last = json.loads(finished.stdout)[-1]
    assert finished.returncode == 5
    assert "stopped after 0.2 s" in last["says"]
    assert "--timeout" in last["remedy"]
