"""A registry of the first generation, full of awkward entries, and new contracts beside it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

# The rehearsal fills v1's contracts too; tools are not packages, so they are put on the path.
if (_rehearsal := str(Path(__file__).resolve().parents[2] / "tools" / "rehearsal")) not in sys.path:
    sys.path.insert(0, _rehearsal)

import rehearsal_v1

from ocn_registry import KeySigner, connect, migration
from ocn_registry.deploy.devnet import Devnet


@pytest.fixture(scope="module")
def filled():
    with Devnet(with_v1=True, import_open=True, block_gas_limit=8_000_000) as devnet:
        filling = rehearsal_v1.Filling(devnet.rpc_url, devnet.v1_deployment())
        yield devnet, SimpleNamespace(**filling.awkward())
        filling.close()


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
