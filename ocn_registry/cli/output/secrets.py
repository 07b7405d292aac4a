"""Hide secrets that were typed in the wrong place, in all output.

`foreign.text` masks secrets where a message quotes a value. This is the second line of defence: a
private key on the command line or in an environment variable never appears in a message, a result
or a traceback, and RPC URLs are printed without user, path and query.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ocn_registry.foreign.text import HIDDEN, HIDDEN_KEY, looks_like_key, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_KEY: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{56,})")
# Words of a recovery phrase, and a part of a key that is longer than a number of the command line.
_WORD: Final = re.compile(r"[a-zA-Z]{3,8}")
_PHRASE_WORDS: Final = 12
_SHOWN_WORDS: Final = 3  # as few words can be anything
_DIGITS: Final = re.compile(r"(?:0[xX])?(?=[0-9]*[a-fA-F])[0-9a-fA-F]{8,39}")
_SECRET_PATH: Final = 16  # from this length, a URL's path may be a secret
_hidden: dict[str, str] = {}


def hide_keys(texts: Iterable[str]) -> None:
    """Hide everything in these texts that looks like a private key, from now on."""
    for text in texts:
        for found in _KEY.finditer(text):
            _hidden[found[1].lower()] = HIDDEN_KEY


def hide_split(words: Sequence[str]) -> None:
    """Hide a recovery phrase or a key that stands in several words of the command line.

    Some of its words can be taken for the values of options, so its ends are hidden as well.
    """
    for is_word, found in groupby(words, lambda word: _WORD.fullmatch(word) is not None):
        phrase = list(found)
        if is_word and len(phrase) >= _PHRASE_WORDS:
            for start in range(len(phrase) - _SHOWN_WORDS):
                _hidden[" ".join(phrase[start:]).lower()] = HIDDEN_KEY
    for is_digits, found in groupby(words, lambda word: _DIGITS.fullmatch(word) is not None):
        parts = list(found)
        if is_digits and looks_like_key("".join(parts)):
            for part in parts:
                _hidden[part.lower().removeprefix("0x")] = HIDDEN_KEY


def hide_urls(urls: Iterable[str]) -> None:
    """Hide the user, the path and the query of these URLs, from now on."""
    for url in urls:
        safe = masked(url)
        if safe != url:
            _hidden[url.lower()] = safe
            _, _, rest = url.partition("://")
            end = rest.partition("/")[2]
            if len(end) >= _SECRET_PATH:
                _hidden[end.lower()] = HIDDEN


def show_hashes(hashes: Iterable[str | None]) -> None:
    """Stop hiding these hashes, which look like keys but are given where a hash is expected."""
    for each in hashes:
        if each is not None:
            _hidden.pop(each.lower().removeprefix("0x"), None)


def without_secrets(text: str) -> str:
    """Return a text with all secrets replaced."""
    for secret, safe in _hidden.items():
        if secret in text.lower():
            # A function, since the replacement can contain a backslash.
            text = re.sub(f"(0x)?{re.escape(secret)}", _always(safe), text, flags=re.IGNORECASE)
    return text


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text
