"""Run the linters and type checkers, and check formats and that generated files are current.

All of them run, whatever fails, as many at once as there are processors: `make check`.
"""

import sys

from ocn_registry_dev_env import ROOT
from side_by_side import side_by_side

_BIN = ROOT / ".venv" / "bin"
_NODE_BIN = ROOT / "node_modules" / ".bin"
_CONTRACTS = "contracts/**/*.sol"
_PRETTY = (_CONTRACTS, "tests/**/*.sol", "ocn_registry/explorer/page/**/*.{js,css,html,json}")


def _ours(script: str) -> list[str]:
    return [sys.executable, script, "--check"]


#: The slowest first, so that none of them is left to run alone.
CHECKS = {
    "contracts as published": _ours("tools/build/build_abi.py"),
    "pyright": [f"{_NODE_BIN}/pyright"],
    "mypy": [f"{_BIN}/mypy"],
    "prettier": [f"{_NODE_BIN}/prettier", "--check", "--log-level", "warn", *_PRETTY],
    "tsc": [f"{_NODE_BIN}/tsc", "--project", "tests/explorer"],
    "solhint": [
        f"{_NODE_BIN}/solhint",
        *("--disc", "--noPoster", "--max-warnings", "0"),
        *("--config", "solhint.config.js", _CONTRACTS),
    ],
    "schemas": _ours("tools/build/build_schema.py"),
    "manual": _ours("tools/build/build_manual.py"),
    "pictures": _ours("tools/docs/pictures.py"),
    "ruff check": [f"{_BIN}/ruff", "check", "."],
    "ruff format": [f"{_BIN}/ruff", "format", "--check", "."],
}

if __name__ == "__main__":
    sys.exit(side_by_side(CHECKS))
