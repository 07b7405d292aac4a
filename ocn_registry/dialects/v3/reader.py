"""Reads of these contracts: calldata, and decoders for the answers."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ocn_registry.dialects.v3.batches import batch
from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.errors import BadAnswer, NoContract
from ocn_registry.evm.abi import WORD, Words
from ocn_registry.foreign.text import shown
from ocn_registry.models import (
    Agreement,
    Module,
    Node,
    Party,
    PartyId,
    Role,
    Route,
    Service,
    permissions_of,
)
from ocn_registry.protocol.effects import Call, all_of, together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ocn_registry.dialects.reader import OnRead
    from ocn_registry.models import Address
    from ocn_registry.protocol.effects import Flow

T = TypeVar("T")

PAGE_ENTRIES = 500
_PAGES_AT_ONCE = 4
_IN_ONE = 250  # reads of about 20,000 gas each: far below nodes' limit for a call
_MOST_ENTRIES = 10_000_000
_ROLES = tuple(Role)
_MODULES = tuple(Module)


def in_one(calls: Sequence[Call[T]]) -> Call[tuple[T, ...]]:
    """Return a call that combines several reads of one contract at one block.

    Args:
        calls: At least one; all at the same block.
    """

    def one(reader: Words) -> bytes:
        succeeded, data = reader.flag(), reader.blob()
        if not succeeded:
            raise refuse(data)
        return data

    def decode(data: bytes) -> tuple[T, ...]:
        if not data:
            raise NoContract(calls[0].to)
        found = Words(data).structs(one)
        if len(found) != len(calls):
            raise BadAnswer(f"{len(calls)} calls were made and {len(found)} answered")
        return tuple([call.decode(part) for call, part in zip(calls, found, strict=True)])

    data = batch([call.data for call in calls], each_alone=True)
    return Call(calls[0].to, data, decode, refuse, None, calls[0].block)


def each(calls: Sequence[Call[T]]) -> Flow[tuple[T, ...]]:
    """Return the answers of any number of calls to one contract, many in each request."""
    groups = [in_one(calls[start : start + _IN_ONE]) for start in range(0, len(calls), _IN_ONE)]
    found: list[T] = []
    for start in range(0, len(groups), _PAGES_AT_ONCE):
        for part in (yield from all_of(tuple(groups[start : start + _PAGES_AT_ONCE]))):
            found.extend(part)
    return tuple(found)


def with_version(service: Call[Service | None], version: Call[int]) -> Call[Service | None]:
    """Return a call that reads a service and its version."""
    both = in_one([service, version])

    def decode(data: bytes) -> Service | None:
        found, number = both.decode(data)
        if isinstance(found, Service) and isinstance(number, int):
            return replace(found, version=number)
        return None

    return Call(both.to, both.data, decode, refuse, None, both.block)


def read_id(reader: Words) -> PartyId | None:
    """Read a party's id; `None` when it is zero."""
    country_code, party_id = reader.fixed(2), reader.fixed(3)
    if not any(country_code):
        return None
    return PartyId(country_code.decode("latin-1"), party_id.decode("latin-1"))


def read_roles(reader: Words) -> tuple[Role, ...]:
    """Read a list of roles."""
    return _roles(reader.list_words())


def read_modules(reader: Words) -> tuple[Module, ...]:
    """Read a list of modules."""
    return _modules(reader.list_words())


# Cached, since a few lists of roles and modules occur all the time.
@lru_cache(maxsize=2048)
def _roles(words_: bytes) -> tuple[Role, ...]:
    return tuple([_ROLES[number] for number in _numbers(words_, len(_ROLES))])


@lru_cache(maxsize=2048)
def _modules(words_: bytes) -> tuple[Module, ...]:
    return tuple([_MODULES[number] for number in _numbers(words_, len(_MODULES))])


def _numbers(words_: bytes, count: int) -> list[int]:
    reader = Words(words_)
    found = [reader.uint() for _ in range(len(words_) // WORD)]
    if len(found) > count or (found and max(found) >= count):
        raise BadAnswer(f"the answer has no set of roles or modules: {shown(tuple(found))}")
    return found


def read_node(reader: Words) -> Node:
    """Read a node in a page."""
    return Node(operator=reader.address(), domain=reader.text())


def read_party(reader: Words) -> Party:
    """Read a party in a page."""
    return _party(reader.address(), _listed(read_id(reader)), reader)


def _party(address: Address, party: PartyId, reader: Words) -> Party:
    return Party(
        address=address,
        id=party,
        roles=read_roles(reader),
        modules_sender=read_modules(reader),
        modules_receiver=read_modules(reader),
        operator=reader.address(),
        operator_domain=reader.text() or None,
        membership=reader.uint(),
        current=reader.flag(),
        website=reader.text() or None,
    )


def current_party(reader: Words) -> Party | None:
    """Read an account's current party: the first one in the list of its parties."""
    parties = reader.structs(read_party)
    return parties[0] if parties else None


def party_or_none(reader: Words) -> Party | None:
    """Read a party; `None` if all its fields are zero or empty."""

    def one(fields: Words) -> Party | None:
        address = fields.address()
        party = read_id(fields)
        if address.is_zero or party is None:
            return None
        return _party(address, party, fields)

    return reader.struct(one)


def read_service(reader: Words) -> Service:
    """Read a service in a page."""
    return Service(
        provider=reader.address(),
        id=_listed(read_id(reader)),
        name=reader.text(),
        url=reader.text(),
        permissions=permissions_of(reader.uints()),
        version=reader.uint(),
    )


def route(party: PartyId) -> Callable[[Words], Route | None]:
    """Return the decoder of `getOperatorByOcpi`."""

    def decode(reader: Words) -> Route | None:
        operator = reader.address()
        if operator.is_zero:
            return None
        return Route(id=party, operator=operator, domain=reader.text() or None)

    return decode


def service(provider: Address) -> Callable[[Words], Service | None]:
    """Return the decoder of `getService`."""

    def decode(reader: Words) -> Service | None:
        party = read_id(reader)
        if party is None:
            return None
        return Service(
            provider=provider,
            id=party,
            name=reader.text(),
            url=reader.text(),
            permissions=permissions_of(reader.uints()),
        )

    return decode


def agreement(user: Address, provider: Address) -> Callable[[Words], Agreement | None]:
    """Return the decoder of `agreement`."""

    def decode(reader: Words) -> Agreement | None:
        membership, version, active = reader.uint(), reader.uint(), reader.flag()
        if not membership:
            return None
        return Agreement(
            user=user,
            provider=provider,
            membership=membership,
            version=version,
            active=active,
        )

    return decode


def pages(
    count: Call[int],
    page: Callable[[int], Call[tuple[T, ...]]],
    on_read: OnRead | None,
    *,
    exact: bool,
) -> Flow[tuple[T, ...]]:
    """Read a list, several pages at a time.

    Args:
        count: The read of its length.
        page: Returns the read of the page at an offset, with `PAGE_ENTRIES` entries.
        on_read: Called with the number of entries read so far and the total.
        exact: Whether the pages contain every counted entry.
    """
    total, first = yield from together(count, page(0))
    if total > _MOST_ENTRIES:
        raise BadAnswer(f"the node reports a list of {total} entries")
    entries = list(first)
    if on_read is not None:
        on_read(min(PAGE_ENTRIES, total), total)
    offsets = range(PAGE_ENTRIES, total, PAGE_ENTRIES)
    for start in range(0, len(offsets), _PAGES_AT_ONCE):
        group = offsets[start : start + _PAGES_AT_ONCE]
        parts = yield from all_of(tuple([page(offset) for offset in group]))
        for part in parts:
            entries.extend(part)
        if on_read is not None:
            on_read(min(group[-1] + PAGE_ENTRIES, total), total)
    if len(entries) > total or (exact and len(entries) < total):
        raise BadAnswer(f"the node reports a list of {total} entries and returned {len(entries)}")
    return tuple(entries)


def _listed(party: PartyId | None) -> PartyId:
    if party is None:
        raise BadAnswer("the answer lists an entry without an id")
    return party
