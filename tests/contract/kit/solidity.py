"""Contracts for tests only: those in `solidity/`, and a Safe from its npm package.

They are compiled without Ape, by the same compiler: `contracts/` has only the product.
"""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from gas_scenarios import ROOT, send

from .contract import Contract, abi_type, plain

_FOLDER = Path(__file__).resolve().parent.parent / "solidity"
_SAFE = ROOT / "node_modules" / "@gnosis.pm" / "safe-contracts" / "build" / "artifacts"


@cache
def compiled() -> dict[str, dict[str, Any]]:
    """Return `abi` and `bytecode` of each contract in `solidity/`, by its name."""
    settings = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    question = {
        "language": "Solidity",
        "sources": {file.name: {"content": file.read_text()} for file in _FOLDER.glob("*.sol")},
        "settings": {
            "evmVersion": settings["evm_version"],
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    answer = subprocess.run(
        [ROOT / "tools" / "solc" / f"solc-v{settings['version']}", "--standard-json"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    output = json.loads(answer.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", ()) if e["severity"] == "error"]
    if errors:
        raise SyntaxError("\n".join(errors))
    return {
        name: {"abi": contract["abi"], "bytecode": contract["evm"]["bytecode"]["object"]}
        for contracts in output["contracts"].values()
        for name, contract in contracts.items()
    }


def safe_artifact(path: str) -> dict[str, Any]:
    """Return the published artifact of a Safe contract, such as `GnosisSafe.sol/GnosisSafe`."""
    return json.loads((_SAFE / "contracts" / f"{path}.json").read_text())


def deploy(chain: Any, artifact: dict[str, Any], deployer: Any, *arguments: Any) -> Contract:
    """Deploy a contract from its ABI and bytecode."""
    inputs = [i for e in artifact["abi"] if e["type"] == "constructor" for i in e["inputs"]]
    code = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
    data = code + encode([abi_type(i) for i in inputs], plain(arguments))
    receipt = send(chain, plain(deployer), None, data)
    if receipt["status"] != "0x1":
        raise AssertionError("the deployment reverted")
    return Contract(chain, to_checksum_address(receipt["contractAddress"]), artifact["abi"])
