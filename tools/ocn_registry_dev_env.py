"""The environment of the project's tools, set whenever a Python of `.venv` starts.

Ape, py-solc-x and ape-foundry look for a compiler, a data folder and Anvil in the home folder and
on PATH, and Ape's pytest plugin does so before any `conftest.py` runs. `make setup` therefore
writes a `.pth` file into `.venv` that imports this module: `.venv/bin/ape`, `.venv/bin/pytest` and
an editor's test runner then work alike, with nothing exported and nothing in the home folder.
Variables that the user has set are kept.
"""

import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}


def native_folder(tool: str) -> Path:
    """Return the folder of a Foundry tool's own binary for this platform.

    The npm package's `anvil` is a Node.js program that starts this binary, and leaves it behind
    when it is killed: the orphan keeps the port and its state.

    Args:
        tool: `anvil` or `forge`.
    """
    machine = platform.machine()
    package = f"{tool}-{sys.platform}-{_MACHINES.get(machine, machine)}"
    return ROOT / "node_modules" / "@foundry-rs" / package / "bin"


def set_environment() -> None:
    """Point Ape at the project's own compiler and data folder, and PATH at its Anvil."""
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools" / "solc"))
    os.environ.setdefault("APE_DATA_FOLDER", str(ROOT / ".cache" / "ape"))
    first = [str(native_folder("anvil")), str(native_folder("forge"))]
    scripts = ROOT / ".venv" / "bin"
    if (scripts / "node").exists():  # put there by `make setup` where the machine has none
        first.append(str(scripts))
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(first + [folder for folder in path if folder not in first])


set_environment()
