"""Files with keys and passphrases: permissions are checked, and no file is overwritten.

No frame that can raise holds a key: a failing step returns, and its caller reports the failure
without quoting the content.
"""

from __future__ import annotations

import os
import select
import stat
import time
from typing import Final

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_bytes, read_private, write_own
from ocn_registry.foreign.limits import KEYSTORE_FILE
from ocn_registry.foreign.strict_json import as_utf8
from ocn_registry.foreign.text import shown

_MAX_FILE_BYTES: Final = KEYSTORE_FILE.max_bytes
_PIPE_TIMEOUT_S: Final = 30.0
_OPEN_PIPES: Final = ("/dev/fd/", "/proc/self/fd/")
_KIND: Final = "key file"


def private_text(path: str | os.PathLike[str], what: str = _KIND) -> str:
    """Return the text of a file that only its owner can read.

    Args:
        path: The file, or an open pipe such as the shell's `<(...)`.
        what: Name of the file for messages.

    Raises:
        InvalidInput: The file can't be read, is not text, or is readable by others.
    """
    name = os.fspath(path)
    open_pipe = name.startswith(_OPEN_PIPES)
    content = (
        _from_pipe(name, what) if open_pipe else read_private(path, _MAX_FILE_BYTES, what=what)
    )
    return _decoded(content, name, what)


def text_of(path: str | os.PathLike[str], what: str = _KIND) -> str:
    """Return the text of a file of at most 65,536 bytes.

    Args:
        path: The file.
        what: Name of the file for messages.

    Raises:
        InvalidInput: The file can't be read, is not text, or is longer.
    """
    return _decoded(read_bytes(path, _MAX_FILE_BYTES, what=what), os.fspath(path), what)


def write_once(path: str | os.PathLike[str], text: str) -> None:
    """Write a new file that only its owner can read, completely or not at all.

    Args:
        path: The file.
        text: Its content.

    Raises:
        InvalidInput: A file with this name exists, or the file can't be written.
    """
    write_own(path, text.encode(), what=_KIND, replace=False)


def _decoded(content: bytes, name: str, what: str) -> str:
    try:
        return as_utf8(content).decode()
    except UnicodeDecodeError:
        from ocn_registry.signing.other_key_files import (  # noqa: PLC0415 - for errors only
            kind_of_bytes,
        )

        kind = kind_of_bytes(content)
        del content  # a traceback must not show it
    if kind is not None:
        raise InvalidInput(f"the {what} {shown(name)} is not text: {kind}")
    raise InvalidInput(
        f"the {what} {shown(name)} is not text in UTF-8, or in UTF-16 with a byte order mark: "
        "save it as UTF-8",
    )


def _from_pipe(name: str, what: str) -> bytes:
    """Read a pipe that this process has inherited, with a time limit."""
    why = f"nothing came through it in {_PIPE_TIMEOUT_S:g} s"
    deadline, content = time.monotonic() + _PIPE_TIMEOUT_S, b""
    try:
        handle = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISFIFO(os.fstat(handle).st_mode):
                raise OSError(None, "it is not a pipe")
            while select.select([handle], [], [], max(0.0, deadline - time.monotonic()))[0]:
                part = os.read(handle, _MAX_FILE_BYTES + 1 - len(content))
                if not part:
                    return content
                content += part
                if len(content) > _MAX_FILE_BYTES:
                    del part, content
                    raise OSError(None, f"it holds more than {_MAX_FILE_BYTES} bytes")
        finally:
            os.close(handle)
    except OSError as error:
        why = error.strerror or "the reason is unknown"
    raise InvalidInput(f"the {what} {shown(name)} can't be read: {why}")
