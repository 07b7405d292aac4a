"""The record of a deployment, written before each step, so that a deployment can be continued.

It is a JSON object. Once the deployment is finished, it is also a network file as `networks` reads
it: only then does it have the keys `registry` and `permissions`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import field
from typing import TYPE_CHECKING, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_bytes
from ocn_registry.foreign.limits import STATE_FILE
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@dataclass(slots=True)
class Record:
    """A record, and its file.

    Attributes:
        path: The file.
        fields: Its content.
    """

    path: Path
    fields: dict[str, object] = field(default_factory=dict[str, object])

    @classmethod
    def read(cls, path: Path) -> Record:
        """Return a record; it is empty if the file does not exist.

        Args:
            path: The file.

        Raises:
            InvalidInput: The file exists and is not a record.
        """
        if not path.exists():
            return cls(path)
        text = read_bytes(path, STATE_FILE.max_bytes, what="record")
        try:
            content = parse_json(text, STATE_FILE)
        except ValueError as error:
            raise InvalidInput(f"the record {shown(str(path))} is not JSON: {error}") from None
        if not isinstance(content, dict):
            raise InvalidInput(
                f"the record {shown(str(path))} is not a JSON object: use another file"
            )
        return cls(path, cast("dict[str, object]", content))

    @property
    def is_finished(self) -> bool:
        """Whether both contracts are final and verified."""
        return "registry" in self.fields

    def contract(self, name: str) -> dict[str, object] | None:
        """Return the record of a contract; `None` if its creation has not started.

        Args:
            name: `Registry` or `Permissions`.
        """
        contracts = cast("dict[str, dict[str, object]]", self.fields.get("contracts", {}))
        return contracts.get(name)

    def note(self, name: str, **known: object) -> None:
        """Add to the record of a contract, and write the file.

        Args:
            name: `Registry` or `Permissions`.
            known: The fields to add.
        """
        contracts = cast("dict[str, dict[str, object]]", self.fields.setdefault("contracts", {}))
        contracts.setdefault(name, {}).update(known)
        self.write()

    def write(self) -> None:
        """Write the file atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        try:
            with draft.open("x", encoding="utf-8") as file:  # follows no symbolic link
                file.write(json.dumps(self.fields, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        finally:  # after Ctrl-C, too
            draft.unlink(missing_ok=True)
        if os.name != "posix":  # other systems can't open folders
            return
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def alone(path: Path) -> Generator[None, None, None]:
    """Lock the record, so that no other process works on it.

    Args:
        path: The record's file.

    Raises:
        InvalidInput: Another process holds the lock, or this system has no such locks.
    """
    try:
        import fcntl  # noqa: PLC0415 - not on every system; only deploying needs it
    except ImportError:
        raise InvalidInput("deploying needs Linux, macOS or WSL: run it there") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.lock")
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    with os.fdopen(handle, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The previous holder may have removed the file: then this lock protects nothing.
            if place.stat().st_ino != os.fstat(lock.fileno()).st_ino:
                raise BlockingIOError
        except OSError as error:
            raise InvalidInput(
                f"another process is deploying with the record {shown(str(path))}: wait for it",
            ) from error
        try:
            yield
        finally:
            place.unlink(missing_ok=True)
