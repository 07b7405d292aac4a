"""Write the manual: `docs/man/share/man/man1`, a page for each command and one for all.

    python tools/build/build_manual.py            write
    python tools/build/build_manual.py --check    compare with what is committed

It is made of the parsers that the help comes from. The wheel installs it where `man` looks.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ocn_registry.cli.commands import GROUPS
from ocn_registry.cli.config import settings_file
from ocn_registry.cli.config.settings import PROFILE_VARIABLE, RPC_VARIABLE
from ocn_registry.cli.described import Described, Option, described, of_the_root
from ocn_registry.plans.exit_codes import MEANINGS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "man" / "share" / "man" / "man1"

NAME = "ocn-registry"
SAYS = "read and write the registry of the Open Charging Network"
SUBJECT = "OCN Registry"
ABOUT = """\
The registry of the Open Charging Network says who runs which node, which party is reached through
which node, which services exist, and who agreed to them. What a command is asked for goes to
standard output, as JSON where that is no terminal or with `--json`; what it has to say goes to
standard error. Before anything is sent it says what will change and what that costs, and asks.
"""
VARIABLES = {
    "SIGNER": "key of whose entry it is, in the forms of `--signer`",
    "SPENDER": "key of who pays, in the forms of `--spender` (or: SENDER)",
    RPC_VARIABLE: "RPC node to ask; for `--rpc-url`",
    PROFILE_VARIABLE: "settings of this name in the settings file; for `--profile`",
    "NO_COLOR": "no colours",
    "OCN_DEBUG": "a traceback of what is unexpected",
}
FILES = {
    "~/.config/ocn-registry/settings.toml": "settings of your own: `ocn-registry settings path` "
    "tells where it is, `ocn-registry settings` what is in force",
}


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the manual.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    wanted = pages()
    there = {path.name: path.read_text(encoding="ascii") for path in FOLDER.glob("*")}
    if check:
        if there != wanted:
            print("docs/man is not what the help says: make docs", file=sys.stderr)
            return 1
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="ascii")
    return 0


def pages() -> dict[str, str]:
    """Make all pages, by the names of their files."""
    every = described()
    found = {f"{NAME}.1": "\n".join(root_page(every)) + "\n"}
    for each in every:
        found[f"{title(each.path)}.1"] = "\n".join(page(each, every)) + "\n"
    return found


def title(path: tuple[str, ...]) -> str:
    """Tell what a command's page is called."""
    return "-".join([NAME, *path])


def root_page(every: list[Described]) -> Iterator[str]:
    """Give the lines of the page that names all commands."""
    yield from head((), SAYS)
    yield from section("SYNOPSIS", [f"{bold(NAME)} [{italic('OPTION')} ...] {italic('COMMAND')}"])
    yield from section("DESCRIPTION", [prose(ABOUT)])
    yield ".SH COMMANDS"
    for each in every:
        yield from item(" ".join([bold(word) for word in each.path]), each.help)
    for name, says in GROUPS.items():
        yield from item(f"{bold(name)} {italic('...')}", says)
    yield from options(of_the_root())
    yield from section("ENVIRONMENT", [])
    for name, says in VARIABLES.items():
        yield from item(bold(name), says)
    yield from common()
    yield from see_also([each.path for each in every])


def page(each: Described, every: list[Described]) -> Iterator[str]:
    """Give the lines of a command's page."""
    yield from head(each.path, each.help)
    yield from synopsis(each.path, each.options)
    says = f"{each.help[0].upper()}{each.help[1:]}."
    yield from section("DESCRIPTION", [prose(says)])
    if each.aliases:
        names = " or ".join([bold(" ".join([NAME, *path])) for path in each.paths[1:]])
        yield from [".PP", f"It can be called {names} as well."]
    yield from options(each.options)
    if each.path == ("settings",):
        yield from example("FORM OF THE FILE", settings_file.__doc__ or "")
    told = re.findall(r"\(or: (\w+)\)", " ".join([option.help for option in each.options]))
    yield ".SH ENVIRONMENT"
    for name in dict.fromkeys([*told, "NO_COLOR", "OCN_DEBUG"]):
        yield from item(bold(name), VARIABLES[name])
    yield from common()
    nouns = {path.split("-")[1] for path in each.path if "-" in path} - {"raw"}
    near = [
        other.path
        for other in every
        if other is not each
        and (other.path[0] == each.path[0] or nouns & set(other.path[-1].split("-")))
    ]
    yield from see_also([(), *near])


def head(path: tuple[str, ...], says: str) -> Iterator[str]:
    """Give what every page begins with."""
    yield '.\\" Made by tools/build/build_manual.py: change the help, not this.'
    yield f'.TH "{escaped(title(path).upper())}" 1 "" "{NAME}" "{SUBJECT}"'
    yield from [".nh", ".ad l"]  # options are read as they are typed
    yield from section("NAME", [f"{escaped(title(path))} \\- {escaped(says)}"])


def synopsis(path: tuple[str, ...], every: tuple[Option, ...]) -> Iterator[str]:
    """Give how a command is called: what it needs, by name."""
    words = [bold(" ".join([NAME, *path]))]
    one_of = [spelled(option, short=True) for option in every if option.one_of]
    words += [spelled(option, short=True) for option in every if option.required and option.flags]
    words += [f"{{ {' | '.join(one_of)} }}"] if one_of else []
    words += [f"[{italic('OPTION')} ...]"]
    for option in every:
        if not option.flags:
            words.append(spelled(option) if option.required else f"[{spelled(option)}]")
    yield from section("SYNOPSIS", [" ".join(words)])


def options(every: tuple[Option, ...]) -> Iterator[str]:
    """Give all options, under the headings of the help."""
    groups = dict.fromkeys([option.group for option in every])
    for group in groups:
        yield f".SH {group.upper()}"
        for option in every:
            if option.group == group:
                yield from item(spelled(option), option.help)


def example(name: str, doc: str) -> Iterator[str]:
    """Give a section with the example that a module's documentation shows."""
    shown = doc.split("```")[1].partition("\n")[2].rstrip("\n")
    yield from section(name, [".nf"])
    yield from [escaped(line) or ".sp" for line in shown.split("\n")]
    yield ".fi"


def common() -> Iterator[str]:
    """Give what holds for every command."""
    yield ".SH FILES"
    for name, says in FILES.items():
        yield from item(italic(name), says)
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from item(bold(str(code)), meaning)


def see_also(paths: list[tuple[str, ...]]) -> Iterator[str]:
    """Name other pages."""
    named = ",\n".join([f"{bold(title(path))}(1)" for path in paths])
    yield from section("SEE ALSO", [named])


def section(name: str, lines: list[str]) -> Iterator[str]:
    """Give a section."""
    yield f".SH {name}"
    yield from lines


def item(label: str, says: str) -> Iterator[str]:
    """Give a label, and what it means."""
    yield from [".TP", label, prose(says)]


def spelled(option: Option, *, short: bool = False) -> str:
    """Write an option, or an argument, with what it takes."""
    flags = option.flags[:1] if short else option.flags
    takes = " ".join([italic(name) for name in option.takes])
    if option.many and len(option.takes) == 1:
        takes += " ..."
    if not flags:
        return takes
    return ", ".join([bold(flag) for flag in flags]) + (f" {takes}" if takes else "")


def prose(text: str) -> str:
    """Write sentences; what stands between backquotes is bold."""
    parts = text.strip().split("`")
    told = [bold(part) if at % 2 else escaped(part) for at, part in enumerate(parts)]
    return re.sub(r"^(?=[.'])", r"\\&", "".join(told), flags=re.MULTILINE)


def bold(text: str) -> str:
    """Write what is typed as it stands."""
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    """Write what stands for something else."""
    return f"\\fI{escaped(text)}\\fR"


def escaped(text: str) -> str:
    """Write text so that roff takes it for nothing else, and hyphens can be copied."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti")


if __name__ == "__main__":
    sys.exit(main())
