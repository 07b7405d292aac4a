"""Compiling the contracts anywhere gives the published bytes; a changed contract is detected."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click import ClickException

ROOT = Path(__file__).parents[2]
PUBLISHED = Path("ocn_registry/deploy/artifacts/v3")
WITH_NODE = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
NAMES = ("Registry.json", "Permissions.json")


def clean_folder(folder):
    """Copy the files that the compiler reads, without compiled ones."""
    folder.mkdir(parents=True)
    leave_out = shutil.ignore_patterns(".cache", ".build")
    shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=leave_out)
    shutil.copytree(ROOT / "tools" / "solc", folder / "tools" / "solc")
    (folder / "tools" / "build").mkdir()
    for name in ("build_abi.py", "json_text.py"):
        shutil.copy(ROOT / "tools" / "build" / name, folder / "tools" / "build")
    for name in ("ape-config.yaml", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    packages = folder / "node_modules"
    shutil.copytree(ROOT / "node_modules" / "@openzeppelin", packages / "@openzeppelin")
    for package in (ROOT / "node_modules").iterdir():  # the compiler, and what it needs
        if not (packages / package.name).exists() and not package.name.startswith("."):
            (packages / package.name).symlink_to(package)
    return folder


def build(folder, *options, **environment):
    return subprocess.run(
        [sys.executable, folder / "tools" / "build" / "build_abi.py", *options],
        cwd=folder.parent,
        env=os.environ | {"PATH": WITH_NODE} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Compile in a clean folder that shares only the sources with this one."""
    folder = clean_folder(tmp_path_factory.mktemp("there") / "far away" / "b")
    other = {"TZ": "Pacific/Apia", "LC_ALL": "C", "HOME": str(folder), "PYTHONHASHSEED": "7"}
    assert build(folder, **other).returncode == 0
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_clean_build_elsewhere_gives_the_published_bytes(elsewhere, name):
    assert (elsewhere / PUBLISHED / name).read_bytes() == (ROOT / PUBLISHED / name).read_bytes()


def test_published_files_contain_no_local_folder(elsewhere):
    for name in NAMES:
        text = (elsewhere / PUBLISHED / name).read_text()
        assert str(ROOT) not in text
        assert "far away" not in text


def test_changed_byte_of_an_artifact_is_found(elsewhere):
    paths = [elsewhere / PUBLISHED / name for name in NAMES]
    published = {path: path.read_text() for path in paths}
    for path, content in published.items():
        at = content.index('"deployedBytecode": "0x') + 1000
        path.write_text(content[:at] + f"{int(content[at], 16) ^ 1:x}" + content[at + 1 :])
    try:
        checked = build(elsewhere, "--check")
    finally:
        for path, content in published.items():
            path.write_text(content)
    assert checked.returncode == 1
    named = [line.split(":")[0] for line in checked.stdout.splitlines()]
    assert named == [str(PUBLISHED / name) for name in NAMES]


def test_code_that_differs_from_its_sources_is_not_deployed(elsewhere, monkeypatch):
    """One more letter in a comment is enough, because the metadata covers it."""
    spec = importlib.util.spec_from_file_location("deploy_script", ROOT / "scripts" / "deploy.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "ROOT", elsewhere)
    monkeypatch.setenv("PATH", WITH_NODE)
    path = elsewhere / "contracts" / "libraries" / "TextRules.sol"
    path.write_text(f"{path.read_text()}// .\n")
    with pytest.raises(ClickException, match=r"Registry\.json: not what contracts/ compiles to"):
        script.hold_to_sources()
