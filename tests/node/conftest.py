"""Two example nodes, three mock parties, and a registry on Anvil that lists them all."""

import asyncio
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
# Test folders and examples are not installed, so what is imported from them is put on the path.
for _folder in (_HERE, _HERE.parents[1] / "examples"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from network import Network  # noqa: E402

from ocn_registry.deploy.devnet import Devnet  # noqa: E402

LONGEST_S = 60


@pytest.fixture(scope="package")
def _devnet():
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture
def devnet(_devnet):
    """Yield the chain, as it was before every test."""
    snapshot = _devnet.request("evm_snapshot")
    yield _devnet
    _devnet.request("evm_revert", snapshot)


@pytest.fixture(params=["v3", "v1"])
def deployment(request, devnet):
    return devnet.deployment() if request.param == "v3" else devnet.v1_deployment()


@pytest.fixture
def play(devnet, deployment):
    """Return a function that runs a scenario: `play(scene, **changes)`."""

    def played(scene, **changes):
        async def run():
            async with (
                asyncio.timeout(LONGEST_S),
                Network(devnet, deployment, **changes) as network,
            ):
                await scene(network)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:  # a connection's task may need another turn to see that it is closed
                _, others = await asyncio.wait(others, timeout=5)
            assert not others, "something goes on after the end"

        asyncio.run(run())

    return played
