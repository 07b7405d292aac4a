"""How text that others wrote is shown: escaped and bounded.

What stands in the registry, and what an RPC node answers, was written by strangers. Before such
text reaches an error message, a log or a terminal it passes through `shown`.
"""

import re
from typing import TypeGuard

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LIMIT = 100


def shown(value: object, limit: int = _LIMIT) -> str:  # noqa: PLR0911 - one for each kind
    """Write a value so that it fits in one line and commands no terminal.

    Args:
        value: Text, a number, bytes, or a tuple of these.
        limit: Greatest number of characters, or of items of a tuple, that are written.

    Returns:
        Text in quotes with everything unprintable escaped; an address, a number or a class name as
        it is; bytes as hexadecimal digits.
    """
    if isinstance(value, (bytes, bytearray)):
        digits = bytes(value[:limit]).hex()
        return f"0x{digits}" + (f"... ({len(value)} bytes)" if len(value) > limit else "")
    if _is_sequence(value):
        items = [shown(item, limit) for item in value[:limit]]
        return f"[{', '.join(items)}{', ...' if len(value) > limit else ''}]"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return format(int(value), "d") if abs(value) < 1 << 256 else "a number beyond 256 bits"
    text = value if isinstance(value, str) else repr(value)
    if _ADDRESS.fullmatch(text):
        return text
    if len(text) <= limit:
        return repr(text)
    return f"{text[:limit]!r}... ({len(text)} characters)"


def _is_sequence(value: object) -> TypeGuard[tuple[object, ...] | list[object]]:
    return isinstance(value, (tuple, list))
