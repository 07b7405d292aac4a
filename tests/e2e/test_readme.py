"""README.md shows real output and code that runs."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_after(remark):
    """Return the code block that stands below an HTML comment."""
    found = re.search(rf"<!-- {re.escape(remark)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {remark!r}"
    return found[1]


def without_figures(text):
    """Leave out what differs from run to run: fresh keys make other hashes and other gas."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text, flags=re.IGNORECASE)
    return re.sub(r"\d[\d,]*", "#", text)


PATIENCE_S = 60
BASH = shutil.which("bash")
COLUMNS = 100  # of the terminal that README shows
# What README's person types; nothing of a passphrase is shown.
ANSWERS = {"me.json: ": "a passphrase\n", "once more: ": "a passphrase\n", "[y/N] ": "y\n"}


def in_a_shell(folder, *lines):
    """Write a shell's script that does first what README says to do in each terminal."""
    activate = next(line for line in block_after_heading().splitlines() if "activate" in line)
    return "\n".join([f"cd {shlex.quote(str(ROOT))}", activate, f"cd {folder}", *lines])


def block_after_heading():
    """Return the first code block of the section about the command line."""
    return re.search(r"## From the command line\n\n```sh\n(.*?)```", README, re.DOTALL)[1]


@pytest.fixture
def chain(tmp_path):
    """Start README's chain, on a free port, so that it meets no other; give its URL."""
    command = next(line for line in block_after_heading().splitlines() if "devnet" in line)
    line = f"exec {command.partition('#')[0].strip()} --port 0"
    with subprocess.Popen(
        [BASH, "-euc", in_a_shell(tmp_path, line)],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        told = ""
        ends = time.monotonic() + PATIENCE_S
        while '"accounts"' not in told and time.monotonic() < ends:
            told += running.stdout.readline()
        yield re.search(r'"rpcUrl": "(.*?)"', told)[1]
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=PATIENCE_S) == 0


def test_the_walk_goes_as_readme_shows_it(chain, terminal, tmp_path):
    remark = "run by a test as it stands, one after the other"
    exports, commands = [], 0
    for step in block_after(remark).removeprefix("$ ").split("\n$ "):
        command, _, expected = step.partition("\n")
        if command.startswith("export "):
            exports.append(command)
            continue
        commands += 1
        running = terminal(
            *(BASH, "-euc", in_a_shell(tmp_path, *exports, command)),
            columns=COLUMNS,
            NO_COLOR="1",
            OCN_RPC_URL=chain,
            HOME=str(tmp_path),
            XDG_CONFIG_HOME=str(tmp_path),
        )
        code, shown = running.finish(ANSWERS)
        assert code == 0, shown
        shown = without_figures(shown.replace(str(tmp_path), "/home/me"))
        parts = re.split(
            r"^\.\.\.\n", without_figures(f"{expected.rstrip()}\n"), flags=re.MULTILINE
        )
        assert re.fullmatch(".*".join(map(re.escape, parts)), shown, re.DOTALL), shown
    assert commands == README.count("\n$ ocn-registry")


@pytest.fixture(scope="module")
def demo_output():
    done = subprocess.run(
        [sys.executable, "scripts/demo.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_what_the_demo_prints_is_what_readme_shows(demo_output):
    excerpts = block_after("from make demo; a test compares it").split("...\n")
    assert len(excerpts) > 1
    printed = without_figures(demo_output)
    for excerpt in excerpts:
        assert without_figures(excerpt) in printed


def test_the_python_example_registers_a_party_that_has_no_money():
    done = subprocess.run(
        [sys.executable, "-c", block_after("run by a test as it stands")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tx_hash, cost, route = done.stdout.split()
    assert len(tx_hash) == 66
    assert int(cost) > 0
    assert route == "https://node.example.org"


def test_gas_of_a_party_is_the_measured_one():
    snapshot = (ROOT / "tests/contract/gas_snapshot.json").read_text(encoding="utf-8")
    ours, v1 = re.search(r"a party ([\d,]+) gas where v1 takes ([\d,]+)", README).groups()
    assert ours.replace(",", "") in snapshot
    assert v1 == "188,751"
