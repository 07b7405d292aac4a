"""The registry's lists, with their filters and sort orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.errors import InvalidInput
from ocn_registry.events.state import bits_of
from ocn_registry.models import Module, Permission, Role, named
from ocn_registry.registry_api.pages import page
from ocn_registry.registry_api.schema_parts import ADDRESS, parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ocn_registry.models import Address
    from ocn_registry.registry_api.entities import Entities
    from ocn_registry.registry_api.pages import Object, QueryParameters
    from ocn_registry.registry_api.problems import Reply
    from ocn_registry.registry_api.schema_parts import Schema

ROLES = tuple([role.name for role in named(Role)])
MODULES = tuple([module.name.lower() for module in named(Module)])
PERMISSIONS = tuple([permission.name for permission in Permission])
_YES_NO = ("true", "false")
_INTERFACES = ("sender", "receiver")
_NODE_ORDERS = ("url", "parties", "changed")
_PARTY_ORDERS = ("id", "changed")
_SERVICE_ORDERS = ("provider", "changed")


def nodes(of: Entities, query: QueryParameters) -> Reply:
    """Return a page of the nodes, by URL, number of parties or last change."""
    text = (query.text("q") or "").lower()
    country = _country(query)
    order = query.one_of("sort", _NODE_ORDERS)
    index, state = of.index, of.state
    found: list[int] = []
    for number in index.nodes:
        row = state.nodes.get(number)
        there = index.at_node.get(number, ())
        if (
            row is not None
            and text in f"{row.operator} {row.domain}".lower()
            and (country is None or any(key[:2].upper() == country for key in there))
        ):
            found.append(number)
    if order == "parties":
        found.sort(key=lambda number: -len(index.at_node.get(number, ())))
    if order == "changed":
        changes = of.changes_of_nodes()

        def operator(number: int) -> Address:
            row = state.nodes.get(number)
            assert row is not None  # noqa: S101 - numbers come from the index of this state
            return row.operator

        return page(
            "nodes",
            state.block,
            sorted(found, key=lambda number: changes.order(operator(number))),
            lambda number: {**of.node_at(number), "changed": changes.of(operator(number))},
            query,
            complete=changes.complete,
        )
    return page("nodes", state.block, found, of.node_at, query)


def parties(of: Entities, query: QueryParameters) -> Reply:
    """Return a page of the parties, by id or with the latest changes first."""
    index, state = of.index, of.state
    text = " ".join((query.text("q") or "").lower().split())
    country, operator = _country(query), query.address("operator")
    account = query.address("account")
    role = query.one_of("role", ROLES)
    module = query.one_of("module", MODULES)
    interface = query.one_of("interface", _INTERFACES)
    reachable = query.one_of("reachable", _YES_NO)
    order = query.one_of("sort", _PARTY_ORDERS)
    keys: Sequence[str] = index.keys
    if account is not None:
        holder = state.accounts.get(account)
        keys = [] if holder is None else holder.ids
    elif operator is not None:
        number = state.operators.get(operator)
        keys = [] if number is None else index.at_node.get(number, [])
    elif country is not None:
        keys = index.of_country(country)
    if text:
        keys = [key for key in keys if text in index.texts[key]]
    if country is not None:
        keys = [key for key in keys if key[:2].upper() == country]
    bits = 0 if role is None else bits_of((Role[role],))
    wanted = 0 if module is None else bits_of((Module[module.upper()],))
    if bits or wanted or interface is not None or reachable is not None or order == "changed":
        rows = [(key, row) for key in keys if (row := state.parties.get(key)) is not None]
        found = [
            (key, row)
            for key, row in rows
            if (not bits or row.roles & bits)
            and _has_module(
                0 if interface == "receiver" else row.sender,
                0 if interface == "sender" else row.receiver,
                wanted,
                any_module=interface is not None,
            )
            and (
                reachable is None
                or (state.node_of(row).domain is not None) == (reachable == "true")
            )
            and (operator is None or state.node_of(row).operator == operator)
        ]
        if order == "changed":
            found.sort(key=lambda pair: -state.changed(*pair).block_number)
        keys = [key for key, _ in found]
    return page("parties", state.block, keys, of.party_at, query)


def services(of: Entities, query: QueryParameters) -> Reply:
    """Return a page of the services in force, by provider or with the latest changes first."""
    state = of.state
    text = (query.text("q") or "").lower()
    permission = query.one_of("permission", PERMISSIONS)
    order = query.one_of("sort", _SERVICE_ORDERS)
    number = None if permission is None else Permission[permission]
    found = [
        service
        for provider in of.index.providers
        if (service := state.service(provider)) is not None
        and (number is None or number in service.permissions)
        and text
        in f"{service.id.country_code} {service.id.party_id} {provider} {service.name} "
        f"{service.url}".lower()
    ]
    if order == "changed":
        changes = of.changes_of_services()
        return page(
            "services",
            state.block,
            sorted(found, key=lambda service: changes.order(service.provider)),
            lambda service: {**of.service(service), "changed": changes.of(service.provider)},
            query,
            complete=changes.complete,
        )
    return page("services", state.block, found, of.service, query)


def agreements(of: Entities, query: QueryParameters) -> Reply:
    """Return a page of the agreements in force of a user, or with a provider."""
    user, provider = query.address("user"), query.address("provider")
    state = of.state
    if user is not None:
        found = [one for one in state.agreements(user) if provider in {None, one.provider}]
        return page("agreements", state.block, found, of.agreement, query)
    if provider is None:
        raise InvalidInput("user and provider are missing: give the address of one of them")

    def with_user(user: Address) -> Object:
        return next(of.agreement(one) for one in state.agreements(user) if one.provider == provider)

    return page("agreements", state.block, of.index.users_of(provider), with_user, query)


def _country(query: QueryParameters) -> str | None:
    country = query.text("country")
    if country is None:
        return None
    if len(country) != 2:  # noqa: PLR2004 - a country code
        raise InvalidInput("country is not a valid country code: use two letters, such as DE")
    return country.upper()


def _has_module(sender: int, receiver: int, wanted: int, *, any_module: bool) -> bool:
    if wanted:
        return bool((sender | receiver) & wanted)
    return not any_module or bool(sender | receiver)


class RegistryList(NamedTuple):
    """A list: what answers for it, the schema of its entries, and its filters and orders."""

    answer: Callable[[Entities, QueryParameters], Reply]
    entry: str
    parameters: tuple[Schema, ...]


def _words(name: str, words: Sequence[str]) -> Schema:
    return parameter(name, {"type": "string", "enum": list(words)})


_TEXT = parameter("q", {"type": "string", "maxLength": 200})
_COUNTRY = parameter("country", {"type": "string", "minLength": 2, "maxLength": 2})

LISTS: dict[str, RegistryList] = {
    "nodes": RegistryList(nodes, "Node", (_TEXT, _COUNTRY, _words("sort", _NODE_ORDERS))),
    "parties": RegistryList(
        parties,
        "Party",
        (
            *(_TEXT, _COUNTRY, parameter("operator", ADDRESS), parameter("account", ADDRESS)),
            *(_words("role", ROLES), _words("module", MODULES), _words("interface", _INTERFACES)),
            *(_words("reachable", _YES_NO), _words("sort", _PARTY_ORDERS)),
        ),
    ),
    "services": RegistryList(
        services,
        "Service",
        (_TEXT, _words("permission", PERMISSIONS), _words("sort", _SERVICE_ORDERS)),
    ),
    "agreements": RegistryList(
        agreements, "Agreement", (parameter("user", ADDRESS), parameter("provider", ADDRESS))
    ),
}
