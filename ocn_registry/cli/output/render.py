"""Print values: JSON or CSV for programs, tables and records for people.

Entries of a registry are written by strangers, so unprintable characters are escaped: in JSON with
JSON's own escapes, so that programs read the same value, and elsewhere with a backslash.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.cli.output.secrets import without_secrets
from ocn_registry.cli.output.terminal import (
    broken,
    columns,
    fitted,
    for_stderr,
    tinted,
    width_of,
    without_tints,
)
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign import csv_text
from ocn_registry.foreign.files import write_own
from ocn_registry.foreign.text import shown
from ocn_registry.networks import UNKNOWN_TOKEN
from ocn_registry.plans.entries import fields_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

_GAP = 2
_LEAST_WIDTH = 12
_MOST_MARKS = 3
_file: list[str] | None = None


def talk(text: str) -> None:
    """Print a message to the user, on standard error; a line of it can't command a terminal."""
    sys.stdout.flush()
    said = map(printable, without_tints(without_secrets(text)).split("\n"))
    print(for_stderr("\n".join(said)), file=sys.stderr, flush=True)  # noqa: T201 - the command line talks


def put(text: str) -> None:
    """Print a result, on standard output or to the file of `--out`."""
    if _file is not None:
        _file.append(without_secrets(text))
    else:
        print(without_secrets(text))  # noqa: T201 - the result of a command


@contextmanager
def written_to(path: str | None) -> Generator[None, None, None]:
    """Collect results in a `with` block, then write them to a file that only this user can read.

    Args:
        path: A new file; `None` for standard output.

    Raises:
        InvalidInput: The file exists, or can't be written.
    """
    global _file  # noqa: PLW0603 - standard output is one for the process as well
    if path is None:
        yield
        return
    target = Path(path).expanduser()
    if not target.parent.is_dir():  # checked before any work
        raise InvalidInput(f"there is no folder {shown(str(target.parent))}: create it first")
    if target.exists():
        raise InvalidInput(f"the file {shown(path)} exists and is not overwritten: name another")
    _file = []
    try:
        yield
        content = "".join([f"{line}\n" for line in _file])
        if content:
            write_own(target, content.encode(), replace=False)
            talk(f"written to {target}")
    finally:
        _file = None


def printable(text: str) -> str:
    """Return a text with control, bidirectional and stacked combining characters escaped."""
    if text.isprintable() and (text.isascii() or not any(map(_is_mark, text))):
        return text
    return "".join(_escaped(text))


def _escaped(text: str) -> Iterator[str]:
    marks = _MOST_MARKS  # none at the start, where it would combine with the preceding text
    for letter in text:
        marks = marks + 1 if _is_mark(letter) else 0
        bare = letter.isprintable() and marks <= _MOST_MARKS
        yield letter if bare else letter.encode("unicode_escape").decode()


def _is_mark(letter: str) -> bool:
    from unicodedata import category  # noqa: PLC0415

    return category(letter) in {"Mn", "Me"}


def as_json(value: object) -> str:
    """Return a value as JSON in the form of v1's command, with unprintable characters escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        [
            letter if letter == "\n" or letter.isprintable() else json.dumps(letter)[1:-1]
            for letter in text
        ],
    )


def as_csv(entries: Sequence[Mapping[str, object]]) -> str:
    """Return entries as CSV, with a column for each value of their JSON; lists are space-separated.

    Text that a spreadsheet could interpret as a formula is prefixed with an apostrophe.
    """
    text = csv_text.as_csv(entries, line_end="\n", escape=printable)
    return text.rstrip("\n")


def for_programs(args: Namespace) -> bool:
    """Return whether a program reads the output: with `--json`, or if it is not a terminal."""
    return bool(args.json) or _file is not None or not sys.stdout.isatty()


def lines(entry: Mapping[str, object], token: Callable[[], str] = lambda: UNKNOWN_TOKEN) -> str:
    """Return an entry of any depth as text for people, one line for each value.

    Args:
        entry: The entry.
        token: Returns the name of the chain's token, for amounts of money.
    """
    return _record(list(fields_of(entry, token=token)))


def findings(found: Sequence[tuple[str, bool, str, str]]) -> str:
    """Return the results of checks as text: name, result, findings and remedy."""
    indent = 6 + max([width_of(name) for name, _, _, _ in found], default=0) + _GAP
    rows: list[str] = []
    for name, ok, says, remedy in found:
        mark = tinted("ok  ", "good") if ok else tinted("FAIL", "bad")
        rows.append(f"{mark}  {name.ljust(indent - 6)}{broken(printable(says), indent)}")
        if remedy:
            rows.append(f"{' ' * indent}-> {broken(printable(remedy), indent + 3)}")
    return "\n".join(rows)


def records(entries: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return entries as text, one below the other, with a line for each value."""
    return "\n\n".join([_record(entry) for entry in entries])


def _record(entry: Sequence[tuple[str, str]]) -> str:
    widest = max([width_of(label) for label, _ in entry], default=0)
    return "\n".join(
        [
            tinted(label.ljust(widest if value else 0), "dim")
            + (f"{' ' * _GAP}{broken(printable(value), widest + _GAP)}" if value else "")
            for label, value in entry
        ],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, soft: Sequence[int]) -> str:
    """Return a table that fits the terminal, or records if it can't fit.

    Args:
        head: The names of the columns.
        rows: The rows, with a value for each column.
        soft: The columns that can be truncated; never addresses and ids.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(head, *cells, strict=True)]
    over = sum(widths) + _GAP * (len(head) - 1) - columns()
    for place in sorted(soft, key=lambda column: -widths[column]):
        cut = min(max(over, 0), max(widths[place] - _LEAST_WIDTH, 0))
        widths[place] -= cut
        over -= cut
    if over > 0:
        return records([list(zip(head, row, strict=True)) for row in cells])
    return "\n".join([tinted(_line(head, widths), "dim"), *[_line(row, widths) for row in cells]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [fitted(cell, width) for cell, width in zip(row, widths, strict=True)]
    return (" " * _GAP).join(cells).rstrip()
