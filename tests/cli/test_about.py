"""Commands for identities, the current account, the status of transactions, and development
chains."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import ocn_registry
from ocn_registry import KeySigner, __version__

ABI = Path(ocn_registry.__file__).parent / "deploy" / "artifacts"
URL = "https://node.example.org"


def test_version_is_the_packages_and_that_of_each_contract_it_speaks_to(anywhere):
    finished = anywhere("--version")
    spoken = sorted(folder.name for folder in ABI.glob("v*"))
    output = f"ocn-registry {__version__} (contracts: {' and '.join(spoken)})\n"
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, output, "")


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
    assert shown.stdout == f"{address}\n"  # for $(...)
    again = anywhere("identity", "new", "me.json", *unlock)
    assert (again.returncode, again.stdout) == (2, "")


@pytest.mark.usefixtures("agreed")
def test_info_reports_what_is_listed_and_who_can_pay(done, cpo, provider, keys):
    output = json.loads(done("info", "-s", keys[cpo.address]))
    assert output["address"] == cpo.address
    assert output["party"]["partyId"] == "CPO"
    assert (output["node"], output["service"]) == (None, None)
    assert output["agreements"] == [provider.address]
    assert output["canPay"] is True
    nobody = json.loads(done("info", "-a", KeySigner.generate().address))
    assert (nobody["party"], nobody["balanceWei"], nobody["canPay"]) == (None, "0", False)


def test_a_transaction_is_found_again(client, done, command, operator, keys):
    tx_hash = json.loads(done("set-node", URL, "-s", keys[operator.address]))["hash"]
    for words in ((), ("--wait", "final")):
        output = json.loads(done("tx", "status", tx_hash, *words))
        assert output["hash"] == tx_hash
        node = {"operator": operator.address, "url": URL}
        assert output["changes"] == [{"change": "NodeSet", "node": node}]
    finished = command("tx", "status", "0x" + "00" * 32)
    assert (finished.returncode, finished.stdout) == (6, "null\n")
    assert command("tx", "status", "0x12").returncode == 2


@contextmanager
def development_chain(*words):
    """Run the command, and return its process and what it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", "devnet", "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        output = ""
        while not output.endswith("}\n") or output.count("{") != output.count("}"):
            output += running.stdout.readline() or pytest.fail(running.stderr.read())
        try:
            yield running, json.loads(output)
        finally:  # or a failure in between would wait for ever
            running.terminate()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_development_chain_runs_until_it_is_ended(anywhere, end):
    with development_chain("--with-v1", "--sample") as (running, chain):
        parties = anywhere("list-parties", "--rpc-url", chain["rpcUrl"])
        first = anywhere("list-nodes", "--rpc-url", chain["rpcUrl"], "-n", "local-v1")
        running.send_signal(end)
        assert running.wait(timeout=240) == 0
    assert [party["partyId"] for party in json.loads(parties.stdout)] == ["CPO", "MSP", "SCP"]
    assert first.stdout == "[]\n"


def test_a_development_chain_rehearses_for_another_with_its_import_open(anywhere, tmp_path):
    words = ("--chain-id", "73799", "--import-open", "--block-time", "1")
    with development_chain(*words) as (running, chain):
        file = tmp_path / "here.json"
        here = {"dialect": "v3", "rpcUrls": [chain["rpcUrl"]]}
        here |= {name: chain[name] for name in ("chainId", "registry", "permissions")}
        file.write_text(json.dumps(here))
        shown = anywhere("owner", "show", "--network-file", file)
        first = block = json.loads(shown.stdout)["blockNumber"]
        give_up = time.monotonic() + 240
        while block == first and time.monotonic() < give_up:  # blocks are mined at intervals
            later = anywhere("owner", "show", "--network-file", file)
            block = json.loads(later.stdout)["blockNumber"]
        running.terminate()
    assert block > first
    assert chain["chainId"] == 73799
    output = json.loads(shown.stdout)
    assert output["owner"] == chain["accounts"][0]["address"]
    assert output["importOpen"] == {"registry": True, "permissions": True}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sample", "--import-open"], "not allowed with"),
        (["--block-time", "0"], "1 to 99 seconds"),
    ],
)
def test_a_development_chain_that_cannot_be_is_refused(anywhere, words, says):
    refused = anywhere("devnet", *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert says in refused.stderr


def test_no_command_shows_what_may_be_a_key_in_a_url(command, deployment, operator, keys):
    host = deployment.rpc_urls[0].removeprefix("http://")
    url = f"http://somebody:hush@{host}/?key=hush"
    signing = ("-s", keys[operator.address], "--dry-run")
    for words in (("set-node", URL, *signing), ("doctor",), ("info", "-a", operator.address)):
        finished = command(*words, "--rpc-url", url)
        said = finished.stdout + finished.stderr
        assert deployment.rpc_urls[0] in said
        assert "hush" not in said
        assert "somebody" not in said
