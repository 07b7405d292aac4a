"""Whose changes are wanted: an address's, a party's, or everybody's.

A change is an address's when it names it: as operator, party, provider or user. It is a party's
when it names the id, or the address that holds the id at that time. Who holds it is followed along.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from ocn_registry.cli.render import talk
from ocn_registry.errors import NoContract, RpcRefused, UnknownRevert
from ocn_registry.models import Address, Node, PartyId
from ocn_registry.outcomes import PartyDeleted, PartySet

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.outcomes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose changes are wanted, at some place in the chain.

    Attributes:
        address: The address; `None` for everybody's, or a party's.
        id: The id of a party.
        holder: Who holds the id here; `None` for nobody.
    """

    address: Address | None = None
    id: PartyId | None = None
    holder: Address | None = None

    def after(self, change: Change) -> Whose:
        """Give the same after a change: the id may have come to another holder."""
        if self.id is None:
            return self
        if isinstance(change, PartySet):
            if change.id == self.id:
                return replace(self, holder=change.address)
            if change.address == self.holder:
                return replace(self, holder=None)
        if isinstance(change, PartyDeleted) and change.id == self.id:
            return replace(self, holder=None)
        return self

    def wants(self, change: Change) -> bool:
        """Tell whether a change is theirs."""
        if self.id is None:
            return self.address is None or self.address in _names(change)
        if isinstance(change, PartySet | PartyDeleted) and change.id == self.id:
            return True
        return self.holder is not None and self.holder in _names(change)

    def text(self) -> str:
        """Write what was asked for, to tell it from others."""
        return str(self.id or self.address or "all")


def asked_for(args: Namespace) -> Whose:
    """Read `-a` and `-c`; v1 writes ids in capital letters."""
    if args.address is not None:
        return Whose(address=Address(args.address))
    if args.credentials is not None:
        country_code, party_id = args.credentials
        return Whose(id=PartyId(country_code.upper(), party_id.upper()))
    return Whose()


def at_block(whose: Whose, client: RegistryClient, block: int) -> Whose:
    """See who holds the id at the end of a block, where the node still knows."""
    if whose.id is None or block == 0:
        return whose
    try:
        party = client.party(whose.id.country_code, whose.id.party_id, block=block)
    except (NoContract, UnknownRevert):  # before the contracts were there
        return whose
    except RpcRefused:
        talk(
            f"note: this node does not know any more who was {whose.id} at block {block}: changes "
            "that don't name the id are told from where it is next set; an earlier --from, or -a, "
            "tells them all",
        )
        return whose
    return replace(whose, holder=None if party is None else party.address)


def _names(change: Change) -> set[object]:
    found: set[object] = set()
    for each in fields(change):
        value: object = getattr(change, each.name)
        found.add(value.operator if isinstance(value, Node) else value)
    return {value for value in found if isinstance(value, Address)}
