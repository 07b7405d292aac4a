"""Intents that these contracts reject in any state, or don't support.

They accept any non-empty text. This package does not: a node's URL must start like one and contain
nothing invisible, as v1's own command required for direct writes; an id must be two and three
visible ASCII characters, because anything else does not fit or looks like another id. If such an id
is already listed, the owner can still name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.dialects.v1.reader import MODULES, ROLES
from ocn_registry.dialects.v1.unsupported import unsupported
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import check_usable
from ocn_registry.intents import (
    AcceptAccount,
    AcceptController,
    AcceptOwnership,
    AdminReserveNode,
    AdminReserveParty,
    CloseImport,
    CreateAgreement,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    InvalidateNonce,
    MoveAccount,
    PruneService,
    RevokeAgreement,
    SetController,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
    TransferOwnership,
)
from ocn_registry.models import Address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import IntEnum

    from ocn_registry.intents import Intent


_LAST_ROLE: Final = ROLES[-1]
_LAST_MODULE: Final = MODULES[-1]
_IMPORT = "import entries: only the accounts themselves can list them"
_MOVE = (
    "move an account to a new key: delete party, service and node with the former key, then "
    "register with the new one; make its agreements again"
)
_CONTROLLER = "have another key sign for an account: each account signs for itself"
_RESERVE = "have the owner delete the entry, and its rightful holder register right after that"
UNKNOWN: dict[type[Intent], str] = {
    InvalidateNonce: "cancel a signed request: a signature is valid forever here",
    AcceptOwnership: "offer the ownership: it is transferred in one step",
    SetPartyWebsite: "store a party's website: publish it elsewhere",
    MoveAccount: _MOVE,
    AcceptAccount: _MOVE,
    SetController: _CONTROLLER,
    AcceptController: _CONTROLLER,
    AdminReserveParty: f"reserve an id: {_RESERVE}",
    AdminReserveNode: f"reserve a URL: {_RESERVE}",
    PruneService: "clear slots of services: their lists have none",
    ImportNodes: _IMPORT,
    ImportParties: _IMPORT,
    ImportServices: _IMPORT,
    ImportAgreements: _IMPORT,
    CloseImport: _IMPORT,
}


def check(intent: Intent) -> None:
    """Raise for an intent that the contracts reject in any state, or don't support."""
    match intent:
        case SetNode():
            check_usable(intent.domain)
        case SetParty():
            _check_id(intent.country_code, intent.party_id)
            if not intent.roles:
                raise InvalidInput("a party needs at least one role: add one")
            _check_known("role", intent.roles, _LAST_ROLE)
            _check_not_zero("operator", intent.operator)
        case SetPartyModules():
            _check_known("module", (*intent.sender, *intent.receiver), _LAST_MODULE)
        case SetService():
            if not intent.permissions:
                raise InvalidInput("a service needs at least one permission: add one")
        case CreateAgreement() | RevokeAgreement():
            _check_not_zero("provider", intent.provider)
        case TransferOwnership():
            _check_not_zero("owner", intent.new_owner)
        case _:
            if type(intent) in UNKNOWN:
                raise unsupported(UNKNOWN[type(intent)])


def _check_known(what: str, values: Iterable[IntEnum], last: IntEnum) -> None:
    for value in values:
        if value > last:
            raise unsupported(
                f"list the {what} {value.name}, which newer contracts added: leave it out",
            )


def _check_id(country_code: str, party_id: str) -> None:
    for name, text in (("country code", country_code), ("party id", party_id)):
        if not text.isascii() or not text.isprintable() or " " in text:
            raise InvalidInput(
                f"{shown(text)} is not a valid {name}: use visible ASCII characters, as in DE ABC",
            )


def _check_not_zero(what: str, address: str) -> None:
    if Address(address).is_zero:
        raise InvalidInput(f"the zero address is not a valid {what}: give the address of one")
