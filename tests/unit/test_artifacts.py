"""The published bytecode runs on a chain with London rules."""

import json
from pathlib import Path

import pytest

ABI = Path(__file__).resolve().parents[2] / "ocn_registry" / "deploy" / "artifacts" / "v3"

CODE_LIMIT = 24_576
KEYS = {"contractName", "abi", "bytecode", "deployedBytecode", "immutableReferences", "compiler"}
NEWER_THAN_LONDON = {
    0x44: "PREVRANDAO",  # DIFFICULTY on London, with another meaning
    0x49: "BLOBHASH",
    0x4A: "BLOBBASEFEE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    0x5E: "MCOPY",
    0x5F: "PUSH0",
}
PUSH1, PUSH32 = 0x60, 0x7F


def opcodes(code):
    """Return the set of opcodes, without the operands of PUSH and the compiler's metadata."""
    found = set()
    at = 0
    end = len(code) - 2 - int.from_bytes(code[-2:])
    while at < end:
        found.add(code[at])
        at += 1 + (code[at] - PUSH1 + 1 if PUSH1 <= code[at] <= PUSH32 else 0)
    return found


@pytest.fixture(params=["Registry", "Permissions"])
def published(request):
    return json.loads((ABI / f"{request.param}.json").read_text())


@pytest.mark.parametrize("key", ["bytecode", "deployedBytecode"])
def test_no_opcode_is_newer_than_london(published, key):
    code = bytes.fromhex(published[key].removeprefix("0x"))

    assert not {NEWER_THAN_LONDON[o] for o in opcodes(code) & set(NEWER_THAN_LONDON)}


def test_code_is_below_the_size_limit_of_the_chain(published):
    assert len(published["deployedBytecode"].removeprefix("0x")) // 2 < CODE_LIMIT


def test_artifact_reports_how_it_was_compiled(published):
    compiler = published["compiler"]

    assert set(published) == KEYS
    assert compiler["version"].startswith("0.8.30+commit.")
    assert compiler["settings"]["evmVersion"] == "london"
    assert compiler["settings"]["optimizer"] == {"enabled": True, "runs": 200}
    assert compiler["settings"]["compilationTarget"] == {
        f"contracts/{published['contractName']}.sol": published["contractName"]
    }


def test_immutables_are_empty_where_the_artifact_says(published):
    code = bytes.fromhex(published["deployedBytecode"].removeprefix("0x"))

    assert {"_cachedChainId", "_deployedOpen"} <= set(published["immutableReferences"])
    for places in published["immutableReferences"].values():
        for place in places:
            assert code[place["start"] :][: place["length"]] == bytes(32)
