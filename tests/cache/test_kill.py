"""A process that keeps the registry in a file is killed at any moment, and starts again from it."""

import random
import subprocess
import sys
import time

import pytest
from following_chain import same

from ocn_registry import RegistryCache

KILLS = 12

# Follows the chain as quickly as it can, and says of each round that it has begun.
_CHILD = """
import sys
from ocn_registry import RegistryCache, connect
from ocn_registry.deployments import Deployment
from ocn_registry.models import Address
url, chain_id, dialect, registry, permissions, file = sys.argv[1:]
deployment = Deployment(
    name="child", chain_id=int(chain_id), dialect=dialect, registry=Address(registry),
    permissions=Address(permissions), rpc_urls=(url,),
)
with connect(deployment) as client, RegistryCache(client, file=file) as cache:
    while True:
        cache.refresh()
        print(cache.block_number, flush=True)
"""


@pytest.fixture
def followed(deployment, tmp_path):
    """Give a function that starts the process."""
    running = []
    where = (deployment.registry, deployment.permissions, str(tmp_path / "cache.sqlite"))
    told = (deployment.rpc_urls[0], str(deployment.chain_id), deployment.dialect, *where)

    def start():
        command = [sys.executable, "-c", _CHILD, *told]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.stdout.close()
        process.wait()


def test_killed_process_starts_again_from_what_was_one_block(
    client, devnet, deployment, followed, tmp_path, operator, cpo
):
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    for number in range(KILLS):
        process = followed()
        assert process.stdout.readline()  # it has loaded, or started from its file
        until = time.monotonic() + chance.uniform(0, 0.15)
        while time.monotonic() < until:
            client.set_node(f"https://node-{number}-{chance.random()}.example", signer=operator)
            client.set_node(f"https://other-{number}-{chance.random()}.example", signer=cpo)
        process.kill()
        process.wait()
        with RegistryCache(client, file=tmp_path / "cache.sqlite") as cache:
            assert cache.block_number is not None
            same(cache.nodes(), client.nodes(block=cache.block_number))
            cache.refresh()
            assert cache.figures.loads == 0
            same(cache.nodes(), client.nodes(block=cache.block_number))
