"""The terminal: its width, the width of text on it, line breaks and colours.

Colours carry no information of their own: labels are dim, errors red, warnings yellow. They are
used only on a terminal, and not if `NO_COLOR` is set or `TERM` is `dumb`.

This does not use rich: importing its console and tables takes 23 ms, a third of the time of
`--help`, and it cuts words that are wider than the terminal. Hashes and commands must stay whole,
so that they can be copied.
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
# The prefix of a message, and its colour. A label is followed by at least two spaces.
_HEADS: Final = (
    (re.compile(r"(error|unexpected):"), "bad"),
    (re.compile(r"warning(:| {2,})"), "odd"),
    (re.compile(r"[a-z][a-z ]*(:$| {2,})"), "dim"),
)
# Lines are not broken inside anything that users may want to copy.
_WORDS: Final = r"-{1,2}[a-z][a-z-]* (?!-)(?:'[^']*'|\S+)|'[^']*'|\S+"
_PIECE: Final = r"`[^`]*`\S*|ocn-registry tx status \S+|\S+"


def columns() -> int:
    """Return the width of the terminal; the environment variable `COLUMNS` overrides it."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            found = os.get_terminal_size(stream.fileno()).columns if stream else 0
        except (OSError, ValueError):  # not a terminal, or closed
            continue
        if found:  # terminals in containers and scripts can report 0
            return found
    return _USUAL_COLUMNS


def has_colour(stream: TextIO) -> bool:
    """Return whether a stream shows colours, and the user wants them."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return not plain and stream.isatty()


def tinted(text: str, tint: str, stream: TextIO | None = None) -> str:
    """Return a text in colour, or unchanged if the stream shows no colours.

    Args:
        text: The text.
        tint: A key of `TINTS`.
        stream: The stream that it will be written to; standard output by default.
    """
    if not text or not has_colour(sys.stdout if stream is None else stream):
        return text
    return f"\x1b[{TINTS[tint]}m{text}\x1b[0m"


def without_tints(text: str) -> str:
    """Return a text without colours, which are part of records formatted for standard output."""
    return _TINT.sub("", text)


def for_stderr(text: str) -> str:
    """Return a message for standard error, folded and coloured if it is a terminal."""
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
    """Return a line, broken between words to fit the terminal and indented after its label.

    A word wider than the terminal stays whole, so that it can be copied.
    """
    room = columns()
    if width_of(line) <= room:
        return line
    label = re.match(r" *[a-z]\S*( [a-z]\S*)* {2,}| *", line)
    indent = label.end() if label else 0
    return f"{line[:indent]}{broken(line[indent:], indent)}"


def folded_command(line: str) -> str:
    """Return a command, broken before options so that a shell reads it whole if it is copied."""
    if width_of(line) <= columns():
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    rows = [""]
    for piece in re.findall(_WORDS, line):
        longer = f"{rows[-1]} {piece}".lstrip()
        if rows[-1] and len(indent) + width_of(longer) > columns() - (2 if len(rows) == 1 else 4):
            rows.append(piece)
        else:
            rows[-1] = longer
    return indent + f" \\\n{indent}  ".join(rows)


def broken(text: str, indent: int) -> str:
    """Return a text that starts in column `indent`, broken between words to fit the terminal."""
    if indent + width_of(text) <= columns():
        return text
    rows = list(_rows(text, max(columns() - indent, 1)))
    return f"\n{' ' * indent}".join(rows)


def _rows(text: str, room: int) -> Iterator[str]:
    row = ""
    for piece in re.findall(_PIECE, text):
        longer = f"{row} {piece}" if row else piece
        if row and width_of(longer) > room:
            yield row
            longer = piece
        row = longer
    yield row


def width_of(text: str) -> int:
    """Return how many columns a text takes: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(
        0 if category(letter) in {"Mn", "Me"} else 2 if east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def fitted(text: str, width: int) -> str:
    """Return a text, cut or padded to a width in columns."""
    over = width_of(text) > width
    if over:
        kept = text
        while width_of(kept) > width - 1:
            kept = kept[:-1]
        text = f"{kept}…"
    return text + " " * (width - width_of(text))
