"""The command line reads, signs, sends and keeps its files without what only POSIX systems have."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = (ROOT / "tests" / "elsewhere.py").read_text(encoding="utf-8")
# Runs commands one after the other in one process, and prints what each printed.
COMMANDS = """
import contextlib, io, json
from ocn_registry.cli.main import main
sys.platform = "win32"
os.environ.clear()
os.environ.update(json.loads(sys.argv[2]))
sys.stdin = io.StringIO()
found = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as left:
            code = left.code
    found.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(found))
"""


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def run(tmp_path, network_file):
    """Run commands; return what each printed. None may fail."""
    home = {
        "HOME": str(tmp_path),
        "APPDATA": str(tmp_path / "roaming"),
        "LOCALAPPDATA": str(tmp_path / "local"),
    }

    def run(*commands, codes=(0,), **variables):
        words = [[*map(str, each), "--network-file", network_file] for each in commands]
        finished = subprocess.run(
            [
                *(sys.executable, "-c", ELSEWHERE + COMMANDS),
                *(json.dumps(words), json.dumps(home | variables)),
            ],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PYTHONUTF8": "0"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        found = json.loads(finished.stdout)
        for each, (code, _, err) in zip(commands, found, strict=True):
            assert code in codes, (each, err)
        return [out or err for _, out, err in found]

    return run


def test_entries_are_read_written_and_kept_in_files(run, listed_node, cpo, keys, client, tmp_path):
    settings = tmp_path / "roaming" / "ocn-registry"
    settings.mkdir(parents=True)
    # Like Notepad: a byte order mark, and lines ending in two characters.
    text = 'signer = "env:KEY"\r\nspender = "env:KEY"\r\n'
    (settings / "settings.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    party = ("-c", "DE", "WIN", "-r", "CPO", "-o", listed_node.address)
    found = run(
        ("settings", "path"),
        ("list-nodes", "--csv", "--out", "nodes.csv"),
        ("get-node", listed_node.address),
        ("register", *party, "--si", "cdrs", "--yes"),
        ("set-node", "https://win.example.org"),
        ("set-node", "https://win.example.com"),
        ("get-party", "-c", "de", "win"),
        ("history", "-c", "DE", "WIN", "--csv", "--out", "history.csv"),
        ("watch", "--once", "--from", "0", "--cursor", "cursor.json"),
        ("watch", "--once", "--cursor", "cursor.json"),
        ("tx", "list"),
        ("info",),
        ("explore", "--export", "page"),
        ("migrate", "snapshot", "--out", "snapshot.json", "--block", "latest"),
        KEY=keys[cpo.address],
    )
    assert found[0] == f"{settings / 'settings.toml'}\n"
    assert client.node(cpo.address).domain == "https://win.example.com"
    assert json.loads(found[6])["partyId"] == "WIN"
    assert "https://win.example.org" in found[8]
    assert "https://win" not in found[9]
    assert json.loads(found[10]) == []
    assert (tmp_path / "local" / "ocn-registry" / "journal.db").is_file()
    assert (tmp_path / "page" / "index.html").is_file()
    for name in ("nodes.csv", "history.csv", "snapshot.json"):
        assert b"\r" not in (tmp_path / name).read_bytes()
        assert (tmp_path / name).read_bytes()


def test_a_key_in_a_keystore_signs_and_is_rotated(
    run, listed_node, spender, keys, client, tmp_path
):
    (tmp_path / "words").write_bytes(b"a passphrase\r\n")
    unlock = ("--passphrase-file", "words")
    wanted = ("-c", "DE", "WIN", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs")
    (address,) = run(("identity", "new", "party.json", *unlock))
    address = json.loads(address)["address"]
    signer = ("-s", "keystore:party.json", *unlock)
    run(
        ("identity", "show", "party.json"),
        ("request", "prepare", "register", *wanted, "-a", address, "--folder", "prepared"),
        (
            *("request", "sign", "prepared/1-SetParty.json", "prepared/2-SetPartyModules.json"),
            *(*signer, "--folder", "signed", "--yes"),
        ),
        ("request", "verify", "signed/1-SetParty.json"),
        (
            *("request", "submit", "signed/1-SetParty.json", "signed/2-SetPartyModules.json"),
            *("-x", "env:PAYS", "--yes"),
        ),
        ("identity", "rotate", "--make", "new.json", *signer, "-x", "env:PAYS", "--yes"),
        PAYS=keys[spender.address],
    )
    party = client.party("DE", "WIN")
    (new,) = run(("identity", "show", "new.json"))
    assert party.address == new.strip() != address


def test_a_development_chain_prints_its_url(run):
    (said,) = run(("devnet", "--port", "0"), codes=(1,))
    assert said == "error: the development chain needs Linux, macOS or WSL\n"
