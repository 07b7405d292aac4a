"""What signers sign: typed data, made by a dialect."""

from __future__ import annotations

from typing import Protocol


class Payload(Protocol):
    """What is signed: its hash, and the form in which a wallet shows it."""

    def digest(self) -> bytes:
        """Return the 32 bytes that are signed."""
        ...

    def document(self) -> dict[str, object]:
        """Return the form in which it is passed on."""
        ...
