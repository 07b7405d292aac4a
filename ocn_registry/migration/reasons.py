"""What can't be carried over, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ocn_registry.foreign.text import shown


class Kind(Enum):
    """The kinds of entries."""

    NODE = "node"
    PARTY = "party"
    SERVICE = "service"
    AGREEMENT = "agreement"


class Why(Enum):
    """Why something is not carried over."""

    ZERO_ADDRESS = "it is the zero address's, so nobody's"
    TEXT_REFUSED = "the new contracts refuse it"
    LOOK_ALIKE = "it differs from another entry only in small and capital letters"
    DUPLICATE = "an entry before it has the same key"
    STALE_ID = "it is a former id, which still leads to the party"
    STALE_URL = "it is a former URL, which is still taken"
    REVOKED = "it was revoked"
    PARTY_LEFT = "a party that it needs is not listed any more"
    SERVICE_ENDED = "the service is not offered any more"
    NEEDS_CONSENT = "the service changed its permissions after the consent: ask the user anew"
    NOT_CARRIED = "an entry that it needs is not carried over"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something that stands in a registry and is not carried over.

    Attributes:
        kind: What it is.
        subject: Which one; text that strangers wrote is in it as it stands.
        why: The reason.
        detail: More about it; may be empty.
    """

    kind: Kind
    subject: str
    why: Why
    detail: str = ""

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Write it in one line, unprintable characters escaped."""
        text = f"{self.kind.value} {shown(self.subject, 300)}: {self.why.value}"
        return f"{text} ({shown(self.detail, 300)})" if self.detail else text
