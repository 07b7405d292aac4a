"""Intents about an account's own entries: node, party, service and agreements."""

from __future__ import annotations

from collections.abc import Sequence

from ocn_registry.intents.shape import (
    IntentBase,
    check_address,
    check_members,
    check_optional_id,
    check_text,
    checked_permissions,
    keep,
)
from ocn_registry.models import Module, PartyId, Permission, Role
from ocn_registry.portable.base import Portable
from ocn_registry.portable.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode(IntentBase):
    """List a node under a URL, or change the URL of the listed one.

    Attributes:
        domain: URL of the node, `https://node.example.com`.
    """

    domain: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_text(self, "domain")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNode(IntentBase):
    """Remove the node from the list. Its parties stay listed and can't be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParty(IntentBase):
    """List the account under an id, or change roles or operator of an id that it holds.

    A further id is added, and the account keeps its others. Contracts of the first generation
    take one id for each account, so there it replaces the former one.

    Attributes:
        country_code: Two letters A-Z.
        party_id: Three characters A-Z or 0-9.
        roles: At least one.
        operator: Address of the node's operator, stored with its checksum.
    """

    country_code: str
    party_id: str
    roles: Sequence[Role]
    operator: str

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        check_members(self, "roles", Role)
        check_address(self, "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPartyModules(IntentBase):
    """Replace the modules that a party implements. Empty lists remove them.

    Attributes:
        country_code: First half of the id that is meant; `None`, as `party_id`, for the account's
            current id. A signed request always names the id.
        party_id: Second half of the id.
        sender: Modules of which the party implements the sender interface.
        receiver: Modules of which the party implements the receiver interface.
    """

    country_code: str | None = None
    party_id: str | None = None
    sender: Sequence[Module] = ()
    receiver: Sequence[Module] = ()

    def __post_init__(self) -> None:
        """Check the shape."""
        check_optional_id(self)
        check_members(self, "sender", Module)
        check_members(self, "receiver", Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteParty(IntentBase):
    """Delete one of the account's ids. With the last one, its service and agreements end.

    Attributes:
        country_code: First half of the id; `None`, as `party_id`, for the account's only id. A
            signed request always names the id.
        party_id: Second half of the id.
    """

    country_code: str | None = None
    party_id: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        check_optional_id(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPartyWebsite(IntentBase):
    """Set the website of one of the account's ids.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        website: URL, by the rule for nodes; empty to remove it.
    """

    country_code: str
    party_id: str
    website: str = ""

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        check_text(self, "website")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedParty(Portable):
    """A party as it should be listed, whether or not it is listed now.

    Attributes:
        country_code: First half of the id.
        party_id: Second half of the id.
        roles: At least one.
        operator: Address of the node's operator.
        modules_sender: Modules of which it implements the sender interface; `None` changes nothing.
        modules_receiver: Modules of which it implements the receiver interface; `None` changes
            nothing.
        website: URL; empty removes it, `None` changes nothing.
    """

    country_code: str
    party_id: str
    roles: Sequence[Role]
    operator: str
    modules_sender: Sequence[Module] | None = None
    modules_receiver: Sequence[Module] | None = None
    website: str | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        PartyId(self.country_code, self.party_id)
        check_members(self, "roles", Role)
        check_address(self, "operator")
        for name in ("modules_sender", "modules_receiver"):
            if getattr(self, name) is not None:
                check_members(self, name, Module)
        if self.website is not None:
            check_text(self, "website")

    @property
    def id(self) -> PartyId:
        """Both halves of the id."""
        return PartyId(self.country_code, self.party_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetService(IntentBase):
    """Offer a service, or change it. A change of its permissions ends all agreements to it.

    Attributes:
        name: At most 100 bytes; may be empty.
        url: Where to read more; may be empty.
        permissions: What the service needs, at least one.
    """

    name: str = ""
    url: str = ""
    permissions: Sequence[Permission | int]

    def __post_init__(self) -> None:
        """Check the shape."""
        check_text(self, "name", "url")
        keep(self, "permissions", checked_permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteService(IntentBase):
    """Remove the service, and end all agreements to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAgreement(IntentBase):
    """Agree to the service of a provider.

    Attributes:
        provider: Address of the account that offers the service.
        permissions: The agreed permissions, which must equal those that the service needs when the
            agreement is made. `None` agrees to whatever it needs then; such an agreement can't be
            signed for a spender.
    """

    provider: str
    permissions: Sequence[Permission | int] | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "provider")
        if self.permissions is not None:
            keep(self, "permissions", checked_permissions(self.permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAgreement(IntentBase):
    """Revoke the agreement with a provider, whether it is in force or has ended.

    Attributes:
        provider: Address of the account that offers the service.
    """

    provider: str

    def __post_init__(self) -> None:
        """Check the shape."""
        check_address(self, "provider")
