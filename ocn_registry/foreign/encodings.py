"""Text files as editors and shells write them: with a byte order mark, or in UTF-16."""

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_from(content: bytes) -> str:
    """Decode a text file: UTF-8, or UTF-16 with a byte order mark, as PowerShell writes it.

    Args:
        content: The bytes of the file; limiting their number is up to the caller.

    Returns:
        The text, without the mark.

    Raises:
        UnicodeDecodeError: The bytes are not such text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    return content.decode("utf-8")
