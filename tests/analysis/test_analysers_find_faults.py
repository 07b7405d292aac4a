"""The checks can fail: slither and halmos find faults that are seeded in a copy of contracts."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from ocn_registry_dev_env import ROOT

_ANALYSERS = ROOT / ".venv-analysis" / "bin"

pytestmark = pytest.mark.skipif(
    not (_ANALYSERS / "halmos").exists(), reason="make analysis installs slither and halmos"
)

_COLOURS = re.compile(r"\x1b\[\d*m")
_SIGNED = "contracts/base/SignedRequests.sol"


def project_in(folder: Path) -> Path:
    """Copy what the analysers read."""
    for name in ("contracts", "tests/halmos"):
        # Ape keeps its copy of OpenZeppelin, all of it, in contracts/.cache.
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".cache"))
    for name in ("foundry.toml", "halmos.toml", "slither.config.json"):
        shutil.copy(ROOT / name, folder)
    for name in ("node_modules", "tools"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "tests" / "forge").mkdir()
    return folder


def seed(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new))


def analysed(call: str, copy: Path, **environment: str) -> tuple[int, str]:
    """Run one of tools/analysis.py's functions on the copy; return its status and its words."""
    code = f"import analysis, sys; from pathlib import Path; sys.exit(analysis.{call})"
    result = subprocess.run(
        [sys.executable, "-c", code.replace("COPY", f"Path({str(copy)!r})")],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, _COLOURS.sub("", result.stdout)


def test_slither_finds_seeded_faults(tmp_path: Path) -> None:
    copy = project_in(tmp_path)
    owner = "contracts/Permissions.sol"
    seed(copy, owner, "msg.sender != registry.owner()", "tx.origin != registry.owner()")
    seed(
        copy,
        "contracts/base/Batches.sol",
        "(bool success, bytes memory result) = address(this).delegatecall(items[i]);",
        "(bool success, bytes memory result) = "
        "address(bytes20(items[i][:20])).delegatecall(items[i][20:]);",
    )
    status, words = analysed("slither(COPY)", copy)
    assert status != 0
    for detector in ("tx-origin", "controlled-delegatecall"):
        assert f"Detector: {detector}" in words, words


_REGISTRY = "contracts/Registry.sol"
_NONCE = "_setNonce(account, nonce + 1);"
_DEADLINE = "if (block.timestamp > deadline) revert SignatureExpired(deadline);"
_CONTROLLER = "_wordOf(account).has(Words.CONTROLLED) ? _controllers[account] : account;"
_TERM = "return word.set(Words.TERM, term + 1);"
_SIGNER = "failure == ECDSA.RecoverError.NoError && recovered == signer"


@dataclass(frozen=True)
class Fault:
    """A change of one place of a source, and the proof that has to fail because of it."""

    name: str
    file: str
    old: str
    new: str
    check: str


FAULTS = (
    Fault("nonce", _SIGNED, _NONCE, "", "SignedProofs.check_revokeAgreementRaw"),
    Fault("deadline", _SIGNED, _DEADLINE, "", "SignedProofs.check_deletePartyRaw"),
    Fault(
        "signer",
        _SIGNED,
        _SIGNER,
        "failure == ECDSA.RecoverError.NoError",
        "SignedProofs.check_deleteServiceRaw",
    ),
    Fault("controller", _REGISTRY, _CONTROLLER, "account;", "SignedProofs.check_deleteServiceRaw"),
    Fault("term", _REGISTRY, _TERM, "return word;", "SignedProofs.check_setControllerRaw"),
    Fault(
        "masks",
        "contracts/libraries/Words.sol",
        "CURRENT_ID = ((1 << 40) - 1) << 104",
        "CURRENT_ID = ((1 << 40) - 1) << 103",
        "LayoutProofs.check_masks",
    ),
    Fault(
        "nonce-of-a-move",
        _REGISTRY,
        "(word & ~(Words.NONCE | Words.RETIRED))",
        "(word & ~(Words.TERM | Words.RETIRED))",
        "SignedProofs.check_moveAccountRaw",
    ),
    Fault(
        "roles-of-zero",
        _REGISTRY,
        "if (entry.has(Words.ROLES)) account = entry.account();",
        "account = entry.account();",
        "LayoutProofs.check_rolesOfZeroAreNeverHeld",
    ),
    Fault(
        "flag-and-controller",
        _REGISTRY,
        "word ^= Words.CONTROLLED;\n            delete _controllers[account];",
        "word ^= Words.CONTROLLED;",
        "SignedProofs.check_setControllerRaw",
    ),
    Fault(
        "list",
        "contracts/libraries/PackedList.sol",
        "(index % entriesPerSlot) * bits",
        "(index % entriesPerSlot) * (bits - 1)",
        "LayoutProofs.check_packedList",
    ),
)


def only(text: str, check: str) -> str:
    """Return the source of the proofs with one contract of proofs, and one to be run: `seeded_`."""
    contract, function = check.split(".")
    head, *proofs = re.split(r"(?=^contract \w+Proofs is )", text, flags=re.MULTILINE)
    (kept,) = [each for each in proofs if each.startswith(f"contract {contract} ")]
    assert kept.count(f"function {function}(") == 1
    return head + kept.replace(f"function {function}(", f"function seeded_{function}(")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what halmos says of each fault.

    Each fault has a copy of the contracts and of the proof that it breaks. They are compiled
    together, and without the optimizer, which halves the time. Without a fault, all of these proofs
    hold.
    """
    project = project_in(tmp_path_factory.mktemp("faults"))
    settings = project / "foundry.toml"
    settings.write_text(
        re.sub(r'(?m)^(src|test|script) = ".*"', r'\1 = "faults"', settings.read_text())
    )
    proofs = (project / "tests" / "halmos" / "Proofs.t.sol").read_text()
    for fault in FAULTS:
        folder = project / "faults" / fault.name
        shutil.copytree(project / "contracts", folder / "contracts")
        seed(folder, fault.file, fault.old, fault.new)
        file = folder / "tests" / "halmos" / f"{fault.name}.t.sol"  # halmos tells files by name
        file.parent.mkdir(parents=True)
        file.write_text(only(proofs, fault.check))
    status, words = analysed("halmos(COPY, function='seeded_')", project, FOUNDRY_OPTIMIZER="false")
    assert status != 0
    _, *parts = re.split(r"^Running (?=1 tests for )", words, flags=re.MULTILINE)
    named = {part.partition(".t.sol:")[0].rpartition("/")[2]: part for part in parts}
    assert len(named) == len(parts) == len(FAULTS), words
    return named


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_halmos_finds_seeded_fault(fault: Fault, verdicts: dict[str, str]) -> None:
    words = verdicts[fault.name]
    assert f"[FAIL] seeded_{fault.check.partition('.')[2]}(" in words
    assert "Counterexample" in words
    assert "0 passed; 1 failed" in words
