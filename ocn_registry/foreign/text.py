"""How foreign text is shown: escaped, bounded, and without secrets.

What stands in the registry and what an RPC node answers was written by strangers, and what a user
gives may be a private key in the wrong place, or a URL that holds one. Before such text reaches an
error message, a log or a terminal it passes through `shown`, or through `masked` where it is
escaped elsewhere.
"""

import re
from typing import TypeGuard

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LIMIT = 100
# A private key has 64 digits, and may have been copied badly. Addresses have 40.
_KEY = re.compile(r"(?:0[xX])?(?:[0-9a-fA-F](?:[\s_:,-]|\\[nrt])?){56,}")
# Words in a row as wallets write keys, 12 to 24 of them.
_PHRASE = re.compile(r"\b[a-z]{3,8}(?:[\s,]+[a-z]{3,8}){11,23}\b")
# scheme://user:password@host:port/path?query#part, of which the host and the port are no secret.
_URL = re.compile(
    r"\b([a-zA-Z][a-zA-Z0-9+.-]{1,15}://)(?:[^\s/?#'\"<>]*@)?([^\s/?#@'\"<>]*)([/?#][^\s'\"<>]*)?",
)
HIDDEN_KEY = "<hidden: it looks like a private key>"
HIDDEN = "<hidden>"
_MOST_MASKED = 10_000  # longer text is cut first, so that masking costs little


def shown(value: object, limit: int = _LIMIT, *, public: bool = False) -> str:  # noqa: PLR0911 - one for each kind
    """Return a value so that it fits in one line, commands no terminal and gives no secret away.

    Args:
        value: Text, a number, bytes, or a tuple of these.
        limit: Greatest number of characters, or of items of a tuple, that are written.
        public: Whether the text is public, so that nothing in it is masked: what stands in the
            registry, or is to stand there.

    Returns:
        Text in quotes with everything unprintable escaped; an address, a number or a class name as
        it is; bytes as hexadecimal digits.
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
    """Return text without what may be a secret, for whoever escapes it.

    Private keys and seed phrases are replaced as a whole. Of a URL, scheme, host and port stay: a
    user, a path or a query may hold the key that somebody pays for.

    Args:
        text: Any text.
        hashes: Whether digits as many as a key's are hashes, as in the words of a node.
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
