"""No number causes a traceback: each option that takes a number is tried with odd ones."""

import contextlib
import functools
import io
import os
import sys
import time
from argparse import ArgumentParser

import pytest

from ocn_registry.cli.commands import commands
from ocn_registry.cli.main import main
from ocn_registry.cli.options import new_file
from ocn_registry.cli.parser import add_options, parse
from ocn_registry.plans.exit_codes import DONE, MEANINGS, UNEXPECTED

KEY = "0x" + "11" * 32
NOWHERE = "http://127.0.0.1:9"
ADDRESS = "0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4"
ODD = [
    *("0", "1", "-1", "-0", "+1", "1.5", "1e3", "1e400", "nan", "inf", "-inf", "", " 1", "1_0"),
    *("0x10", "٣", "²", "1" * 5000, "0" * 200 + "7"),
    *(str(2**bits + more) for bits in (31, 32, 53, 63, 64, 128, 256) for more in (-1, 0, 1)),
]
# Default values of options and arguments.
FITTING = {
    "roles": ("CPO",),
    "permissions": ("FORWARD_ALL",),
    "credentials": ("DE", "ABC"),
    "tx_hash": ("0x" + "1f" * 32,),
    "domain": ("https://node.example.org",),
    "website": ("https://example.org",),
    "file": ("missing.json",),
    "files": ("missing.json",),
    "output_file": ("never.json",),
    "path": ("never.json",),
    "reason": ("because",),
    "out": ("never.json",),
    "block": ("latest",),
}
NUMBERS = {
    "timeout",
    "max_fee",
    "max_cost",
    "wait",
    "delay",
    "salt",
    "requests",
    "port",
    "interval",
}
NUMBERS |= {"chain_id", "block_time", "block", "max_gas", "nonce", "deadline", "valid_for"}
NUMBERS |= {"new_nonce", "first", "last"}
# These run or wait for a long time, so their arguments are only parsed.
ENDLESS = {"devnet", "watch", "tx status", "tx speed-up", "tx cancel"}


@functools.cache  # always the same objects: `line` looks for the one that is tried
def actions(command):
    parser = ArgumentParser(add_help=False)
    add_options(parser, command)
    return parser._actions


# An option that many commands share is tried with the first of them.
FIRST = {
    (action.dest, action.help): (command, action)
    for command in reversed(list(commands()))
    for action in actions(command)
    if action.dest in NUMBERS
}
CASES = [
    pytest.param(command, action, id=f"{command.path} --{action.dest}")
    for command, action in FIRST.values()
]


def line(command, tried, value):
    words = command.path.split()
    for action in actions(command):
        if action is tried:
            words += [f"{action.option_strings[-1]}={value}"]
        elif action.required:
            given = FITTING.get(action.dest, (ADDRESS,))
            words += [*action.option_strings[:1], *given]
    return words


def only_read(words):
    parse(words)
    return DONE


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Run a command in this process; return its exit code, and what it prints."""

    def run(words, start):
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(time, "sleep", lambda _: None)  # no node answers, however often
        variables = {"PATH": os.environ["PATH"], "SIGNER": "env:MY_KEY", "MY_KEY": KEY}
        variables |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
        with monkeypatch.context() as changed:
            changed.setattr(os, "environ", variables)
            changed.setattr(sys, "stdin", io.StringIO())
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    code = start([*words, "-n", "volta", "--rpc-url", NOWHERE])
                except SystemExit as end:
                    code = end.code
        return code, out.getvalue() + err.getvalue()

    return run


def test_every_option_that_takes_a_number_is_tried():
    """An option that parses its text, and has no list of names, takes a number."""
    parsed = {
        action.dest
        for command in commands()
        for action in actions(command)
        if action.type not in {None, new_file} and not hasattr(action.type, "known")
    }
    assert parsed - {"tx_hash", "registry_tx", "permissions_tx", "id", "keep", "export"} <= NUMBERS


@pytest.mark.parametrize(("command", "action"), CASES)
def test_odd_numbers_are_used_or_refused_in_one_line(command, action, said):
    start = only_read if command.path in ENDLESS else main
    for value in ODD:
        code, text = said(line(command, action, value), start)
        assert code in set(MEANINGS) - {UNEXPECTED}, (value, text)
        assert "Traceback" not in text, (value, text)
        assert "unexpected" not in text, (value, text)
        assert max(map(len, text.splitlines()), default=0) < 1000, (value, text[:2000])
