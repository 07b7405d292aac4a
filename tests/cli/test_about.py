"""Identities, who one is here, what became of a transaction, development chains."""

import json
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ocn_registry import KeySigner, __version__

URL = "https://node.example.org"


def test_version_is_the_packages(anywhere):
    finished = anywhere("--version")
    assert finished.returncode == 0
    assert finished.stdout.startswith(f"ocn-registry {__version__} ")


def test_an_identity_is_made_and_shown(anywhere, tmp_path):
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("a passphrase\n")
    unlock = ("--passphrase-file", secret)
    made = anywhere("identity", "new", "me.json", *unlock)
    assert made.returncode == 0, made.stderr
    address = json.loads(made.stdout)["address"]
    assert KeySigner.from_keystore(tmp_path / "me.json", lambda: "a passphrase").address == address
    shown = anywhere("identity", "show", "-s", "keystore:me.json", *unlock)
    assert json.loads(shown.stdout) == {"address": address}
    again = anywhere("identity", "new", "me.json", *unlock)
    assert (again.returncode, again.stdout) == (2, "")


@pytest.mark.usefixtures("agreed")
def test_info_tells_what_is_listed_and_who_can_pay(done, cpo, provider, keys):
    told = json.loads(done("info", "-s", keys[cpo.address]))
    assert told["address"] == cpo.address
    assert told["party"]["partyId"] == "CPO"
    assert (told["node"], told["service"]) == (None, None)
    assert told["agreements"] == [provider.address]
    assert told["canPay"] is True
    nobody = json.loads(done("info", "-a", KeySigner.generate().address))
    assert (nobody["party"], nobody["balanceWei"], nobody["canPay"]) == (None, "0", False)


class SaysWhoItIs(BaseHTTPRequestHandler):
    """A node, as far as its page about itself."""

    def do_GET(self):
        told = {"url": self.server.url, "address": self.server.address}
        body = json.dumps(told).encode() if self.path == "/ocn/registry/node-info" else b"{}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_doctor_compares_a_node_with_the_registry(client, command, operator, cpo):
    def checks(*words):
        finished = command("doctor", *words)
        return finished.returncode, {each["check"]: each for each in json.loads(finished.stdout)}

    code, found = checks()
    assert {"RPC", "latest block", "fees", "Registry", "Permissions", "generation"} <= set(found)
    assert code == (0 if found["command"]["ok"] else 1)
    assert found["RPC"]["ok"]
    assert not checks("-a", operator.address)[1]["node"]["ok"]
    with HTTPServer(("127.0.0.1", 0), SaysWhoItIs) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.address = operator.address.lower()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client.set_node(server.url, signer=operator)
        assert checks("-a", operator.address)[1]["node"]["ok"]
        server.address = cpo.address
        code, found = checks("-a", operator.address)
        assert (code, found["node"]["ok"]) == (1, False)
        assert "set-node" in found["node"]["remedy"]
        server.shutdown()


def test_the_doctor_tells_that_no_chain_is_there(anywhere):
    finished = anywhere("doctor", "--rpc-url", "http://127.0.0.1:9")
    assert finished.returncode == 5
    assert json.loads(finished.stdout)[-1]["ok"] is False


def test_a_transaction_is_found_again(client, done, command, operator, keys):
    tx_hash = json.loads(done("set-node", URL, "-s", keys[operator.address]))["hash"]
    for words in ((), ("--wait", "final")):
        told = json.loads(done("tx", "status", tx_hash, *words))
        assert told["hash"] == tx_hash
        node = {"operator": operator.address, "url": URL}
        assert told["changes"] == [{"change": "NodeSet", "node": node}]
    finished = command("tx", "status", "0x" + "00" * 32)
    assert (finished.returncode, finished.stdout) == (6, "null\n")
    assert command("tx", "status", "0x12").returncode == 2


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_development_chain_runs_until_it_is_ended(anywhere, end):
    words = ["devnet", "--port", "0", "--with-v1", "--sample"]
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        told = ""
        while not told.endswith("}\n") or told.count("{") != told.count("}"):
            told += running.stdout.readline() or pytest.fail(running.stderr.read())
        chain = json.loads(told)
        parties = anywhere("list-parties", "--rpc-url", chain["rpcUrl"])
        first = anywhere("list-nodes", "--rpc-url", chain["rpcUrl"], "-n", "local-v1")
        running.send_signal(end)
        assert running.wait(timeout=30) == 0
    assert [party["partyId"] for party in json.loads(parties.stdout)] == ["CPO", "MSP", "SCP"]
    assert first.stdout == "[]\n"
