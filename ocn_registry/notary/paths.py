"""JSONPaths in the notary libraries' form: `$['body']['evses'][0]['uid']`.

Only this form is accepted. The libraries' JSONPath engines also support wildcards, filters and
scripts, but no signer writes them, and they don't select a single value.

A key stands between quotes without escapes, and every path is converted to lower case before the
lookup. So the JavaScript library can sign a key with a capital letter or a quote, but no verifier
finds it. This package refuses to sign such a key.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.foreign.text import shown
from ocn_registry.notary.errors import MalformedSignature
from ocn_registry.notary.values import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary.values import Plain

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

MAX_PATH_CHARS = 1024

# What the engine's grammar accepts between quotes. The text is literal, including backslashes.
_KEY = r"(?:\\['bfnrt/\\]|\\u[a-fA-F0-9]{4}|[^'\\])*+"
_INDEX = "0|[1-9][0-9]{0,8}"
_PATH = re.compile(rf"\$(?:\['{_KEY}'\]|\[(?:{_INDEX})\])++")
_STEP = re.compile(rf"\['({_KEY})'\]|\[({_INDEX})\]")
_QUOTABLE = re.compile(_KEY)
# The JavaScript engine refuses to look these up (jsonpath 1.2 and newer).
_REFUSED = {"__proto__", "constructor", "prototype"}


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """Return the steps of a path.

    Args:
        text: `$` followed by at least one step, `['key']` or `[index]`.

    Returns:
        The steps: a string for a key, a number for an index.

    Raises:
        MalformedSignature: The text is not such a path, or is too long.
    """
    if len(text) > MAX_PATH_CHARS:
        raise MalformedSignature(
            f"the path {shown(text)} is longer than {MAX_PATH_CHARS} characters",
        )
    steps = _STEP.findall(text) if _PATH.fullmatch(text) else ()
    if not 0 < len(steps) <= MAX_DEPTH:
        raise MalformedSignature(
            f"{shown(text)} is not a valid path: write it as $['body']['id'] or "
            "$['body']['evses'][0]",
        )
    return tuple(int(index) if index else key for key, index in steps)


def looked_up(field: str) -> Path:
    """Return the steps of one of a signature's `fields`, in lower case for the lookup."""
    return parse(field.lower())


@lru_cache(maxsize=4096)
def is_findable(step: Step) -> bool:
    """Return whether a verifier finds a value under this key, or at this index."""
    return isinstance(step, int) or _is_findable_key(step)


def _is_findable_key(key: str) -> bool:
    return key == key.lower() and key not in _REFUSED and bool(_QUOTABLE.fullmatch(key))


def find(root: Plain, path: Path) -> Plain:
    """Return the value at a path.

    Returns:
        The value; `None` if there is none.
    """
    node = root
    for step in path:
        if isinstance(step, str):
            if not isinstance(node, dict):
                return None
            node = node.get(step)
        elif isinstance(node, list) and step < len(node):
            node = node[step]
        else:
            return None
    return node


def replaced(root: dict[str, Plain], changes: Mapping[Path, Plain]) -> dict[str, Plain]:
    """Return a copy of an object with new values at some paths.

    Args:
        root: The object. It is not modified.
        changes: The new values. Missing objects and arrays on the way are created.

    Returns:
        The copy, which shares the unchanged parts.

    Raises:
        ValueError: A path leads through a value, or past the end of an array.
    """
    copy = dict(root)
    own: dict[int, Plain] = {id(copy): copy}  # each is copied only once
    for path, value in changes.items():
        node: Plain = copy
        for step, following in pairwise(path):
            child = find(node, (step,))
            if child is None:
                child = _empty(following)
            elif isinstance(child, (dict, list)) and id(child) not in own:
                child = child.copy()
            own[id(child)] = child
            _put(node, step, child)
            node = child
        _put(node, path[-1], value)
    return copy


def _empty(step: Step) -> dict[str, Plain] | list[Plain]:
    if isinstance(step, str):
        return {}
    return []


def _put(node: Plain, step: Step, value: Plain) -> None:
    if isinstance(node, dict) and isinstance(step, str):
        node[step] = value
    elif isinstance(node, list) and isinstance(step, int) and step <= len(node):
        node[step : step + 1] = [value]
    else:
        raise ValueError("no place")
