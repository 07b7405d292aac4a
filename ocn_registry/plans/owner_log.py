"""The owner's log: actions with their reasons, which the chain does not record.

It is an append-only file of JSON lines. A line holds everything that was known when it was written:
first the intention, before anything is signed; then the hash, before anything is sent; then the
outcome: `done`, `in part`, `failed` or `unknown`. Each line is on disk before the next step. After
a crash, the log shows what may have happened, and `owner log --settle` looks up the outcome on the
chain.
"""

from __future__ import annotations

import json
import os
import stat
import time
import uuid
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_own
from ocn_registry.foreign.limits import STATE_FILE
from ocn_registry.foreign.strict_json import is_object, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.plans.folders import state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.models import Address
    from ocn_registry.plans.entries import Entry
    from ocn_registry.signing import Signer
    from ocn_registry.signing.payload import Payload

INTENDED, SIGNED, UNKNOWN = "intended", "signed", "unknown"
ENDED, IN_PART, FAILED = "done", "in part", "failed"
_FILE = "owner.jsonl"
_MOST_BYTES = 64 << 20
_MOST_CHARACTERS = 2_000


def default_path() -> Path:
    """Return the path of the log in the user's state folder."""
    return state_folder() / _FILE


def checked_reason(text: str) -> str:
    """Return a reason without surrounding spaces.

    Raises:
        InvalidInput: The reason is empty or too long.
    """
    reason = text.strip()
    if not reason or len(reason) > _MOST_CHARACTERS:
        raise InvalidInput(
            f"the reason has {len(reason)} characters: give 1 to {_MOST_CHARACTERS}, for "
            "whoever reads the log later",
        )
    return reason


class LoggedAction:
    """An action in the log, from its intention to its outcome."""

    def __init__(self, path: Path, known: Entry) -> None:
        """Log the intention.

        Args:
            path: The log.
            known: Network, contract, account, action, current entry and reason.

        Raises:
            InvalidInput: The log can't be written. The action must not be carried out then.
        """
        self._path = path
        self._known: Entry = {"id": uuid.uuid4().hex, **known}
        self.is_signed = False
        self.note(INTENDED)

    def note(self, status: str, **known: object) -> None:
        """Add a line.

        Args:
            status: The status of the action.
            known: Additional fields.

        Raises:
            InvalidInput: It can't be written.
        """
        self._known |= known
        append(self._path, {**_timestamp(), "status": status, **self._known})
        self.is_signed = self.is_signed or status == SIGNED


class LoggingSigner:
    """A signer that logs each transaction before it is sent."""

    def __init__(self, signer: Signer, action: LoggedAction) -> None:
        """Wrap a signer, for an action."""
        self._signer, self._action = signer, action

    @property
    def address(self) -> Address:
        """The address of the key."""
        return self._signer.address

    def sign(self, payload: Payload) -> bytes:
        """Sign a request."""
        return self._signer.sign(payload)

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction, and log its hash and nonce."""
        signed = self._signer.sign_transaction(transaction)
        self._action.note(SIGNED, transaction=signed.tx_hash, nonce=transaction.nonce)
        return signed


def append(path: Path, line: Entry) -> None:
    """Append a line to a log, and flush it to the disk.

    Raises:
        InvalidInput: The log can't be written, or is readable by others.
    """
    text = json.dumps(line, ensure_ascii=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        is_new = not path.exists()
        if is_new:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o600)
        try:
            _hold_private(handle, path)
            torn = _is_torn(handle)
            _write(handle, (b"\n" if torn else b"") + text.encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        why = error.strerror or "the reason is unknown"
        raise InvalidInput(f"the log {shown(str(path))} can't be written: {why}") from None


def actions(path: Path) -> list[Entry]:
    """Return the latest state of each action in a log, in the order of their start.

    Args:
        path: The log. A missing file counts as an empty log.

    Raises:
        InvalidInput: The log can't be read.
    """
    content = read_own(path, _MOST_BYTES, what="log")
    if content is None:
        return []
    known: dict[str, Entry] = {}
    for text in content.splitlines():
        try:
            line = parse_json(text, STATE_FILE)
        except ValueError:  # incomplete after a crash
            continue
        if is_object(line) and isinstance(number := line.get("id"), str):
            begun = known.get(number, line).get("begun") or line.get("at")
            known[number] = {**line, "begun": begun}
    return list(known.values())


def settle(path: Path, action: Entry, status: str, **known: object) -> Entry:
    """Log the outcome of an interrupted action, and return its entry."""
    rest: Entry = {key: value for key, value in action.items() if key != "begun"}
    line: Entry = {**rest, **_timestamp(), "status": status, **known}
    append(path, line)
    return {**line, "begun": action.get("begun")}


def _timestamp() -> Entry:
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def _hold_private(handle: int, path: Path) -> None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"the log {shown(str(path))} is not a regular file")
    if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
        raise InvalidInput(
            f"the log {shown(str(path))} can be read by others: run chmod 600 on it first"
        )


def _is_torn(handle: int) -> bool:
    """Return whether the last line is incomplete."""
    if os.lseek(handle, 0, os.SEEK_END) == 0:
        return False
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1) != b"\n"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # other systems can't open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
