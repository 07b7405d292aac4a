"""Display foreign text: escaped, bounded, and without secrets.

Registry entries and RPC nodes' answers are written by strangers, and user input may be a private
key in the wrong place, or a URL that contains one. Before such text reaches an error message, a log
or a terminal, it passes through `shown`, or through `masked` if it is escaped elsewhere.
"""

import re
from enum import Enum
from itertools import islice
from typing import TypeGuard

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LIMIT = 100
# A private key has 64 digits, and may have been copied badly. Addresses have 40.
# Copying adds white space, also invisible, which may have been escaped since.
_BLANK = r"[\s,\u00ad\u200b-\u200f\u2060\ufeff]|\\+(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4})"
_KEY = re.compile(rf"(?:0[xX])?(?:[0-9a-fA-F](?:[_:-]|{_BLANK})?){{56,}}")
# Or its bytes, as programs list them.
_KEY_LISTED = re.compile(r"(?:0[xX][0-9a-fA-F]{1,2}[\s,;]*){28,}")
# Keys in other forms: an extended private key (BIP-32), and the 32 bytes in base64.
_KEY_CODED = re.compile(
    r"\b[a-zA-Z]prv[1-9A-HJ-NP-Za-km-z]{80,}|(?<![\w+/])[\w+/-]{43}=(?![\w=])", re.ASCII
)
# A recovery phrase: 12 to 24 words, as people write them down: also with other separators, in
# quotes, or numbered.
_WORD = "[a-zA-Z]{3,8}"
_PHRASE = re.compile(
    rf"(?<![a-zA-Z]){_WORD}(?:(?:(?:{_BLANK})+{_WORD}){{11,23}}|(?:-{_WORD}){{11,23}}"
    rf"|(?:_{_WORD}){{11,23}}|(?:\.{_WORD}){{11,23}}|(?:[;|+]\s?{_WORD}){{11,23}})(?![a-zA-Z])"
    rf"|(?:['\"]{_WORD}['\"](?:{_BLANK}|[\]}}])*){{12,24}}"
    rf"|(?:\d{{1,2}}(?:[.):=]|{_BLANK})+{_WORD}(?:[.;]|{_BLANK})*){{12,24}}"
)
# scheme://user:password@host:port/path?query#part, of which the host and the port are not secret.
# Of http and ws, a forgotten colon or slash does not show the rest either.
_URL = re.compile(
    r"\b([a-zA-Z][a-zA-Z0-9+.-]{1,15}://|(?i:https?|wss?):?/{1,2})"
    r"(?:[^\s/?#'\"<>]*@)?([^\s/?#@'\"<>]*)([/?#][^\s'\"<>]*)?",
)
# user:password@host without a scheme, as for a proxy.
_LOGIN = r"(?<![\w/:])[^\s/@:'\"<>]{1,64}:[^\s@'\"<>]{1,256}@(?=[\w\[])"
# A URL without a scheme whose path or query has what looks like an API key, and not like an
# address or a file.
_BARE_URL = re.compile(
    r"(?<![\w./@-])((?:(?:[\w-]{1,63}\.){1,9}[\w-]{1,63}|localhost)(?::\d{1,5})?)"
    r"[/?#](?:[^\s'\"<>]{0,256}[/?#&=])?(?!0[xX][0-9a-fA-F]{40}\b)"
    r"(?=[a-zA-Z_-]{0,64}\d)(?=[\d_-]{0,64}[a-zA-Z])[\w-]{16,}(?![\w.-])[^\s'\"<>]*",
    re.ASCII,
)
_AFTER_HOST = r"(?s)((?i:https?|wss?):|[/?#]).+"
_SECRETS = (_KEY, _KEY_LISTED, _KEY_CODED, _PHRASE)
HIDDEN_KEY = "<hidden: it looks like a private key>"
HIDDEN = "<hidden>"
_KEY_BYTES = 32
_DEEPEST = 3  # lists within lists: deeper ones are left out
_MOST_WITHIN = 10  # items of those lists
_MOST_SHOWN = 2_000  # characters of a list
_BITS = 256
_MOST_BITS = 200  # longer numbers may be keys
_MOST_MASKED = 10_000  # longer text is cut first, so that masking is fast


def shown(value: object, limit: int = _LIMIT, *, public: bool = False) -> str:
    """Return a value as one line without control characters and secrets.

    Args:
        value: Text, a number, bytes, or a tuple, list or dictionary of these.
        limit: Maximum number of characters, or of items of a tuple.
        public: Whether the text is public, such as registry entries, so that nothing in it is
            masked.

    Returns:
        Text in quotes with unprintable characters escaped; an address, a number or a class
        unchanged; bytes as hexadecimal digits; of any other value the name of its type, unless it
        is public.
    """
    text = _shown(value, limit, public, _DEEPEST)
    most = max(_MOST_SHOWN, 5 * limit)
    return text if len(text) <= most else f"{text[:most]}..."


def _shown(value: object, limit: int, public: bool, deeper: int) -> str:  # noqa: FBT001, PLR0911 - one for each kind
    if isinstance(value, str):
        return _text(value, limit, public=public)
    if isinstance(value, (bytes, bytearray)):
        return _bytes(bytes(value), limit, public=public)
    if isinstance(value, (bool, float, Enum, type)) or value is None:
        return repr(value)
    if isinstance(value, int):
        return _number(value, _BITS if public else _MOST_BITS)
    if not deeper:
        return "..."
    most = limit if deeper == _DEEPEST else _MOST_WITHIN
    if _is_mapping(value):
        pairs = [
            f"{_shown(key, limit, public, 0)}: {_shown(one, limit, public, deeper - 1)}"
            for key, one in islice(value.items(), most)
        ]
        return f"{{{', '.join(pairs)}{', ...' if len(value) > most else ''}}}"
    if _is_sequence(value):
        items = [_shown(item, limit, public, deeper - 1) for item in value[:most]]
        return f"[{', '.join(items)}{', ...' if len(value) > most else ''}]"
    if public:
        return _text(repr(value), limit, public=True)
    return f"a value of type {type(value).__name__}"  # it may hold anything


def _text(text: str, limit: int, *, public: bool) -> str:
    if _ADDRESS.fullmatch(text):
        return text
    length = len(text)
    if not public:
        text = masked(text)
    if len(text) <= limit or text == HIDDEN_KEY:
        return repr(text)
    return f"{text[:limit]!r}... ({length} characters)"


def _number(value: int, most_bits: int) -> str:
    bits = value.bit_length()
    return format(int(value), "d") if bits <= most_bits else f"a number of {bits} bits"


def _bytes(value: bytes, limit: int, *, public: bool) -> str:
    if not public and (len(value) == _KEY_BYTES or looks_like_key(value.decode("latin-1"))):
        return HIDDEN_KEY
    digits = value[:limit].hex()
    return f"0x{digits}" + (f"... ({len(value)} bytes)" if len(value) > limit else "")


def looks_like_key(text: str) -> bool:
    """Return whether there may be a private key or a seed phrase in a text."""
    text = text[:_MOST_MASKED]
    return any(kind.search(text) is not None for kind in _SECRETS)


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
        for kind in _SECRETS:
            text = kind.sub(HIDDEN_KEY, text)
    if "//" in text or ":/" in text:
        text = _URL.sub(_host, text)
    if "." in text or "localhost" in text:
        text = _BARE_URL.sub(rf"\1/{HIDDEN}", text)
    return re.sub(_LOGIN, f"{HIDDEN}@", text) if "@" in text else text


def masked_url(text: str) -> str:
    """Return what should be a URL without secrets, even if its scheme is missing."""
    text = masked(text)
    if "://" in text:
        return text
    return re.sub(_AFTER_HOST, rf"\1{HIDDEN}", text)


def _host(match: re.Match[str]) -> str:
    scheme, host, rest = match.groups()
    if "@" in (rest or ""):  # a password may contain a slash: then the apparent host is part of it
        return f"{scheme}{HIDDEN}"
    user = f"{HIDDEN}@" if "@" in match[0].partition("://")[2].split("/")[0] else ""
    return f"{scheme}{user}{host}" + (f"/{HIDDEN}" if rest and rest != "/" else rest or "")


def _is_mapping(value: object) -> TypeGuard[dict[object, object]]:
    return isinstance(value, dict)


def _is_sequence(value: object) -> TypeGuard[tuple[object, ...] | list[object]]:
    return isinstance(value, (tuple, list))
