"""What these contracts refuse whatever their state, and what they can't do at all.

They take any text but the empty one. We do not: a node's URL begins as one and has nothing
invisible in it, as v1's own command saw to for direct writes; and an id is two and three visible
ASCII characters, because anything else either does not fit or looks like another. Where an id
stands already, the owner can name it with whatever it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import check_usable
from ocn_registry.intents import (
    AcceptOwnership,
    CloseImport,
    CreateAgreement,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    InvalidateNonce,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetService,
    TransferOwnership,
)
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.intents import Intent


_IMPORT = "import entries: only the accounts themselves can list them"
_UNKNOWN: dict[type[Intent], str] = {
    InvalidateNonce: "cancel a signed request: a signature is good for ever here",
    AcceptOwnership: "offer the ownership: it is transferred in one step",
    ImportNodes: _IMPORT,
    ImportParties: _IMPORT,
    ImportServices: _IMPORT,
    ImportAgreements: _IMPORT,
    CloseImport: _IMPORT,
}


def check(intent: Intent) -> None:
    """Refuse an intent that the contracts would refuse whatever their state, or do not know."""
    match intent:
        case SetNode():
            check_usable(intent.domain)
        case SetParty():
            _check_id(intent.country_code, intent.party_id)
            if not intent.roles:
                raise InvalidInput("a party has at least one role: name it")
            _check_not_zero("operator", intent.operator)
        case SetService():
            if not intent.permissions:
                raise InvalidInput("a service needs at least one permission: name it")
        case CreateAgreement() | RevokeAgreement():
            _check_not_zero("provider", intent.provider)
        case TransferOwnership():
            _check_not_zero("owner", intent.new_owner)
        case _:
            if type(intent) in _UNKNOWN:
                raise unsupported(_UNKNOWN[type(intent)])


def _check_id(country_code: str, party_id: str) -> None:
    for name, text in (("country code", country_code), ("party id", party_id)):
        if not text.isascii() or not text.isprintable() or " " in text:
            raise InvalidInput(
                f"the {name} is {shown(text)}: give visible ASCII characters, as in DE ABC",
            )


def _check_not_zero(what: str, address: str) -> None:
    if Address(address).is_zero:
        raise InvalidInput(f"the zero address is no {what}: give the address of one")
