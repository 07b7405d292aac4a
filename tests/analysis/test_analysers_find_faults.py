"""The checks can fail: slither and halmos find faults that are seeded in a copy of contracts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ocn_registry_dev_env import ROOT

_ANALYSERS = ROOT / ".venv-analysis" / "bin"

pytestmark = pytest.mark.skipif(
    not (_ANALYSERS / "halmos").exists(), reason="make analysis installs slither and halmos"
)

_SIGNED = "contracts/base/SignedRequests.sol"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("contracts", "tests/halmos"):
        # Ape keeps its copy of OpenZeppelin, all of it, in contracts/.cache.
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".cache"))
    for name in ("foundry.toml", "slither.config.json"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("node_modules", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "tests" / "forge").mkdir()
    return tmp_path


def seed(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new))


def analysed(call: str, copy: Path) -> tuple[int, str]:
    """Run one of tools/analysis.py's functions on the copy; return its status and its words."""
    code = f"import analysis, sys; from pathlib import Path; sys.exit(analysis.{call})"
    result = subprocess.run(
        [sys.executable, "-c", code.replace("COPY", f"Path({str(copy)!r})")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


def test_slither_finds_seeded_faults(copy: Path) -> None:
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


@pytest.mark.parametrize(
    ("file", "old", "new", "check"),
    [
        pytest.param(_SIGNED, _NONCE, "", "SignedProofs.check_revokeAgreementRaw", id="nonce"),
        pytest.param(_SIGNED, _DEADLINE, "", "SignedProofs.check_deletePartyRaw", id="deadline"),
        pytest.param(
            _SIGNED,
            _SIGNER,
            "failure == ECDSA.RecoverError.NoError",
            "SignedProofs.check_deleteServiceRaw",
            id="signer",
        ),
        pytest.param(
            _REGISTRY,
            _CONTROLLER,
            "account;",
            "SignedProofs.check_deleteServiceRaw",
            id="controller",
        ),
        pytest.param(
            _REGISTRY, _TERM, "return word;", "SignedProofs.check_setControllerRaw", id="term"
        ),
        pytest.param(
            "contracts/libraries/Words.sol",
            "CURRENT_ID = ((1 << 40) - 1) << 104",
            "CURRENT_ID = ((1 << 40) - 1) << 103",
            "LayoutProofs.check_masks",
            id="masks",
        ),
        pytest.param(
            _REGISTRY,
            "(word & ~(Words.NONCE | Words.RETIRED))",
            "(word & ~(Words.TERM | Words.RETIRED))",
            "SignedProofs.check_moveAccountRaw",
            id="nonce-of-a-move",
        ),
        pytest.param(
            _REGISTRY,
            "if (entry.has(Words.ROLES)) account = entry.account();",
            "account = entry.account();",
            "LayoutProofs.check_rolesOfZeroAreNeverHeld",
            id="roles-of-zero",
        ),
        pytest.param(
            _REGISTRY,
            "word ^= Words.CONTROLLED;\n            delete _controllers[account];",
            "word ^= Words.CONTROLLED;",
            "SignedProofs.check_setControllerRaw",
            id="flag-and-controller",
        ),
        pytest.param(
            "contracts/libraries/PackedList.sol",
            "(index % entriesPerSlot) * bits",
            "(index % entriesPerSlot) * (bits - 1)",
            "LayoutProofs.check_packedList",
            id="list",
        ),
    ],
)
def test_halmos_finds_seeded_fault(
    copy: Path, file: str, old: str, new: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(copy, file, old, new)
    # A compile of all contracts for one proof: without the optimizer it takes half the time.
    monkeypatch.setenv("FOUNDRY_OPTIMIZER", "false")
    contract, function = check.split(".")
    status, words = analysed(f"halmos(COPY, contract={contract!r}, function={function!r})", copy)
    assert status != 0
    assert "Counterexample" in words, words
    assert "0 passed; 1 failed" in words, words
