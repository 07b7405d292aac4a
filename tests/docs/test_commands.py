"""Every command that a page shows is one: it parses, with options that exist."""

import re
import shlex
from pathlib import Path

import pytest

from ocn_registry.cli.parser import parse
from ocn_registry.relay.main import COMMANDS
from ocn_registry.relay.parser import parser as relay_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "tutorials").glob("*.md"),
    ]
    if path.name != "CHANGELOG.md"
)
SHELL = re.compile(r"^```(?:sh|console|bash)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = ("ocn-registry", "ocn-relay", "make")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
HASH = "0x" + "ab" * 32
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def commands(page):
    """The commands of a page's shell blocks, each as its words."""
    for block in SHELL.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\s(?:\|\|?|&&|>|<)\s|;\s", line.removeprefix("$ ").strip()):
                if part.split(" ")[0] in PROGRAMS:
                    yield shlex.split(part, comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_parses(page):
    for words in commands(page):
        try_to_parse([filled(word) for word in words])


def filled(word):
    """Give a value to what the reader fills in."""
    if word in {"0x...", "ADDRESS"}:
        return ADDRESS
    if word == "NETWORK":
        return "local"
    return HASH if word in {"HASH", "ID"} else word


def try_to_parse(words):
    program, *rest = words
    if program == "make":
        assert {word for word in rest if "=" not in word and word[0] != "-"} <= TARGETS, words
        return
    parser = relay_parser(COMMANDS).parse_args if program == "ocn-relay" else parse
    try:
        parser(rest)
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    assert not code, words


def test_pages_show_commands_of_all_programs():
    shown = [words for page in PAGES for words in commands(page)]
    assert len(shown) > 60
    assert {words[0] for words in shown} == set(PROGRAMS)
    registry = {words[1] for words in shown if words[0] == "ocn-registry"}
    assert {"register", "identity", "request", "verify", "set-agreement-raw"} <= registry


def test_a_mistyped_option_of_a_page_is_found():
    with pytest.raises(AssertionError):
        try_to_parse(["ocn-registry", "register", "-c", "DE", "ABC", "--rolls", "CPO"])
