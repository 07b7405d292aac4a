"""JSON of strangers can't end the process, whatever the recursion limit is."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry.foreign.strict_json import MAX_DEPTH, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values, st.booleans())
def test_what_is_json_is_read_as_json(value, ascii_only):
    text = json.dumps([value] * 50, ensure_ascii=ascii_only)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return
    assert parse_json(content) == [value] * 50


@pytest.fixture
def high_recursion_limit():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10**6,
        b'{"a":' * 10**6,
        b'["\\"]]]]",' * 10**5,
        b'["]"' + b',["]"' * 10**5,
        b'"' + b"[" * 10**5 + b'",' + b"[" * 10**6,
        b"[]," * 5_000_000,
    ],
    ids=range(6),
)
@pytest.mark.usefixtures("high_recursion_limit")
def test_deep_nesting_is_refused_before_it_is_parsed(content):
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(content)


@pytest.mark.parametrize("text", ["[" * 1000, "]" * 1000, '"[[', "\\[["])
def test_brackets_in_text_are_text(text):
    value = {"a": [text] * 600, "b": [[]] * 600}
    assert parse_json(json.dumps(value).encode()) == value


def test_depth_that_is_allowed():
    depth = MAX_DEPTH - 1
    content = b"[" * depth + b"[]," * 600 + b"1" + b"]" * depth
    parse_json(content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"1 2", b'{"a":1,}'])
def test_what_is_no_json_is_a_value_error(content):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        parse_json(content)
