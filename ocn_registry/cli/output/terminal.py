"""What a terminal can show: how wide it is, how wide a letter is on it, and in which colours.

Colours are few, and mean what the words beside them say: labels are dim, errors red, warnings
yellow. They are for a terminal only, and for none where `NO_COLOR` is set or `TERM` is `dumb`.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

TINTS: Final = {"bold": "1", "dim": "2", "bad": "31", "good": "32", "odd": "33"}
_TINT: Final = re.compile(r"\x1b\[\d*m")
_USUAL_COLUMNS: Final = 80
# How talk begins, and its colour; a label is followed by two spaces at least.
_HEADS: Final = (
    (re.compile(r"(error|unexpected):"), "bad"),
    (re.compile(r"warning(:| {2,})"), "odd"),
    (re.compile(r"[a-z][a-z ]*(:$| {2,})"), "dim"),
)
# A line is not broken inside of what somebody may want to copy.
_PIECE: Final = re.compile(r"`[^`]*`\S*|ocn-registry tx status \S+|\S+")


def columns() -> int:
    """Tell how wide the terminal is; `COLUMNS` beats it."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told):
        return int(told)
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            found = os.get_terminal_size(stream.fileno()).columns if stream else 0
        except (OSError, ValueError):  # no terminal, or closed
            continue
        if found:  # a terminal of a container or a script may not know
            return found
    return _USUAL_COLUMNS


def has_colour(stream: TextIO) -> bool:
    """Ask whether a stream shows colours, and its reader wants them."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return not plain and stream.isatty()


def tinted(text: str, tint: str, stream: TextIO | None = None) -> str:
    """Colour a text, where it can be shown.

    Args:
        text: What is written.
        tint: One of `TINTS`.
        stream: Where it will be written; standard output unless given.
    """
    if not text or not has_colour(sys.stdout if stream is None else stream):
        return text
    return f"\x1b[{TINTS[tint]}m{text}\x1b[0m"


def said(text: str) -> str:
    """Lay out what is said on standard error: folded and coloured on a terminal, else as it is."""
    text = _TINT.sub("", text)  # of records that were made for standard output
    if not sys.stderr.isatty():
        return text
    lines = [folded(line) for line in text.split("\n")]
    return "\n".join([_headed(line) for line in lines])


def _headed(line: str) -> str:
    for head, tint in _HEADS:
        found = head.match(line)
        if found is not None:
            return f"{tinted(found[0], tint, sys.stderr)}{line[found.end() :]}"
    return line


def folded(line: str) -> str:
    """Break a line between words where the terminal ends, below where its text began.

    A word that is longer than the terminal stays in one piece, so that it can be copied.
    """
    room = columns()
    if width_of(line) <= room:
        return line
    label = re.match(r" *[a-z]\S*( [a-z]\S*)* {2,}| *", line)
    indent = label.end() if label else 0
    return f"{line[:indent]}{broken(line[indent:], indent)}"


def broken(text: str, indent: int) -> str:
    """Break a text that begins in some column of the terminal, and goes on below in that column."""
    if indent + width_of(text) <= columns():
        return text
    rows = list(_rows(text, max(columns() - indent, 1)))
    return f"\n{' ' * indent}".join(rows)


def _rows(text: str, room: int) -> Iterator[str]:
    row = ""
    for piece in _PIECE.findall(text):
        longer = f"{row} {piece}" if row else piece
        if row and width_of(longer) > room:
            yield row
            longer = piece
        row = longer
    yield row


def width_of(text: str) -> int:
    """Tell how many columns a text takes: two for a wide letter, none for a mark upon another."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - for such texts only

    return sum(
        0 if category(letter) in {"Mn", "Me"} else 2 if east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def fitted(text: str, width: int) -> str:
    """Cut a text that is too wide, or fill it up, to take just so many columns."""
    over = width_of(text) > width
    if over:
        kept = text
        while width_of(kept) > width - 1:
            kept = kept[:-1]
        text = f"{kept}…"
    return text + " " * (width - width_of(text))
