"""Shared by tests that start programs: no process may be left running."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240


class Program:
    """A Python program, started like by a user, and its child processes."""

    def __init__(self, *arguments, **environment):
        self._mark = f"OCN_TEST_PROGRAM={uuid.uuid4()}"
        name, value = self._mark.split("=")
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | environment | {name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_until(self, text):
        """Read its output up to the line that holds `text`, and return that line."""
        for line in self.process.stdout:
            if text in line:
                return line
        pytest.fail(f"ended without saying {text!r}: {self.process.stderr.read()}")

    def signal(self, number):
        self.process.send_signal(number)

    def finish(self):
        """Wait for its end; return exit status, output and errors."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err

    def running(self):
        """Return the command lines of its running processes, including its own."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found.append(command.decode(errors="replace"))
        return found

    def left_running(self):
        """Return its remaining processes, once they no longer change."""
        give_up = time.monotonic() + PATIENCE_S
        while (running := self.running()) and time.monotonic() < give_up:
            time.sleep(0.01)
        return running


@pytest.fixture
def start():
    """Start programs, and stop all their processes at the end of the test."""
    programs = []

    def start_program(*arguments, **environment):
        programs.append(Program(*arguments, **environment))
        return programs[-1]

    yield start_program
    for program in programs:
        program.process.kill()
        program.process.wait()
        program.process.stdout.close()
        program.process.stderr.close()
