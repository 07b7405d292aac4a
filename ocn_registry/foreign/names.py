"""Names of services and companies: text that is displayed exactly as it is stored.

Source: contracts/libraries/TextRules.sol.
"""

import unicodedata

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

MAX_NAME_BYTES = 100
# Characters that can make a name look like another one: bidirectional controls, separators of lines
# and paragraphs, and the byte order mark.
_REFUSED = frozenset(
    "\u061c\u200e\u200f\u2028\u2029\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)


def check_name(name: str) -> None:
    """Raise `InvalidInput` unless a text is a valid name by the contracts' rule."""
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidInput(
            f"the name {shown(name)} is longer than {MAX_NAME_BYTES} bytes: shorten it",
        )
    for character in name:
        if unicodedata.category(character) == "Cc" or character in _REFUSED:
            raise InvalidInput(
                f"the name {shown(name)} has the character U+{ord(character):04X}, which is not "
                "allowed: remove it",
            )
