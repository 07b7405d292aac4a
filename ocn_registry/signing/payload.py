"""The payload that signers sign: typed data, built by a dialect."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Payload(Protocol):
    """Something to sign: its hash, and the form that a wallet displays."""

    def digest(self) -> bytes:
        """Return the 32 bytes to sign."""
        ...

    def document(self) -> dict[str, object]:
        """Return the JSON form, for wallets and other machines."""
        ...


@runtime_checkable
class PersonalPayload(Protocol):
    """A payload to sign as a personal message (ERC-191) of 32 bytes."""

    def hash(self) -> bytes:
        """Return the 32 bytes."""
        ...
