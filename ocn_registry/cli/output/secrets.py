"""Secrets that a hand may put in a wrong place: they are hidden in whatever is printed.

`foreign.text` masks what looks like a secret where a message quotes it. This is the second line: a
private key among the words of the command line or in a variable is printed by no message, result or
traceback, whatever path it took there, and a URL that is used is printed without its path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ocn_registry.foreign.text import HIDDEN, HIDDEN_KEY, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_KEY: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{56,})")
_SECRET_PATH: Final = 16  # letters from which on the end of a URL may be a secret of its own
_hidden: dict[str, str] = {}


def hide_keys(texts: Iterable[str]) -> None:
    """Hide from now on what looks like a private key in these texts."""
    for text in texts:
        for found in _KEY.finditer(text):
            _hidden[found[1].lower()] = HIDDEN_KEY


def hide_urls(urls: Iterable[str]) -> None:
    """Hide from now on the user, the path and the query of these URLs."""
    for url in urls:
        safe = masked(url)
        if safe != url:
            _hidden[url.lower()] = safe
            _, _, rest = url.partition("://")
            end = rest.partition("/")[2]
            if len(end) >= _SECRET_PATH:
                _hidden[end.lower()] = HIDDEN


def show_hashes(hashes: Iterable[str | None]) -> None:
    """Show hashes again: they look like keys, and were given where a hash is expected."""
    for each in hashes:
        if each is not None:
            _hidden.pop(each.lower().removeprefix("0x"), None)


def without_secrets(text: str) -> str:
    """Return a text with what has to be hidden replaced."""
    for secret, safe in _hidden.items():
        if secret in text.lower():
            # A function, since the replacement may hold a backslash.
            text = re.sub(f"(0x)?{re.escape(secret)}", _always(safe), text, flags=re.IGNORECASE)
    return text


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text
