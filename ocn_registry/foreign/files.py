"""Open files that others may have prepared, safe from links, pipes, owners and modes.

A user may name any regular file to be read: `read_bytes`. A file that holds a key must be readable
by nobody else: `read_private`. The package's own files, such as a cursor or a cache, are trusted
only if nobody else could have written them: `read_own`, `write_own`. These two don't follow links,
and a file is written completely or not at all.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 1 << 20
# Opening a pipe must not wait for its other end, nor a terminal become ours. Windows has neither.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_READ = stat.S_IRWXG | stat.S_IRWXO

DATABASE_ENDINGS = ("-wal", "-shm", "-journal")  # of the files that SQLite keeps beside a database


class FileRefused(InvalidInput):
    """A file can't be used; the message says which one, why, and what to do."""


def read_bytes(path: str | os.PathLike[str], max_bytes: int, *, what: str = "file") -> bytes:
    """Return the content of a file that a user has named.

    Args:
        path: The file, or a link to it.
        max_bytes: The maximum length.
        what: Name of the file for messages.

    Raises:
        FileRefused: It can't be read, is not a regular file, or is longer.
    """
    return _read(path, max_bytes, what)[0]


def first_bytes(path: str | os.PathLike[str], count: int, *, what: str = "file") -> bytes:
    """Return the first bytes of a file of any length.

    Args:
        path: The file, or a link to it.
        count: How many; fewer if the file is shorter.
        what: Name of the file for messages.

    Raises:
        FileRefused: It can't be read, or is not a regular file.
    """
    return _read(path, count, what, cut=True)[0]


def read_private(path: str | os.PathLike[str], max_bytes: int, *, what: str = "key file") -> bytes:
    """Return the content of a file that only its owner may read.

    Args:
        path: The file, or a link to it.
        max_bytes: The maximum length.
        what: Name of the file for messages.

    Raises:
        FileRefused: Others can read it, or as for `read_bytes`.
    """
    content, found = _read(path, max_bytes, what)
    if os.name == "posix" and found.st_mode & _OTHERS_READ:
        del content
        raise FileRefused(f"others may read the {what} {shown(str(path))}: chmod 600 it first")
    return content


def read_own(path: str | os.PathLike[str], max_bytes: int, *, what: str = "file") -> bytes | None:
    """Return the content of a file that this package wrote; `None` if there is none.

    Args:
        path: The file.
        max_bytes: The maximum length.
        what: Name of the file for messages.

    Raises:
        FileRefused: It is a link, somebody else could have written it, or as for `read_bytes`.
    """
    try:
        content, found = _read(path, max_bytes, what, flags=_NO_LINK)
    except FileRefused as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    check_own(found, path, what=what)
    return content


def check_own(
    found: os.stat_result,
    path: str | os.PathLike[str],
    *,
    what: str = "file",
    by_group: bool = False,
) -> None:
    """Raise `FileRefused` for a file that somebody else owns or may write.

    Args:
        found: The result of `os.fstat` for the open file, or of `os.lstat` for one that a library
            opens.
        path: Its name, for the message.
        what: Name of the file for messages.
        by_group: Whether another user may own it and its group may write it: containers share
            their volumes like this.
    """
    name = shown(str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "not a regular file"
        raise FileRefused(f"the {what} {name} is {kind}: remove it, or name another file")
    if os.name != "posix":
        return
    if not by_group and found.st_uid not in {os.geteuid(), 0}:
        raise FileRefused(
            f"the {what} {name} belongs to somebody else: remove it, or name another file",
        )
    if found.st_mode & (stat.S_IWOTH if by_group else _OTHERS_WRITE):
        raise FileRefused(
            f"others may write the {what} {name}: remove it, or chmod 600 it if you trust it",
        )


def check_own_database(path: str | os.PathLike[str], *, what: str, by_group: bool = False) -> None:
    """Raise `FileRefused` for a database that is a link, or that others own or may write.

    Args:
        path: The file of SQLite. It may be missing, and so may those that are kept beside it.
        what: Name of the file for messages.
        by_group: As for `check_own`.
    """
    for ending in ("", *DATABASE_ENDINGS):
        beside = f"{os.fspath(path)}{ending}"
        with suppress(FileNotFoundError):
            check_own(os.lstat(beside), beside, what=what, by_group=by_group)


def write_own(
    path: str | os.PathLike[str],
    content: bytes,
    *,
    what: str = "file",
    replace: bool = True,
) -> None:
    """Write a file that only this user may read, completely or not at all.

    A link of that name is replaced and not followed. The new file is on the disk when this returns.

    Args:
        path: The file.
        content: The new content.
        what: Name of the file for messages.
        replace: Whether to replace an existing file.

    Raises:
        FileRefused: It can't be written, or it exists and `replace` is not set.
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
    try:
        try:  # Ctrl-C may come as soon as the draft is there
            with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                draft.replace(target)
            else:
                _name_once(draft, target)
        finally:
            with suppress(OSError):
                draft.unlink()
        _sync_folder(target.parent)
    except FileExistsError:
        raise FileRefused(
            f"the {what} {shown(str(path))} exists and is not overwritten: give another name",
        ) from None
    except OSError as error:
        raise FileRefused(
            f"the {what} {shown(str(path))} can't be written: {_reason(error)}",
        ) from None


def _read(
    path: str | os.PathLike[str],
    max_bytes: int,
    what: str,
    flags: int = 0,
    *,
    cut: bool = False,
) -> tuple[bytes, os.stat_result]:
    """Return the content of a regular file, and its status."""
    name = shown(str(path))
    try:
        handle = os.open(path, _READ | _BINARY | flags)
    except FileNotFoundError as error:
        raise FileRefused(f"there is no {what} {name}: check the path") from error
    except (OSError, ValueError) as error:
        raise FileRefused(f"the {what} {name} can't be read: {_reason(error)}") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise FileRefused(f"the {what} {name} is {kind}: give the path of a file")
        content = bytearray()
        for chunk in _chunks(handle, max_bytes if cut else max_bytes + 1):
            content += chunk
    except OSError as error:
        raise FileRefused(f"the {what} {name} can't be read: {_reason(error)}") from None
    finally:
        os.close(handle)
    if len(content) > max_bytes:
        del content
        raise FileRefused(
            f"the {what} {name} is longer than {max_bytes} bytes: is it the right one?"
        )
    return bytes(content), found


def _chunks(handle: int, most_bytes: int) -> Iterator[bytes]:
    while most_bytes > 0 and (chunk := os.read(handle, min(_CHUNK_BYTES, most_bytes))):
        yield chunk
        most_bytes -= len(chunk)


def _name_once(draft: Path, target: Path) -> None:
    """Rename a file unless the name is taken; a link does both in one step."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(draft.read_bytes())
                file.flush()
                os.fsync(file.fileno())
        except BaseException:  # all of it or none, after Ctrl-C too
            target.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    """Flush a folder so that a new name survives a power cut, if folders can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems refuse this
            os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        if error.errno == errno.ELOOP:
            return "it is a link"
        return error.strerror or "the reason is unknown"
    return "that is not a path"  # for example, with a zero byte in it
