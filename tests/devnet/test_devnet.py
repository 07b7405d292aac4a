"""The development chain: London rules, our contracts and v1's, where everybody looks for them."""

import json
import os
import stat
from pathlib import Path

import pytest
from eth_account import Account
from ocn_registry_ports import free_port

from ocn_registry import networks
from ocn_registry.deploy import artifacts
from ocn_registry.deploy.anvil import ANVIL_VARIABLE, find_anvil
from ocn_registry.deploy.devnet import ACCOUNTS, Devnet, DevnetError
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import selector

ROOT = Path(__file__).parents[2]
VOLTA_CHAIN_ID = 73799


@pytest.fixture(scope="module")
def devnet():
    with Devnet(with_v1=True) as chain:
        yield chain


@pytest.fixture
def program(tmp_path):
    """Make a native program that does nothing, out of the machine's own."""

    def make(name):
        path = tmp_path / name
        path.write_bytes(Path("/bin", name).read_bytes())
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


def call(devnet, to, signature, *arguments):
    data = selector(signature) + abi.join(*arguments)
    answer = devnet.request("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
    return abi.Words(bytes.fromhex(answer[2:]))


def test_contracts_are_where_the_local_deployment_says(devnet):
    here = devnet.deployment()
    assert (here.registry, here.permissions) == (
        devnet.registry_address,
        devnet.permissions_address,
    )
    assert call(devnet, here.permissions, "registry()").address() == here.registry
    assert call(devnet, here.registry, "owner()").address() == ACCOUNTS[0].address
    assert not call(devnet, here.registry, "importOpen()").flag()


def test_local_deployment_starts_with_the_block_of_its_registry(devnet):
    for here in (devnet.deployment(), devnet.v1_deployment()):
        before = devnet.request("eth_getCode", here.registry, hex(here.start_block - 1))
        after = devnet.request("eth_getCode", here.registry, hex(here.start_block))
        assert (before == "0x", after == "0x") == (True, False)


def test_v1s_contracts_are_where_its_published_command_looks(devnet):
    here = devnet.v1_deployment()
    v1 = json.loads(
        (
            ROOT / "node_modules" / "@shareandcharge" / "ocn-registry" / "contract.defs.local.json"
        ).read_text()
    )
    assert here.registry == v1["Registry"]["address"]
    assert here.permissions == v1["Permissions"]["address"]
    assert call(devnet, here.registry, "getParties()").addresses() == ()
    # Its constructor was given the Registry: services ask that for a party.
    assert call(devnet, here.permissions, "getProviders()").addresses() == ()
    creator = call(devnet, here.registry, "owner()").address()
    assert devnet.request("eth_getTransactionCount", creator, "latest") == "0x4"


def test_v1s_contracts_are_there_only_when_asked_for():
    with Devnet() as chain:
        v1 = networks.built_in("local-v1")
        assert chain.request("eth_getCode", v1.registry, "latest") == "0x"
        with pytest.raises(DevnetError, match="use with_v1=True"):
            chain.v1_deployment()


def test_keys_belong_to_their_accounts(devnet):
    for account in devnet.accounts:
        assert Account.from_key(account.private_key).address == account.address
        assert account.private_key not in repr(account)
        assert int(devnet.request("eth_getBalance", account.address, "latest"), 16) > 0


def test_chain_has_london_rules(devnet):
    assert devnet.request("anvil_nodeInfo")["hardFork"] == "London"
    push0_push0_return = "0x5f5ff3"
    with pytest.raises(DevnetError, match="NotActivated"):
        devnet.request("eth_call", {"data": push0_push0_return}, "latest")
    push1_push1_return = "0x60006000f3"
    assert devnet.request("eth_call", {"data": push1_push1_return}, "latest") == "0x"


def test_fees_are_like_those_of_energy_web(devnet):
    head = devnet.request("eth_getBlockByNumber", "latest", False)
    assert int(head["baseFeePerGas"], 16) <= 10


def test_chain_has_the_id_and_the_block_gas_limit_that_were_asked_for():
    with Devnet(chain_id=VOLTA_CHAIN_ID, block_gas_limit=8_000_000) as chain:
        head = chain.request("eth_getBlockByNumber", "latest", False)
        assert int(head["gasLimit"], 16) == 8_000_000
        assert int(chain.request("eth_chainId"), 16) == VOLTA_CHAIN_ID
        assert chain.deployment().chain_id == VOLTA_CHAIN_ID


def test_import_is_open_when_asked_for():
    with Devnet(import_open=True) as chain:
        assert call(chain, chain.registry_address, "importOpen()").flag()
        assert call(chain, chain.permissions_address, "importOpen()").flag()


def test_two_chains_run_side_by_side(devnet):
    with Devnet() as other:
        assert other.rpc_url != devnet.rpc_url
        assert other.deployment().registry == devnet.deployment().registry
        assert other.deployment().rpc_urls == (other.rpc_url,)


def test_port_that_was_asked_for_is_used():
    port = free_port()
    with Devnet(port=port) as chain:
        assert chain.rpc_url == f"http://127.0.0.1:{port}"
        with pytest.raises(DevnetError, match=f"port {port} is taken; choose another"):
            Devnet(port=port).start()
    with Devnet(port=port):
        pass  # it was free again at once


def test_chain_that_is_not_running_says_so():
    chain = Devnet()
    with pytest.raises(DevnetError, match="not running: start it first"):
        _ = chain.rpc_url
    chain.close()
    with chain:
        with pytest.raises(DevnetError, match="already running"):
            chain.start()
        chain.close()
        with pytest.raises(DevnetError, match="not running"):
            chain.request("eth_chainId")


def test_refusal_of_the_chain_is_passed_on(devnet):
    with pytest.raises(DevnetError, match=r"refuses eth_nothing: .*Method not found"):
        devnet.request("eth_nothing")


def test_anvil_that_ends_by_itself_is_an_error_of_its_start(program):
    with pytest.raises(DevnetError, match="Anvil does not start: 'it wrote no message'"):
        Devnet(anvil=program("true")).start()
    with pytest.raises(DevnetError, match=r"does not start: .*--host"):
        Devnet(anvil=program("sleep")).start()


def test_start_has_a_time_limit(monkeypatch):
    monkeypatch.setattr("ocn_registry.deploy.anvil._LISTENING", b"what it never says")
    with pytest.raises(DevnetError, match=r"did not start within 0\.001 s"):
        Devnet(start_timeout_s=0.001).start()


def test_chain_that_does_not_end_in_time_is_killed(monkeypatch):
    monkeypatch.setattr("ocn_registry.deploy.anvil._STOP_TIMEOUT_S", 0.0)
    with Devnet() as chain:
        guard = chain._anvil._guard
    assert guard.returncode is not None


@pytest.mark.parametrize("name", ["", "nowhere/anvil"])
def test_anvil_that_was_named_and_is_none_is_refused(name, monkeypatch, tmp_path):
    named = tmp_path / name
    monkeypatch.setenv(ANVIL_VARIABLE, str(named))
    with pytest.raises(DevnetError, match=r"OCN_ANVIL names .*, which is not a native program"):
        find_anvil()
    monkeypatch.delenv(ANVIL_VARIABLE)
    with pytest.raises(DevnetError, match=r"anvil names .*, which is not a native program"):
        find_anvil(named)


@pytest.fixture
def launcher(tmp_path):
    """What npm's package `@foundry-rs/anvil` puts into `node_modules/.bin`."""
    launcher = tmp_path / "bin" / "anvil"
    launcher.parent.mkdir()
    launcher.write_text("#!/usr/bin/env node\nprocess.exit(1);\n")
    launcher.chmod(0o755)
    return launcher


def test_npms_launcher_is_refused(launcher):
    with pytest.raises(DevnetError, match="not a native program"):
        find_anvil(launcher)


def test_without_any_anvil_the_error_says_where_to_get_one(monkeypatch, tmp_path, launcher):
    monkeypatch.delenv(ANVIL_VARIABLE, raising=False)
    monkeypatch.setattr("ocn_registry.deploy.anvil._NODE_MODULES", tmp_path)
    monkeypatch.setenv("PATH", str(launcher.parent))  # the launcher counts as none
    with pytest.raises(DevnetError, match=r"run `make setup`.*Foundry.*OCN_ANVIL"):
        find_anvil()


def test_anvil_is_found_by_variable_checkout_and_path(monkeypatch, tmp_path):
    monkeypatch.delenv(ANVIL_VARIABLE, raising=False)
    checkout = find_anvil()
    assert checkout.is_relative_to(ROOT / "node_modules")
    mine = tmp_path / "anvil"
    mine.symlink_to(checkout)
    monkeypatch.setenv(ANVIL_VARIABLE, str(mine))
    assert find_anvil() == mine
    monkeypatch.delenv(ANVIL_VARIABLE)
    monkeypatch.setattr("ocn_registry.deploy.anvil._NODE_MODULES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_anvil() == mine


def test_long_run_writes_nothing_into_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Devnet() as chain:
        for _ in range(3):  # states leave memory after some hundred blocks
            chain.request("anvil_mine", hex(400))
            chain.request("anvil_setBalance", ACCOUNTS[1].address, "0x1")
        assert list(tmp_path.iterdir()) == []


def test_bytecode_on_the_chain_is_the_artifacts(devnet):
    for name, at in (
        ("Registry", devnet.registry_address),
        ("Permissions", devnet.permissions_address),
    ):
        size = len(devnet.request("eth_getCode", at, "latest")) // 2 - 1
        assert 0 < size < len(artifacts.artifact("v3", name).bytecode)
        assert size <= 24_576
