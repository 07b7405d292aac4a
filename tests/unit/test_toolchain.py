"""The pins are exact, the locks hold on any machine, and what is cleaned is no key."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = json.loads((ROOT / "package.json").read_text())
LOCKS = [ROOT / "package-lock.json", *sorted((ROOT / "requirements").glob("*.txt"))]


def test_compiler_answers_in_the_words_of_the_native_one():
    version = PACKAGE["dependencies"]["solc"]

    answer = subprocess.run(
        [ROOT / "tools" / "solc" / f"solc-v{version}", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    # two lines, which py-solc-x and forge read
    assert re.fullmatch(rf"solc, .*\nVersion: {version}\+commit\.[0-9a-f]{{8}}\..*\n", answer)


@pytest.mark.parametrize("group", ["dependencies", "optionalDependencies", "devDependencies"])
def test_every_npm_package_is_pinned_exactly(group):
    for name, version in PACKAGE[group].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_names_no_registry_and_no_folder_of_a_machine(lock):
    text = lock.read_text()

    assert '"resolved"' not in text
    # an option of pip on a line of its own, a file, an archive
    assert not re.search(r"^--?[a-z]|file:|https?://\S*\.(tgz|whl|gz)", text, re.MULTILINE)


def test_cleaning_keeps_the_keys_that_ape_was_given(tmp_path):
    accounts = tmp_path / ".cache" / "ape" / "accounts"
    for folder in (accounts, tmp_path / ".cache/ape/packages", tmp_path / ".cache/other"):
        folder.mkdir(parents=True)
    (accounts / "deployer.json").write_text("{}")
    (tmp_path / ".venv").mkdir()

    subprocess.run(
        [shutil.which("make"), "-s", "-f", ROOT / "Makefile", "clean"], cwd=tmp_path, check=True
    )

    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [accounts / "deployer.json"]
    assert sorted(each.name for each in tmp_path.rglob("*") if each.is_dir()) == [
        ".cache",
        "accounts",
        "ape",
    ]
