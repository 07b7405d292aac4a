"""Reasons why an entry can't be carried over unchanged, and remedies for its owner."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ocn_registry.foreign.text import shown
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.models import Address


class Kind(Enum):
    """The kinds of entries."""

    NODE = "node"
    PARTY = "party"
    SERVICE = "service"
    AGREEMENT = "agreement"


class Why(Enum):
    """Why an entry is not carried over, or not unchanged."""

    ZERO_ADDRESS = "it belongs to the zero address, so to nobody"
    TEXT_REFUSED = "the new contracts refuse it"
    LOOK_ALIKE = "it differs from another entry only in small and capital letters"
    DUPLICATE = "an entry before it has the same key"
    TOO_MANY_IDS = "its account has as many ids as an account can hold"
    STALE_ID = "it is a former id, and its account is not carried over"
    STALE_URL = "it is a former URL, which is still taken"
    REVOKED = "it was revoked"
    PARTY_LEFT = "a party that it needs is not listed any more"
    SERVICE_ENDED = "the service is not offered any more"
    NEEDS_CONSENT = "the service changed its permissions after the user agreed"
    NOT_CARRIED = "an entry that it needs is not carried over"
    WITHOUT_URL = "the new contracts refuse its URL, so it is carried over without one"
    UNREACHABLE = "the node that it is reached through is not carried over"
    GIVEN_UP = "it was given up on the new contracts while the import was open"

    @property
    def remedy(self) -> str | None:
        """What the entry's owner can do once the import is closed; `None` if nothing."""
        return _REMEDIES.get(self)


_AGREE = "agree to the service again, if you still want it"
_REMEDIES = {
    Why.TEXT_REFUSED: "register it again in a form that the contracts accept",
    Why.LOOK_ALIKE: "register it again in capital letters, or under another id or URL",
    Why.DUPLICATE: "register it again under an id or a URL of its own",
    Why.TOO_MANY_IDS: "list the id under another account",
    Why.STALE_ID: "list the id again, if it is still in use",
    Why.NEEDS_CONSENT: _AGREE,
    Why.NOT_CARRIED: "register what it needs first, then this again",
    Why.WITHOUT_URL: "set the service again with a URL that the contracts accept",
    Why.UNREACHABLE: "choose another node",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An entry that is not carried over, or not unchanged.

    Attributes:
        kind: The kind of entry.
        subject: The entry. It can contain unescaped text of strangers.
        why: The reason.
        detail: Details; may be empty.
        account: The account that can act; `None` if none has to.
    """

    kind: Kind
    subject: str
    why: Why
    detail: str = ""
    account: Address | None = None

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return it in one line, with unprintable characters escaped."""
        text = f"{self.kind.value} {shown(self.subject, 300, public=True)}: {self.why.value}"
        return f"{text} ({shown(self.detail, 300, public=True)})" if self.detail else text
