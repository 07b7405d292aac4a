"""`ape run deploy` with Volta's settings, on chains with Volta's id that mine at intervals."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from ganache import Ganache

from ocn_registry import networks
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.deploy.verify import verify
from ocn_registry.transport.http_sync import HttpTransport

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ape(ape_forks):
    """Run the script on a chain, and return its output and exit code."""

    def run(devnet, record, *options, answers=""):
        words = ["run", "deploy", *options, "--record", record, "--account", "TEST::1"]
        network = f"energyweb:volta:{devnet.rpc_url}"
        return ape_forks.run(*words, "--network", network, answers=answers)

    return run


@pytest.fixture(params=["anvil", "ganache"])
def chain(request):
    if request.param == "ganache":
        with Ganache(miner_blockTime=1) as ganache:
            # It begins at 1 gwei, of which a deployment costs more than the default limit.
            ganache.request("evm_mine", {"blocks": 40})
            yield ganache
        return
    with Devnet(chain_id=73799, block_gas_limit=8_000_000) as devnet:
        devnet.request("evm_setIntervalMining", 1)
        yield devnet


def test_deploys_with_voltas_settings_and_writes_a_record(chain, ape, tmp_path):
    record = tmp_path / "volta.json"
    dry = ape(chain, record, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "finality    3 blocks" in dry.stdout
    assert not record.exists()
    owner = ("--owner", "0x" + "42" * 20)
    done = ape(chain, record, "--yes", "--import-open", "--name", "volta-v3", *owner)
    assert done.returncode == 0, done.stderr
    assert " VT\n" in done.stdout  # what the account has, in the token of the chain
    assert f"ocn-registry verify --network-file {record}" in done.stdout
    deployment = networks.from_json(record.read_text())
    assert deployment.rpc_urls == (chain.rpc_url,)
    assert (deployment.token, deployment.blocks_to_finality) == ("VT", 3)
    found = verify(deployment, HttpTransport(deployment.rpc_urls))
    assert (found.is_verified, found.import_open) == (True, (True, True))
    assert deployment.name == "volta-v3"
    again = ape(chain, record, "--yes")
    assert again.returncode == 1
    assert "finished deployment" in again.stderr
    kept = json.loads(record.read_text())
    sent = [f"sent        {one['transaction']};" for one in kept["contracts"].values()]
    assert [line for line in sent if line in done.stderr] == sent
    assert kept["compiler"]["Registry"]["settings"]["evmVersion"] == "london"
    assert len(kept["sourceCommit"].removesuffix("-dirty")) == 40


def test_offers_to_raise_the_price_of_what_is_stuck(ape, tmp_path):
    record = tmp_path / "volta.json"
    with Devnet(chain_id=73799, block_gas_limit=8_000_000) as devnet:
        devnet.request("evm_setAutomine", False)
        stuck = ape(devnet, record, "--yes", "--max-fee", "10", "--timeout", "1")
        assert stuck.returncode == 1
        first = json.loads(record.read_text())["contracts"]["Registry"]["transaction"]
        assert first in stuck.stderr
        devnet.request("anvil_setNextBlockBaseFeePerGas", hex(10**9))
        devnet.request("evm_setIntervalMining", 1)
        raised = ape(devnet, record, "--max-cost", "1", answers="y\ny\n")
        assert raised.returncode == 0, raised.stderr
        assert f"{first} is not in a block" in raised.stdout
        _, asked, after = raised.stdout.partition("Raise the price? [y/N]")
        assert asked
        assert "is raised to" in after.partition("Deploy? [y/N]")[0]
        deployer = json.loads(record.read_text())["deployer"]
        assert devnet.request("eth_getTransactionCount", deployer, "latest") == "0x2"
        assert json.loads(record.read_text())["contracts"]["Registry"]["replaced"] == [first]
        deployment = networks.from_json(record.read_text())
        assert verify(deployment, HttpTransport([devnet.rpc_url])).is_verified


@pytest.mark.parametrize("command", ["deploy", "register_node"])
def test_node_that_is_dead_or_on_another_chain_is_one_line(command, ape_forks):
    with Devnet(chain_id=4242) as other:
        for url, says in (("http://127.0.0.1:9", "node"), (other.rpc_url, "4242")):
            options = ["--network", f"energyweb:volta:{url}", "--account", "TEST::1"]
            options += ["https://a.example"] if command == "register_node" else []
            done = ape_forks.run("run", command, *options)
            assert done.returncode == 5
            (line,) = [line for line in done.stderr.splitlines() if line.strip()]
            assert says in line
            assert "Check --network" in line


@pytest.mark.parametrize("import_open", [True, False])
def test_next_steps_name_the_keystore_of_an_account_of_apes(import_open, tmp_path):
    spec = importlib.util.spec_from_file_location("deploy_script", ROOT / "scripts" / "deploy.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    key = ROOT / ".cache" / "ape" / "accounts" / "deployer.json"
    shown = script.next_step(
        networks.built_in("volta"), tmp_path / "mine.json", import_open=import_open, key_file=key
    )
    checking, following = shown.splitlines()
    assert checking.endswith(f"verify --network-file {tmp_path / 'mine.json'}")
    assert following.endswith(f" --signer keystore:{script._shown(key)}")
    assert ("migrate" in following) is import_open


def test_deploys_to_a_chain_that_ape_starts_itself(tmp_path):
    """Its Anvil ends with the command; what is left is the record, and a next step.

    This one is the program as users start it.
    """
    record = tmp_path / "own.json"
    program = Path(sys.executable).with_name("ape")
    done = subprocess.run(
        [
            program,
            "run",
            "deploy",
            "--yes",
            "--record",
            record,
            "--account",
            "TEST::0",
            "--network",
            "ethereum:local:foundry",
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(record.read_text())["registry"].startswith("0x")
    assert f"ocn-registry verify --network-file {record}" in done.stdout + done.stderr
