"""The manual: a page for each command, from the same source as the help."""

import importlib.util
import re
import shutil
import subprocess
import tomllib
from argparse import SUPPRESS
from pathlib import Path

import pytest

from ocn_registry.cli.commands import commands
from ocn_registry.cli.parser import parser_of
from ocn_registry.plans.exit_codes import MEANINGS
from ocn_registry.relay.main import COMMANDS as RELAY_COMMANDS

ROOT = Path(__file__).parents[2]
MACROS = {"TH", "SH", "TP", "B", "nf", "fi", "sp"}


def script():
    place = ROOT / "tools" / "build" / "build_manual.py"
    spec = importlib.util.spec_from_file_location("build_manual", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    return script().pages()


def plain(text):
    """Read roff as a reader sees it: without fonts, escapes and macros."""
    text = re.sub(r"\\f[BIR]|\\[,/]", "", text)
    text = text.replace(r"\-", "-").replace(r"\e", "\\")
    return re.sub(r"^\.(\w+) ?", "", text, flags=re.MULTILINE)


def test_every_command_has_a_page_and_is_on_the_first(pages):
    names = {f"ocn-registry-{command.path.replace(' ', '-')}" for command in commands()}
    assert {f"{name}.1" for name in names} | {"ocn-registry.1", "ocn-relay.1"} == set(pages)
    first = plain(pages["ocn-registry.1"])
    for command in commands():
        assert f"\n{command.path}\n{command.help}\n" in first
    assert {f"{name}(1)" for name in names} <= set(re.findall(r"[\w-]+\(1\)", first))


def test_the_page_of_the_relay_has_every_command_with_its_examples(pages):
    text = plain(pages["ocn-relay.1"])
    for name in RELAY_COMMANDS:
        assert f"\nusage: ocn-relay {name} [-h]" in text
        assert f"\nocn-relay {name}" in text.split("\nEXAMPLES\n")[1]


def help_of(command):
    """Return the help of a command's parser, and the parser."""
    shown = parser_of([*command.path.split(), "--help"])
    for word in command.path.split():
        commands = [action for action in shown._actions if isinstance(action.choices, dict)]
        shown = commands[0].choices[word]
    return shown.format_help(), shown


def test_a_page_says_what_the_help_says(pages):
    for command in commands():
        text = plain(pages[f"ocn-registry-{command.path.replace(' ', '-')}.1"])
        assert command.help in text
        shown, parser = help_of(command)
        flags = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", shown))
        assert flags - {"--help"} <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))
        for action in parser._actions:
            if action.help != SUPPRESS and action.dest != "help":
                assert action.help.replace("%%", "%") in text
        for alias in command.aliases:
            assert alias in text
        for each in command.examples:
            assert f"\nocn-registry {each}\n" in text
        for code, meaning in MEANINGS.items():
            assert f"\n{code}\n{meaning}\n" in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("get-party", r"get-party \[-h\] \(-a ADDRESS \| -c CC PID\) .*"),
        ("set-party", r"set-party \[-h\] -c CC PID -r ROLE \[ROLE ...\] -o ADDRESS .*"),
        ("request-submit", r"request submit \[-h\] .* FILE \[FILE ...\]"),
    ],
)
def test_a_page_says_how_its_command_is_called(pages, name, expected):
    text = plain(pages[f"ocn-registry-{name}.1"])
    assert re.search(f"\nSYNOPSIS\nocn-registry\n{expected}\n", text)


def test_the_page_of_the_settings_shows_a_file(pages):
    shown = pages["ocn-registry-settings.1"].split("FORM OF THE FILE\n.nf\n")[1].split("\n.fi\n")[0]
    found = tomllib.loads(plain(shown))
    assert found["profiles"]["work"]["network"] == "ewc"


def test_pages_are_plain_roff(pages):
    for name, text in pages.items():
        assert text.isascii(), name
        for line in filter(None, text.splitlines()):
            if line[0] == ".":
                assert line[1:].split(" ")[0] in MACROS, (name, line)
            assert line[0] != "'"
            assert line.count(r"\fR") == line.count(r"\fB") + line.count(r"\fI")
            assert not re.search(r"\\(?![fe,/-])", line), (name, line)


def test_groff_reads_every_page_without_a_warning(pages, tmp_path):
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed here")
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    read = subprocess.run(
        [groff, "-man", "-ww", "-z", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (read.stdout, read.stderr) == ("", "")


def test_committed_manual_is_compared(tmp_path, monkeypatch):
    manual = script()
    monkeypatch.setattr(manual, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["build_manual.py"])
    (tmp_path / "ocn-registry-gone.1").write_text("of a command that was removed")
    assert manual.main() == 0
    assert not (tmp_path / "ocn-registry-gone.1").exists()
    monkeypatch.setattr("sys.argv", ["build_manual.py", "--check"])
    assert manual.main() == 0
    page = tmp_path / "ocn-registry-doctor.1"
    page.write_text(page.read_text() + "more\n")
    assert manual.main() == 1
    page.unlink()
    assert manual.main() == 1
