"""The wheel contains all that the package reads at run time, and nothing else."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ocn_registry"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys, flit_core.buildapi as b; print(b.build_wheel(sys.argv[1]))"
    name = subprocess.run(
        [sys.executable, "-c", build, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-1]
    with zipfile.ZipFile(folder / name) as archive:
        yield archive


def test_wheel_holds_every_file_of_the_package(wheel):
    files = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    packed = {name for name in wheel.namelist() if name.startswith("ocn_registry/")}

    assert packed == files
    assert {"ocn_registry/py.typed", "ocn_registry/deploy/artifacts/v3/Registry.json"} <= packed
    assert any(name.startswith("ocn_registry/networks/") for name in packed)


def test_wheel_holds_the_manual_where_man_looks_and_nothing_else(wheel):
    pages = {path.name for path in (ROOT / "docs" / "man" / "share" / "man" / "man1").iterdir()}
    version = wheel.namelist()[-1].split(".dist-info/")[0]

    rest = {name for name in wheel.namelist() if not name.startswith("ocn_registry/")}
    others = {name for name in rest if ".dist-info/" not in name}

    assert others == {f"{version}.data/data/share/man/man1/{page}" for page in pages}
    assert {"ocn-registry.1", "ocn-registry-set-party.1"} <= pages


def test_wheel_carries_the_license_and_the_notice_of_work_by_others(wheel):
    found = {name.rpartition("/")[2]: name for name in wheel.namelist() if "/licenses/" in name}
    assert set(found) == {"LICENSE", "NOTICE"}
    for name, place in found.items():
        assert wheel.read(place) == (ROOT / name).read_bytes()


def test_wheel_requires_neither_web3_nor_ape(wheel):
    metadata = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    needs = [
        line.removeprefix("Requires-Dist: ")
        for line in wheel.read(metadata).decode().splitlines()
        if line.startswith("Requires-Dist: ")
    ]

    assert not [need for need in needs if "ape" in need]
    assert all('extra == "web3"' in need for need in needs if need.startswith("web3"))


def test_wheel_names_the_versions_of_python_that_make_compat_tries(wheel):
    metadata = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    named = re.findall(
        r"^Classifier: Programming Language :: Python :: (3\.\d+)$",
        wheel.read(metadata).decode(),
        re.MULTILINE,
    )
    script = (ROOT / "tools" / "compat.sh").read_text()
    assert named == ["3.11", *re.findall(r"newest:python(3\.\d+)", script)]
