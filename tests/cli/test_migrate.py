"""`ocn-registry migrate`: each step uses the registry that it names, and passes files to the
next."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

# The rehearsal fills v1's contracts too; tools are not packages, so they are put on the path.
if (_rehearsal := str(Path(__file__).resolve().parents[2] / "tools" / "rehearsal")) not in sys.path:
    sys.path.insert(0, _rehearsal)

import rehearsal_v1

from ocn_registry import Contract, KeySigner, Node, connect
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.intents import ImportNodes

ROOT = Path(__file__).parents[2]
OLD, NEW = ("-n", "local-v1"), ("-n", "local")


@pytest.fixture(scope="module")
def devnet():
    with Devnet(with_v1=True, import_open=True, block_gas_limit=8_000_000) as devnet:
        filling = rehearsal_v1.Filling(devnet.rpc_url, devnet.v1_deployment())
        filling.awkward()
        filling.close()
        yield devnet


@pytest.fixture(autouse=True)
def fresh(devnet):
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


@pytest.fixture
def migrate(anywhere, devnet):
    """Run a step, and return the finished process."""

    def run(*words, network=NEW, **more):
        return anywhere("migrate", *words, *network, "--rpc-url", devnet.rpc_url, **more)

    return run


@pytest.fixture
def done(migrate):
    """Run a step that must succeed, and return its JSON."""

    def run(*words, **more):
        finished = migrate(*words, **more)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return run


@pytest.fixture
def taken(done, tmp_path):
    """Take the snapshot, and return its digest."""
    return done("snapshot", "--out", "registry.json", network=OLD)["snapshot"]


@pytest.fixture
def owner(keys, devnet):
    return ("-s", keys[devnet.accounts[0].address], "--yes")


@pytest.fixture
def new(devnet):
    with connect(devnet.deployment()) as client:
        yield client


@pytest.fixture
def signers(devnet):
    return [KeySigner.from_key(account.private_key) for account in devnet.accounts]


def sent(devnet):
    count = devnet.request("eth_getTransactionCount", devnet.accounts[0].address, "latest")
    return int(count, 16)


def test_a_registry_moves_by_five_commands(taken, done, migrate, devnet, new, owner, tmp_path):
    assert json.loads((tmp_path / "registry.json").read_text())["digest"] == taken
    plan = done("plan", "registry.json")
    assert plan["snapshot"] == taken
    assert plan["planned"] == {"nodes": 2, "parties": 9, "services": 3, "agreements": 3}
    assert plan["missing"] == plan["planned"]
    assert {"LOOK_ALIKE", "NEEDS_CONSENT", "STALE_URL", "ZERO_ADDRESS"} <= {
        one["why"] for one in plan["leftOut"]
    }
    finished = migrate("import", "registry.json", *owner)
    assert finished.returncode == 0, finished.stderr
    result = json.loads(finished.stdout)
    assert [(one["kind"], one["entries"]) for one in result["transactions"]] == [
        ("nodes", 2),
        ("parties", 9),
        ("services", 3),
        ("agreements", 3),
    ]
    assert result["gasUsed"] <= plan["gas"]
    for output in (taken, "left out:", "price     at most", "parties    9 of 9 are on the chain"):
        assert output in finished.stderr
    assert done("import", "registry.json", *owner)["transactions"] == []
    assert done("compare", "registry.json") == []
    assert len(done("close", "registry.json", *owner)["transactions"]) == 2
    assert not new.owner.import_open(Contract.REGISTRY)
    assert not new.owner.import_open(Contract.PERMISSIONS)
    assert done("close", "registry.json", *owner)["transactions"] == []


@pytest.mark.usefixtures("taken")
def test_before_anything_is_paid_somebody_agrees(done, migrate, devnet, owner):
    before = sent(devnet)
    dry = done("import", "registry.json", *owner, "--dry-run")
    assert dry["status"] == "dry run"
    assert int(dry["mostCostWei"]) >= dry["gas"] > 0
    limited = done("import", "registry.json", *owner, "--dry-run", "--max-fee", 10**12)
    assert 0 < int(limited["mostCostWei"]) <= limited["gas"] * 10**12
    refused = migrate("import", "registry.json", *owner[:2])
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--yes" in refused.stderr
    assert sent(devnet) == before


@pytest.mark.usefixtures("taken")
def test_an_import_keeps_to_the_kind_of_fees_of_the_network_file(migrate, devnet, owner, tmp_path):
    file, here = tmp_path / "network.json", devnet.deployment()
    names = {"name": here.name, "chainId": here.chain_id, "dialect": here.dialect}
    contracts = {"registry": here.registry, "permissions": here.permissions}
    file.write_text(json.dumps(names | contracts | {"baseFee": False}))
    before = sent(devnet)
    for words in (("plan", "registry.json"), ("import", "registry.json", *owner)):
        refused = migrate(*words, "--network-file", file)
        assert refused.returncode == 5
        assert "has a base fee, and this network's blocks do not" in refused.stderr
    assert sent(devnet) == before
    file.write_text(json.dumps(names | contracts | {"baseFee": True}))
    finished = migrate("import", "registry.json", *owner, "--network-file", file)
    assert (finished.returncode, sent(devnet) > before) == (0, True)


@pytest.mark.usefixtures("taken")
def test_small_batches_are_reported_one_by_one(migrate, owner):
    finished = migrate("import", "registry.json", *owner, "--max-gas", 300_000)
    batches = [one["gasUsed"] for one in json.loads(finished.stdout)["transactions"]]
    assert len(batches) > 4
    assert max(batches) <= 300_000
    reported = [line for line in finished.stderr.splitlines() if "on the chain: block" in line]
    assert len(reported) == len(batches)


@pytest.mark.usefixtures("taken")
def test_differences_are_reported_and_the_import_is_not_closed(
    done, migrate, devnet, new, owner, signers
):
    other = Node(operator=signers[3].address, domain="https://other.example")
    new.send(ImportNodes(nodes=(other,)), signer=signers[0])
    done("import", "registry.json", *owner)
    finished = migrate("compare", "registry.json")
    assert finished.returncode == 1
    (one,) = json.loads(finished.stdout)
    assert (one["kind"], one["subject"], one["what"]) == ("node", other.operator, "UNPLANNED")
    before = sent(devnet)
    refused = migrate("close", "registry.json", *owner)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "differ from the plan" in refused.stderr
    assert sent(devnet) == before
    assert new.owner.import_open()


@pytest.mark.usefixtures("taken")
def test_only_the_owner_imports_and_only_where_imports_are_taken(
    done, migrate, devnet, keys, new, owner
):
    stranger = ("-s", keys[devnet.accounts[3].address], "--yes")
    refused = migrate("import", "registry.json", *stranger)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert devnet.accounts[3].address in refused.stderr
    wrong = migrate("import", "registry.json", *owner, network=OLD)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "accept no imports" in wrong.stderr


def test_a_snapshot_without_a_folder_is_refused_before_anything_is_read(anywhere):
    nowhere = ("--rpc-url", "http://127.0.0.1:9")
    refused = anywhere("migrate", "snapshot", "--out", "missing/registry.json", *nowhere)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "does not exist: create it first" in refused.stderr


def test_a_snapshot_is_not_written_over_another_and_names_its_block(taken, done, migrate, tmp_path):
    refused = migrate("snapshot", "-o", "registry.json", network=OLD)
    assert refused.returncode == 2
    assert "already" in refused.stderr
    early = done("snapshot", "-o", "early.json", "--block", 5, network=OLD)
    assert (early["blockNumber"], early["nodes"], early["parties"]) == (5, 1, 0)
    again = done("snapshot", "-o", "again.json", network=OLD)
    assert again["snapshot"] == taken
    assert migrate("snapshot", "-o", "x.json", "--block", "soon").returncode == 2


@pytest.mark.usefixtures("taken")
def test_a_file_that_was_changed_is_refused(migrate, owner, tmp_path):
    file = tmp_path / "registry.json"
    file.write_text(file.read_text().replace("https://new.example", "https://mew.example"))
    for words in (("plan",), ("compare",), ("import", *owner), ("close", *owner)):
        finished = migrate(words[0], "registry.json", *words[1:])
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "changed since" in finished.stderr
        assert "Traceback" not in finished.stderr


@pytest.mark.usefixtures("taken")
def test_import_killed_while_it_waits_resumes(done, devnet, owner, new, tmp_path):
    before = sent(devnet)
    devnet.request("evm_setAutomine", False)
    words = ["migrate", "import", "registry.json", *owner, "--rpc-url", devnet.rpc_url]
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert any(line.startswith("sent ") for line in running.stderr)
        running.kill()
    devnet.request("evm_setIntervalMining", 1)
    result = done("import", "registry.json", *owner)
    devnet.request("evm_setIntervalMining", 0)
    devnet.request("evm_setAutomine", True)
    assert [one["kind"] for one in result["transactions"]] == ["parties", "services", "agreements"]
    assert sent(devnet) == before + 4
    assert len(new.nodes()) == 2


@pytest.mark.usefixtures("taken")
def test_a_person_reads_the_plan_without_strangers_bytes(devnet, tmp_path):
    ours, its = pty.openpty()
    words = ["migrate", "plan", "registry.json", "--rpc-url", devnet.rpc_url]
    with subprocess.Popen(
        [sys.executable, "-m", "ocn_registry.cli", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        stdout=its,
    ) as running:
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):  # the other side has closed it
            while part := os.read(ours, 4096):
                shown += part
        os.close(ours)
        assert running.wait() == 0
    lines = shown.decode().splitlines()
    assert all(line.isprintable() for line in lines)
    assert any("left out: party" in line and "de cpo of" in line for line in lines)
    assert any(line.startswith("this takes about 4 transactions") for line in lines)


@pytest.mark.usefixtures("taken")
def test_each_account_with_something_to_do_gets_a_letter(done, tmp_path):
    output = done("plan", "registry.json", "--letters", tmp_path / "letters")
    letters = {one["account"]: one["text"] for one in output["letters"]}
    assert letters
    assert {file.stem: file.read_text() for file in (tmp_path / "letters").iterdir()} == letters
    assert all("What to do" in text for text in letters.values())


@pytest.mark.usefixtures("taken")
def test_an_import_that_was_interrupted_waits_for_what_it_had_sent(
    migrate, done, anywhere, devnet, owner
):
    """The journal knows it, even where the node has forgotten it."""
    devnet.request("evm_setAutomine", False)
    stopped = migrate("import", "registry.json", *owner, "--timeout", "1")
    assert stopped.returncode == 6, stopped.stderr
    open_ = json.loads(anywhere("tx", "list", *NEW, "--rpc-url", devnet.rpc_url).stdout)
    assert len(open_) == 1
    assert open_[0]["hash"] in stopped.stderr
    devnet.request("anvil_dropAllTransactions")
    devnet.request("evm_setAutomine", True)
    before = sent(devnet)
    result = done("import", "registry.json", *owner)
    kinds = [one["kind"] for one in result["transactions"]]
    assert kinds == ["parties", "services", "agreements"]
    assert sent(devnet) - before == 4
    assert devnet.request("eth_getTransactionReceipt", open_[0]["hash"])["status"] == "0x1"
