"""Detect writes that would change nothing, so that nothing is signed, sent or paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.models import Address
from ocn_registry.plans.losses import party_meant

if TYPE_CHECKING:
    from ocn_registry.intents import Intent
    from ocn_registry.plans.current_entries import CurrentEntries


def is_unchanged(  # noqa: PLR0911 - one for each kind of intent
    current: CurrentEntries, account: Address, intent: Intent
) -> bool:
    """Return whether an intent would change nothing in an account's entry.

    Args:
        current: The current entries.
        account: The account.
        intent: The intent. A deletion always changes something, or is rejected.
    """
    match intent:
        case intents.SetNode():
            node = current.node(account)
            return node is not None and node.domain == intent.domain
        case intents.SetParty():
            party = party_meant(current, account, intent)
            return (
                party is not None
                and (party.id.country_code, party.id.party_id)
                == (intent.country_code, intent.party_id)
                and party.operator == intent.operator
                and set(party.roles) == set(intent.roles)
            )
        case intents.SetPartyWebsite():
            party = party_meant(current, account, intent)
            return party is not None and (party.website or "") == intent.website
        case intents.SetPartyModules():
            party = party_meant(current, account, intent)
            return (
                party is not None
                and set(party.modules_sender) == set(intent.sender)
                and set(party.modules_receiver) == set(intent.receiver)
            )
        case intents.SetService():
            service = current.service(account)
            return (
                service is not None
                and (service.name, service.url) == (intent.name, intent.url)
                and set(service.permissions) == set(intent.permissions)
            )
        case intents.SetController():
            named = Address(str(intent.controller))
            wanted = account if named.is_zero else named
            return current.controller_of(account) == wanted
        case intents.CreateAgreement():
            agreement = current.agreement(account, intent.provider)
            return agreement is not None and agreement.active
        case _:
            return False
