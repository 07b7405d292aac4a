"""Reads of these contracts, and the meaning of their answers.

Three things are never trusted:

- **The zero address.** An invalid signature recovers to the zero address, and these contracts list
  entries for it like for any other account. A failed lookup also returns the zero address, so every
  unknown id would lead to its entries. So wherever a party's operator is read, its address is read
  too, and zero counts as absent, as user, provider, party and operator.
- **Lists.** They keep accounts that have left, and repeat a provider or an agreement each time it
  is set again. So each entry is read, and absent ones are skipped.
- **Order.** Roles, modules and permissions are stored as given, with duplicates. Here they are in
  ascending order, without duplicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry.errors import BadAnswer
from ocn_registry.models import (
    Module,
    Party,
    PartyId,
    Role,
    Route,
    Service,
    permissions_of,
)
from ocn_registry.protocol.effects import all_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum

    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.evm.abi import Words
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Effect, Flow

    E = TypeVar("E", bound=IntEnum)

K = TypeVar("K")
T = TypeVar("T")

AT_ONCE = 504  # entries read in one request, together with an occasional question for the block
_MOST_ENTRIES = 1_000_000
ROLES = tuple(Role)[: Role.SCSP + 1]
MODULES = tuple(Module)[: Module.TOKENS + 1]


def read_id(reader: Words) -> PartyId | None:
    """Read a party's id; `None` if it is zero. Each byte is a character, whatever its value."""
    country_code, party_id = reader.fixed(2), reader.fixed(3)
    if not any(country_code + party_id):
        return None
    return PartyId(country_code.decode("latin-1"), party_id.decode("latin-1"))


def read_roles(reader: Words) -> tuple[Role, ...]:
    """Read a set of roles."""
    return _set(reader, ROLES)


def read_modules(reader: Words) -> tuple[Module, ...]:
    """Read a set of modules."""
    return _set(reader, MODULES)


def read_permissions(reader: Words) -> tuple[int, ...]:
    """Read a set of permissions."""
    return permissions_of(tuple(sorted(set(reader.uints()))))


def _set(reader: Words, known: tuple[E, ...]) -> tuple[E, ...]:
    numbers = sorted(set(reader.uints(8)))
    if numbers and numbers[-1] >= len(known):
        kind = type(known[0]).__name__
        raise BadAnswer(f"the answer names a {kind} that does not exist: {numbers[-1]}")
    return tuple([known[number] for number in numbers])


def party_by_address(address: Address) -> Callable[[Words], Party | None]:
    """Return the decoder of `getPartyDetailsByAddress`."""

    def decode(reader: Words) -> Party | None:
        party = read_id(reader)
        sender, receiver = read_modules(reader), read_modules(reader)
        return _party(address, party, read_roles(reader), sender, receiver, reader)

    return decode


def party_by_id(party: PartyId) -> Callable[[Words], Party | None]:
    """Return the decoder of `getPartyDetailsByOcpi`."""

    def decode(reader: Words) -> Party | None:
        address, roles = reader.address(), read_roles(reader)
        return _party(address, party, roles, read_modules(reader), read_modules(reader), reader)

    return decode


def _party(  # noqa: PLR0913, PLR0917 - the fields of an answer
    address: Address,
    party: PartyId | None,
    roles: tuple[Role, ...],
    sender: tuple[Module, ...],
    receiver: tuple[Module, ...],
    reader: Words,
) -> Party | None:
    operator, domain = reader.address(), reader.text()
    if party is None or address.is_zero or operator.is_zero:
        return None
    return Party(
        address=address,
        id=party,
        roles=roles,
        modules_sender=sender,
        modules_receiver=receiver,
        operator=operator,
        operator_domain=domain or None,
    )


def route(party: PartyId) -> Callable[[Words], Route | None]:
    """Return the decoder of `getPartyDetailsByOcpi` for routes."""
    details = party_by_id(party)

    def decode(reader: Words) -> Route | None:
        found = details(reader)
        if found is None:
            return None
        return Route(id=party, operator=found.operator, domain=found.operator_domain)

    return decode


def service(provider: Address) -> Callable[[Words], Service | None]:
    """Return the decoder of `getService`."""

    def decode(reader: Words) -> Service | None:
        party, name, url = read_id(reader), reader.text(), reader.text()
        permissions = read_permissions(reader)
        if party is None or provider.is_zero or not permissions:
            return None
        return Service(
            provider=provider,
            id=party,
            name=name,
            url=url,
            permissions=permissions,
        )

    return decode


def distinct_addresses(reader: Words) -> tuple[Address, ...]:
    """Read a list of addresses without duplicates and zeros, in the order of first occurrence."""
    found = reader.addresses()
    if len(found) > _MOST_ENTRIES:
        raise BadAnswer(f"the node reports a list of {len(found)} entries")
    return tuple([address for address in dict.fromkeys(found) if not address.is_zero])


def each(
    keys: tuple[K, ...],
    ask: Callable[[K], Effect[T]],
    on_read: OnRead | None = None,
) -> Flow[tuple[T, ...]]:
    """Return the answers to the same question about many keys, some at a time.

    Args:
        keys: The keys.
        ask: Returns the question about a key.
        on_read: Called with the number of answers so far.
    """
    answers: list[T] = []
    for start in range(0, len(keys), AT_ONCE):
        some = tuple([ask(key) for key in keys[start : start + AT_ONCE]])
        answers.extend((yield from all_of(some)))
        if on_read is not None:
            on_read(len(answers), len(keys))
    return tuple(answers)
