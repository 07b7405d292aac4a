"""However a program with a development chain ends, the chain ends with it."""

import signal
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

WAITS = """
import time
from ocn_registry.deploy.devnet import Devnet

with Devnet() as devnet:
    print("ready", devnet.rpc_url, flush=True)
    time.sleep(60)
"""
LEAVES = """
import sys
from ocn_registry.deploy.devnet import Devnet

with Devnet() as devnet:
    print("ready", flush=True)
    {}
"""
WITHOUT_CLOSE = """
import os
from ocn_registry.deploy.devnet import Devnet

devnet = Devnet()
devnet.start()
print("ready", flush=True)
{}
"""
# The thread that starts the chain ends before it: the chain must not end with the thread.
IN_A_THREAD = """
import threading, time
from ocn_registry.deploy.devnet import Devnet

devnet = Devnet()
thread = threading.Thread(target=devnet.start)
thread.start()
thread.join()
time.sleep(0.2)
print("block", devnet.request("eth_blockNumber"), flush=True)
devnet.close()
"""


@pytest.fixture(autouse=True)
def hanging_up_counts():
    """End what is started here by SIGHUP, also where these tests run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_by_a_signal(start, number):
    program = start("-c", WAITS)
    program.read_until("ready")
    assert any("anvil" in command for command in program.running())
    program.signal(number)
    status, _, _ = program.finish()
    assert status == -number
    assert program.left_running() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("delay_s", [0.02, 0.05, 0.08, 0.1, 0.12])
def test_nothing_is_left_by_a_signal_while_it_starts(start, number, delay_s):
    program = start("-c", WAITS)
    time.sleep(delay_s)
    program.signal(number)
    program.finish()
    assert program.left_running() == []


@pytest.mark.parametrize(
    ("last_line", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("1 / 0", 1),
    ],
)
def test_nothing_is_left_by_leaving_the_block(start, last_line, status):
    program = start("-c", LEAVES.format(last_line))
    assert program.finish()[0] == status
    assert program.left_running() == []


@pytest.mark.parametrize("last_line", ["pass", "os._exit(0)", "os.abort()"])
def test_nothing_is_left_without_a_close(start, last_line):
    program = start("-W", "ignore::ResourceWarning", "-c", WITHOUT_CLOSE.format(last_line))
    program.finish()
    assert program.left_running() == []


def test_chain_outlives_the_thread_that_started_it(start):
    program = start("-c", IN_A_THREAD)
    assert program.finish() == (0, "block 0x2\n", "")
    assert program.left_running() == []
