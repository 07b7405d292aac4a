"""Untrusted text can't control a terminal and stays within its columns."""

import os
from unicodedata import category
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocn_registry.cli.output.render import as_json, lines, printable, table
from ocn_registry.cli.output.terminal import fitted, folded, width_of

HOSTILE = "z" + "\u0335\u0301" * 9 + "\x1b]0;owned\x07\u202e\u4e2d\u6587 \r\n\x9b2J"
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="ab \u0301\u0335\u20dd\u4e2d\uff21\U0001f50c\x1b\r\n\x9b\u202e\u2066\ud800"),
)
ADDRESS = "0x" + "12" * 20
WIDTHS = st.integers(min_value=20, max_value=120)


@given(TEXTS)
@example(HOSTILE)
def test_no_text_controls_a_terminal_or_stacks_marks(text):
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    marks = "".join("m" if category(letter) in {"Mn", "Me"} else " " for letter in f"x{shown}")
    assert "mmmm" not in marks
    assert not marks[1:].startswith("m")
    assert as_json({"name": text}).replace("\n", "").isprintable()


@given(TEXTS, st.integers(min_value=2, max_value=60))
@example(HOSTILE, 12)
def test_a_cell_has_exactly_its_width(text, width):
    shown = printable(text)
    cell = fitted(shown, width)
    assert width_of(cell) == width
    assert cell.startswith(shown) or cell.rstrip(" ").endswith("\u2026")


@given(st.lists(st.text(alphabet="abc\u4e2d`.,:", min_size=1, max_size=50)), WIDTHS)
def test_a_folded_line_keeps_all_words_within_the_terminal(words, columns):
    line = f"change    {' '.join(words)}"
    with mock.patch.dict(os.environ, {"COLUMNS": str(columns)}):
        found = folded(line).split("\n")
    assert " ".join(found).split() == line.split()
    for row in found:
        text = row.removeprefix("change").strip()
        assert width_of(row) <= columns or width_of(text) > columns - 10
    assert all(row.startswith(" " * 10) for row in found[1:])


@pytest.mark.parametrize("columns", [40, 80])
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
@example([(HOSTILE, HOSTILE)])
def test_a_table_has_a_row_for_each_entry_in_aligned_columns(columns, rows):
    whole = [(first, second, ADDRESS) for first, second in rows]
    with mock.patch.dict(os.environ, {"COLUMNS": str(columns)}):
        found = table(("NAME", "URL", "ADDRESS"), whole, soft=(0, 1)).split("\n")
    assert sum(row.endswith(ADDRESS) for row in found) == len(rows)
    if f"ADDRESS  {ADDRESS}" not in found:  # otherwise it does not fit, and is shown as lines
        head, *body = found
        assert len(body) == len(rows)
        assert {width_of(row) for row in body} == {width_of(head) - len("ADDRESS") + len(ADDRESS)}
        assert width_of(body[0]) <= columns


@given(st.dictionaries(st.sampled_from(["name", "rpcUrl", "partyId"]), TEXTS))
def test_an_entry_has_a_line_for_each_value(entry):
    found = lines(entry)
    assert found.replace("\n", "").isprintable()
    assert ("party id" in found) == ("partyId" in entry)
