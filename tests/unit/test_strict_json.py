"""Untrusted JSON can't crash the process, whatever the recursion limit is."""

import ast
import json
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocn_registry.foreign import packed, strict_json
from ocn_registry.foreign.limits import MAX_DEPTH, JsonLimits
from ocn_registry.foreign.strict_json import BeyondLimits, parse_json

PACKAGE = Path(strict_json.__file__).resolve().parents[1]
# These read files that this package wrote, or output of programs that it started.
OWN = {"deploy/anvil.py", "deploy/artifacts/__init__.py"}
OWN |= {"registry_api/history.py", "registry_api/openapi.py"}

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 255), 1 << 255) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(values, st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(value, ascii_only):
    content = json.dumps([value] * 50, ensure_ascii=ascii_only).encode()
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
    with pytest.raises(BeyondLimits):
        parse_json(content)


@pytest.mark.parametrize("text", ["[" * 1000, "]" * 1000, '"[[', "\\[["])
def test_brackets_in_text_are_text(text):
    value = {"a": [text] * 600, "b": [[]] * 600}
    assert parse_json(json.dumps(value).encode()) == value


def test_allowed_depth_is_read():
    depth = MAX_DEPTH - 1
    content = b"[" * depth + b"[]," * 600 + b"1" + b"]" * depth
    parse_json(content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"1 2", b'{"a":1,}'])
def test_what_is_not_json_is_a_value_error(content):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        parse_json(content)


def test_byte_order_marks_of_windows_are_read():
    text = '{"Straße": [1, "ü"]}'
    assert parse_json(text.encode("utf-8-sig")) == json.loads(text)
    assert parse_json(text.encode("utf-16")) == json.loads(text)
    assert parse_json(b"\xfe\xff" + text.encode("utf-16-be")) == json.loads(text)
    assert parse_json(text.encode("utf-16-le")) == json.loads(text)
    assert parse_json(text.encode("utf-32")) == json.loads(text)


@pytest.mark.parametrize("content", [b'"\\ud800"', b'"a\\\\\\udfffb"', b'["\\uD83D\\uD83D"]'])
def test_unpaired_surrogate_in_json_is_refused(content):
    with pytest.raises(ValueError, match="unpaired surrogate"):
        parse_json(content)
    assert parse_json(content, strict_text=False)


@pytest.mark.parametrize(
    "content", [b'"\\uD83D\\uDE00"', b'"\\\\ud800"', b'"\\u00fc\\\\\\\\ud800"']
)
def test_whole_characters_are_read(content):
    assert parse_json(content) == json.loads(content)


SMALL = JsonLimits(max_bytes=1000, max_items=10, max_depth=3, max_digits=5)


@pytest.mark.parametrize(
    "content",
    [
        b" " * 1001,
        b"[0,0,0,0,0,0,0,0,0,0,0]",
        b"[{},{},{},{},{},{}]",
        b'{"a":0,"b":{"c":0,"d":0},"e":[0,0,0,0,0,0,0]}',
        b"[[[[]]]]",
        b'{"a":{"b":{"c":{}}}}',
        b"123456",
        b"[0.123456]",
        b"-123456",
    ],
)
def test_json_beyond_the_limits_makes_no_object(content, monkeypatch):
    monkeypatch.setattr(strict_json, "_decoder", None)
    with pytest.raises(BeyondLimits):
        parse_json(content, SMALL)


@pytest.mark.parametrize(
    "content",
    [b'"[[[[[[,,,,,,,,,,,,,,1234567890"', b"[[[0,0,0,0]]]", b"[12345,0.12345,-12345,1e12345]"],
)
def test_json_within_the_limits_is_read(content):
    assert parse_json(content, SMALL) == json.loads(content)


@pytest.mark.parametrize(
    "content",
    [b'"' + b'\\"' * 500_000, b'"' * 1_000_001, b"\\" * 1_000_000, b'"\\u' * 300_000],
    ids=range(4),
)
def test_unterminated_texts_are_scanned_once(content):
    """A pattern that starts again at each quote would take hours for these."""
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        parse_json(b"[" * 100 + content)
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        parse_json(content)


@pytest.mark.parametrize("name", [b"NaN", b"Infinity", b"-Infinity"])
def test_nan_and_infinity_are_not_json(name):
    with pytest.raises(ValueError, match="is not JSON"):
        parse_json(name)


TEXT = b'{"jsonrpc": "2.0", "result": "0x01"}' * 10


def gzip_of(content):
    return zlib.compress(content, wbits=31)


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (gzip_of(TEXT), "gzip"),
        (gzip_of(TEXT), None),
        (gzip_of(TEXT), "X-GZIP"),
        (zlib.compress(TEXT), "deflate"),
        (zlib.compress(TEXT, wbits=-15), "deflate"),
        (TEXT, "identity"),
        (TEXT, None),
    ],
)
def test_compressed_content_is_unpacked(content, coding):
    assert packed.unpacked(content, coding, 1 << 20) == TEXT


@pytest.mark.parametrize("size", [10**6, 10**7])
def test_bomb_is_unpacked_no_further_than_its_size_allows(size):
    bomb = gzip_of(b" " * size)
    with pytest.raises(BeyondLimits, match=f"more than {packed.most_unpacked(len(bomb), size)} "):
        packed.unpacked(bomb, None, size)


def test_content_is_not_unpacked_beyond_the_callers_limit():
    with pytest.raises(BeyondLimits, match="more than 100 bytes"):
        packed.unpacked(gzip_of(TEXT), None, 100)


@pytest.mark.parametrize(
    ("content", "coding"),
    [(b"\x1f\x8b", None), (gzip_of(TEXT)[:-9], "gzip"), (TEXT, "gzip"), (TEXT, "br"), (TEXT, "?")],
)
def test_corrupt_compressed_content_is_a_value_error(content, coding):
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        packed.unpacked(content, coding, 1 << 20)


def test_foreign_json_is_read_in_one_place():
    others = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"loads", "load", "JSONDecoder"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"json", "tomllib"}
    }
    assert others == OWN | {"foreign/strict_json.py", "foreign/strict_toml.py"}
