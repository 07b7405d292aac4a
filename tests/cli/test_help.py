"""The help of every command: its examples work, and its lines fit."""

import argparse
import re
import shlex

import pytest

from ocn_registry.cli.commands import commands
from ocn_registry.cli.parser import NAME, parse, parser_of
from ocn_registry.relay.main import COMMANDS as RELAY_COMMANDS
from ocn_registry.relay.parser import parser as relay_parser

_EXAMPLES = re.compile(r"^examples:\n((?:  .*\n?)+)", re.MULTILINE)


def leaves(parser):
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    yield parser
    for action in below:
        for child in dict.fromkeys(action.choices.values()):
            yield from leaves(child)


def every_help(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    for parser in (*leaves(parser_of()), *leaves(relay_parser(RELAY_COMMANDS))):
        yield parser.prog, parser.format_help()


def words_of(text, name):
    """Return the command lines of a help's examples, as a shell reads them."""
    found = _EXAMPLES.search(text)
    if found is None:
        return []
    whole = found[1].replace("\\\n", " ")
    lines = [shlex.split(line) for line in whole.splitlines()]
    assert all(line[0] == name for line in lines), whole
    return [line[1:] for line in lines]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.path)
def test_every_command_has_examples_that_it_accepts(command):
    assert command.examples
    for example in command.examples:
        words = shlex.split(example.partition(" >")[0])
        assert words[: len(command.path.split())] == command.path.split()
        assert parse(words).action == command.action


def test_every_command_of_the_relay_has_examples_that_it_accepts():
    root = relay_parser(RELAY_COMMANDS)
    for parser in leaves(root):
        examples = words_of(parser.format_help(), "ocn-relay")
        assert examples, parser.prog
        for words in examples:
            assert root.parse_args(words).command in RELAY_COMMANDS.values()


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_an_example_is_the_same_command_when_it_is_copied_from_several_lines(columns, monkeypatch):
    found = dict(every_help(columns, monkeypatch))
    for command in commands():
        given = [shlex.split(each) for each in command.examples]
        assert words_of(found[f"{NAME} {command.path}"], NAME) == given


@pytest.mark.parametrize("columns", [50, 80])
def test_lines_of_the_help_fit_the_terminal_unless_a_word_does_not(columns, monkeypatch):
    for name, text in every_help(columns, monkeypatch):
        for line in text.splitlines():
            if line.startswith("  ocn-relay "):
                continue  # an example, to be copied
            words = line.removesuffix(" \\").split()
            group = line.strip().startswith(("[", "("))  # alternatives stay together
            option = len(words) == 2 and words[0].startswith("-")  # and so does a value
            fits = len(line) <= columns or len(words) == 1 or group or option
            assert fits, f"{name}: {line}"


def test_every_option_is_explained(monkeypatch):
    for parser in (*leaves(parser_of()), *leaves(relay_parser(RELAY_COMMANDS))):
        for action in parser._actions:
            if not isinstance(action, argparse._SubParsersAction):
                assert action.help, f"{parser.prog}: {action.dest}"
