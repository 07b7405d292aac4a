"""The rehearsal, in its small setting: straight and killed, it ends the same."""

import re

KILLS = 24  # at the beginning of twelve steps; before and after the first change of six


def test_rehearsal_ends_the_same_however_often_it_is_killed(start):
    program = start("scripts/rehearsal.py", "--small")
    said = "".join(program.process.stdout)
    code, _, errors = program.finish()
    assert (code, errors) == (0, ""), said
    assert said.endswith("the same end, with nothing different but what the plan listed\n")
    straight, killed = re.findall(r"state ([0-9a-f]{64})$", said, re.MULTILINE)
    assert straight == killed
    assert said.count("   killed ") == KILLS
    assert "nothing different but the 17 entries that the plan left out" in said
    assert "Registry sourcify exact_match" in said
    assert program.left_running() == []
