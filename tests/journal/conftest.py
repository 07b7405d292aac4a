"""A chain for the journal's tests, and a proxy in front of it."""

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
for _folder in (_HERE, _HERE.parent / "faults", _HERE.parent / "client"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from world import World  # noqa: E402

from ocn_registry.deploy.devnet import Devnet  # noqa: E402

CHAIN_ID = 4096  # not the id of a test chain, which may be reset


@pytest.fixture(scope="package")
def devnet():
    with Devnet(chain_id=CHAIN_ID) as devnet:
        yield devnet


@pytest.fixture(scope="module")
def world(devnet):
    world = World(devnet)
    yield world
    world.close()
