"""JSON that strangers wrote.

Python's parser recurses for each bracket, and trusts the interpreter's recursion limit to stop it.
Libraries raise that limit, and then a hundred kilobytes of brackets end the process: so depth is
measured before anything is parsed.
"""

import json
import re
from collections.abc import Callable

MAX_DEPTH = 64
_MAX_MARKS = 4_000_000
_SAFE_BRACKETS = 500  # no deeper than that, whatever they enclose
_MARKS = re.compile(rb'["\\\[\]{}]')


class TooDeep(ValueError):
    """It is nested too deeply, or of too many parts, to be anything of ours."""


def parse_json(
    content: bytes,
    *,
    pairs: Callable[[list[tuple[str, object]]], object] | None = None,
    number: Callable[[str], object] | None = None,
) -> object:
    """Parse JSON.

    Args:
        content: UTF-8; its length is the caller's to limit.
        pairs: Makes an object of its pairs.
        number: Makes a value of a number that is no integer.

    Raises:
        TooDeep: It is nested too deeply.
        ValueError: It is no JSON.
    """
    if content.count(b"[") + content.count(b"{") > _SAFE_BRACKETS:
        _check_depth(content)
    found: object = json.loads(
        content.decode(),
        object_pairs_hook=pairs,
        parse_float=number,
        parse_constant=number,
    )
    return found


def _check_depth(content: bytes) -> None:
    depth, in_text, escaped = 0, False, -1
    for count, mark in enumerate(_MARKS.finditer(content)):
        what = mark.group()
        if in_text:
            if mark.start() == escaped:
                continue
            if what == b"\\":
                escaped = mark.end()
            elif what == b'"':
                in_text = False
        elif what == b'"':
            in_text = True
        else:
            depth += 1 if what in b"[{" else -1
        if depth > MAX_DEPTH or count > _MAX_MARKS:
            raise TooDeep("nested too deeply, or of too many parts")
