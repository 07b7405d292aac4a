"""The package and the command line need nothing that only POSIX systems have.

Windows is not at hand here. What it lacks is taken away instead: modules, functions and flags of
`os`, opening a folder, and the name `posix`; consoles write in its old code pages.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The standard library's own parts for POSIX are loaded before; what follows is ours.
ELSEWHERE = """
import asyncio, getpass, multiprocessing, os, pathlib, pkgutil, runpy, shutil, sqlite3, sys
import subprocess, tempfile, aiohttp, coincurve, urllib3, Crypto.Cipher.AES, Crypto.Protocol.KDF
for name in "fcntl grp posix pty pwd readline resource syslog termios tty".split():
    sys.modules[name] = None
for name in '''
    O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK chown fchmod fchown fork forkpty geteuid getegid
    getgid getpgid getuid killpg lchown mkfifo nice setsid sync uname'''.split():
    if hasattr(os, name):
        delattr(os, name)
opened = os.open
def open_file(path, *rest, **more):
    if isinstance(path, (str, os.PathLike)) and os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    if str(path).startswith(("/dev/", "/proc/")):
        raise FileNotFoundError(2, "No such file or directory", str(path))
    return opened(path, *rest, **more)
os.open = open_file
os.name = "not posix"
"""
EVERY_MODULE = """
import ocn_registry
for found in pkgutil.walk_packages(ocn_registry.__path__, "ocn_registry."):
    if not found.name.endswith("__main__") and ".testing.pytest_plugin" not in found.name:
        __import__(found.name)
"""
COMMAND = """
from ocn_registry.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Run Python as on a system that is not POSIX."""

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
    # What a PowerShell of old writes with `>`.
    (tmp_path / "request.json").write_text(prepared, encoding="utf-16")
    signed = run("request", "sign", "request.json", "-s", "keystore:key.json", *unlock, "-y")
    assert json.loads(signed)["signature"].startswith("0x")
    run("request", "show", "request.json")


def test_help_and_settings_are_printed_in_any_code_page(elsewhere):
    for words in (("--help",), ("set-party", "--help"), ("settings",), ("completion", "bash")):
        done = elsewhere(COMMAND, *words, encoding="ascii")
        assert done.returncode == 0, done.stderr
