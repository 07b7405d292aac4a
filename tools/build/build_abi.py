"""Write `ocn_registry/deploy/artifacts/v3/*.json`: the compiled contracts.

    python tools/build/build_abi.py            compile and write
    python tools/build/build_abi.py --check    compile and compare with what is committed

Earlier results for the same sources are taken from `.build`.

`--check` compares the metadata first, which covers each byte of the sources: if it differs, so does
the code, and half a minute of compiling is saved.

The contracts are compiled by the pinned compiler with the settings of `ape-config.yaml`, from
standard JSON in which every source has the name that an import gives it
(`contracts/Registry.sol`, `@openzeppelin/contracts/...`). The metadata hash in the bytecode covers
these names, so they contain no local paths, and any toolchain can compile the same bytes. Ape
compiles from a copy with other names: the same code with another metadata hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ("Registry", "Permissions")
FOLDER = ROOT / "ocn_registry" / "deploy" / "artifacts" / "v3"


class CompileError(Exception):
    """The compiler rejects the contracts, with the compiler's message."""


def standard_json() -> dict[str, Any]:
    """Return the compiler's input: the deployed contracts, and the settings that Ape uses, too."""
    solidity = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    return {
        "language": "Solidity",
        "sources": {
            f"contracts/{name}.sol": {"content": (ROOT / "contracts" / f"{name}.sol").read_text()}
            for name in CONTRACTS
        },
        "settings": {
            "viaIR": solidity["via_ir"],
            "evmVersion": solidity["evm_version"],
            "optimizer": {
                "enabled": solidity["optimize"],
                "runs": solidity["optimization_runs"],
            },
            "outputSelection": {
                f"contracts/{name}.sol": {
                    name: [
                        "abi",
                        "metadata",
                        "evm.bytecode.object",
                        "evm.deployedBytecode.object",
                        "evm.deployedBytecode.immutableReferences",
                    ]
                }
                for name in CONTRACTS
            }
            | {"*": {"": ["ast"]}},
        },
    }


def compiled_contracts() -> dict[str, dict[str, Any]]:
    """Return the result of `compile_contracts`, from `.build` if nothing has changed since.

    The newer pipeline takes half a minute, and many tests need the contracts.

    Raises:
        CompileError: The compiler found an error in a contract.
    """
    cached = _cache_file()
    if not cached.exists():
        text = json.dumps(compile_contracts())
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = cached.with_suffix(f".{os.getpid()}")
        partial.write_text(text)
        partial.replace(cached)
    artifacts: dict[str, dict[str, Any]] = json.loads(cached.read_text())
    return artifacts


def _cache_file() -> Path:
    digest = hashlib.sha256(json.dumps(standard_json()).encode())
    locked = ROOT / "package-lock.json"  # the compiler and OpenZeppelin
    for path in (Path(__file__), locked, *sorted((ROOT / "contracts").glob("*/*.sol"))):
        digest.update(path.read_bytes())
    return ROOT / ".build" / "abi" / f"{digest.hexdigest()}.json"


def compile_contracts() -> dict[str, dict[str, Any]]:
    """Compile the contracts, and return the artifact of each deployed one.

    Raises:
        CompileError: The compiler found an error in a contract.
    """
    output = _answer(standard_json())
    variables = dict(variables_of([source["ast"] for source in output["sources"].values()]))
    return {
        name: artifact(name, output["contracts"][f"contracts/{name}.sol"][name], variables)
        for name in CONTRACTS
    }


def changed_contracts() -> list[str]:
    """Return the contracts whose sources or settings are not those of the published code.

    The compiler makes the metadata without the code, in a second.

    Raises:
        CompileError: The compiler found an error in a contract.
    """
    question = standard_json()
    question["settings"]["outputSelection"] = {
        f"contracts/{name}.sol": {name: ["metadata"]} for name in CONTRACTS
    }
    output = _answer(question)["contracts"]
    changed = []
    for name in CONTRACTS:
        expected = metadata_hash(output[f"contracts/{name}.sol"][name]["metadata"]).hex()
        path = FOLDER / f"{name}.json"
        if not path.exists() or expected not in path.read_text():
            changed.append(name)
    return changed


def metadata_hash(metadata: str) -> bytes:
    """Return the hash of a contract's metadata that the compiler appends to the code.

    Source: https://docs.soliditylang.org/en/v0.8.30/metadata.html, the hash that IPFS gives a file
    of one block (a UnixFS file in a DAG-PB node).
    """
    content = metadata.encode()
    size = _varint(len(content))
    file = b"\x08\x02\x12" + size + content + b"\x18" + size
    return hashlib.sha256(b"\x0a" + _varint(len(file)) + file).digest()


def _varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    version = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]["version"]
    solc = [str(ROOT / "tools" / "solc" / f"solc-v{version}"), "--standard-json"]
    roots = ["--base-path", str(ROOT), "--include-path", str(ROOT / "node_modules")]
    answer = subprocess.run(  # noqa: S603 - our own program, no shell
        [*solc, *roots],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    output: dict[str, Any] = json.loads(answer.stdout)
    if errors := [e for e in output.get("errors", ()) if e["severity"] == "error"]:
        raise CompileError("\n".join(error["formattedMessage"] for error in errors))
    return output


def variables_of(node: object) -> Iterator[tuple[int, str]]:
    """Yield number and name of each variable below a node of the compiler's syntax tree."""
    if isinstance(node, dict):
        if node.get("nodeType") == "VariableDeclaration":
            yield node["id"], node["name"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from variables_of(part)


def artifact(name: str, compiled: dict[str, Any], variables: dict[int, str]) -> dict[str, Any]:
    """Return the published part of a compiled contract.

    Args:
        name: Name of the contract.
        compiled: The compiler's output for it.
        variables: Names of variables by the compiler's numbers, which change with any edit.
    """
    metadata = json.loads(compiled["metadata"])
    places = compiled["evm"]["deployedBytecode"]["immutableReferences"]
    return {
        "contractName": name,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + compiled["evm"]["deployedBytecode"]["object"],
        "immutableReferences": {variables[int(number)]: at for number, at in places.items()},
        "compiler": {
            "version": metadata["compiler"]["version"],
            "settings": metadata["settings"],
        },
    }


def main() -> int:
    """Write or compare the artifacts. Return 1 if a committed one differs from the compiled one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    try:
        stale = [] if not check or _cache_file().exists() else changed_contracts()
        artifacts = {} if stale else compiled_contracts()
    except CompileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name, content in artifacts.items():
        text = json_text(content)
        path = FOLDER / f"{name}.json"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name in stale:
        path = (FOLDER / f"{name}.json").relative_to(ROOT)
        print(
            f"{path}: not what contracts/ compiles to: run `make abi`" if check else f"wrote {path}"
        )
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
