"""The contracts with one fault each, to see that histories find it."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ocn_registry.deploy.artifacts import artifact

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "faults"
SOLC = ROOT / "tools" / "solc" / "solc-v0.8.30"


@dataclass(frozen=True)
class Fault:
    """A change of one place in the sources."""

    name: str
    source: str
    good: str
    bad: str


FAULTS = [
    Fault(
        "a nonce is not used up",
        "base/SignedRequests.sol",
        "        _setNonce(signer, SafeCast.toUint32(nonce + 1));\n",
        "        SafeCast.toUint32(nonce + 1);\n",
    ),
    Fault(
        "a request is good until one second before its deadline",
        "base/SignedRequests.sol",
        "block.timestamp > deadline",
        "block.timestamp >= deadline",
    ),
    Fault(
        "whoever signed is taken for the signer",
        "base/SignedRequests.sol",
        "&& recovered == signer",
        "&& recovered != address(0)",
    ),
    Fault(
        "a node that moves in the list forgets its place",
        "Registry.sol",
        "            _hosts[_domainHash(last)].index = index;\n",
        "",
    ),
    Fault(
        "a party that moves in the list forgets its place",
        "Registry.sol",
        "            _holders[last].index = index;\n",
        "",
    ),
    Fault(
        "an old URL is not freed",
        "Registry.sol",
        "                delete _hosts[oldDomainHash];\n            } else",
        "            } else",
    ),
    Fault(
        "modules outlive a change of id",
        "Registry.sol",
        "                account = _accounts[party];\n            }",
        "            }",
    ),
    Fault(
        "a listing keeps its number when the id changes",
        "Registry.sol",
        "uint64 listing = ++_lastListing;",
        "uint64 listing = _lastListing == 0 ? ++_lastListing : _lastListing;",
    ),
    Fault(
        "a service set anew under a new listing keeps its version",
        "Permissions.sol",
        "            ++account.version;\n",
        "            if (account.permissions != permissionMap) ++account.version;\n",
    ),
    Fault(
        "a service outlives its party's listing",
        "Permissions.sol",
        "if (permissions == 0 || account.listing != listing)",
        "if (permissions == 0 || listing == 0)",
    ),
    Fault(
        "an agreement is not bound to its user's listing",
        "Permissions.sol",
        "if (consent.version == 0 || consent.listing != userListing) return false;",
        "if (consent.version == 0 || userListing == 0) return false;",
    ),
    Fault(
        "a revoked agreement leaves its place in the list",
        "Permissions.sol",
        "            _consents[user][last].index = consent.index;\n",
        "",
    ),
    Fault(
        "an item that fails is not reported",
        "base/Batches.sol",
        "if (!results[i].success) emit CallFailed",
        "if (results[i].result.length > 36) emit CallFailed",
    ),
    Fault(
        "the import of one contract can be closed by anybody",
        "base/Imports.sol",
        "    function closeImport() external {\n        _requireOwner();\n",
        "    function closeImport() external {\n",
    ),
    Fault(
        "the URL of a service may be any text",
        "Permissions.sol",
        "        if (bytes(url).length != 0) url.requireUrl();\n",
        "",
    ),
]


class CompileError(Exception):
    """The compiler refuses the contracts."""


def bytecodes(fault: Fault) -> dict[str, bytes]:
    """Give both contracts' code, one of them compiled with a fault: a compile takes seconds."""
    folder = ROOT / "contracts"
    sources = {
        f"contracts/{path.relative_to(folder)}": path.read_text()
        for path in folder.rglob("*.sol")
        if ".cache" not in path.parts  # Ape's copy of OpenZeppelin, newer opcodes too
    }
    name = f"contracts/{fault.source}"
    assert sources[name].count(fault.good) == 1, f"{fault.source} has changed: {fault.name}"
    sources[name] = sources[name].replace(fault.good, fault.bad)
    contract = "Permissions" if fault.source == "Permissions.sol" else "Registry"
    question = json.dumps(_standard_json(sources, contract), sort_keys=True)
    cached = CACHE / f"{hashlib.sha256(question.encode()).hexdigest()}.hex"
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text(_compiled(question, contract))
    codes = {name: artifact("v3", name).bytecode for name in ("Registry", "Permissions")}
    return codes | {contract: bytes.fromhex(cached.read_text())}


def _standard_json(sources: dict[str, str], contract: str) -> dict[str, object]:
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            "evmVersion": "london",
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {f"contracts/{contract}.sol": {contract: ["evm.bytecode.object"]}},
        },
    }


def _compiled(question: str, contract: str) -> str:
    command = [SOLC, "--standard-json", "--base-path", ROOT]
    command += ["--include-path", ROOT / "node_modules"]
    answer = subprocess.run(command, input=question, capture_output=True, text=True, check=True)
    output = json.loads(answer.stdout)
    if errors := [e for e in output.get("errors", ()) if e["severity"] == "error"]:
        raise CompileError("\n".join(error["formattedMessage"] for error in errors))
    compiled = output["contracts"][f"contracts/{contract}.sol"][contract]
    code: str = compiled["evm"]["bytecode"]["object"]
    return code
