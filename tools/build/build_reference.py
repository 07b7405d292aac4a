"""Write `docs/reference.md`: every public name of the package, from its docstring.

    python tools/build/build_reference.py            write
    python tools/build/build_reference.py --check    compare with what is committed

The docstrings are in Google's form, checked by ruff: a paragraph, then sections such as `Args:`
whose entries become a list.
"""

import argparse
import dataclasses
import enum
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import ocn_registry
from ocn_registry import contract_errors
from ocn_registry.contract_errors import ContractError
from ocn_registry.outcomes import Change
from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "reference.md"

HEAD = """# Reference

Every name that `from ocn_registry import ...` knows, made of the docstrings by `make docs`. Guides:
for [parties and service providers](guide-party.md), [node software](guide-node.md),
[owners](guide-deployer.md).
"""
# What is told together, and which part of the package it comes from.
GROUPS = {
    "Clients": ("client", "flows"),
    "Events": ("events",),
    "What stands in a registry": ("models",),
    "What can be changed": ("intents",),
    "Signers and requests": ("signing",),
    "What a write did": ("outcomes",),
    "Relays": ("relay",),
    "The registry in memory": ("cache",),
    "Where registries stand, and the ways there": ("networks", "transport"),
    "Errors": ("errors",),
}
ASYNC = "The methods are those of [`RegistryClient`](#registryclient), to be awaited."
_SECTIONS = ("Args", "Attributes", "Raises", "Returns", "Source")
_ENTRY = re.compile(r"^    (\w+(?:, \w+)*): (.*)$")


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write docs/reference.md.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    text = "\n".join(reference()) + "\n"
    if not check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        print("docs/reference.md is not what the docstrings say: make docs", file=sys.stderr)
        return 1
    return 0


def reference() -> Iterator[str]:
    """Give the lines of the document."""
    yield HEAD
    things = {name: getattr(ocn_registry, name) for name in public_names()}
    for title, parts in GROUPS.items():
        yield f"## {title}\n"
        for name, thing in things.items():
            if part_of(thing) in parts:
                yield from entry(name, thing)
        if title == "What a write did":
            yield "### Changes\n\n" + changes()
    yield "## Errors of the contracts\n"
    yield paragraph(inspect.getdoc(contract_errors) or "")
    yield "\n| class | fields | when |\n|---|---|---|"
    for error in contract_errors.contract_errors():
        yield f"| `{error.__name__}` | {fields_of(error)} | {first_line(error)} |"


def public_names() -> list[str]:
    """Tell the public names that are told one by one, in the order of the alphabet."""
    told = [name for name in dir(ocn_registry) if not name.startswith("_")]
    return [name for name in told if not inspect.ismodule(getattr(ocn_registry, name))]


def part_of(thing: object) -> str:
    """Tell the part of the package that a name comes from."""
    home = getattr(thing, "__module__", "ocn_registry.intents")
    return str(home).split(".")[1] if str(home).startswith("ocn_registry.") else "intents"


def entry(name: str, thing: object) -> Iterator[str]:
    """Give the lines that tell of a name."""
    yield f"### {name}\n"
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        yield f"One of {', '.join(f'`{one}`' for one in members_of(thing))}.\n"
        return
    if inspect.isfunction(thing) or is_made(thing):
        yield f"```python\n{signature(name, thing)}\n```\n"
    yield from documented(thing)
    if name == "AsyncRegistryClient":
        yield f"{ASYNC}\n"
        return
    if inspect.isclass(thing) and issubclass(thing, enum.Enum):
        values = ", ".join(f"`{one.name}` {one.value}" for one in list(thing))
        yield f"Members: {values}\n"
        return
    if inspect.isclass(thing):
        for method, value in methods_of(thing):
            yield f"#### {name}.{method}\n"
            if not isinstance(value, property):
                yield f"```python\n{signature(method, value)}\n```\n"
            yield from documented(value)


def members_of(union: object) -> list[str]:
    """Tell the classes that a union is made of."""
    return [one.__name__ for one in cast("tuple[type, ...]", getattr(union, "__args__", ()))]


def is_made(thing: type) -> bool:
    """Tell whether users make values of a class themselves."""
    protocol = getattr(thing, "_is_protocol", False)
    return not protocol and not issubclass(thing, (enum.Enum, Exception))


def methods_of(thing: type) -> Iterator[tuple[str, object]]:
    """Give the public methods and properties, those of the package's own base classes too."""
    seen: dict[str, object] = {}
    for base in reversed(thing.__mro__):
        if base.__module__.startswith("ocn_registry") and base is not Effect:
            seen |= {name: value for name, value in vars(base).items() if not name.startswith("_")}
    for name, value in seen.items():
        plain = getattr(value, "__func__", value)
        if inspect.isfunction(plain) or isinstance(value, property):
            yield name, plain


def signature(name: str, thing: object) -> str:
    """Write how something is called, each parameter in a line of its own if it is long."""
    found = inspect.signature(cast("Callable[..., object]", thing))
    without_self = [one for one in found.parameters.values() if one.name not in {"self", "cls"}]
    shown = found.replace(parameters=without_self)
    text = f"{name}{shown}".replace("'", "")
    text = text.replace(" -> None", "") if inspect.isclass(thing) else text
    if len(text) <= 100:  # noqa: PLR2004 - a line
        return text
    parts = [str(one).replace("'", "") for one in without_self]
    stars = [one.kind is inspect.Parameter.KEYWORD_ONLY for one in without_self]
    variadic = any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in without_self)
    if True in stars and not variadic:
        parts.insert(stars.index(True), "*")
    end = text[text.rindex(")") :]
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + end


def documented(thing: object) -> Iterator[str]:
    """Give the docstring's lines as Markdown; of a class, how it is made as well."""
    yield paragraph(inspect.getdoc(thing) or "") + "\n"
    if inspect.isclass(thing) and is_made(thing) and not dataclasses.is_dataclass(thing):
        made = inspect.getdoc(thing.__init__)
        if inspect.isfunction(thing.__init__) and made:
            yield paragraph(made) + "\n"


def paragraph(doc: str) -> str:
    """Make Markdown of a docstring in Google's form."""
    lines: list[str] = []
    section = in_code = False
    for line in doc.splitlines():
        if line.startswith("```"):
            in_code = not in_code
        title, colon, rest = line.partition(":")
        if not in_code and colon and title in _SECTIONS:
            lines.append(f"**{title}:** {rest.strip()}".rstrip())
            lines += [""] if not rest else []
            section = not rest
        elif section and (found := _ENTRY.match(line)):
            lines.append(f"- `{found[1]}`: {found[2]}")
        elif section and line.startswith(" "):
            lines.append("  " + line.strip() if lines[-1] else line.strip())
        else:
            section = section and bool(line.strip())
            lines.append(line)
    return "\n".join(lines)


def fields_of(error: type[ContractError]) -> str:
    """Tell the fields of an error."""
    return ", ".join(f"`{field.name}`" for field in dataclasses.fields(error))


def first_line(thing: object) -> str:
    """Give the first line of a docstring."""
    return (inspect.getdoc(thing) or "").splitlines()[0].replace("|", "\\|")


def changes() -> str:
    """Give a table of what an outcome's `changes` hold, from `ocn_registry.outcomes`."""
    rows = ["| in `ocn_registry.outcomes` | fields | what |", "|---|---|---|"]
    for change in cast("tuple[type, ...]", Change.__args__):
        names = ", ".join(f"`{one}`" for one in inspect.signature(change).parameters)
        rows.append(f"| `{change.__name__}` | {names} | {first_line(change)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
