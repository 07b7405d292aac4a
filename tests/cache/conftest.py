"""A registry on a real chain, and the histories that the contracts' own tests are made of."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
for _folder in (_HERE, _HERE.parent / "property", _HERE.parent / "faults"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from machines import First  # noqa: E402

from ocn_registry import KeySigner, RegistryClient  # noqa: E402
from ocn_registry.deploy.devnet import Devnet  # noqa: E402
from ocn_registry.transport.http_sync import HttpTransport  # noqa: E402


@pytest.fixture(scope="session")
def _devnet():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture
def devnet(_devnet):
    snapshot = _devnet.request("evm_snapshot")
    yield _devnet
    _devnet.request("evm_revert", snapshot)


@pytest.fixture(params=["v3", "v1"])
def deployment(request, devnet):
    return devnet.deployment() if request.param == "v3" else devnet.v1_deployment()


@pytest.fixture
def client(deployment):
    transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
    yield RegistryClient(deployment, transport)
    transport.close()


def signer(place):
    @pytest.fixture
    def fixture(devnet):
        return KeySigner.from_key(devnet.accounts[place].private_key)

    return fixture


operator, other_operator, cpo, emsp, provider = (signer(place) for place in range(1, 6))


@pytest.fixture(scope="module")
def first():
    """Yield v1's contracts on a chain where blocks are made by command."""
    made = First()
    yield made
    made.chain.close()


@pytest.fixture
def clock(monkeypatch):
    """Return the cache a clock that the test moves on."""
    clock = SimpleNamespace(now=1_000_000.0)
    clock.time = clock.monotonic = lambda: clock.now
    monkeypatch.setattr("ocn_registry.cache.core.time", clock)
    return clock
