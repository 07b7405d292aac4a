"""`ocn-registry verify`: anyone with the wheel and an RPC node can verify the contracts at an
address."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account
from key_creator import KeyCreator

from ocn_registry.deploy.deploy import DeploymentOrder, deploy
from ocn_registry.deploy.record import Record
from ocn_registry.flows.options import WriteOptions
from ocn_registry.models import Address
from ocn_registry.protocol.effects import run

ROOT = Path(__file__).parents[2]
OWNER = Address("0x" + "42" * 20)
STRANGER = "0x" + "43" * 20


@pytest.fixture
def record(fresh, transport, tmp_path):
    """Deploy another pair on the same chain."""
    account = Account.create()
    fresh.request("anvil_setBalance", account.address, hex(10**18))
    creator = KeyCreator(account)
    order = DeploymentOrder(
        name="volta",
        chain_id=fresh.chain_id,
        deployer=creator.address,
        owner=OWNER,
        import_open=True,
        options=WriteOptions(timeout_s=60),
    )
    made = Record.read(tmp_path / "volta.json")
    run(deploy(order, made, creator), transport.perform)
    return made


@pytest.fixture
def verify(fresh, record, tmp_path):
    def verify(*words, code=0, file=record.path):
        where = ("--network-file", file, "--rpc-url", fresh.rpc_url)
        done = subprocess.run(
            [sys.executable, "-m", "ocn_registry.cli", "verify", *words, *where],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    return verify


def test_what_was_deployed_is_verified_by_its_record(verify, record):
    result = verify("--owner", OWNER, "--import", "open")
    assert (result["verified"], result["differences"]) == (True, [])
    assert (result["owner"], result["pendingOwner"]) == (OWNER, None)
    assert result["importOpen"] == result["deployedOpen"] == {"registry": True, "permissions": True}
    known = record.fields["contracts"]
    assert result["codeHashes"]["registry"] == known["Registry"]["codeHash"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--owner", STRANGER), "the owner is"),
        (("--import", "closed"), "importOpen()"),
        (("--deployed-import", "closed"), "importOpen at deploy"),
        (("--first-owner", STRANGER), "the first argument"),
        (("--registry-tx", "0x" + "11" * 32), "not known to create a contract"),
    ],
)
def test_what_is_not_as_expected_is_reported(verify, words, says):
    result = verify(*words, code=1)
    assert result["verified"] is False
    assert any(says in line for line in result["differences"])


def test_transaction_that_calls_a_contract_proves_nothing_and_refutes_nothing(
    fresh, verify, record, tmp_path
):
    """As a factory's would."""
    bare = tmp_path / "bare.json"
    keys = ("chainId", "dialect", "registry", "permissions")
    bare.write_text(json.dumps({key: record.fields[key] for key in keys}))
    sent = {"from": fresh.accounts[0].address, "to": record.fields["registry"], "gas": hex(10**5)}
    tx_hash = fresh.request("eth_sendTransaction", sent)
    fresh.request("evm_mine")
    result = verify("--registry-tx", tx_hash, code=7, file=bare)
    assert (result["verified"], result["differences"]) == (True, [])
    assert f"'{tx_hash}' calls a contract" in result["storageUnproven"]
    result = verify("--registry-tx", tx_hash, "--first-owner", OWNER, code=1, file=bare)
    assert any("the first argument" in line for line in result["differences"])


def test_record_with_another_first_owner_is_detected(verify, record, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**record.fields, "initialOwner": STRANGER}))
    result = verify(code=1, file=other)
    assert any("the first argument" in line for line in result["differences"])


def test_changed_byte_on_the_chain_is_found(fresh, verify, record):
    address = record.fields["permissions"]
    code = bytearray.fromhex(fresh.request("eth_getCode", address, "latest")[2:])
    code[7000] ^= 1
    fresh.request("anvil_setCode", address, "0x" + bytes(code).hex())
    (line,) = verify(code=1)["differences"]
    assert line.startswith("Permissions: byte 7000 of the code is")


def test_first_owner_needs_the_transaction_that_reveals_it(verify, record, tmp_path):
    bare = tmp_path / "bare.json"
    keys = ("chainId", "dialect", "registry", "permissions")
    bare.write_text(json.dumps({key: record.fields[key] for key in keys}))
    assert verify(file=bare)["verified"] is True
    assert "--registry-tx" in verify("--first-owner", OWNER, code=2, file=bare)
