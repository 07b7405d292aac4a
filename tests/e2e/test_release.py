"""The release has the same bytes wherever it is built, and works once installed."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import ocn_registry
from ocn_registry.deploy.artifacts import artifact

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "build" / "build_release.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_release", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Build as `make release` does: twice, and once more from the archive; install; use."""
    out = tmp_path_factory.mktemp("release") / "dist"
    finished = subprocess.run(
        [sys.executable, SCRIPT, "--out", out],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return out, finished


@pytest.fixture
def commit(done):
    return re.search("^commit: (.*)$", done[1].stderr, re.MULTILINE)[1]


@pytest.fixture
def wheel(done):
    (path,) = done[0].glob("*.whl")
    return path


def git(*words):
    output = subprocess.run(
        ["git", *words],  # noqa: S607 - whichever git the release is made with
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(output.splitlines())


def test_sums_are_those_of_the_files(done):
    out, finished = done
    for line in finished.stdout.splitlines():
        output, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == output
    assert (out / "SHA256SUMS").read_text() == finished.stdout
    assert {line.split("  ")[1] for line in finished.stdout.splitlines()} >= {
        "permissions-abi.json",
        "permissions-abi.ts",
        "registry-abi.json",
        "registry-abi.ts",
    }
    assert "RELEASE-NOTES.md" in finished.stdout
    assert len(finished.stdout.splitlines()) == 7


def test_abi_for_other_languages_is_that_of_the_package(done):
    for contract in ("Registry", "Permissions"):
        name = contract.lower()
        abi = json.loads((done[0] / f"{name}-abi.json").read_text())
        assert abi == artifact("v3", contract).abi
        typescript = (done[0] / f"{name}-abi.ts").read_text()
        constant = typescript.partition(f"export const {name}Abi = ")[2]
        assert json.loads(constant.removesuffix(" as const;\n")) == abi


def test_installed_command_reads_a_registry(done):
    lines = [line for line in done[1].stderr.splitlines() if line.startswith("installed: ")]
    assert [line.split()[-1] for line in lines][1:] == ["https://node.example.org"]


def test_wheel_holds_what_is_committed_and_nothing_that_lies_about(wheel, commit):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("ocn_registry/")}
    assert packed == git("ls-tree", "-r", "--name-only", commit, "ocn_registry/")


def test_each_file_carries_the_time_of_the_commit(done, commit):
    (epoch,) = git("log", "-1", "--format=%ct", commit)
    (path,) = done[0].glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        assert {each.mtime for each in members if "PKG-INFO" not in each.name} == {int(epoch)}
        assert {(each.uid, each.uname) for each in members} == {(0, "")}


def test_version_stands_in_one_place(script, wheel):
    assert script.version_of(wheel) == ocn_registry.__version__
    files = git("ls-files")
    for name in files:
        if name.endswith((".toml", ".json", ".py", ".yaml", "Makefile")):
            text = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).is_file() else ""
            there = f'"{ocn_registry.__version__}"' in text
            assert there == (name == "ocn_registry/__init__.py"), name


def test_changelog_knows_the_version(script):
    assert script.entry_of(ocn_registry.__version__, (ROOT / "CHANGELOG.md").read_text())


@pytest.mark.parametrize(
    ("version", "changelog", "wanted"),
    [
        ("3.0.0", "## [Unreleased]\n\n- x\n", "## [3.0.0] - YYYY-MM-DD"),
        ("3.0.0", "## [3.0.0]\n\n- x\n", "## [3.0.0] - YYYY-MM-DD"),
        ("3.0.0", "## [3.0.0] - 2026-11-22\n\n## [2.0.0] - 2025-01-01\n- x\n", "## [3.0.0]"),
        ("3.1.0.dev0", "## [3.0.0] - 2026-11-22\n\n- x\n", "## [Unreleased]`"),
    ],
)
def test_version_that_the_changelog_does_not_know_is_refused(script, version, changelog, wanted):
    with pytest.raises(script.NotReleased, match=re.escape(wanted)):
        script.entry_of(version, changelog)


def test_changed_byte_is_found(script, wheel, tmp_path):
    other = tmp_path / wheel.name
    content = bytearray(wheel.read_bytes())
    content[1000] ^= 1
    other.write_bytes(content)
    with pytest.raises(script.NotReleased, match="differs when it is built elsewhere"):
        script.hold_equal([wheel], [other], "elsewhere")


def test_wheel_that_needs_more_than_is_locked_is_refused(script, wheel, tmp_path):
    needy = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as there, zipfile.ZipFile(needy, "w") as here:
        for name in there.namelist():
            content = there.read(name)
            if name.endswith(".dist-info/METADATA"):
                content = content.replace(b"Requires-Dist: aio", b"Requires-Dist: aiosmtp", 1)
            here.writestr(name, content)
    with pytest.raises(script.NotReleased, match="aiosmtphttp"):
        script.install(needy, tmp_path / "env")


README = """# Title
![A picture](docs/a.svg)

[![Linked](docs/b.png)](docs/b.md#part) and [a page](docs/page.md#part),
[elsewhere](https://ocn.example), [below](#below).

```python
x = [1](2)
```
"""


@pytest.fixture
def links(script):
    return script.readme_links


def test_links_of_readme_lead_to_the_public_repository(links):
    output = links.resolved(README, "https://code.example/ocn/", "abc")
    assert "![A picture](https://code.example/ocn/raw/abc/docs/a.svg)" in output
    assert (
        "[![Linked](https://code.example/ocn/raw/abc/docs/b.png)]"
        "(https://code.example/ocn/blob/abc/docs/b.md#part) and "
        "[a page](https://code.example/ocn/blob/abc/docs/page.md#part)"
    ) in output
    assert "[elsewhere](https://ocn.example), [below](#below)" in output
    assert "x = [1](2)" in output


def test_readme_has_no_dead_links_while_the_repository_is_not_public(links):
    output = links.resolved(README, None, "abc")
    assert "docs/" not in output
    assert " and a page,\n[elsewhere](https://ocn.example), [below](#below)." in output
    assert "x = [1](2)" in output


def test_what_an_index_shows_has_no_links_that_lead_nowhere(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        shown = archive.read(name).decode().partition("\n\n")[2]
    assert shown.startswith("# OCN Registry")
    assert re.findall(r"\]\((?!https?:|#)", shown) == []


def test_metadata_names_the_public_repository(links, tmp_path):
    for name in ("README.md", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    links.for_index(tmp_path, "https://code.example/ocn", "abc")
    urls = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["urls"]
    assert (urls["Source"], urls["Issues"]) == (
        "https://code.example/ocn",
        "https://code.example/ocn/issues",
    )
