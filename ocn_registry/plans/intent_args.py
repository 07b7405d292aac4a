"""Convert a user's text to intents, and correct small formal mistakes.

v1's command writes party ids in capital letters and accepts a URL that ends in a slash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.foreign.urls import check_usable, same_url
from ocn_registry.models import Address, Module, Permission, Role
from ocn_registry.plans.failures import NO_SERVICE, NotListed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.client.sync_client import RegistryClient


def set_node(url: str) -> intents.SetNode:
    """Return the intent to list a node under a URL, normalized by `same_url`.

    Raises:
        InvalidInput: No client can use the URL. Newer contracts are stricter.
    """
    check_usable(url)
    return intents.SetNode(domain=same_url(url))


def set_party(
    credentials: tuple[str, str],
    roles: Iterable[str],
    operator: str,
) -> intents.SetParty:
    """Return the intent to list a party.

    Args:
        credentials: Country code and party id.
        roles: Names of its roles.
        operator: Address of the operator of the party's node.
    """
    country_code, party_id = credentials
    return intents.SetParty(
        country_code=country_code.upper(),
        party_id=party_id.upper(),
        roles=tuple([Role[name.upper()] for name in dict.fromkeys(roles)]),
        operator=operator,
    )


def set_party_modules(
    sender: Iterable[str], receiver: Iterable[str], credentials: tuple[str, str] | None = None
) -> intents.SetPartyModules:
    """Return the intent to set a party's modules by interface.

    Args:
        sender: Names of modules.
        receiver: Names of modules.
        credentials: Country code and party id; `None` for the account's current id.
    """
    country_code, party_id = _id(credentials)
    return intents.SetPartyModules(
        country_code=country_code,
        party_id=party_id,
        sender=_modules(sender),
        receiver=_modules(receiver),
    )


def set_party_website(credentials: tuple[str, str], website: str) -> intents.SetPartyWebsite:
    """Return the intent to set the website of a party; an empty one removes it.

    Raises:
        InvalidInput: No client can use the URL.
    """
    if website:
        check_usable(website)
    country_code, party_id = credentials
    return intents.SetPartyWebsite(
        country_code=country_code.upper(),
        party_id=party_id.upper(),
        website=same_url(website),
    )


def delete_party(credentials: tuple[str, str] | None) -> intents.DeleteParty:
    """Return the intent to delete an id; `None` for the account's only one."""
    country_code, party_id = _id(credentials)
    return intents.DeleteParty(country_code=country_code, party_id=party_id)


def _id(credentials: tuple[str, str] | None) -> tuple[str | None, str | None]:
    if credentials is None:
        return None, None
    country_code, party_id = credentials
    return country_code.upper(), party_id.upper()


def set_service(name: str, url: str, permissions: Iterable[str]) -> intents.SetService:
    """Return the intent to offer a service."""
    needs = tuple([Permission[each.upper()] for each in dict.fromkeys(permissions)])
    return intents.SetService(name=name, url=url, permissions=needs)


def create_agreement(
    client: RegistryClient, provider: str, *, signed: bool
) -> intents.CreateAgreement:
    """Return the intent to agree to exactly the permissions that a service needs now.

    Args:
        client: Looks up the service.
        provider: Address of the provider.
        signed: Whether it is signed for a spender: some contracts can't bind such an agreement to
            permissions.

    Raises:
        NotListed: The provider offers no service.
    """
    service = client.service(provider)
    if service is None:
        raise NotListed(f"{NO_SERVICE}: {Address(provider)}")
    binds = client.limits.binds_permissions or not signed
    return intents.CreateAgreement(
        provider=provider, permissions=service.permissions if binds else None
    )


def _modules(names: Iterable[str]) -> tuple[Module, ...]:
    return tuple([Module[name.upper()] for name in dict.fromkeys(names)])
