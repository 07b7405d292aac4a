"""Versions are pinned exactly, locks work on any machine, and cleaning keeps keys."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = json.loads((ROOT / "package.json").read_text())
LOCKS = [ROOT / "package-lock.json", *sorted((ROOT / "requirements").glob("*.txt"))]


def test_compiler_reports_its_version_like_the_native_one():
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
def test_locks_name_no_registry_and_no_local_folder(lock):
    text = lock.read_text()

    assert '"resolved"' not in text
    # an option of pip, a file, an archive
    assert not re.search(r"^--?[a-z]|file:|https?://\S*\.(tgz|whl|gz)", text, re.MULTILINE)


PIP_LOCKS = LOCKS[1:]
_REQUIREMENT = re.compile(
    r"^([a-zA-Z0-9][\w.-]*)==[^\s\\]+(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("lock", PIP_LOCKS, ids=lambda path: path.name)
def test_every_python_package_has_a_hash(lock):
    text = lock.read_text()
    found = _REQUIREMENT.findall(text)

    assert len(found) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    for name, rest in found:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest), name


def test_every_npm_package_has_a_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert len(packages) > 50
    for name, package in packages.items():
        # A bundled package is covered by the hash of the package that contains it.
        is_fetched = name and not package.get("inBundle")
        assert not is_fetched or package["integrity"].startswith("sha512-"), name


INSTALLERS = [
    *(ROOT / "tools").rglob("*.sh"),
    *(ROOT / "tools").rglob("*.py"),
    *(ROOT / "packaging").rglob("*"),
    *(ROOT / ".ci").iterdir(),
    ROOT / "Makefile",
]
_FETCHES = re.compile(
    r"^(?!\s*#).*?(?:\bpip\b.{0,20}\binstall\b|\$\(PIP\)|\$\(HASHED\)|\bnpm (?:ci|i|install|exec)\b"
    r"|\bnpx\b|\buv (?:pip )?(?:sync|install|run)\b|\bcurl\b|\bwget\b).*$",
    re.MULTILINE,
)
# Each line that fetches or installs needs hashes and no building, or no fetching.
_SAFE = [
    re.compile(r"--require-hashes --only-binary :all:"),
    re.compile(r"--no-deps --no-build-isolation .*\.$"),  # the package itself, from its sources
    re.compile(r'"--no-index", "--no-deps"'),
    re.compile(r"\$\((?:PIP|HASHED)\)(?!.*--no-binary)(?!.*--no-require)"),
    re.compile(r"\$\(PIP\) --no-binary \$\(FROM_SOURCE\) --no-build-isolation"),
    re.compile(r"npm ci --loglevel=error"),
    re.compile(r"npm install --package-lock-only"),
]


def test_everything_is_fetched_with_a_hash():
    lines = [
        line
        for path in INSTALLERS
        if path.is_file() and "__pycache__" not in path.parts
        for line in _FETCHES.findall(path.read_text())
    ]

    assert len(lines) >= 10
    assert [line for line in lines if not any(rule.search(line) for rule in _SAFE)] == []


def test_build_tools_of_source_packages_are_installed_first():
    makefile = (ROOT / "Makefile").read_text()
    recipe = makefile[makefile.index(".venv/installed-dev:") :].split("\n\n")[0]

    assert recipe.index("$(PIP) -r requirements/build.txt") < recipe.index("$(FROM_SOURCE)")
    names = re.search(r"^FROM_SOURCE := (.*)$", makefile, re.MULTILINE)[1].split(",")
    locked = [name for lock in PIP_LOCKS for name, _ in _REQUIREMENT.findall(lock.read_text())]
    assert set(names) <= set(locked)


def test_cleaning_keeps_the_keys_of_ape(tmp_path):
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
