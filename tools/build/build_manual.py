"""Write the manual: `docs/man/share/man/man1`, a page for each program and command.

    python tools/build/build_manual.py            write
    python tools/build/build_manual.py --check    compare with what is committed

argparse-manpage makes the pages from the parsers that `--help` uses. The wheel installs them where
`man` looks for them.
"""

import argparse
import re
import sys
from pathlib import Path

from argparse_manpage.manpage import Manpage  # type: ignore[import-untyped]  # it has no types

from ocn_registry.cli.commands import GROUPS, Command, commands
from ocn_registry.cli.config import settings_file
from ocn_registry.cli.parser import NAME, Parser, add_options, description, root_parser
from ocn_registry.foreign.variables import PROFILE, VARIABLES
from ocn_registry.plans.exit_codes import MEANINGS
from ocn_registry.relay.main import COMMANDS as RELAY_COMMANDS
from ocn_registry.relay.parser import NAME as RELAY
from ocn_registry.relay.parser import parser as relay_parser

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "man" / "share" / "man" / "man1"

SUMMARY = "read and write the registry of the Open Charging Network"
ABOUT = """\
The registry of the Open Charging Network lists who runs which node, through which node each party
is reached, which services exist, and who has agreed to them. Results are printed on standard
output, as JSON with --json or if it is not a terminal; everything else is printed on standard
error. Before anything is sent, a command shows what will change and what it costs, and asks.
"""
_SIGNER, _SPENDER, _CONTROLLER, _RPC = (
    VARIABLES[setting][0] for setting in ("signer", "spender", "controller", "rpc_url")
)
ENVIRONMENT = {
    _SIGNER: "key of the account whose entry changes, in the forms of --signer",
    _SPENDER: "key of the account that pays, in the forms of --spender (or: SENDER)",
    _CONTROLLER: "key of the account's controller, in the forms of --controller",
    _RPC: "RPC node to use, as --rpc-url",
    PROFILE: "profile of the settings file to use, as --profile",
    "NO_COLOR": "if set, no colours are used",
    "OCN_DEBUG": "if set, unexpected errors show a traceback",
}
FILES = {
    "~/.config/ocn-registry/settings.toml": "your settings; `ocn-registry settings path` shows "
    "where the file is, and `ocn-registry settings` which settings apply",
}


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the manual.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    wanted = pages()
    existing = {path.name: path.read_text(encoding="ascii") for path in FOLDER.glob("*")}
    if check:
        if existing != wanted:
            print("docs/man differs from the help: run make generated", file=sys.stderr)
            return 1
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in existing.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="ascii")
    return 0


def pages() -> dict[str, str]:
    """Return all pages, by file name."""
    every = commands()
    return {
        f"{NAME}.1": root_page(every),
        **{f"{title(each)}.1": command_page(each, every) for each in every},
        f"{RELAY}.1": relay_page(),
    }


def title(command: Command) -> str:
    """Return the name of a command's page."""
    return f"{NAME}-{command.path.replace(' ', '-')}"


def root_page(every: list[Command]) -> str:
    """Return the page of the program, which lists all commands."""
    parser = root_parser()
    parser.description, parser.epilog = ABOUT, None
    page = manpage(parser, NAME, SUMMARY)
    page.add_section("synopsis", "=", f".B {escaped(NAME)}\n[OPTION ...] COMMAND")
    page.add_section("commands", "=", items({each.path: each.help for each in every}))
    page.add_section("groups of commands", "=", items(GROUPS))
    page.add_section("environment", "=", items(ENVIRONMENT))
    add_common(page, [title(each) for each in every])
    return str(page)


def command_page(command: Command, every: list[Command]) -> str:
    """Return the page of a command."""
    parser = Parser(prog=f"{NAME} {command.path}", description=description(command))
    add_options(parser, command)
    page = manpage(parser, title(command), command.help)
    if command.aliases:
        *group, _ = command.path.split()
        names = [" ".join([NAME, *group, alias]) for alias in command.aliases]
        page.add_section("other names", "=", escaped(", ".join(names)))
    if command.examples:
        examples = "\n".join([f"{NAME} {each}" for each in command.examples])
        page.add_section("examples", "=", f".nf\n{escaped(examples)}\n.fi")
    if command.path == "settings":
        shown = (settings_file.__doc__ or "").split("```")[1].partition("\n")[2].rstrip("\n")
        lines = "\n".join([escaped(line) or ".sp" for line in shown.split("\n")])
        page.add_section("form of the file", "=", f".nf\n{lines}\n.fi")
    named = re.findall(r"\(or: (\w+)\)", parser.format_help())
    variables = dict.fromkeys([*named, "NO_COLOR", "OCN_DEBUG"])
    page.add_section("environment", "=", items({name: ENVIRONMENT[name] for name in variables}))
    add_common(page, [NAME, *[title(each) for each in related(command, every)]])
    return str(page)


def relay_page() -> str:
    """Return the page of the relay, with all of its commands."""
    parser = relay_parser(RELAY_COMMANDS)
    lines = dict.fromkeys(re.findall(rf"^  ({RELAY} .*)$", all_help(parser), re.MULTILINE))
    codes = dict(re.findall(r"^  (\d+) +(.*)$", parser.epilog or "", re.MULTILINE))
    parser.epilog = None
    page = manpage(parser, RELAY, "accept signed requests over HTTP, and pay for them")
    page.add_section("examples", "=", f".nf\n{escaped(chr(10).join(lines))}\n.fi")
    page.add_section("exit status", "=", items(codes))
    page.add_section("see also", "=", f"{escaped(NAME)}(1)")
    return str(page)


def all_help(parser: argparse.ArgumentParser) -> str:
    """Return the epilogs of a parser and of all commands below it."""
    below = [
        each
        for action in parser._actions  # noqa: SLF001 - it has no public name
        if isinstance(action.choices, dict)
        for each in action.choices.values()
    ]
    return "\n".join([parser.epilog or "", *map(all_help, below)])


def related(command: Command, every: list[Command]) -> list[Command]:
    """Return the commands of the same group, and those about the same kind of entry."""
    group = command.path.split()[0]

    def nouns(path: str) -> set[str]:
        return set(path.rsplit(maxsplit=1)[-1].split("-")[1:]) - {"raw"}

    return [
        each
        for each in every
        if each is not command
        and (each.path.split()[0] == group or nouns(each.path) & nouns(command.path))
    ]


def manpage(parser: argparse.ArgumentParser, name: str, summary: str) -> Manpage:
    """Return a page without the sections that don't come from a parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter  # man wraps the lines
    page = Manpage(parser, _data={"description": summary, "project_name": NAME})
    page.prog, page.manual, page.date = name, "OCN Registry", ""
    return page


def add_common(page: Manpage, see_also: list[str]) -> None:
    """Add the sections that every page ends with."""
    page.add_section("files", "=", items(FILES))
    page.add_section("exit status", "=", items({str(code): MEANINGS[code] for code in MEANINGS}))
    page.add_section("see also", "=", ",\n".join([f"{escaped(name)}(1)" for name in see_also]))


def items(texts: dict[str, str]) -> str:
    """Return a list of labels, each with its meaning."""
    return "\n".join(
        [f".TP\n\\fB{escaped(label)}\\fR\n{escaped(text)}" for label, text in texts.items()],
    )


def escaped(text: str) -> str:
    """Return text that roff shows verbatim, with hyphens that can be copied."""
    return text.replace("\\", "\\e").replace("-", "\\-")


if __name__ == "__main__":
    sys.exit(main())
