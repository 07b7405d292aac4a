"""Values that the contracts reject in any state, checked before anything is sent.

Source: contracts/interfaces/IEntryErrors.sol and IRegistry.sol; contracts/libraries/TextRules.sol.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.names import check_name
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import check_url
from ocn_registry.intents import (
    AcceptAccount,
    AcceptController,
    AdminDeleteOperator,
    AdminDeleteParty,
    AdminReserveNode,
    AdminReserveParty,
    CreateAgreement,
    DeleteParty,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    MoveAccount,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.intents import Intent

MAX_IMPORT = 100
PERMISSION_LIMIT = 64

_COUNTRY_CODE = re.compile(r"[A-Z]{2}", re.ASCII)
_PARTY_ID = re.compile(r"[A-Z0-9]{3}", re.ASCII)


def check_id(country_code: str, party_id: str) -> None:
    """Raise `InvalidInput` for a party id that the contracts reject."""
    if not _COUNTRY_CODE.fullmatch(country_code):
        raise InvalidInput(
            f"{shown(country_code)} is not a valid country code: use two letters A-Z, as in "
            f"{_example(country_code, _COUNTRY_CODE, 'DE')}",
        )
    if not _PARTY_ID.fullmatch(party_id):
        raise InvalidInput(
            f"{shown(party_id)} is not a valid party id: use three characters A-Z or 0-9, "
            f"as in {_example(party_id, _PARTY_ID, 'ABC')}",
        )


def _example(text: str, rule: re.Pattern[str], otherwise: str) -> str:
    """Return how to write a half of an id: what was most likely meant, if it is known."""
    capital = text.strip().upper() if text.isascii() else ""
    return capital if rule.fullmatch(capital) else otherwise


def check_permissions(permissions: tuple[int, ...]) -> None:
    """Raise `InvalidInput` for permissions that the contracts reject."""
    if not permissions:
        raise InvalidInput("a service needs at least one permission: add one")
    for permission in permissions:
        if permission >= PERMISSION_LIMIT:
            raise InvalidInput(
                f"{shown(int(permission))} is not a valid permission: use numbers below "
                f"{PERMISSION_LIMIT}",
            )


def check(intent: Intent) -> None:  # noqa: C901, PLR0912 - one case for each kind
    """Raise `InvalidInput` for an intent that the contracts reject in any state."""
    match intent:
        case SetNode():
            check_url(intent.domain)
        case SetParty():
            check_id(intent.country_code, intent.party_id)
            _check_roles(tuple(intent.roles))
            _check_not_zero("operator", intent.operator)
        case SetService():
            check_name(intent.name)
            if intent.url:
                check_url(intent.url)
            check_permissions(tuple(intent.permissions))
        case CreateAgreement():
            _check_not_zero("provider", intent.provider)
            if intent.permissions is not None:
                check_permissions(tuple(intent.permissions))
        case SetPartyWebsite():
            check_id(intent.country_code, intent.party_id)
            if intent.website:
                check_url(intent.website)
        case SetPartyModules() | DeleteParty():
            if intent.country_code is not None and intent.party_id is not None:
                check_id(intent.country_code, intent.party_id)
        case MoveAccount():
            _check_not_zero("account", intent.new_account)
        case AcceptAccount() | AcceptController():
            _check_not_zero("account", intent.account)
        case AdminDeleteOperator():
            _check_not_zero("operator", intent.operator)
        case AdminDeleteParty() | AdminReserveParty():
            check_id(intent.country_code, intent.party_id)
        case AdminReserveNode():
            check_url(intent.domain)
        case ImportNodes() | ImportParties() | ImportServices() | ImportAgreements():
            _check_import(intent)
        case _:
            pass


def _check_roles(roles: tuple[int, ...]) -> None:
    if not roles:
        raise InvalidInput("a party needs at least one role: add one")


def _check_not_zero(what: str, address: str) -> None:
    if Address(address).is_zero:
        raise InvalidInput(f"the zero address is not a valid {what}: give the address of one")


def _check_import(  # noqa: C901 - one case for each kind
    intent: ImportNodes | ImportParties | ImportServices | ImportAgreements,
) -> None:
    match intent:
        case ImportNodes():
            _check_size(len(intent.nodes))
            for node in intent.nodes:
                _check_not_zero("operator", node.operator)
                check_url(node.domain)
        case ImportParties():
            _check_size(len(intent.parties))
            for party in intent.parties:
                _check_not_zero("party", party.address)
                _check_not_zero("operator", party.operator)
                check_id(party.id.country_code, party.id.party_id)
                _check_roles(party.roles)
                if party.website:
                    check_url(party.website)
        case ImportServices():
            _check_size(len(intent.services))
            for service in intent.services:
                check_name(service.name)
                if service.url:
                    check_url(service.url)
                check_permissions(service.permissions)
        case ImportAgreements():
            _check_size(len(intent.agreements))
            for agreement in intent.agreements:
                check_permissions(tuple(agreement.permissions))


def _check_size(length: int) -> None:
    if length > MAX_IMPORT:
        raise InvalidInput(f"an import of {length} items is too large: give {MAX_IMPORT} at a time")
