"""A registry of the first generation, full of awkward entries, and new contracts beside it."""

import sys
from pathlib import Path

import pytest

# Test folders are no packages (pytest's importlib mode), so what tests share is put on the path.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)

import awkward

from ocn_registry import KeySigner, connect, migration
from ocn_registry.devnet import Devnet


@pytest.fixture(scope="module")
def filled():
    with Devnet(with_v1=True, import_open=True, block_gas_limit=8_000_000) as devnet:
        yield devnet, awkward.fill(devnet)


@pytest.fixture
def devnet(filled):
    devnet, _ = filled
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


@pytest.fixture
def who(filled):
    return filled[1]


@pytest.fixture
def owner(devnet):
    return KeySigner.from_key(devnet.accounts[0].private_key)


@pytest.fixture
def old(devnet):
    with connect(devnet.v1_deployment()) as client:
        yield client


@pytest.fixture
def new(devnet):
    with connect(devnet.deployment()) as client:
        yield client


@pytest.fixture
def taken(old):
    return migration.snapshot(old)
