"""The package and the command line need nothing that only POSIX systems have.

Windows is not available here. Instead, everything that it lacks is removed: modules, functions and
flags of `os`, opening a folder, and the name `posix`; consoles write in its old code pages.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from queue import Empty

import pytest

from ocn_registry.cli import stop_signals

ROOT = Path(__file__).parents[2]
ELSEWHERE = (ROOT / "tests" / "elsewhere.py").read_text(encoding="utf-8")
EVERY_MODULE = """
import ocn_registry
for found in pkgutil.walk_packages(ocn_registry.__path__, "ocn_registry."):
    if not found.name.endswith("__main__") and ".testing.pytest_plugin" not in found.name:
        __import__(found.name)
"""
# On Windows, writing to a pipe without a reader is an invalid argument.
CLOSED_PIPE = """
import io
from ocn_registry.cli.main import main
class Closed(io.TextIOWrapper):
    def write(self, text):
        raise OSError(22, "Invalid argument")
sys.stdout = Closed(open(1, "wb", closefd=False))
code = main(["settings", "path"])
sys.stdout = sys.__stdout__
os._exit(code)
"""
LATE_DATES = """
from ocn_registry import BlockRef
from ocn_registry.foreign.times import date
late = BlockRef(number=1, hash="0x" + "00" * 32, timestamp_unix_s=99_999_999_999)
print(date(99_999_999_999), late.to_dict()["time"])
"""
COMMAND = """
from ocn_registry.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Return a function that runs Python as on a system that is not POSIX."""

    def run(code, *words, encoding="cp1252", told=None):
        return subprocess.run(
            [sys.executable, "-c", ELSEWHERE + code, *words],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": str(tmp_path),
                "PYTHONIOENCODING": encoding,
                "PYTHONUTF8": "0",
            },
            input=told,
            capture_output=True,
            timeout=120,
            check=False,
        )

    return run


def test_every_module_can_be_imported(elsewhere):
    done = elsewhere(EVERY_MODULE)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-16"])
def test_a_key_is_made_and_a_request_signed(elsewhere, tmp_path, encoding):
    (tmp_path / "secret").write_text("a passphrase\n")
    unlock = ("--passphrase-file", "secret")

    def run(*words):
        done = elsewhere(COMMAND, *words, encoding=encoding)
        assert done.returncode == 0, done.stderr.decode(encoding)
        return done.stdout.decode(encoding)

    made = json.loads(run("identity", "new", "key.json", *unlock, "--json"))
    assert json.loads(run("identity", "show", "key.json", "--json"))["address"] == made["address"]
    prepared = run(
        *("request", "prepare", "set-node", "https://node.example", "-a", made["address"]),
        *("--nonce", "0", "--valid-for", "1h"),
    )
    # The encoding of `>` in old versions of PowerShell.
    (tmp_path / "request.json").write_text(prepared, encoding="utf-16")
    signed = run("request", "sign", "request.json", "-s", "keystore:key.json", *unlock, "-y")
    assert json.loads(signed)["signature"].startswith("0x")
    run("request", "show", "request.json")


def test_help_and_settings_are_printed_in_any_code_page(elsewhere):
    for words in (("--help",), ("set-party", "--help"), ("settings",), ("completion", "bash")):
        done = elsewhere(COMMAND, *words, encoding="ascii")
        assert done.returncode == 0, done.stderr


def test_a_closed_pipe_is_not_an_output_error(elsewhere):
    done = elsewhere(CLOSED_PIPE)
    assert (done.returncode, done.stderr) == (1, b"")


def test_dates_after_the_year_3000_are_dates(elsewhere):
    done = elsewhere(LATE_DATES)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == ["5138-11-16", "09:46:39", "UTC", "5138-11-16T09:46:39Z"]


def test_a_wait_for_ctrl_c_has_a_time_limit(monkeypatch):
    """On Windows, Ctrl-C does not interrupt a wait without a limit."""
    limits = []

    class Queue:
        def get(self, timeout=None):
            limits.append(timeout)
            if len(limits) == 1:
                raise Empty

    monkeypatch.setattr(stop_signals, "SimpleQueue", Queue)
    stop_signals.StopSignals().wait()
    assert None not in limits
    assert len(limits) == 2
