"""Intents made of the texts that a person types. Small mistakes of form are corrected here.

v1's command writes party ids in capital letters and accepts a URL that ends in a slash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.foreign.urls import check_usable, same_url
from ocn_registry.intents import CreateAgreement, SetNode, SetParty, SetPartyModules, SetService
from ocn_registry.models import Address, Module, Permission, Role
from ocn_registry.plans.failures import NO_SERVICE, NotListed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.client.sync_client import RegistryClient


def set_node(url: str) -> SetNode:
    """Return the intent to list a node under a URL; `same_url` says what is corrected.

    Raises:
        InvalidInput: No client can use the URL. Newer contracts are stricter.
    """
    check_usable(url)
    return SetNode(domain=same_url(url))


def set_party(
    credentials: tuple[str, str],
    roles: Iterable[str],
    operator: str,
) -> SetParty:
    """Return the intent to list a party.

    Args:
        credentials: Its country code and party id.
        roles: Names of its roles.
        operator: Address that runs the node through which it is reached.
    """
    country_code, party_id = credentials
    return SetParty(
        country_code=country_code.upper(),
        party_id=party_id.upper(),
        roles=tuple([Role[name.upper()] for name in dict.fromkeys(roles)]),
        operator=operator,
    )


def set_party_modules(sender: Iterable[str], receiver: Iterable[str]) -> SetPartyModules:
    """Return the intent to set the modules whose sender and receiver interface a party has."""
    return SetPartyModules(sender=_modules(sender), receiver=_modules(receiver))


def set_service(name: str, url: str, permissions: Iterable[str]) -> SetService:
    """Return the intent to offer a service."""
    needs = tuple([Permission[each.upper()] for each in dict.fromkeys(permissions)])
    return SetService(name=name, url=url, permissions=needs)


def create_agreement(client: RegistryClient, provider: str, *, signed: bool) -> CreateAgreement:
    """Return the intent to agree to what a service needs now, and to nothing else.

    Args:
        client: Looks up the service.
        provider: Address of the provider.
        signed: Whether it is signed for a spender: some contracts can't bind such a consent.

    Raises:
        NotListed: The provider offers no service.
    """
    service = client.service(provider)
    if service is None:
        raise NotListed(f"{NO_SERVICE}: {Address(provider)}")
    binds = client.limits.binds_permissions or not signed
    return CreateAgreement(provider=provider, permissions=service.permissions if binds else None)


def _modules(names: Iterable[str]) -> tuple[Module, ...]:
    return tuple([Module[name.upper()] for name in dict.fromkeys(names)])
