"""The payload that signers sign: typed data, built by a dialect."""

from __future__ import annotations

from typing import Protocol


class Payload(Protocol):
    """Something to sign: its hash, and the form that a wallet displays."""

    def digest(self) -> bytes:
        """Return the 32 bytes to sign."""
        ...

    def document(self) -> dict[str, object]:
        """Return the JSON form, for wallets and other machines."""
        ...
