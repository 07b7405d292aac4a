"""Faulty copies of our contracts. At least one attack has to find each fault.

Each fault is something that somebody might write, or leave out, in good faith. They are compiled
together, without the optimizer, in half a second each. Results are kept in `.cache`.
"""

import hashlib
import json
import os
import posixpath
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_abi import ROOT, standard_json

from .target import Blueprint, Typed, published

_CONTRACTS = ROOT / "contracts"
_CACHE = ROOT / ".cache" / "attacks"
_PROCESSES = 2


@dataclass(frozen=True)
class Edit:
    """A change in one place of a source file."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """A fault, and the attacks that succeed because of it.

    Attributes:
        name: What is wrong.
        edits: The changes that introduce the fault.
        attacks: Names of the attacks that have to find it.
        contract: The contract that is attacked.
        typed: How signers of the faulty contract would sign, if that differs.
    """

    name: str
    edits: tuple[Edit, ...]
    attacks: tuple[str, ...]
    contract: str = "Registry"
    typed: Typed | None = None

    @property
    def folder(self) -> str:
        return self.name.replace(" ", "-")

    def sources(self) -> dict[str, str]:
        """Return the faulty sources, under their names for the compiler.

        These are the changed ones, and those that import changed ones. They import the others as
        they are, so that the compiler reads those only once for all faults.

        Raises:
            AssertionError: A place does not occur exactly once: the contracts have changed, and
                the fault has to be rewritten.
        """
        sources = dict(_GOOD)
        for edit in self.edits:
            count = sources[edit.file].count(edit.old)
            assert count == 1, f"{self.name}: {count} times in {edit.file}: {edit.old}"
            sources[edit.file] = sources[edit.file].replace(edit.old, edit.new)
        changed = {path for path, text in sources.items() if text != _GOOD[path]}
        while more := {p for p, t in sources.items() if _imports(p, t) & changed} - changed:
            changed |= more
        return {
            f"{self.folder}/{path}": _IMPORT.sub(
                lambda m, here=path: self._import(m, here, changed), sources[path]
            )
            for path in changed
        }

    def _import(self, found: re.Match[str], here: str, changed: set[str]) -> str:
        path = _resolved(here, found[1])
        return f'from "{self.folder if path in changed else "good"}/{path}"'


_IMPORT = re.compile(r'from "(\.[^"]*)"')
_GOOD = {
    str(path.relative_to(_CONTRACTS)): path.read_text()
    for path in sorted(_CONTRACTS.rglob("*.sol"))
    if ".cache" not in path.parts  # Ape's copy of OpenZeppelin, newer opcodes too
}


def _resolved(here: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(here), path))


def _imports(here: str, text: str) -> set[str]:
    return {_resolved(here, path) for path in _IMPORT.findall(text)}


def compiled(faults: list[Fault]) -> dict[str, Blueprint]:
    """Compile the faulty copies, and return the contracts by the fault's name."""
    with ThreadPoolExecutor(_PROCESSES) as pool:
        parts = pool.map(_compiled, [faults[n::_PROCESSES] for n in range(_PROCESSES)])
        outputs = {name: artifact for part in parts for name, artifact in part.items()}
    good = published("v3").artifacts
    return {
        fault.name: Blueprint("v3", good | {fault.contract: outputs[fault.name]}, fault.typed)
        for fault in faults
    }


def _compiled(faults: list[Fault]) -> dict[str, Any]:
    question = standard_json()
    sources = {
        f"good/{path}": _IMPORT.sub(lambda m, p=path: f'from "good/{_resolved(p, m[1])}"', text)
        for path, text in _GOOD.items()
    }
    for fault in faults:
        sources |= fault.sources()
    question["sources"] = {name: {"content": text} for name, text in sources.items()}
    # The older pipeline, which is several times faster.
    question["settings"] |= {"viaIR": False, "optimizer": {"enabled": False}}
    question["settings"]["outputSelection"] = {
        f"{fault.folder}/{fault.contract}.sol": {fault.contract: ["abi", "evm.bytecode.object"]}
        for fault in faults
    }
    text = json.dumps(question, sort_keys=True)  # equal for equal faults: its hash names the file
    kept = _CACHE / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    if not kept.exists():
        solc = [str(ROOT / "tools" / "solc" / "solc-v0.8.30"), "--standard-json"]
        roots = ["--base-path", str(ROOT), "--include-path", str(ROOT / "node_modules")]
        answer = subprocess.run(
            [*solc, *roots], input=text, capture_output=True, text=True, check=True
        )
        output = json.loads(answer.stdout)
        errors = [e["formattedMessage"] for e in output["errors"] if e["severity"] == "error"]
        assert not errors, "\n".join(errors)
        contracts = {
            fault.name: output["contracts"][f"{fault.folder}/{fault.contract}.sol"][fault.contract]
            for fault in faults
        }
        _keep(kept, contracts)
    return {
        name: {"abi": contract["abi"], "bytecode": "0x" + contract["evm"]["bytecode"]["object"]}
        for name, contract in json.loads(kept.read_text()).items()
    }


def _keep(path: Path, contracts: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(path.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)[:-_PROCESSES]:
        old.unlink(missing_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(contracts))
    new.rename(path)
