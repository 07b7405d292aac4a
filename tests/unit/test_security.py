"""Each promise in SECURITY.md names a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_PROMISE = re.compile(r"^- \*\*.*?(?=^- \*\*|^#|\Z)", re.MULTILINE | re.DOTALL)


def promises():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    start = text.index("## What is promised")
    return _PROMISE.findall(text[start : text.index("## Threats")])


def test_each_promise_names_a_test():
    assert len(promises()) > 20
    assert [promise for promise in promises() if not _NAMED.search(promise)] == []


def test_each_test_that_is_named_exists():
    missing = [
        f"{path}::{name}"
        for promise in promises()
        for path, name in _NAMED.findall(promise)
        if not (ROOT / path).is_file()
        or not re.search(rf"^\s*(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert missing == []
