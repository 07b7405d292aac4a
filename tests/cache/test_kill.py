"""A process with a cache's file is killed at any moment, and starts again from the file."""

import itertools
import random
import signal
import subprocess
import sys
import time

import pytest
from following_chain import same

from ocn_registry import InvalidInput, Permission, RegistryCache, Role
from ocn_registry.deploy.devnet import Devnet

KILLS = 12

_BEGIN = """
import os, signal, sqlite3, sys
from ocn_registry import RegistryCache, connect
from ocn_registry.networks import Deployment
from ocn_registry.models import Address
url, chain_id, dialect, registry, permissions, file = sys.argv[1:]
deployment = Deployment(
    name="child", chain_id=int(chain_id), dialect=dialect, registry=Address(registry),
    permissions=Address(permissions), rpc_urls=(url,),
)
"""
# Follows the chain as quickly as it can, and prints when each round begins.
FOLLOWS = f"""{_BEGIN}
with connect(deployment) as client, RegistryCache(client, file=file) as cache:
    while True:
        cache.refresh()
        print(cache.block_number, flush=True)
"""
# For each line that it reads, it runs one round in a new process, which kills itself at the n-th
# access to the chain or the file. It prints how that process ended.
KILLS_ITSELF = f"""{_BEGIN}
def follow(left):
    def count(*_):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def open_counted(*given, **named):
        database = opened(*given, **named)
        database.set_trace_callback(count)
        return database

    opened, sqlite3.connect = sqlite3.connect, open_counted
    with connect(deployment) as client:
        perform = client.transport.perform
        client.transport.perform = lambda effect: (count(), perform(effect))[1]
        with RegistryCache(client, file=file) as cache:
            cache.refresh()
            count()  # the round is saved, and the file still open

for line in sys.stdin:
    child = os.fork()
    if not child:
        follow(int(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def _devnet():
    """Yield a chain for each test: Anvil forgets states after hundreds of blocks and a rollback."""
    with Devnet(with_v1=True) as devnet:
        yield devnet


@pytest.fixture
def started(deployment, tmp_path):
    """Yield a function that starts a program with a file."""
    running = []
    where = (deployment.registry, deployment.permissions, str(tmp_path / "cache.sqlite"))
    result = (deployment.rpc_urls[0], str(deployment.chain_id), deployment.dialect, *where)

    def start(program):
        command = [sys.executable, "-c", program, *result]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, **pipes))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def compare(cache, client, users):
    """Compare everything in the file with the chain, at the file's block."""
    block = cache.block_number
    same(cache.nodes(), client.nodes(block=block))
    same(cache.parties(), client.parties(block=block))
    same(cache.services(), client.services(block=block))
    for user in users:
        same(cache.agreements(user), client.agreements(user, block=block))


def test_process_killed_at_any_moment_leaves_the_state_of_one_block(
    client, started, tmp_path, operator, cpo
):
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    for number in range(KILLS):
        process = started(FOLLOWS)
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


@pytest.mark.parametrize("begins", ["from its file", "from nothing"])
def test_process_killed_at_each_point_of_a_round_leaves_the_state_of_one_block(
    client, started, tmp_path, operator, cpo, emsp, provider, begins
):
    users, file = [cpo.address, emsp.address], tmp_path / "cache.sqlite"

    def write(number):
        """Change an entry of each kind, so that half a round would be noticed."""
        client.set_node(f"https://node-{number}.example", signer=operator)
        client.set_party("DE", "CPO", [Role(number % 7)], operator.address, signer=cpo)
        client.set_service([Permission(number % 17)], name=f"{number}", signer=provider)
        agreed = bool(client.agreements(emsp.address))
        change = client.revoke_agreement if agreed else client.create_agreement
        change(provider.address, signer=emsp)

    client.set_node("https://node.example", signer=operator)
    for name, party in (("MSP", emsp), ("SRV", provider)):
        client.set_party("DE", name, [Role.OTHER], operator.address, signer=party)
    if begins == "from its file":
        with RegistryCache(client, file=file) as cache:
            cache.refresh()
    process, kept = started(KILLS_ITSELF), []
    for point in itertools.count():
        write(point)
        if begins == "from nothing":
            for old in tmp_path.glob("cache.sqlite*"):
                old.unlink()
        process.stdin.write(f"{point}\n")
        process.stdin.flush()
        ended = int(process.stdout.readline())
        with RegistryCache(client, file=file) as cache:
            kept.append(cache.block_number)
            if cache.block_number is not None:
                compare(cache, client, users)
        if not ended:
            break
        assert ended == -signal.SIGKILL
    assert point > 15, "a round has more points than that"
    assert (kept[0] is None) == (begins == "from nothing")
    assert kept[-1] != kept[0]
    with RegistryCache(client, file=file) as cache:
        cache.refresh()
        assert cache.figures.loads == 0
        compare(cache, client, users)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666], ids=oct)
def test_a_file_that_others_may_write_is_not_believed(client, tmp_path, mode):
    path = tmp_path / "cache"
    with RegistryCache(client, file=path) as cache:
        cache.refresh()
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(mode)
    with pytest.raises(InvalidInput, match="others may write"):
        RegistryCache(client, file=path)


def test_a_planted_link_is_not_followed(client, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / "cache").symlink_to(theirs)
    with pytest.raises(InvalidInput, match="a link"):
        RegistryCache(client, file=tmp_path / "cache")
    assert theirs.read_text() == "theirs"


def test_a_planted_journal_is_not_believed(client, tmp_path):
    path = tmp_path / "cache"
    with RegistryCache(client, file=path) as cache:
        cache.refresh()
    journal = tmp_path / "cache-wal"
    journal.write_bytes(b"planted")
    journal.chmod(0o666)
    with pytest.raises(InvalidInput, match="others may write"):
        RegistryCache(client, file=path)
