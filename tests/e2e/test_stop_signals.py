"""A command that runs until a signal ends whenever it arrives, without a deadlock."""

import subprocess
import sys

import pytest

# A handler may run before every line of Python inside the wait, and while the thread sleeps in it.
AT_EVERY_LINE = """
import signal, sys

class Interruption:
    def __init__(self, line):
        self.lines_left = line

    def trace(self, frame, event, _):
        if event == "line":
            self.lines_left -= 1
            if self.lines_left == 0:
                signal.raise_signal(signal.SIGINT)
        return self.trace

def is_interrupted_at(line):
    interruption = Interruption(line)
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    sys.settrace(interruption.trace)
    try:
        wait()
    finally:
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return interruption.lines_left <= 0
"""
ENDS = """
line = 1
while is_interrupted_at(line):
    line += 1
print(line)
"""
COMMAND = """
from ocn_registry.cli.stop_signals import StopSignals
stop = StopSignals().__enter__()
wait = stop.wait
"""
RELAY = """
from unittest.mock import MagicMock
from ocn_registry.relay.main import _on_signals
from ocn_registry.relay.sender import RequestSender

sender = RequestSender(MagicMock(), sends=False, follows=False)
_on_signals(sender.stop)
wait = sender.run
"""


@pytest.mark.parametrize("waiting", [COMMAND, RELAY], ids=["command", "relay"])
def test_wait_ends_whenever_the_signal_comes(waiting):
    done = subprocess.run(
        [sys.executable, "-c", AT_EVERY_LINE + waiting + ENDS],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1
