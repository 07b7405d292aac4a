"""README.md shows real output and code that runs."""

import re
import subprocess
import sys
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


@pytest.fixture(scope="module")
def demo_output():
    done = subprocess.run(
        [sys.executable, "tools/demo/demo.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
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
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tx_hash, cost, route = done.stdout.split()
    assert len(tx_hash) == 66
    assert int(cost) > 0
    assert route == "https://node.example.org"


def test_gas_of_a_party_is_the_measured_one():
    snapshot = (ROOT / "tests/contract/gas_snapshot.json").read_text(encoding="utf-8")
    ours, v1 = re.search(r"a party needs ([\d,]+) gas instead of v1's ([\d,]+)", README).groups()
    assert ours.replace(",", "") in snapshot
    assert v1 == "188,751"
