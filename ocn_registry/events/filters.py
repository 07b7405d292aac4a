"""Filters for events: those of an address, those of a party, or all.

An event belongs to an address if it names the address as operator, party, provider or user. It
belongs to a party if it names the id, or the address that holds the id at that time. The holder of
the id is tracked from event to event.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.models import Address, Node, PartyId
from ocn_registry.outcomes import (
    AccountMoved,
    PartyDeleted,
    PartyReserved,
    PartySet,
    PartyWebsiteSet,
)
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.outcomes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """A filter for events; it matches all events unless an address or a party is given.

    Attributes:
        address: Matches events that name this address.
        party: Matches events of this party: of its id, and of the address that holds it.
    """

    address: Address | None = None
    party: PartyId | None = None

    @classmethod
    def of(cls, address: str | None, party: PartyId | tuple[str, str] | str | None) -> EventFilter:
        """Return the filter for these arguments.

        Raises:
            InvalidInput: The address or the id is not valid, or both were given.
        """
        if address is not None and party is not None:
            raise InvalidInput("an address and a party are given: give one of them")
        return cls(
            address=None if address is None else Address(address),
            party=None if party is None else PartyId.of(party),
        )

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return a short name of the filter, for messages."""
        return str(self.party or self.address or "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """A filter at a position in the chain.

    Attributes:
        filter: The filter.
        holder: The account that holds the filter's id at this position; `None` if there is none.
        many_ids: Whether accounts can hold several ids.
    """

    filter: EventFilter
    holder: Address | None = None
    many_ids: bool = False

    def after(self, change: Change) -> Matcher:
        """Return the matcher after a change: the id may have a new holder."""
        party = self.filter.party
        if party is None:
            return self
        if isinstance(change, PartySet):
            if change.id == party:
                return replace(self, holder=change.address)
            if change.address == self.holder and not self.many_ids:
                return replace(self, holder=None)
        if isinstance(change, PartyDeleted) and change.id == party:
            return replace(self, holder=None)
        if isinstance(change, AccountMoved) and change.account == self.holder:
            return replace(self, holder=change.new_account)
        return self

    def matches(self, change: Change) -> bool:
        """Return whether a change matches."""
        address, party = self.filter.address, self.filter.party
        if party is None:
            return address is None or address in names_of(change)[0]
        if (
            isinstance(change, PartySet | PartyDeleted | PartyWebsiteSet | PartyReserved)
            and change.id == party
        ):
            return True
        return self.holder is not None and self.holder in names_of(change)[0]


def names_of(change: Change) -> tuple[set[Address], set[PartyId]]:
    """Return the addresses and the ids that a change names."""
    addresses: set[Address] = set()
    parties: set[PartyId] = set()
    for each in fields(change):
        value: object = getattr(change, each.name)
        if isinstance(value, Node):
            addresses.add(value.operator)
        elif isinstance(value, Address):
            addresses.add(value)
        elif isinstance(value, PartyId):
            parties.add(value)
    return addresses, parties
