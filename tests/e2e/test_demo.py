"""The demo does the main job, and however it is ended, nothing is left and the next run works."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DEMO = "tools/demo/demo.py"
POINTS = ["A separate chain", "south        runs", "is NL MSP", "offers"]
ATTEMPTS = 5


@pytest.fixture(scope="module")
def shown():
    finished = subprocess.run([sys.executable, DEMO], cwd=ROOT, capture_output=True, check=True)
    assert finished.stderr == b""
    return finished.stdout.decode()


def words(text):
    return " ".join(text.split())


def test_main_job_is_done(shown):
    said = words(shown)
    for expected in (
        "north runs https://north.example.org",
        "south runs https://south.example.org",
        "CPO is DE CPO, CPO, at the node of north",
        "eMSP is NL MSP, EMSP, at the node of south",
        "provider is DE SCP, SCSP, at the node of south",
        "CPO sends cdrs locations sessions; receives commands tokens",
        "provider offers Smart charging, needs FORWARD_MODULE_COMMANDS_RECEIVER",
        "eMSP agreed to version 1 of what provider offers",
        "forward to https://north.example.org, the node that north runs",
        "copy to DE SCP at https://south.example.org",
    ):
        assert expected in said


def test_replayed_request_is_refused_and_costs_nothing(shown):
    said = words(shown)
    assert re.search(
        r"refused NonceMismatch: the next nonce of 0x\w{40} is 2 and .* carries 0", said
    )
    assert "cost 0 wei: nothing was sent" in said


def test_parties_have_no_money_and_send_nothing(shown):
    said = words(shown)
    for name in ("CPO", "eMSP", "provider"):
        assert re.search(rf"{name} 0x\w{{40}} balance 0 wei", said)
        assert f"{name} 0 sent, balance 0 wei" in said
    assert len(re.findall(r"transaction 0x[0-9a-f]{64}", said)) == 8
    assert said.count("paid by spender") == 6


def test_keys_are_new_in_every_run(shown, start):
    status, out, _ = start(DEMO).finish()
    assert status == 0
    assert re.search(r"CPO +(0x\w{40})", out)[1] != re.search(r"CPO +(0x\w{40})", shown)[1]


def ended_at(start, point, number):
    """Signal a demo that has come to this point; once more if it was done before the signal."""
    for _ in range(ATTEMPTS):
        program = start(DEMO)
        program.read_until(point)
        program.signal(number)
        status, _, err = program.finish()
        assert program.left_running() == []
        # While Python itself ends, Ctrl-C does so without a word: the demo was done by then.
        if status and (err or number != signal.SIGINT):
            return status, err
    pytest.fail(f"the demo was done {ATTEMPTS} times before it got the signal")


@pytest.mark.parametrize("point", POINTS)
def test_ctrl_c_ends_it_with_one_line_and_leaves_nothing(start, point):
    said = "\ninterrupted; the chain is gone, nothing is left running\n"
    assert ended_at(start, point, signal.SIGINT) == (130, said)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("point", POINTS)
def test_killed_demo_leaves_nothing(start, point, number):
    assert ended_at(start, point, number) == (-number, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("delay_s", [0.03, 0.06, 0.09, 0.12, 0.15, 0.18])
def test_nothing_is_left_by_a_signal_while_it_starts(start, number, delay_s):
    program = start(DEMO)
    time.sleep(delay_s)
    program.signal(number)
    # Before our first line runs, Ctrl-C is Python's own business: 1 while it starts, then SIGINT.
    # And if this test is the one that is late, the demo is done.
    assert program.finish()[0] in {130, 1, -number, 0}
    assert program.left_running() == []


def test_two_demos_run_side_by_side(start):
    first, second = start(DEMO), start(DEMO)
    assert (first.finish()[0], second.finish()[0]) == (0, 0)


def test_reader_that_closes_early_is_not_an_error(start):
    # By its first line at the latest: later, all that it prints may be in the pipe before.
    program = start(DEMO)
    program.process.stdout.close()
    assert program.process.wait() == 1
    assert program.process.stderr.read() == ""
    assert program.left_running() == []


def test_without_anvil_it_says_so_in_one_line(start):
    status, out, err = start(DEMO, OCN_ANVIL="/nowhere/anvil").finish()
    assert (status, out) == (1, "")
    assert words(err).startswith("the demo can't continue: OCN_ANVIL names '/nowhere/anvil'")


def test_next_run_works(start):
    """Last in this file, so that it follows all the interrupted ones."""
    status, out, err = start(DEMO).finish()
    assert (status, err) == (0, "")
    assert out.rstrip().endswith("The chain is gone; nothing is left running.")
