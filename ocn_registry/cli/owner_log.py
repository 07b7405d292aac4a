"""The owner's own log: what was done to whose entry, and why, which no chain tells.

A file of JSON lines that is only ever added to. A line tells all that was known when it was
written: first what is intended, before anything is signed; then the hash, before anything is sent;
then the end, `done`, `in part`, `failed` or `unknown`. Each is on the disk before the next step. So
whoever is killed finds in it what may have happened, and `owner log --settle` asks what did.
"""

from __future__ import annotations

import json
import os
import stat
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.cli.settings_file import at_home
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown

if TYPE_CHECKING:
    from ocn_registry.cli.entries import Entry
    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.models import Address
    from ocn_registry.signing import Signer
    from ocn_registry.signing.requests import Payload

INTENDED, SIGNED, UNKNOWN = "intended", "signed", "unknown"
ENDED, IN_PART, FAILED = "done", "in part", "failed"
_FILE = "owner.jsonl"
_MOST_BYTES = 64 << 20
_MOST_CHARACTERS = 2_000


def default_path() -> Path:
    """Tell where the log is unless another file is named: with the user's own state."""
    told = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(told) if Path(told).is_absolute() else at_home("~/.local/state")
    return folder / "ocn-registry" / _FILE


def checked_reason(text: str) -> str:
    """Refuse a reason that tells nothing, or is a book."""
    reason = text.strip()
    if not reason or len(reason) > _MOST_CHARACTERS:
        raise InvalidInput(
            f"the reason has {len(reason)} characters: give one of 1 to {_MOST_CHARACTERS}, for "
            "whoever asks later why this was done",
        )
    return reason


class Act:
    """One thing that the owner does, from the intention to its end."""

    def __init__(self, path: Path, known: Entry) -> None:
        """Write down what is intended.

        Args:
            path: The log.
            known: Network, contract, who, what, what was before, and why.

        Raises:
            InvalidInput: The log can't be written: then nothing may be done.
        """
        self._path = path
        self._known: Entry = {"id": uuid.uuid4().hex, **known}
        self.is_signed = False
        self.note(INTENDED)

    def note(self, status: str, **known: object) -> None:
        """Add a line.

        Args:
            status: How far it is.
            known: What is known now.

        Raises:
            InvalidInput: It can't be written.
        """
        self._known |= known
        append(self._path, {**_now(), "status": status, **self._known})
        self.is_signed = self.is_signed or status == SIGNED


class NotingSigner:
    """A signer by whom each transaction is in the log before anybody else sees it."""

    def __init__(self, signer: Signer, act: Act) -> None:
        """Say who signs, and for what."""
        self._signer, self._act = signer, act

    @property
    def address(self) -> Address:
        """The address of the key."""
        return self._signer.address

    def sign(self, payload: Payload) -> bytes:
        """Sign a request."""
        return self._signer.sign(payload)

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Sign a transaction, and write down its hash and number."""
        signed = self._signer.sign_transaction(transaction)
        self._act.note(SIGNED, transaction=signed.tx_hash, nonce=transaction.nonce)
        return signed


def append(path: Path, line: Entry) -> None:
    """Add a line to a log, and see it onto the disk.

    Raises:
        InvalidInput: It can't be written, or others may read it.
    """
    text = json.dumps(line, ensure_ascii=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
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
        why = error.strerror or "no reason is known"
        raise InvalidInput(f"the log {shown(str(path))} can't be written: {why}") from None


def acts(path: Path) -> list[Entry]:
    """Read a log: of each act, the last that is known, in the order in which they began.

    Args:
        path: The log; one that is not there is empty.

    Raises:
        InvalidInput: It can't be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        why = error.strerror or "no reason is known"
        raise InvalidInput(f"the log {shown(str(path))} can't be read: {why}") from None
    if len(content) > _MOST_BYTES:
        raise InvalidInput(f"the log {shown(str(path))} is too long: put it away, and begin anew")
    known: dict[str, Entry] = {}
    for text in content.splitlines():
        try:
            line: object = json.loads(text)
        except (ValueError, RecursionError):  # torn by a crash
            continue
        if _is_object(line) and isinstance(number := line.get("id"), str):
            begun = known.get(number, line).get("begun") or line.get("at")
            known[number] = {**line, "begun": begun}
    return list(known.values())


def settle(path: Path, act: Entry, status: str, **known: object) -> Entry:
    """Write down how an act ended that nobody had seen to its end."""
    told: Entry = {key: value for key, value in act.items() if key != "begun"}
    line: Entry = {**told, **_now(), "status": status, **known}
    append(path, line)
    return {**line, "begun": act.get("begun")}


def _now() -> Entry:
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def _hold_private(handle: int, path: Path) -> None:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"the log {shown(str(path))} is no file")
    if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
        raise InvalidInput(f"others may read the log {shown(str(path))}: chmod 600 it first")


def _is_torn(handle: int) -> bool:
    """Ask whether the last line was not written to its end: the next one begins a new line."""
    if os.lseek(handle, 0, os.SEEK_END) == 0:
        return False
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1) != b"\n"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder can't be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_object(value: object) -> TypeGuard[Entry]:
    return isinstance(value, dict)
