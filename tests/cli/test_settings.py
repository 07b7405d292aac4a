"""Settings: what a command uses where its arguments say nothing."""

import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from ocn_registry import KeySigner
from ocn_registry.cli import options
from ocn_registry.cli.config import settings
from ocn_registry.cli.config.settings_file import _READ
from ocn_registry.foreign.text import HIDDEN_KEY
from ocn_registry.networks import built_in
from ocn_registry.plans import folders

ROOT = Path(__file__).parents[2]
NAKED = "be367b774603c65850ee2cf479df809174f95cdb847483db2a6bcf1aad0fa5fd"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def file(tmp_path):
    """Create a settings file; return its folder."""

    def write(text, mode=0o600):
        folder = tmp_path / "config" / "ocn-registry"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "settings.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return {"XDG_CONFIG_HOME": str(folder.parent)}

    return write


@pytest.fixture
def in_force(anywhere):
    """Return the effective settings: each value and its source."""

    def ask(*words, **variables):
        finished = anywhere("settings", *words, **variables)
        assert finished.returncode == 0, finished.stderr
        output = json.loads(finished.stdout)["settings"]
        return {key: (each["value"], each["from"]) for key, each in output.items()}

    return ask


def test_every_setting_is_an_option():
    parser = ArgumentParser()
    for add in (options.network_and_output, options.acting, options.spending):
        add(parser)
    taken = {action.dest for action in parser._actions}
    assert set(settings.KEYS) == set(_READ) <= taken


def test_the_guide_shows_settings_that_work(file, in_force, tmp_path):
    guide = (ROOT / "docs" / "guide-party.md").read_text()
    own = file(guide.split("```toml\n")[1].split("```")[0])
    assert in_force(**own)["network"] == ("volta", "file")
    work = in_force("--profile", "work", **own)
    beside = tmp_path / "config" / "ocn-registry"
    assert work["signer"] == (f"keystore:{beside / 'party.json'}", "profile")
    assert work["max_fee"] == (200, "profile")
    output = guide.split("The keys are `network`")[1].split(". A flag")[0]
    assert {"network", *re.findall(r"`(\w+)`", output)} == set(settings.KEYS)


def test_nothing_is_set_without_a_file(in_force):
    output = in_force()
    assert output.pop("network") == ("local", "default")
    assert output.pop("wait") == ("confirmed", "default")
    assert output.pop("rpc_url") == (["http://127.0.0.1:8544"], "default")
    assert set(output.values()) == {(None, "default")}


ALL = """
network = "volta"
timeout = 60
rpc_url = "https://one.example.com"
[profiles.work]
wait = 12
max_fee = 300
rpc_url = ["https://two.example.com", "https://three.example.com"]
"""


def test_a_flag_beats_the_environment_and_that_the_profile_and_that_the_rest(file, in_force):
    place = file(ALL)
    output = in_force(**place)
    assert output["network"] == ("volta", "file")
    assert output["timeout"] == (60.0, "file")
    assert output["rpc_url"] == (["https://one.example.com"], "file")
    work = in_force("--profile", "work", **place)
    assert work["network"] == ("volta", "file")
    assert (work["wait"], work["max_fee"]) == (("12", "profile"), (300, "profile"))
    assert work["rpc_url"][0] == ["https://two.example.com", "https://three.example.com"]
    assert in_force(OCN_PROFILE="work", **place) == work
    variable = in_force(OCN_PROFILE="work", OCN_RPC_URL=NOWHERE, **place)
    assert variable["rpc_url"] == ([NOWHERE], "variable")
    words = ("--wait", "final", "--rpc-url", "http://127.0.0.1:8")
    flag = in_force(*words, OCN_PROFILE="work", OCN_RPC_URL=NOWHERE, **place)
    assert flag["rpc_url"] == (["http://127.0.0.1:8"], "flag")
    assert flag["wait"] == ("final", "flag")
    assert flag["max_fee"] == (300, "profile")


TOGETHER = """
network = "ewc"
rpc_url = "https://one.example.com"
network_file = "own.json"
signer = "keystore:one.json"
passphrase_file = "one.secret"
spender = "file:two.key"
spender_passphrase_file = "two.secret"
[profiles.volta]
network = "volta"
[profiles.file]
network_file = "other.json"
[profiles.three]
signer = "env:THREE"
spender = "command:bridge --device 3"
"""


def test_another_network_or_key_overrides_its_related_settings(file, in_force, tmp_path):
    place = file(TOGETHER)
    beside = tmp_path / "config" / "ocn-registry"
    output = in_force(**place)
    assert output["network_file"] == (str(beside / "own.json"), "file")
    assert output["signer"] == (f"keystore:{beside / 'one.json'}", "file")
    assert output["spender"] == (f"file:{beside / 'two.key'}", "file")
    assert output["passphrase_file"] == (str(beside / "one.secret"), "file")
    for words in (("--profile", "volta"), ("-n", "volta")):
        other = in_force(*words, **place)
        assert other["network"][0] == "volta"
        assert other["rpc_url"] == ([*built_in("volta").rpc_urls], "default")
        assert other["network_file"] == (None, "default")
        assert other["passphrase_file"] == output["passphrase_file"]
    other = in_force("--profile", "file", **place)
    assert other["network"] == ("ewc", "file")
    assert (other["rpc_url"][0], other["network_file"][1]) == (None, "profile")
    other = in_force("--profile", "three", **place)
    assert other["signer"] == ("env:THREE", "profile")
    assert other["spender"] == ("command:bridge --device 3", "profile")
    assert other["passphrase_file"][0] is other["spender_passphrase_file"][0] is None
    assert in_force(SIGNER="env:THREE", **place)["passphrase_file"][0] is None


def test_the_settings_choose_the_chain(file, anywhere, devnet):
    own = file(f'rpc_url = "{devnet.rpc_url}"\n[profiles.nowhere]\nrpc_url = "{NOWHERE}"')
    assert anywhere("list-nodes", **own).stdout == "[]\n"
    assert anywhere("list-nodes", "--profile", "nowhere", **own).returncode == 5
    found = anywhere("list-nodes", "--profile", "nowhere", OCN_RPC_URL=devnet.rpc_url, **own)
    assert found.stdout == "[]\n"


@pytest.mark.usefixtures("client")
def test_the_settings_choose_keys_price_and_patience(file, command, deployment, operator, devnet):
    key = devnet.accounts[1].private_key
    other = devnet.accounts[2].private_key
    own = file('signer = "env:MINE"\nwait = 1\nmax_fee = 1\n[profiles.dear]\nmax_fee = 1_000\n')
    cheap = command("set-node", "https://node.example.org", MINE=key, **own)
    assert (cheap.returncode, cheap.stdout) == (4, "")
    words = ("set-node", "https://node.example.org", "--profile", "dear")
    written = command(*words, MINE=key, **own)
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout)["signers"] == [operator.address]
    assert "note" not in written.stderr
    address = KeySigner.from_key(other).address
    beaten = command("identity", "show", MINE=key, SIGNER=other, **own)
    assert beaten.stdout == f"{address}\n"
    assert f"note: SIGNER is used, not the settings' signer: {address} signs" in beaten.stderr


def test_a_lookup_of_a_transaction_waits_only_on_request(file, command, deployment, client):
    own = file("wait = 50\ntimeout = 600\n")
    finished = command("tx", "status", "0x" + "00" * 32, **own)
    assert (finished.returncode, finished.stdout) == (6, "null\n")


def test_a_flag_that_differs_from_the_environment_is_reported(file, anywhere, devnet):
    own = file("[profiles.one]\n[profiles.two]\n")
    output = anywhere("settings", "--profile", "one", OCN_PROFILE="two", **own)
    assert "note: --profile 'one' is used, not OCN_PROFILE" in output.stderr
    output = anywhere("settings", "--rpc-url", devnet.rpc_url, OCN_RPC_URL=NOWHERE, **own)
    assert "note: --rpc-url is used, not OCN_RPC_URL" in output.stderr
    output = anywhere("settings", "--profile", "one", OCN_PROFILE="one", **own)
    assert (json.loads(output.stdout)["profile"], output.stderr) == ("one", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("netwrok = 'ewc'", "there is no setting 'netwrok': did you mean 'network'?"),
        ("[profiles.a]\nsignr = 'env:A'", "'profiles.a.signr': did you mean 'signer'?"),
        ("rpc_urls = 'https://a'", "did you mean 'rpc_url'?"),
        ("zzz = 1", "there are ['ca_file'"),
        (
            "[profiles]\nprofiles = {profiles = {}}",
            "there is no setting 'profiles.profiles.profiles",
        ),
        ("network = 'vlota'", "'network' is 'vlota': give one of local, volta"),
        ("network = 7", "'network' is 7: give a text in quotes"),
        ("network = ''", "give a text in quotes"),
        ("network", "it is not valid TOML"),
        ("network = 'ewc'\nnetwork = 'ewc'", "it is not valid TOML"),
        ("a = " + "[" * 30_000, "it is not valid TOML"),
        ("rpc_url = []", "give a URL, or a list of them"),
        ("rpc_url = ['https://a', 1]", "give a text in quotes"),
        ("rpc_url = 'ftp://a'", "give a URL, https://..."),
        ("proxy = 'localhost:8080'", "give a URL"),
        ("signer = 'me.json'", "give keystore:PATH, env:NAME"),
        ("spender = 'keystore:'", "give keystore:PATH"),
        ("wait = 'soon'", "give confirmed, final, or a number of blocks"),
        ("wait = true", "give a text"),
        ("wait = -1", "a number of blocks"),
        ("timeout = 'long'", "a number of seconds"),
        ("timeout = inf", "above 0"),
        ("timeout = nan", "above 0"),
        ("timeout = true", "a number of seconds"),
        ("max_fee = 0", "a whole number of wei"),
        ("max_fee = 1.5", "a whole number of wei"),
        ("max_fee = true", "a whole number of wei"),
        ("profiles = 1", "write [profiles.NAME]"),
        ("profiles.a = 1", "'profiles.a' is 1: write [profiles.NAME]"),
        ("ca_file = '~nobody-of-this-name/x'", "home folder"),
        (b"network = '\xff'", "not text in UTF-8"),
        ("#" * 70_000, "too long"),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_in_one_line(file, anywhere, text, says):
    finished = anywhere("list-nodes", **file(text))
    assert (finished.returncode, finished.stdout) == (2, "")
    assert says in finished.stderr
    assert finished.stderr.count("\n") == 1
    assert len(finished.stderr) < 1000


@pytest.mark.parametrize(
    "text",
    [
        f"signer = '{NAKED}'",
        f"signer = '0x{NAKED}'",
        f"[profiles.a]\nspender = '0X{NAKED.upper()}'",
        f"spender = 'command:sign --key {NAKED}'",
        f"passphrase_file = '{NAKED}'",
        f"signer = ['{NAKED}']",
        f"private_key = '{NAKED}'",
        f"{NAKED} = 'signer'",
        f"signer = {{ key = '{NAKED}' }}",
        f"[profiles]\na = '{NAKED}'",
        f"[{NAKED}]\n[{NAKED}]",
        f"signer = ['{'a' * 50}', '{NAKED}']",
        f"[profiles]\n{'a' * 60}-{NAKED} = 1",
    ],
)
def test_a_key_in_the_file_is_refused_and_not_quoted(file, anywhere, text):
    finished = anywhere("list-nodes", **file(text))
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.count("\n") == 1
    assert NAKED not in finished.stderr.lower()
    assert NAKED[:30] not in finished.stderr.lower()
    if "=" in text.partition(NAKED)[0] and "[profiles]" not in text:
        assert "what looks like a private key" in finished.stderr


def test_hostile_text_in_settings_can_not_control_a_terminal(file, anywhere, in_force):
    for text in (
        'network = "\\u001b[2J"',
        '"\\u001b]0;x\\u0007" = 1',
        '[profiles."\\u001b[2J"]\nmax_fee = "x"',
    ):
        finished = anywhere("list-nodes", **file(text))
        assert finished.returncode == 2
        assert "\x1b" not in finished.stderr
    own = file('[profiles."\\u001b[2J"]\nmax_fee = 7')
    assert "\x1b" not in anywhere("settings", **own).stdout
    assert in_force("--profile", "\x1b[2J", **own)["max_fee"] == (7, "profile")


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(file, anywhere, mode):
    finished = anywhere("list-nodes", **file("network = 'volta'", mode))
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "chmod go-w" in finished.stderr


def test_a_file_that_others_can_read_is_used(file, in_force):
    assert in_force(**file("network = 'volta'", 0o644))["network"] == ("volta", "file")


def test_special_file_is_refused_at_once(file, anywhere, tmp_path):
    own = file("")
    path = tmp_path / "config" / "ocn-registry" / "settings.toml"
    for make in (path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to("nothing")):
        path.rmdir() if path.is_dir() else path.unlink()
        make()
        finished = anywhere("list-nodes", **own)
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "settings" in finished.stderr


def test_a_profile_that_is_not_there_is_reported(file, anywhere):
    own = file("[profiles.work]\n")
    assert "did you mean 'work'?" in anywhere("list-nodes", "--profile", "wrok", **own).stderr
    nobody = anywhere("list-nodes", OCN_PROFILE="work")
    assert nobody.returncode == 2
    assert "there is no profile 'work' (OCN_PROFILE)" in nobody.stderr


def test_a_broken_file_does_not_affect_commands_without_settings(file, anywhere, tmp_path):
    own = file("broken")
    path = tmp_path / "config" / "ocn-registry" / "settings.toml"
    assert anywhere("settings", "path", **own).stdout == f"{path}\n"
    assert anywhere("settings", **own).returncode == 2
    for words in (["--version"], ["completion"], ["settings", "--help"]):
        assert anywhere(*words, **own).returncode == 0


def test_no_key_and_no_password_is_shown(in_force):
    words = ("--proxy", "http://me:secret@proxy.example.com", "-x", f"0x{NAKED}")
    words += ("--rpc-url", "https://token@rpc.example.com/")
    output = in_force(*words, SIGNER=NAKED)
    assert output["proxy"][0] == "http://<hidden>@proxy.example.com"
    assert output["rpc_url"][0] == ["https://<hidden>@rpc.example.com/"]
    assert (output["signer"], output["spender"]) == ((HIDDEN_KEY, "variable"), (HIDDEN_KEY, "flag"))


def test_a_new_key_takes_no_passphrase_from_the_settings(file, anywhere, tmp_path):
    own = file("passphrase_file = 'secret'")
    secret = tmp_path / "config" / "ocn-registry" / "secret"
    secret.touch(mode=0o600)
    secret.write_text("the other key's")
    finished = anywhere("identity", "new", "me.json", **own)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert not (tmp_path / "me.json").exists()


@pytest.mark.parametrize("there", [False, True])
def test_toml_is_read_only_where_there_is_a_file(file, tmp_path, there):
    own = file("") if there else {"XDG_CONFIG_HOME": str(tmp_path)}
    program = (
        "import sys\nfrom ocn_registry.cli.main import main\n"
        "main(['settings'])\nprint('tomllib' in sys.modules, file=sys.stderr)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ) | own,
    )
    assert finished.stderr == f"{there}\n"


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", "home/.config"),
        ("darwin", "home/Library/Application Support"),
        ("win32", "roaming"),
    ],
)
def test_the_file_is_in_the_platforms_folder(monkeypatch, tmp_path, platform, folder):
    monkeypatch.setattr(folders.sys, "platform", platform)
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute" if platform != "win32" else "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert settings.place() == tmp_path / folder / "ocn-registry" / "settings.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    assert settings.place() == tmp_path / "elsewhere" / "ocn-registry" / "settings.toml"
