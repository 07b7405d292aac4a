"""How a write asks for consent: plan, keys, price. It is the same for all contracts, so only ours
are used."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocn_registry import KeySigner, Role, SetPartyModules
from ocn_registry.cli.commands.write import WRITES

URL = "https://node.example.org"
V1_COMMAND = Path(__file__).parents[2] / "node_modules/@shareandcharge/ocn-registry/dist/cli.js"


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture(autouse=True)
def isolation(fresh):
    pass


def test_the_plan_is_distinguished_from_the_result(command, keys, operator):
    finished = command("set-node", f"{URL}/", "-s", keys[operator.address], "--wait", "final")
    assert json.loads(finished.stdout)["state"] == [{"operator": operator.address, "url": URL}]
    for output in ("network", operator.address, f"list its node under {URL}", "price", "sent"):
        assert output in finished.stderr
    assert "now       not listed" in finished.stderr


def test_a_dry_run_sends_nothing(client, done, keys, operator):
    result = json.loads(done("set-node", URL, "-s", keys[operator.address], "--dry-run"))
    assert result["status"] == "dry run"
    assert int(result["mostCostWei"]) > 0
    assert client.nodes() == ()


@pytest.mark.usefixtures("listed_node")
def test_write_that_would_revert_is_not_sent(command, devnet, keys, cpo):
    before = devnet.request("eth_blockNumber")
    finished = command("set-node", URL, "-s", keys[cpo.address])
    assert (finished.returncode, finished.stdout) == (4, "")
    assert "is listed for the operator" in finished.stderr
    assert devnet.request("eth_blockNumber") == before


def test_account_without_money_learns_who_could_pay(command):
    finished = command("set-node", URL, SIGNER="0x" + "11" * 32)
    assert finished.returncode == 4
    assert "have another one pay" in finished.stderr


RELAY = ("--relay", "http://127.0.0.1:9")
PARTY = ("-c", "DE", "ABC")
WHY = ("--reason", "a test", "--log", "LOG", "-s", "env:OWNER")


def test_only_commands_of_version_1_write_unasked():
    names = re.findall(r'"((?:set|delete|revoke)-[a-z-]+)[ "]', V1_COMMAND.read_text())
    ours = {name for one in WRITES if not one.is_new for name in (one.name, *one.aliases)}
    assert ours | {f"{name}-raw" for name in ours} == set(names)
    assert [one.name for one in WRITES if one.is_new] == ["set-website"]


@pytest.mark.parametrize(
    "words",
    [
        ("set-website", "https://www.example.org", *PARTY, "-s", "env:CPO"),
        ("set-website-raw", "https://www.example.org", *PARTY, "-s", "env:CPO", "-x", "env:PAYS"),
        ("register", "-c", "DE", "NEW", "-r", "CPO", "-o", "NODE", "-s", "env:CPO"),
        ("register", "-c", "DE", "NEW", "-r", "CPO", "-o", "NODE", "-s", "env:CPO", *RELAY),
        ("request", "sponsor", "-a", "NODE", "--requests", "2", "-s", "env:NODE"),
        ("request", "submit", "FILE", "-x", "env:PAYS"),
        ("request", "submit", "FILE", *RELAY),
        ("request", "sign", "FILE", "-s", "env:CPO"),
        ("request", "cancel", "-s", "env:CPO"),
        ("leave", "-s", "env:CPO"),
        ("owner", "delete-party", *PARTY, *WHY),
        ("owner", "reserve", "NODE", *PARTY, *WHY),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_without_a_terminal_all_other_commands_need_yes(
    command, devnet, client, keys, cpo, listed_node, spender, tmp_path, words
):
    client.set_party("DE", "ABC", [Role.CPO], listed_node.address, signer=cpo)
    signed = client.sign(SetPartyModules(sender=[], receiver=[]), cpo)
    (tmp_path / "signed.json").write_text(signed.to_json())
    given = {"NODE": listed_node.address, "FILE": tmp_path / "signed.json", "LOG": tmp_path / "log"}
    before = devnet.request("eth_blockNumber")
    finished = command(
        *[given.get(word, word) for word in words],
        CPO=keys[cpo.address],
        NODE=keys[listed_node.address],
        PAYS=keys[spender.address],
        OWNER=devnet.accounts[0].private_key,
    )
    assert (finished.returncode, finished.stdout) == (2, ""), finished.stderr
    assert "add --yes" in finished.stderr
    assert devnet.request("eth_blockNumber") == before


def test_no_service_is_not_an_agreement(command, keys, cpo, provider):
    finished = command("set-agreement", provider.address, "-s", keys[cpo.address])
    assert (finished.returncode, finished.stdout) == (3, "")
    assert "Provider has no Service listed" in finished.stderr


def test_a_key_as_an_argument_is_refused_on_public_contracts(anywhere, devnet, keys, cpo):
    key = keys[cpo.address]
    words = ("set-node", URL, "-n", "volta", "--rpc-url", devnet.rpc_url, "-s", key)
    finished = anywhere(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "keystore:PATH" in finished.stderr
    assert key.removeprefix("0x") not in finished.stderr


def test_missing_key_is_reported_with_the_ways_to_give_one(command):
    for words in (("set-node", URL), ("set-node", URL, "-s", "me"), ("delete-node", "-s", "")):
        finished = command(*words)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "keystore:PATH" in finished.stderr


def test_keys_in_the_environment_are_used_with_one_warning(
    command, client, keys, operator, spender
):
    both = {"SIGNER": keys[operator.address], "SPENDER": keys[spender.address]}
    finished = command("set-node-raw", URL, **both)
    assert finished.returncode == 0
    assert finished.stderr.count("warning:") == 1
    assert client.node(operator.address).domain == URL


def test_a_flag_beats_the_environment_and_says_so(command, client, keys, operator, cpo):
    words = ("set-node", URL, "--signer", keys[operator.address])
    finished = command(*words, SIGNER=keys[cpo.address])
    assert f"{operator.address} signs" in finished.stderr
    assert client.node(operator.address).domain == URL


def test_references_find_keys(done, client, keys, operator, tmp_path):
    key = keys[operator.address]
    secret, file, keystore = (tmp_path / name for name in ("secret", "key", "keystore"))
    for path, text in ((secret, "a passphrase\n"), (file, f"{key}\n")):
        path.touch(mode=0o600)
        path.write_text(text)
    KeySigner.from_key(key).to_keystore(keystore, lambda: "a passphrase")
    unlocked = ("--passphrase-file", secret)
    for place, (reference, more) in enumerate(
        (
            ("env:MY_KEY", ()),
            (f"file:{file}", ()),
            (f"keystore:{keystore}", unlocked),
        )
    ):
        url = f"https://node{place}.example.org"
        done("set-node", url, "-s", reference, *more, MY_KEY=key)
        assert client.node(operator.address).domain == url


def test_a_keystore_without_anybody_to_ask_says_what_to_do(devnet, tmp_path):
    KeySigner.generate().to_keystore(tmp_path / "k", lambda: "secret")
    words = ("delete-node", "--rpc-url", devnet.rpc_url, "-s", f"keystore:{tmp_path / 'k'}")
    finished = subprocess.run(
        [sys.executable, "-m", "ocn_registry.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert finished.returncode == 2
    assert "--passphrase-file" in finished.stderr


def test_passphrase_is_asked_for_only_if_the_keystore_can_be_written(anywhere, tmp_path):
    (tmp_path / "me.json").touch()
    for words, says in (
        (("delete-node", "-s", "keystore:you.json"), "there is no keystore 'you.json'"),
        (("delete-node", "-s", "keystore:."), "the keystore '.' is a folder"),
        (("delete-node", "-s", "me.json"), "did you mean keystore:me.json?"),
        (("delete-node", "-s", "a/" * 150), "the signer is not a reference to a key: give"),
        (("delete-node", "-s", "b" * 300), "the signer is not a reference to a key: give"),
        (("delete-node-raw", "-s", "keystore:me.json"), "no key for the spender"),
        (("set-node", "my node", "-s", "keystore:me.json"), "is not a valid URL"),
        (("set-node", "https://https://a.example", "-s", "keystore:me.json"), "two schemes"),
        (
            ("set-node", "https://http//a.example", "-s", "keystore:me.json"),
            "use https://a.example",
        ),
        (("set-node", "https://a.example:99999", "-s", "keystore:me.json"), "1 to 65535"),
    ):
        finished = anywhere(*words)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert says in finished.stderr
        assert "passphrase" not in finished.stderr
