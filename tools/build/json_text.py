"""The form of generated JSON files."""

import json

_WIDTH = 100


def json_text(value: object) -> str:
    """Return a value as JSON. What fits on one line of 100 characters stands on one."""
    return _lines(value, "", 0) + "\n"


def _lines(value: object, margin: str, before: int) -> str:
    line = json.dumps(value)
    if len(margin) + before + len(line) < _WIDTH or not isinstance(value, dict | list):
        return line
    inner = margin + "  "
    if isinstance(value, dict):
        names = [f"{json.dumps(name)}: " for name in value]
        parts = [
            name + _lines(part, inner, len(name))
            for name, part in zip(names, value.values(), strict=True)
        ]
    else:
        parts = [_lines(part, inner, 0) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    listed = ",\n".join([inner + part for part in parts])
    return f"{opening}\n{listed}\n{margin}{closing}"
