"""Write entries as CSV in which no cell is a formula, however a spreadsheet separates the cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.foreign.strict_json import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# The start of a formula at the start of a cell. Spreadsheets let the user choose the separator, so
# any character except letters, digits, dots and hyphens counts as one. In East Asian versions the
# wide forms of the signs start a formula, too. The page's views/lists.js has the same rule.
_FORMULA = r"(^|[^\w.-])([=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])"


def as_csv(
    entries: Sequence[Mapping[str, object]],
    *,
    line_end: str,
    escape: Callable[[str], str] = str,
) -> str:
    """Return entries as CSV, with a header line; empty if there are no entries.

    Args:
        entries: The entries in their JSON form. Each value becomes a column, including those of
            nested entries; lists are separated by spaces. Values that an entry lacks are empty
            cells.
        line_end: The end of a line.
        escape: Escapes the text of a cell for where it is shown.
    """
    import csv  # noqa: PLC0415 - only where CSV is asked for
    import io  # noqa: PLC0415

    rows = [dict(_flat("", entry)) for entry in entries]
    names = list(dict.fromkeys([name for row in rows for name in row]))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    if names:
        writer.writerow(names)
    writer.writerows(
        [[escape(_no_formula(row.get(name, ""))) for name in names] for row in rows],
    )
    return out.getvalue()


def _no_formula(text: str) -> str:
    return re.sub(_FORMULA, r"\1'\2", text)


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if is_object(value):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else key, part)
        return
    yield name, " ".join(map(_cell, value)) if is_list(value) else _cell(value)


def _cell(value: object) -> str:
    """Return a value as in JSON, but text without quotes, and `None` as an empty cell."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)
