"""Other people's text is escaped and bounded wherever it is shown."""

import pytest

from ocn_registry.foreign.text import shown

HOSTILE = "\x1b]0;owned\x07\r\n\u202egnp.exe\u2028\x9b31m"


@pytest.mark.parametrize("value", [HOSTILE, (HOSTILE,), [HOSTILE, (HOSTILE,)], {HOSTILE: 1}])
def test_text_can_not_command_a_terminal(value):
    assert shown(value).isprintable()


@pytest.mark.parametrize("value", ["x" * 10**6, b"x" * 10**6, ("x",) * 10**6, 10**500])
def test_text_is_bounded(value):
    assert len(shown(value)) < 1000


def test_plain_values_stay_plain():
    assert shown("Müller") == "'Müller'"
    assert shown(5) == "5"
    assert shown(b"\x01\x02") == "0x0102"
    assert shown("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").startswith("0x5a")
    assert shown((1, 2)) == "[1, 2]"
    assert shown(None) == "None"
    assert shown(True) == "True"
