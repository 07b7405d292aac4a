"""Killed at any step and with any faults, each change is paid once and reported correctly."""

import os

import pytest
from world import History

HISTORIES = 1000 if os.environ.get("OCN_SOAK") else int(os.environ.get("JOURNAL_HISTORIES", "10"))
EVERY = 1 if HISTORIES >= 100 else 4  # steps at which a write is killed: all of them in `make soak`


def test_write_that_is_killed_at_any_step_is_paid_once(world, tmp_path):
    whole = world.account()
    with world.mining():
        steps = world.write(whole, "https://whole.example", tmp_path / "whole")["steps"]
    assert steps > 10
    for kill_at in range(1, steps + 1, EVERY):
        account, url = world.account(), f"https://{kill_at}.example"
        journal = tmp_path / str(kill_at)
        with world.mining():
            killed = world.write(account, url, journal, kill_at=kill_at)
            again = world.write(account, url, journal, patience_s=10.0)
        assert list(account.mined().values()) == [url], (kill_at, killed, again)
        assert account.mined() == {again["done"]: url}, kill_at


def test_each_change_is_paid_once_and_reported_correctly_in_any_history(world, tmp_path):
    for seed in range(HISTORIES):
        history = History(world, seed, tmp_path)
        wrong = history.run()
        assert not wrong, "\n".join([*wrong, *history.log])


@pytest.mark.parametrize("fault", ["journal after send", "new number on refusal"])
def test_seeded_fault_is_found(world, tmp_path, fault):
    seeds = range(1000, 1000 + 40)
    assert any(History(world, seed, tmp_path, fault).run() for seed in seeds)
