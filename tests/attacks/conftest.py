"""Chains and contracts to attack. Every attack gets new contracts on unchanged chains."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
_TOOLS = _HERE.parent.parent / "tools"
for _folder in (_HERE, _HERE.parent / "contract", _TOOLS / "bench", _TOOLS / "build"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from arena.chain import Arena, arena  # noqa: E402


@pytest.fixture(scope="session")
def london() -> Iterator[Arena]:
    """Two chains with the rules of Energy Web."""
    with arena() as chains:
        yield chains
