"""Shared by tests of several folders: a program in a real terminal, Ape's command line, a Safe."""

import array
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from pathlib import Path

import pytest

# Test folders are not packages (pytest's importlib mode), so what tests share is put on the path.
sys.path.append(str(Path(__file__).resolve().parent / "client"))

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 240
APE_PATIENCE_S = 600  # it may compile the contracts, which takes a busy machine minutes
KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME")
_PROGRESS = re.compile(r"(?:\r[^\r\n]+)+\r")  # drawn and wiped
# Nobody's own settings decide a test.
os.environ["XDG_CONFIG_HOME"] = os.devnull
os.environ.pop("OCN_PROFILE", None)


class Terminal:
    """A program in its own terminal, and what the terminal shows."""

    def __init__(self, words, columns, cwd, environment):
        self._ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._before = termios.tcgetattr(self._ours)
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.process = subprocess.Popen(
            words,
            stdin=its,
            stdout=its,
            stderr=its,
            cwd=cwd,
            env=kept | {"TERM": "xterm", "LANG": "C.UTF-8"} | environment,
            start_new_session=True,
            # The terminal becomes its controlling one, so that Ctrl-C reaches it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads
        )
        os.close(its)
        self._raw = b""
        self._seen = 0
        self._ends = time.monotonic() + PATIENCE_S

    def wait_longer(self, seconds):
        """Extend the deadline, for steps that take minutes on a busy machine."""
        self._ends = time.monotonic() + seconds

    @property
    def shown(self):
        return self._raw.decode(errors="backslashreplace").replace("\r\n", "\n")

    def read_until(self, text):
        """Read until the terminal shows a text that it has not shown before."""
        while text.encode() not in self._raw[self._seen :]:
            assert self._read(), f"it ended without showing {text!r}:\n{self.shown}"
        self._seen = self._raw.index(text.encode(), self._seen) + len(text.encode())

    def type(self, keys):
        os.write(self._ours, keys.encode())

    def unread(self):
        """Return how much it has written that nobody has read yet."""
        size = array.array("i", [0])
        fcntl.ioctl(self._ours, termios.FIONREAD, size)
        return size[0]

    def finish(self, answers=None, *, progress=False):
        """Read until the program ends; return its exit code and everything that was shown.

        However a program ends, the terminal is left as it was. `answers` are typed when the
        terminal shows their question. Lines of progress, which a slow machine shows, are left out
        unless `progress` is set.
        """
        while self._read():
            for question, keys in (answers or {}).items():
                if self.shown.endswith(question):
                    self.type(keys)
        code = self.process.wait(timeout=PATIENCE_S)
        assert termios.tcgetattr(self._ours) == self._before
        return code, self.shown if progress else _PROGRESS.sub("", self.shown)

    def _read(self):
        left = max(self._ends - time.monotonic(), 0)
        assert select.select([self._ours], [], [], left)[0], f"it hangs:\n{self.shown}"
        try:
            part = os.read(self._ours, 4096)
        except OSError:  # the other side has closed it
            return False
        self._raw += part
        return bool(part)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture(autouse=True)
def own_state_folder(monkeypatch, tmp_path_factory):
    """Give each test its own state folder, separate from the user's."""
    folder = tmp_path_factory.getbasetemp() / f"state-{uuid.uuid4()}"  # made when it is used
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))


@pytest.fixture
def terminal(tmp_path):
    """Start programs in terminals, and kill those that still run at the test's end.

    Their journal is in the test's own folder: chains of tests go back in time, and programs would
    wait for transactions of another test's chain.
    """
    started = []

    def start(*words, columns=80, cwd=None, **environment):
        own = {"XDG_STATE_HOME": str(tmp_path / "state")} | environment
        started.append(Terminal([*map(str, words)], columns, cwd, own))
        return started[-1]

    yield start
    for each in started:
        each.close()


class ApeForks:
    """Run Ape's command line without its start, which takes two seconds: see `ape_forks.py`."""

    def __init__(self, folder):
        self._folder = folder
        requests, self._requests = os.pipe()
        self._codes, codes = os.pipe()
        program = Path(__file__).with_name("ape_forks.py")
        self._process = subprocess.Popen(
            [sys.executable, program, str(requests), str(codes)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=(requests, codes),
            start_new_session=True,
        )
        os.close(requests)
        os.close(codes)

    def run(self, *words, answers="", **environment):
        """Run `ape` in the project's folder; return what it printed, and its exit code."""
        paths = {name: self._folder / name for name in ("input", "output", "errors")}
        for path in paths.values():
            path.write_text("")
        paths["input"].write_text(answers)
        request = {name: str(path) for name, path in paths.items()}
        request |= {"words": [*map(str, words)], "environment": os.environ | environment}
        os.write(self._requests, f"{json.dumps(request)}\n".encode())
        assert select.select([self._codes], [], [], APE_PATIENCE_S)[0], f"it hangs: {words}"
        code = os.read(self._codes, 100)
        assert code, "Ape did not start"
        return subprocess.CompletedProcess(
            words, int(code), paths["output"].read_text(), paths["errors"].read_text()
        )

    def close(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._requests)
        os.close(self._codes)


@pytest.fixture(scope="module")
def ape_forks(tmp_path_factory):
    """Run Ape's commands, each in a process of its own."""
    forks = ApeForks(tmp_path_factory.mktemp("ape"))
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def owners():
    """Return the owners of `safe`, the same ones every time."""
    from eth_account import Account  # noqa: PLC0415 - slow, and few tests need it

    return [Account.from_key(number.to_bytes(32, "big")) for number in (101, 102, 103)]


@pytest.fixture
def safe(fresh, owners):
    """Make a Safe of which two of three owners sign."""
    from safes import new_safe  # noqa: PLC0415 - see `owners`

    return new_safe(fresh, owners, 2)
