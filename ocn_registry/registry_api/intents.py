"""Intents in JSON, as written by forms: names in place of numbers.

The members are those of the EIP-712 message, without account, nonce and deadline.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeVar

from ocn_registry import intents
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.admin import CANCELLED_AHEAD
from ocn_registry.foreign.strict_json import is_list, is_object
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.urls import check_usable, same_url
from ocn_registry.models import Contract, Module, Permission, Role, named

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.cache.questions import Snapshot
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SignableIntent
    from ocn_registry.models import Address
    from ocn_registry.registry_api.pages import Object

E = TypeVar("E", bound=IntEnum)
_MOST = 100
_LONGEST = 300
_PARTY: Final = ("countryCode", "partyId")


def read_intent(
    value: object, client: RegistryClient, now: Snapshot, account: Address
) -> SignableIntent:
    """Parse an intent.

    Args:
        value: The JSON: an object with the intent's name as `type`, and its members.
        client: Reads the nonce if the intent omits it.
        now: The listed entries: an agreement without permissions is for those of the service.
        account: The account of the intent.

    Raises:
        InvalidInput: The value is not a valid intent.
    """
    if not is_object(value) or not isinstance(value.get("type"), str):
        raise InvalidInput('the intent is missing: give an object such as {"type": "DeleteNode"}')
    name = str(value["type"])
    if name not in INTENTS:
        raise InvalidInput(f"{shown(name)} is not a known intent: use {', '.join(INTENTS)}")
    make, needed, possible = INTENTS[name]
    members = {key: one for key, one in value.items() if key != "type"}
    if missing := set(needed) - set(members):
        raise InvalidInput(f"{min(missing)} is missing: {name} needs {', '.join(needed)}")
    if unknown := set(members) - {*needed, *possible}:
        raise InvalidInput(
            f"{shown(min(unknown))} is not a member of {name}: use "
            f"{', '.join((*needed, *possible)) or 'none'}",
        )
    return make(_Members(members, client, now, account))


class _Members:
    def __init__(
        self, values: Object, client: RegistryClient, now: Snapshot, account: Address
    ) -> None:
        self._values = values
        self.client, self.now, self.account = client, now, account

    def text(self, name: str) -> str:
        value = self._values[name]
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InvalidInput(
                f"{shown(value)} is not a valid {name}: use text of at most {_LONGEST} characters"
            )
        return value

    def url(self, name: str) -> str:
        value = same_url(self.text(name))
        if value:
            check_usable(value)
        return value

    def party(self) -> tuple[str, str]:
        return self.text("countryCode").upper(), self.text("partyId").upper()

    def members(self, name: str, kind: type[E]) -> tuple[E, ...]:
        known = {one.name: one for one in named(kind)}
        found: list[E] = []
        for value in self._list(name):
            one = known.get(value.upper()) if isinstance(value, str) else None
            if one is None:
                raise InvalidInput(
                    f"{shown(value)} is not valid among {name}: use {', '.join(known)}"
                )
            found.append(one)
        return tuple(dict.fromkeys(found))

    def permissions(self) -> tuple[int, ...]:
        """Parse names or numbers: contracts accept permissions without a name."""
        known = {one.name: int(one) for one in Permission}
        found: list[int] = []
        for value in self._list("permissions"):
            number = known.get(value.upper()) if isinstance(value, str) else value
            if not isinstance(number, int) or isinstance(number, bool):
                raise InvalidInput(
                    f"{shown(value)} is not a valid permission: use {', '.join(known)}"
                )
            found.append(number)
        return tuple(found)

    def _list(self, name: str) -> list[object]:
        values = self._values.get(name)
        if not is_list(values) or len(values) > _MOST:
            raise InvalidInput(f"{shown(values)} is not a valid list of {name}: use [...]")
        return values

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def number(self, name: str) -> int:
        value = self._values[name]
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 80:  # noqa: PLR2004 - 2^256 has 78 digits
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidInput(f"{shown(value)} is not a valid {name}: use a number")
        return value


def _set_party(of: _Members) -> intents.SetParty:
    country, party = of.party()
    return intents.SetParty(
        country_code=country,
        party_id=party,
        roles=of.members("roles", Role),
        operator=of.text("operator"),
    )


def _set_modules(of: _Members) -> intents.SetPartyModules:
    country, party = of.party()
    return intents.SetPartyModules(
        country_code=country,
        party_id=party,
        sender=of.members("sender", Module),
        receiver=of.members("receiver", Module),
    )


def _set_website(of: _Members) -> intents.SetPartyWebsite:
    country, party = of.party()
    return intents.SetPartyWebsite(country_code=country, party_id=party, website=of.url("website"))


def _delete_party(of: _Members) -> intents.DeleteParty:
    country, party = of.party()
    return intents.DeleteParty(country_code=country, party_id=party)


def _set_node(of: _Members) -> intents.SetNode:
    domain = of.url("domain")
    check_usable(domain)
    return intents.SetNode(domain=domain)


def _set_service(of: _Members) -> intents.SetService:
    return intents.SetService(name=of.text("name"), url=of.url("url"), permissions=of.permissions())


def _agree(of: _Members) -> intents.CreateAgreement:
    provider = of.text("provider")
    if of.has("permissions"):
        needs = of.permissions()
    else:
        service = of.now.service(provider)
        if service is None:
            raise InvalidInput(f"{shown(provider)} offers no service: choose another provider")
        needs = tuple(service.permissions)
    return intents.CreateAgreement(provider=provider, permissions=needs)


def _cancel(of: _Members) -> intents.InvalidateNonce:
    name = of.text("contract")
    if name not in {one.value for one in Contract}:
        raise InvalidInput(f"{shown(name)} is not a contract: use registry or permissions")
    contract = Contract(name)
    nonce = (
        of.number("newNonce")
        if of.has("newNonce")
        else of.client.nonce(of.account, contract) + CANCELLED_AHEAD
    )
    return intents.InvalidateNonce(contract=contract, new_nonce=nonce)


# Each intent: what makes it, its required members, and its optional ones.
INTENTS: Final[
    dict[str, tuple[Callable[[_Members], SignableIntent], tuple[str, ...], tuple[str, ...]]]
] = {
    "SetNode": (_set_node, ("domain",), ()),
    "DeleteNode": (lambda _: intents.DeleteNode(), (), ()),
    "SetParty": (_set_party, (*_PARTY, "roles", "operator"), ()),
    "SetPartyModules": (_set_modules, (*_PARTY, "sender", "receiver"), ()),
    "SetPartyWebsite": (_set_website, (*_PARTY, "website"), ()),
    "DeleteParty": (_delete_party, _PARTY, ()),
    "MoveAccount": (
        lambda of: intents.MoveAccount(new_account=of.text("newAccount")),
        ("newAccount",),
        (),
    ),
    "SetController": (
        lambda of: intents.SetController(controller=of.text("controller")),
        ("controller",),
        (),
    ),
    "SetService": (_set_service, ("name", "url", "permissions"), ()),
    "DeleteService": (lambda _: intents.DeleteService(), (), ()),
    "CreateAgreement": (_agree, ("provider",), ("permissions",)),
    "RevokeAgreement": (
        lambda of: intents.RevokeAgreement(provider=of.text("provider")),
        ("provider",),
        (),
    ),
    "InvalidateNonce": (_cancel, ("contract",), ("newNonce",)),
}
