"""A chain with Volta's chain id, the contracts on it, and ways to change their code and state."""

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
for _folder in (_HERE, _HERE.parent / "client"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from ocn_registry.deploy.devnet import Devnet  # noqa: E402
from ocn_registry.transport.http_sync import HttpTransport  # noqa: E402

VOLTA = 73799


@pytest.fixture(scope="module")
def devnet():
    with Devnet(chain_id=VOLTA, import_open=True, block_gas_limit=8_000_000) as devnet:
        yield devnet


@pytest.fixture
def fresh(devnet):
    snapshot = devnet.request("evm_snapshot")
    yield devnet
    devnet.request("evm_revert", snapshot)


@pytest.fixture
def transport(fresh):
    transport = HttpTransport([fresh.rpc_url], chain_id=VOLTA)
    yield transport
    transport.close()
