"""`ape run register_party` and its like, by Ape's own accounts and networks, on a real chain."""

import asyncio
import json
import os
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ocn_registry import KeySigner, Permission, Role, connect
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.foreign.text import HIDDEN_KEY

ROOT = Path(__file__).parents[2]
APE = Path(sys.executable).with_name("ape")
URL = "https://node.example.org"
OPERATOR, PARTY, PROVIDER, SPENDER = "TEST::1", "TEST::2", "TEST::3", "TEST::4"
KEY = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
SECRET = "a passphrase"  # noqa: S105 - of a key that nobody needs


@pytest.fixture
def ape(fresh, ape_forks, tmp_path):
    """Run one of the scripts, and return its output and exit code."""
    state = str(tmp_path / "state")

    def run(*words):
        network = f"ethereum:local:{fresh.rpc_url}"
        return ape_forks.run("run", *words, "--network", network, XDG_STATE_HOME=state)

    return run


@pytest.fixture
def listed(fresh):
    """Yield the registry, with the node of an operator."""
    with connect(fresh.deployment()) as registry:
        registry.set_node(URL, signer=KeySigner.from_key(fresh.accounts[1].private_key))
        yield registry


def done(finished):
    assert finished.returncode == 0, finished.stderr
    # Ape first prints what it connects to; contracts without batches get one write after another.
    return json.JSONDecoder().raw_decode(finished.stdout, finished.stdout.index("{"))[0]


def test_all_writes_work_with_only_apes_accounts(fresh, ape):
    operator, party, provider = [fresh.accounts[place].address for place in (1, 2, 3)]
    at = ("--operator", operator, "--yes")
    done(ape("register_node", f"{URL}/", "--account", OPERATOR, "--yes"))
    roles = ("--role", "CPO", "--role", "emsp", "--sender", "cdrs", "--receiver", "tokens")
    done(ape("register_party", "de", "abc", *roles, *at, "--account", PARTY))
    done(ape("register_party", "DE", "SRV", "--role", "SCSP", *at, "--account", PROVIDER))
    needs = ("--permission", "forward_all", "--name", "Routes", "--account", PROVIDER, "--yes")
    done(ape("register_service", *needs))
    output = done(ape("agree", provider, "--account", PARTY, "--yes"))
    (agreed,) = output["state"]
    assert agreed.items() >= {"user": party, "provider": provider, "active": True}.items()
    with connect(fresh.deployment()) as registry:
        found = registry.party("DE", "ABC")
        assert (found.address, found.operator_domain) == (party, URL)
        assert found.roles == (Role.CPO, Role.EMSP)
        assert [module.name for module in found.modules_sender] == ["CDRS"]
        assert [module.name for module in found.modules_receiver] == ["TOKENS"]
        service = registry.service(provider)
        assert (service.name, service.permissions) == ("Routes", (Permission.FORWARD_ALL,))
        assert registry.agreement(party, provider).active
        done(ape("revoke", provider, "--account", PARTY, "--yes"))
        assert registry.agreement(party, provider) is None


@pytest.mark.parametrize("generation", ["local", "local-v1"])
def test_a_spender_pays_for_what_another_account_signed(fresh, ape, generation):
    operator, party, spender = [fresh.accounts[place].address for place in (1, 2, 4)]
    here = fresh.deployment() if generation == "local" else fresh.v1_deployment()
    before = fresh.request("eth_getBalance", party, "latest")
    with connect(here) as registry:
        registry.set_node(URL, signer=KeySigner.from_key(fresh.accounts[1].private_key))
        words = ("DE", "ABC", "--role", "CPO", "--operator", operator, "--sender", "cdrs")
        both = ("--account", PARTY, "--spender", SPENDER, "--deployment", generation)
        output = done(ape("register_party", *words, *both, "--yes"))
        assert (set(output["signers"]), output["spender"]) == ({party}, spender)
        assert [module.name for module in registry.party("DE", "ABC").modules_sender] == ["CDRS"]
    assert fresh.request("eth_getBalance", party, "latest") == before
    if generation == "local":
        block = fresh.request("eth_blockNumber")
        again = ape("register_party", *words, *both, "--yes")
        assert done(again)["status"] == "unchanged"
        assert "to sign" not in again.stderr
        assert fresh.request("eth_blockNumber") == block


def test_nothing_is_sent_unless_somebody_agrees(listed, ape):
    alone = ape("register_node", "https://other.example.org", "--account", OPERATOR)
    assert alone.returncode == 2
    assert "--yes" in alone.stderr
    assert "change    list its node under https://other.example.org" in alone.stderr
    output = done(ape("register_node", "https://o.example.org", "--account", OPERATOR, "--dry-run"))
    assert output["status"] == "dry run"
    assert [node.domain for node in listed.nodes()] == [URL]


def test_impossible_arguments_are_reported_in_one_line(listed, ape, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")  # would be waited for
    for words, code, says in (
        (("register_node", URL, "--account", PARTY), 4, "is listed for the operator"),
        (("agree", listed.nodes()[0].operator, "--account", PARTY), 3, "no Service listed"),
        (("register_node", KEY, "--account", PARTY), 2, f"'{HIDDEN_KEY}' is not a valid URL"),
        (
            ("revoke", "0x12", "--account", PARTY, "--deployment", str(tmp_path / "pipe.json")),
            2,
            "is not a regular file",
        ),
        (("deploy", "--account", PARTY, "--max-cost", "nan"), 2, "nan is not a valid --max-cost"),
        (("agree", URL, "--account", KEY), 2, HIDDEN_KEY),
    ):
        finished = ape(*words, "--yes")
        assert finished.returncode == code
        assert says in finished.stderr
        assert "Traceback" not in finished.stderr
        assert KEY not in finished.stdout + finished.stderr


def test_a_keyfile_of_apes_signs_for_a_party_that_has_no_money(listed, fresh, terminal, tmp_path):
    (tmp_path / "accounts").mkdir()
    party = KeySigner.new_identity(tmp_path / "accounts" / "mine.json", lambda: SECRET)
    words = ["register_party", "DE", "ABC", "--role", "CPO"]
    words += ["--operator", fresh.accounts[1].address, "--account", "mine", "--spender", SPENDER]
    running = terminal(
        *(APE, "run", *words, "--network", f"ethereum:local:{fresh.rpc_url}"),
        cwd=ROOT,
        APE_DATA_FOLDER=str(tmp_path),
        NO_COLOR="1",
    )
    for before, keys in (
        ("Sign:", "y\n"),
        ("passphrase to unlock 'mine' []: ", f"{SECRET}\n"),
        ("unlocked?", "n\n"),
        ("send this? [y/N] ", "y\n"),
    ):
        running.read_until(before)
        running.type(keys)
    code, shown = running.finish()
    assert code == 0, shown
    assert SECRET not in shown
    assert shown.index("to sign   register DE ABC") < shown.index("Sign:")
    assert listed.party("DE", "ABC").address == party.address


def test_ctrl_c_while_it_is_sent_names_what_may_have_been_sent(fresh, proxy, terminal, tmp_path):
    arrived, ended = threading.Event(), threading.Event()

    async def held(exchange):
        await exchange.forward()
        arrived.set()
        await asyncio.to_thread(ended.wait, 60)
        raise ConnectionError

    proxy.inject(held, method="eth_sendRawTransaction")
    choice = f"ethereum:local:{proxy.url}"
    words = ["register_node", URL, "--account", OPERATOR, "--yes", "--network", choice]
    running = terminal(APE, "run", *words, cwd=ROOT, NO_COLOR="1")
    try:
        running.read_until("price ")
        assert arrived.wait(60)
        running.type("\x03")
        code, shown = running.finish()
    finally:
        ended.set()
    assert code != 0
    (tx_hash,) = re.findall("transaction (0x[0-9a-f]{64}) may have been sent", shown)
    assert fresh.request("eth_getTransactionByHash", tx_hash)["blockNumber"]


def test_voltas_settings_with_a_private_deployment(ape_forks, tmp_path):
    with Devnet(chain_id=73799) as devnet:
        own = replace(devnet.deployment(), name="volta-v3")
        file = tmp_path / "volta-v3.json"
        fields = {"chainId": own.chain_id, "dialect": own.dialect, "name": own.name}
        places = {"registry": own.registry, "permissions": own.permissions}
        file.write_text(json.dumps(fields | places))
        devnet.request("evm_setIntervalMining", 1)
        choice = f"energyweb:volta:{devnet.rpc_url}"
        words = ["register_node", URL, "--account", OPERATOR, "--yes", "--deployment", str(file)]
        finished = ape_forks.run("run", *words, "--network", choice)
        output = done(finished)
        assert "network   volta-v3 (chain 73799)" in finished.stderr
        latest = int(devnet.request("eth_blockNumber"), 16)
        assert latest >= output["blockNumber"] + 2  # confirmed three times, as ape-config.yaml says


def test_ape_lists_only_the_scripts_for_users():
    """Ape lists each file of `scripts` that it can run."""
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == {
        *("agree", "deploy", "register_node", "register_party", "register_service", "revoke"),
    }
