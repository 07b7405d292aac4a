"""Phrases that a native reader stumbles over don't come back. Add each new kind to the table."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("contracts", "docs", "examples", "ocn_registry", "scripts")
PAGES = ("README.md", "SECURITY.md", "CONTRIBUTING.md")

# What to avoid, and what to write instead.
PHRASES = {
    r"(?<![Tt]here )\bis no (valid|party|key|address|number)\b": "X is not a valid Y",
    r'"""(Tell|Told|Reckon|Give) ': "Return ..., Send ..., Print ...",
    r"\banew\b": "again",
    r"\b(spelt|reckon|reckons|reckoned)\b": "written, expect",
    r"\bmends?\b": "fix, repair",
    r"can't be had|for the time being|\bof one's own\b": "not available, for now, separate",
    r"callers that wait|changed last|[wW]hat became of": "synchronous, last changed, outcome",
    r"not to be had|in no block|whose entry it is": "unknown, not in a block, whose entry changes",
    r"nobody can be asked|\bdearer\b|answer as one": "no terminal, more expensive, not valid",
}


@cache
def prose():
    """Return the lines of documentation, contracts and Python, with their places."""
    files = [ROOT / page for page in PAGES]
    for folder in FOLDERS:
        files += [
            path for kind in ("md", "py", "sol") for path in (ROOT / folder).rglob(f"*.{kind}")
        ]
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if not {"node_modules", ".cache", "target"} & set(path.relative_to(ROOT).parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


@pytest.mark.parametrize(("phrase", "better"), PHRASES.items(), ids=PHRASES.values())
def test_phrase_is_not_used(phrase, better):
    found = [line for line in prose() if re.search(phrase, line)]
    assert not found, f"write {better!r}:\n" + "\n".join(found)
