"""Every function that writes has a proof: the ABI says which there are."""

import json
import re

import pytest
from ocn_registry_dev_env import ROOT

ARTIFACTS = ROOT / "ocn_registry" / "deploy" / "artifacts" / "v3"
PROOFS = (ROOT / "tests" / "halmos" / "Proofs.t.sol").read_text()

# Proved as one, or nothing to prove: what only the owner calls, batches, and OpenZeppelin's.
OWNERS = {"adminDeleteOperator", "adminDeleteParty", "adminReserveParty", "adminReserveNode"}
ELSEWHERE = {
    "importNodes",
    "importParties",
    "importServices",
    "importAgreements",
    "closeImport",
} | {
    "multicall",
    "tryMulticall",
    "acceptOwnership",
    "renounceOwnership",
    "transferOwnership",
}


def writes() -> set[str]:
    return {
        entry["name"]
        for name in ("Registry", "Permissions")
        for entry in json.loads((ARTIFACTS / f"{name}.json").read_text())["abi"]
        if entry["type"] == "function" and entry["stateMutability"] == "nonpayable"
    }


@pytest.mark.parametrize("function", sorted(writes() - OWNERS - ELSEWHERE))
def test_every_write_has_a_proof(function: str) -> None:
    named = "setPartyModules" if function == "setPartyModulesOf" else function
    assert re.search(rf"function check_{named}\(", PROOFS)


@pytest.mark.parametrize("function", sorted(OWNERS))
def test_every_write_of_the_owner_is_tried_by_another(function: str) -> None:
    body = PROOFS.split("function check_onlyTheOwnerDeletes(")[1].split("\n    }")[0]
    assert f"registry.{function}" in body
