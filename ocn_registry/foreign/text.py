"""Display foreign text: escaped, bounded, and without secrets.

Registry entries and RPC nodes' answers are written by strangers, and user input may be a private
key in the wrong place, or a URL that contains one. Before such text reaches an error message, a log
or a terminal, it passes through `shown`, or through `masked` if it is escaped elsewhere.
"""

import re
from typing import TypeGuard

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LIMIT = 100
# A private key has 64 digits, and may have been copied badly. Addresses have 40.
_KEY = re.compile(r"(?:0[xX])?(?:[0-9a-fA-F](?:[\s_:,-]|\\[nrt])?){56,}")
# A recovery phrase: 12 to 24 words.
_PHRASE = re.compile(r"\b[a-z]{3,8}(?:[\s,]+[a-z]{3,8}){11,23}\b")
# scheme://user:password@host:port/path?query#part, of which the host and the port are no secret.
_URL = re.compile(
    r"\b([a-zA-Z][a-zA-Z0-9+.-]{1,15}://)(?:[^\s/?#'\"<>]*@)?([^\s/?#@'\"<>]*)([/?#][^\s'\"<>]*)?",
)
HIDDEN_KEY = "<hidden: it looks like a private key>"
HIDDEN = "<hidden>"
_MOST_MASKED = 10_000  # longer text is cut first, so that masking is fast


def shown(value: object, limit: int = _LIMIT, *, public: bool = False) -> str:  # noqa: PLR0911 - one for each kind
    """Return a value as one line without control characters and secrets.

    Args:
        value: Text, a number, bytes, or a tuple of these.
        limit: Maximum number of characters, or of items of a tuple.
        public: Whether the text is public, such as registry entries, so that nothing in it is
            masked.

    Returns:
        Text in quotes with unprintable characters escaped; an address, a number or a class name
        unchanged; bytes as hexadecimal digits.
    """
    if isinstance(value, (bytes, bytearray)):
        digits = bytes(value[:limit]).hex()
        return f"0x{digits}" + (f"... ({len(value)} bytes)" if len(value) > limit else "")
    if _is_sequence(value):
        items = [shown(item, limit, public=public) for item in value[:limit]]
        return f"[{', '.join(items)}{', ...' if len(value) > limit else ''}]"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return format(int(value), "d") if abs(value) < 1 << 256 else "a number beyond 256 bits"
    text = value if isinstance(value, str) else repr(value)
    if _ADDRESS.fullmatch(text):
        return text
    length = len(text)
    if not public:
        text = masked(text)
    if len(text) <= limit:
        return repr(text)
    return f"{text[:limit]!r}... ({length} characters)"


def masked(text: str, *, hashes: bool = False) -> str:
    """Return text with possible secrets masked; the caller escapes it.

    Private keys and recovery phrases are replaced completely. URLs are reduced to scheme, host and
    port: user, path and query can contain an API key.

    Args:
        text: Any text.
        hashes: Whether values of a key's length are hashes, as in a node's messages.
    """
    if len(text) > _MOST_MASKED:
        text = text[:_MOST_MASKED] + "..."
    if not hashes:
        text = _KEY.sub(HIDDEN_KEY, text)
        text = _PHRASE.sub(HIDDEN_KEY, text)
    return _URL.sub(_host, text) if "://" in text else text


def _host(match: re.Match[str]) -> str:
    scheme, host, rest = match.groups()
    user = f"{HIDDEN}@" if "@" in match[0].partition("://")[2].split("/")[0] else ""
    return f"{scheme}{user}{host}" + (f"/{HIDDEN}" if rest and rest != "/" else rest or "")


def _is_sequence(value: object) -> TypeGuard[tuple[object, ...] | list[object]]:
    return isinstance(value, (tuple, list))
