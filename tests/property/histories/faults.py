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
        "        _setNonce(account, nonce + 1);\n",
        "",
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
        "a request outlives the controller that signed it",
        "Registry.sol",
        "return word.set(Words.TERM, term + 1);",
        "return word;",
    ),
    Fault(
        "a node that moves in the list forgets its place",
        "Registry.sol",
        "            _hosts[lastHash] = _hosts[lastHash].set(Words.HOST_PLACE, place);\n",
        "            lastHash;\n",
    ),
    Fault(
        "a party that moves in the list forgets its place",
        "Registry.sol",
        "            _parties[last] = _parties[last].set(Words.PARTY_PLACE, place);\n",
        "",
    ),
    Fault(
        "an old URL is not freed",
        "Registry.sol",
        "                delete _hosts[oldDomainHash];\n            } else",
        "            } else",
    ),
    Fault(
        "a membership keeps its number when it begins again",
        "Registry.sol",
        "word.set(Words.MEMBERSHIP, ++_lastMembership)",
        "word.set(Words.MEMBERSHIP, _lastMembership == 0 ? ++_lastMembership : _lastMembership)",
    ),
    Fault(
        "an id that becomes the current one is lost as another",
        "Registry.sol",
        "            others.set(_ID_BITS, others.find(_ID_BITS, id), current);\n",
        "            others.find(_ID_BITS, id);\n",
    ),
    Fault(
        "whoever gives up its founding id is not found again",
        "Registry.sol",
        "            _heirs[membership] = account;\n",
        "",
    ),
    Fault(
        "an account can be moved to without its consent",
        "Registry.sol",
        "if (newAccount != msg.sender) {",
        "if (newAccount != msg.sender && acceptance.signature.length != 0) {",
    ),
    Fault(
        "a moved account can be used again",
        "Registry.sol",
        "(word & Words.NONCE) | Words.RETIRED;",
        "word & Words.NONCE;",
    ),
    Fault(
        "a reservation is not looked at",
        "Registry.sol",
        "if (holder != account) revert PartyIdReserved(countryCode, partyId, holder);",
        "",
    ),
    Fault(
        "a service that needs other permissions keeps its version",
        "Permissions.sol",
        "if (present != permissionMap) offer",
        "if (present == 0) offer",
    ),
    Fault(
        "the version of a service begins again",
        "Permissions.sol",
        "_offers[membership] = offer & Words.VERSION;",
        "delete _offers[membership];",
    ),
    Fault(
        "an agreement is bound to no version",
        "Permissions.sol",
        "offer.has(Words.PERMISSIONS) && consent.get(Words.VERSION) == offer.get(Words.VERSION);",
        "offer.has(Words.PERMISSIONS);",
    ),
    Fault(
        "the service of a party can be pruned",
        "Permissions.sol",
        "        if (provider != address(0)) revert ServiceNotEnded(provider);\n",
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
        "    function closeImport() external {\n        _requireCloser();\n",
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
    """Return both contracts' code, one of them compiled with a fault: a compile takes seconds."""
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
    """Write the compiler's input: the older pipeline without the optimizer is quickest by far."""
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            "evmVersion": "london",
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
