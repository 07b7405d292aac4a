"""The parser for TOML: settings, and a relay's configuration.

Python's parser goes through all tables that a dotted key names, once for each of its parts: a key
of thousands of parts takes minutes. So the parts are counted first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ocn_registry.foreign.limits import MAX_DEPTH
from ocn_registry.foreign.strict_json import BeyondLimits, is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable

# A part of a key with the dot behind it, or anything else. A string without an end is a part, too,
# so that each character is looked at once.
_TOKEN: Final = re.compile(
    r"(?:[\w-]++|\"(?:[^\"\\\n]|\\[^\n])*+\"?+|'[^'\n]*+'?+)[ \t]*+(?P<dot>\.[ \t]*+)?+|[^\w'\"-]++"
)


def parse_toml(text: str) -> dict[str, object]:
    """Parse TOML of a bounded length.

    Args:
        text: The text.

    Raises:
        BeyondLimits: It is nested too deeply.
        ValueError: It is not TOML.
    """
    import tomllib  # noqa: PLC0415 - only where there is a file

    parts = 0
    for token in _TOKEN.finditer(text):
        parts = parts + 1 if token["dot"] else 0
        if parts == MAX_DEPTH:
            raise BeyondLimits("it is nested too deeply")
    try:
        found: dict[str, object] = tomllib.loads(text)
    except RecursionError:
        raise BeyondLimits("it is nested too deeply") from None
    layer: list[object] = [found]
    for _ in range(MAX_DEPTH):
        layer = [part for whole in layer for part in _parts(whole)]
    if layer:
        raise BeyondLimits("it is nested too deeply")
    return found


def _parts(whole: object) -> Iterable[object]:
    if is_object(whole):
        return whole.values()
    return whole if is_list(whole) else ()
