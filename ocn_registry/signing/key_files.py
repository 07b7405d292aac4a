"""Files that hold keys: read with care, written once, never over another.

No frame that can raise holds a key: what fails returns, and who called says so without quoting it.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from eth_account.signers.local import LocalAccount

_MAX_FILE_BYTES = 1 << 16


def private_text(path: str | os.PathLike[str]) -> str:
    """Read a file that nobody but its owner may read.

    Raises:
        InvalidInput: It can't be read, or others can read it.
    """
    text, mode = _read(path)
    if os.name == "posix" and mode & 0o077:
        del text
        raise InvalidInput(
            f"others may read the key file {shown(str(path))}: chmod 600 it first",
        )
    return text


def text_of(path: str | os.PathLike[str]) -> str:
    """Read a file of 65,536 bytes at most.

    Raises:
        InvalidInput: It can't be read, or is longer.
    """
    return _read(path)[0]


def _read(path: str | os.PathLike[str]) -> tuple[str, int]:
    """Read a file, and the mode of exactly that file."""
    why = "it is too long"
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(_MAX_FILE_BYTES + 1)
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if len(text) <= _MAX_FILE_BYTES:
            return text, mode
        del text
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or "it can't be read") if isinstance(error, OSError) else "no text"
    raise InvalidInput(f"the file {shown(str(path))} can't be used: {why}")


def decrypted(text: str, passphrase: Callable[[], str]) -> bytes | None:
    """Decrypt the key of a keystore file; `None` when it is none, or with another passphrase."""
    from eth_account import Account  # noqa: PLC0415 - 0.2 s, for those who sign

    try:
        return bytes(Account.decrypt(json.loads(text), passphrase()))
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, RecursionError):
        return None


def encrypted(account: LocalAccount, passphrase: object) -> str | None:
    """Write the text of a keystore file; `None` when that fails."""
    if not isinstance(passphrase, str) or not passphrase:  # eth-account takes anything
        return None
    try:
        return json.dumps(account.encrypt(passphrase), indent=2) + "\n"
    except (ValueError, TypeError, AssertionError, MemoryError, OSError):
        return None


def write_once(path: str | os.PathLike[str], text: str) -> None:
    """Write a file that only its owner may read, all of it or none, and never over another.

    Raises:
        InvalidInput: There is one of this name, or it can't be written.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _link(name, target)
        finally:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - mkstemp gives a text
    except FileExistsError:
        raise InvalidInput(
            f"{shown(str(path))} is there already and is not written over: give another name",
        ) from None
    except OSError as error:
        why = error.strerror or "no reason is known"
        raise InvalidInput(f"{shown(str(path))} can't be written: {why}") from None


def _link(name: str, target: Path) -> None:
    """Give a file its name, unless that is taken; a link does both in one step."""
    try:
        os.link(name, target)
    except FileExistsError:
        raise
    except OSError:  # no links on this file system
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Path(name).read_bytes())
            file.flush()
            os.fsync(file.fileno())
