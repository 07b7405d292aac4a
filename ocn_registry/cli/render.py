"""How values reach the terminal: JSON for programs, tables and records for people.

What stands in a registry was written by strangers. Everything unprintable in it is escaped: in JSON
as JSON escapes it, so that programs read the same value; elsewhere with a backslash.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence

_GAP = 2
_LEAST_WIDTH = 12


def talk(text: str) -> None:
    """Say something to the person, on standard error."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the command line talks


def put(text: str) -> None:
    """Give a line of what was asked for, on standard output."""
    print(text)  # noqa: T201 - what a command gives


def printable(text: str) -> str:
    """Escape what commands a terminal, or reads backwards."""
    if text.isprintable():
        return text
    return "".join(
        [
            letter if letter.isprintable() else letter.encode("unicode_escape").decode()
            for letter in text
        ],
    )


def as_json(value: object) -> str:
    """Write JSON as v1's command does, but for what is unprintable."""
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
    """Write entries as CSV: a column for each value of their JSON, lists with spaces between.

    A text that a spreadsheet would take for a formula gets a quote in front.
    """
    import csv  # noqa: PLC0415 - for who asks for it
    import io  # noqa: PLC0415

    out = io.StringIO()
    rows = [dict(_flat("", entry)) for entry in entries]
    writer = csv.writer(out, lineterminator="\n")
    if rows:
        writer.writerow(rows[0])
        writer.writerows([row.values() for row in rows])
    return out.getvalue().rstrip("\n")


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if _is_object(value):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else key, part)
        return
    text = " ".join(map(str, value)) if _is_list(value) else str(value)
    yield name, printable(f"'{text}" if text[:1] in set("=+-@\t") else text)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def for_programs(args: Namespace) -> bool:
    """Ask whether a program reads the output: `--json`, or it goes to no terminal."""
    return bool(args.json) or not sys.stdout.isatty()


def records(entries: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Write entries one below the other, a line for each of their values."""
    return "\n\n".join(
        [
            "\n".join(
                [
                    f"{label.ljust(max(len(name) for name, _ in entry))}  {printable(value)}"
                    for label, value in entry
                ],
            )
            for entry in entries
        ],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, soft: Sequence[int]) -> str:
    """Write a table that fits the terminal, or records where none does.

    Args:
        head: Names of the columns.
        rows: Values, one for each column.
        soft: Columns that may be cut; addresses and ids may not.
    """
    import shutil  # noqa: PLC0415 - for people only

    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    room = shutil.get_terminal_size().columns
    over = sum(widths) + _GAP * (len(head) - 1) - room
    for place in sorted(soft, key=lambda column: -widths[column]):
        cut = min(max(over, 0), max(widths[place] - _LEAST_WIDTH, 0))
        widths[place] -= cut
        over -= cut
    if over > 0:
        return records([list(zip(head, row, strict=True)) for row in cells])
    return "\n".join([_line(row, widths) for row in [head, *cells]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cut = [
        cell if len(cell) <= width else f"{cell[: width - 1]}…"
        for cell, width in zip(row, widths, strict=True)
    ]
    padded = [cell.ljust(width) for cell, width in zip(cut, widths, strict=True)]
    return (" " * _GAP).join(padded).rstrip()
