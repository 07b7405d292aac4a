"""Build the release reproducibly, and try it.

    python tools/build/build_release.py [--out FOLDER] [--docs] [--no-trial] [--repository URL]

Wheel and source archive are built from the last commit, not from the files in this folder, and
contain the commit's time. Beside them are the contracts' ABI, for programs in other languages, and
the documentation as a site, in the folder `docs`. `RELEASE-NOTES.md` is the version's section of
the changelog. `--repository URL` (or OCN_REPOSITORY) is the URL of the public repository: the links
of README.md, which a package index shows, then lead there, and the metadata names it
(`readme_links`). They are built twice, in two folders, with different masks, time zones and
locales; and a wheel is built from the source archive. All must be equal. Then the wheel is
installed into a new environment, with the locked versions of its dependencies and nothing else, and
tried: it reads from a development chain. The checksums are printed, and written to `SHA256SUMS`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent)]

import readme_links  # noqa: E402 - beside this script

# The changelog's heading for the version in development.
UNRELEASED = "Unreleased"
_BUILD = "import sys, flit_core.buildapi as b; b.build_wheel(sys.argv[1])"
_BUILD_BOTH = f"{_BUILD}; b.build_sdist(sys.argv[1])"
_ELSEWHERE = {"TZ": "Pacific/Apia", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)", re.MULTILINE)
_MANUAL = Path("share/man/man1/ocn-registry.1")
# Checks the files of the installed package, and prints its version.
_LOOK = """
import json, ocn_registry
from importlib.resources import files
here = files("ocn_registry")
assert (here / "py.typed").is_file(), "no py.typed"
json.loads((here / "schemas" / "signed-request.schema.json").read_text())
from ocn_registry.deploy.artifacts import artifact
assert artifact("v3", "Registry").bytecode and artifact("v3", "Permissions").bytecode
from ocn_registry import networks
for name in networks.names():
    networks.built_in(name)
print(ocn_registry.__version__, ocn_registry.__file__)
"""


class NotReleased(Exception):
    """The build failed or differs; the message says how."""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a program, and return its output.

    Raises:
        NotReleased: It fails.
    """
    done = subprocess.run(  # noqa: S603 - our own programs
        [*map(str, command)],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotReleased(f"{command[0]} fails: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def export(folder: Path, commit: str) -> None:
    """Write the files of a commit into a folder."""
    command = ["git", "archive", "--format=tar", commit]
    packed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - a command of our own
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def build(source: Path, out: Path, epoch: str, what: str = _BUILD_BOTH, **more: str) -> list[Path]:
    """Build wheel and source archive from a folder with the sources, with additional variables."""
    out.mkdir(parents=True)
    environment = {"SOURCE_DATE_EPOCH": epoch, "PYTHONDONTWRITEBYTECODE": "1"} | more
    run(sys.executable, "-c", what, out, cwd=source, **environment)
    return sorted(out.iterdir())


def hold_equal(first: list[Path], second: list[Path], where: str) -> None:
    """Raise an error that names the files that differ."""
    for one, other in zip(first, second, strict=True):
        if one.name != other.name or one.read_bytes() != other.read_bytes():
            raise NotReleased(f"{one.name} differs when it is built {where}")


def version_of(wheel: Path) -> str:
    """Read the version in a wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        found = re.search(r"^Version: (.+)$", archive.read(name).decode(), re.MULTILINE)
    if found is None:
        raise NotReleased(f"{wheel.name} has no version")
    return found[1]


def entry_of(version: str, changelog: str) -> str:
    """Return the changelog's entry for a version.

    Raises:
        NotReleased: There is none.
    """
    heading = UNRELEASED if ".dev" in version else version
    dated = "" if heading == UNRELEASED else r" - \d{4}-\d{2}-\d{2}"
    found = re.search(
        rf"^## \[{re.escape(heading)}\]{dated}\n(.*?)(?=^## |\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    if found is None or not found[1].strip():
        wanted = f"## [{heading}]" + (" - YYYY-MM-DD" if dated else "")
        raise NotReleased(f"CHANGELOG.md has no entry for {version}: write one under `{wanted}`")
    return found[1].strip()


def release(out: Path, commit: str = "HEAD", repository: str | None = None) -> list[Path]:
    """Build wheel, source archive and ABI files of a commit; return their paths.

    Args:
        out: The folder to write to.
        commit: The commit.
        repository: Where the repository is public; `None` while it is not.

    Raises:
        NotReleased: Something differs, or the changelog does not know the version.
    """
    epoch = run("git", "log", "-1", "--format=%ct", commit, cwd=ROOT).strip()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here, there, unpacked = folder / "here", folder / "somewhere" / "else", folder / "unpacked"
        for place in (here, there):
            export(place, commit)
            readme_links.for_index(place, repository, commit)
        built = build(here, folder / "1", epoch)
        mask = os.umask(0o077)
        try:
            again = build(there, folder / "2", epoch, **_ELSEWHERE)
        finally:
            os.umask(mask)
        hold_equal(built, again, "in another folder")
        wheel = next(path for path in built if path.suffix == ".whl")
        with tarfile.open(next(path for path in built if path != wheel)) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = unpacked.iterdir()
        made = build(source, folder / "3", epoch, _BUILD)
        hold_equal([wheel], made, "from the source archive")
        version = version_of(wheel)
        entry = entry_of(version, (here / "CHANGELOG.md").read_text(encoding="utf-8"))
        notes = folder / "RELEASE-NOTES.md"
        notes.write_text(f"# ocn-registry {version}\n\n{entry}\n", encoding="utf-8")
        abi = folder / "abi"
        run(
            sys.executable,
            here / "tools" / "build" / "build_typescript.py",
            abi,
            cwd=here,
            PYTHONPATH=str(here),
        )
        out.mkdir(parents=True, exist_ok=True)
        made = [*built, notes, *sorted(abi.iterdir())]
        return [Path(shutil.copy(path, out / path.name)) for path in made]


def documentation(out: Path, commit: str = "HEAD") -> None:
    """Build the documentation of a commit as a site, into a folder.

    Raises:
        NotReleased: A link leads nowhere, or a page asks another host for something.
    """
    epoch = run("git", "log", "-1", "--format=%ct", commit, cwd=ROOT).strip()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        export(source, commit)
        shutil.rmtree(out, ignore_errors=True)
        program = source / "tools" / "docs" / "build_site.py"
        paths = {"PYTHONPATH": name, "SOURCE_DATE_EPOCH": epoch}
        run(sys.executable, program, "--out", out.resolve(), cwd=source, **paths)


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel and the locked versions of its dependencies into a new environment.

    The dependencies are copied from this environment, which was installed from the locks with their
    hashes. So nothing is downloaded, and nothing else is installed.

    Args:
        wheel: The wheel.
        folder: The folder of the new environment.

    Returns:
        The environment's folder of programs.

    Raises:
        NotReleased: An installed version is not the locked one, or a dependency is missing.
    """
    run(sys.executable, "-m", "venv", folder, cwd=wheel.parent)
    programs = folder / "bin"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    target = Path(run(programs / "python", "-c", where, cwd=folder).strip())
    for name, version in _LOCKED.findall((ROOT / "requirements" / "runtime.txt").read_text()):
        found = distribution(name)
        if found.version != version:
            raise NotReleased(
                f"{name} {found.version} is installed, {version} is locked: run `make setup`"
            )
        for file in found.files or ():
            if ".." not in file.parts:  # programs of other packages
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                if (there := Path(str(found.locate_file(file)))).is_file():
                    shutil.copy(there, place)
    pip: list[str | Path] = [programs / "python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel.resolve(), cwd=folder)
    run(*pip, "check", cwd=folder)
    return programs


def trial(wheel: Path) -> list[str]:
    """Install a wheel, use it, and return its output.

    Raises:
        NotReleased: It does not work as installed.
    """
    from ocn_registry import KeySigner, RegistryClient  # noqa: PLC0415 - to write what is read
    from ocn_registry.deploy.devnet import Devnet  # noqa: PLC0415
    from ocn_registry.transport.http_sync import HttpTransport  # noqa: PLC0415

    url = "https://node.example.org"
    with tempfile.TemporaryDirectory() as name, Devnet() as devnet:
        folder = Path(name)
        programs = install(wheel, folder / "env")
        looked = run(programs / "python", "-I", "-c", _LOOK, cwd=folder).strip()
        version, _, place = looked.partition(" ")
        if version != version_of(wheel) or not Path(place).is_relative_to(folder.resolve()):
            raise NotReleased(f"{looked} was imported, not {wheel.name}")
        command = programs / "ocn-registry"
        reported = [run(command, "--version", cwd=folder, PYTHONPATH="").strip()]
        if version not in reported[0].split():
            raise NotReleased(f"the command says {reported[0]}, and the wheel is {version}")
        if not (folder / "env" / _MANUAL).is_file():
            raise NotReleased(f"the manual page {_MANUAL} is not installed")
        operator = KeySigner.from_key(devnet.accounts[1].private_key)
        with RegistryClient(devnet.deployment(), HttpTransport([devnet.rpc_url])) as client:
            client.set_node(url, signer=operator)
        asked = ("get-node", operator.address, "--rpc-url", devnet.rpc_url)
        reported.append(run(command, *asked, cwd=folder, PYTHONPATH="").strip())
        if reported[1] != url:
            raise NotReleased(f"the installed command read {reported[1]}, and {url} is listed")
        return reported


def sums(paths: list[Path]) -> str:
    """Return the checksums of files, in the form of `sha256sum`."""
    return "".join(
        [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
    )


def main() -> int:
    """Build, compare, try, and print the checksums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder (default: dist)")
    parser.add_argument("--docs", action="store_true", help="build the documentation as well")
    parser.add_argument("--no-trial", action="store_true", help="do not install and use the wheel")
    parser.add_argument(
        "--repository",
        metavar="URL",
        default=os.environ.get("OCN_REPOSITORY") or None,
        help="where the repository is public, for links (or: OCN_REPOSITORY)",
    )
    options = parser.parse_args()
    commit = run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    changed = run("git", "status", "--porcelain", cwd=ROOT).splitlines()
    sys.stderr.write(f"commit: {commit}\n")
    if changed:
        sys.stderr.write(f"note: {len(changed)} files here differ from it: that stays out\n")
    try:
        built = release(options.out, commit, options.repository)
        if options.docs:
            documentation(options.out / "docs", commit)
        if not options.no_trial:
            wheel = next(path for path in built if path.suffix == ".whl")
            sys.stderr.write("".join([f"installed: {line}\n" for line in trial(wheel)]))
    except NotReleased as error:
        sys.stderr.write(f"{error}\n")
        return 1
    (options.out / "SHA256SUMS").write_text(sums(built))
    print(sums(built), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
