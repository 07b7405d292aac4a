"""Decode the events of these contracts.

Every event describes one change. Its effect on the state that events add up to:

- `OperatorUpdate`: the URL of the operator's node; none when it is empty.
- `PartyUpdate`: a party's full state under one id, which becomes its account's current one; a zero
  operator means that the account no longer holds the id.
- `PartyWebsite`: the website of a party; none when it is empty. It goes with the id.
- `AccountMoved`: rename the account everywhere, including as operator. `OperatorUpdate` of both
  accounts, if there is a node, and a `PartyUpdate` for each id follow; they don't change the order
  of lists.
- `ControllerSet`, `PartyReserved`, `NodeReserved`: the new value of their fields. Listing a
  reserved id or URL uses up the reservation, without an event.
- `ServiceUpdate`, `ServicePruned`, `AgreementMade`, `AgreementRevoked`: services and agreements,
  which belong to memberships, so they follow a moved account without events of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.v3.errors import refuse
from ocn_registry.dialects.v3.reader import read_id, read_modules, read_roles
from ocn_registry.errors import BadAnswer
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import topic
from ocn_registry.models import Address, Node, permissions_of
from ocn_registry.outcomes import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    ControllerSet,
    ImportClosed,
    ImportOpened,
    NodeDeleted,
    NodeReserved,
    NodeSet,
    OwnershipOffered,
    OwnershipTransferred,
    PartyDeleted,
    PartyReserved,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServicePruned,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.errors import Reverted
    from ocn_registry.models import Contract, PartyId
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Log

_CALL_FAILED = "CallFailed(uint256,bytes)"


def _indexed(log: Log, place: int) -> Address:
    try:
        word = bytes.fromhex(log.topics[place][2:])
    except (IndexError, ValueError):
        raise BadAnswer("an event has too few topics") from None
    if word[:12] != bytes(12):
        raise BadAnswer("an event has something else where an address was expected")
    return Address.from_bytes(word[12:])


def _operator_update(log: Log) -> Change:
    operator, domain = _indexed(log, 1), Words(log.data).text()
    if not domain:
        return NodeDeleted(operator=operator)
    return NodeSet(node=Node(operator=operator, domain=domain))


def _party_update(log: Log) -> Change:
    reader = Words(log.data)
    party, address, operator = _id(reader), _indexed(log, 1), _indexed(log, 2)
    if operator.is_zero:
        return PartyDeleted(address=address, id=party)
    return PartySet(
        address=address,
        id=party,
        roles=read_roles(reader),
        modules_sender=read_modules(reader),
        modules_receiver=read_modules(reader),
        operator=operator,
    )


def _id(reader: Words) -> PartyId:
    party = read_id(reader)
    if party is None:
        raise BadAnswer("an event reports a party without an id")
    return party


def _or_none(address: Address) -> Address | None:
    return None if address.is_zero else address


def _party_website(log: Log) -> Change:
    reader = Words(log.data)
    return PartyWebsiteSet(
        id=_id(reader),
        address=_indexed(log, 1),
        website=reader.text() or None,
    )


def _party_reserved(log: Log) -> Change:
    return PartyReserved(id=_id(Words(log.data)), holder=_or_none(_indexed(log, 1)))


def _node_reserved(log: Log) -> Change:
    return NodeReserved(domain=Words(log.data).text(), operator=_or_none(_indexed(log, 1)))


def _service_pruned(log: Log) -> Change:
    reader = Words(log.data)
    return ServicePruned(index=reader.uint(), membership=reader.uint())


def _service_update(log: Log) -> Change:
    reader = Words(log.data)
    name, url, permissions = reader.text(), reader.text(), permissions_of(reader.uints())
    provider = reader.address()
    if not permissions:
        return ServiceDeleted(provider=provider)
    return ServiceSet(provider=provider, name=name, url=url, permissions=permissions)


def _agreement_made(log: Log) -> Change:
    reader = Words(log.data)
    return AgreementMade(
        user=_indexed(log, 1),
        provider=_indexed(log, 2),
        version=reader.uint(),
        permissions=permissions_of(reader.uints()),
    )


# Signature of each event, and its decoder; events unrelated to the registry are omitted.
EVENTS: dict[str, Callable[[Log], Change]] = {
    "OperatorUpdate(address,string)": _operator_update,
    "PartyUpdate(bytes2,bytes3,address,uint8[],uint8[],uint8[],address)": _party_update,
    "PartyWebsite(bytes2,bytes3,address,string)": _party_website,
    "AccountMoved(address,address)": lambda log: AccountMoved(
        account=_indexed(log, 1),
        new_account=_indexed(log, 2),
    ),
    "ControllerSet(address,address)": lambda log: ControllerSet(
        account=_indexed(log, 1),
        controller=_indexed(log, 2),
    ),
    "PartyReserved(bytes2,bytes3,address)": _party_reserved,
    "NodeReserved(string,address)": _node_reserved,
    "ServiceUpdate(string,string,uint256[],address)": _service_update,
    "ServicePruned(uint256,uint256)": _service_pruned,
    "AgreementMade(address,address,uint256,uint256[])": _agreement_made,
    "AgreementRevoked(address,address)": lambda log: AgreementRevoked(
        user=_indexed(log, 1),
        provider=_indexed(log, 2),
    ),
    "OwnershipTransferStarted(address,address)": lambda log: OwnershipOffered(
        owner=_indexed(log, 1),
        new_owner=_indexed(log, 2),
    ),
    "OwnershipTransferred(address,address)": lambda log: OwnershipTransferred(
        former_owner=_indexed(log, 1),
        owner=_indexed(log, 2),
    ),
}


def changes(logs: tuple[Log, ...], contracts: dict[Address, Contract]) -> tuple[Change, ...]:
    """Return the changes that events describe.

    Args:
        logs: Events of a transaction.
        contracts: The contracts by address; events of others are skipped.
    """
    read = {topic(signature): decode for signature, decode in EVENTS.items()}
    imports: dict[str, type[ImportOpened | ImportClosed]] = {
        topic("ImportOpened()"): ImportOpened,
        topic("ImportClosed()"): ImportClosed,
    }
    found: list[Change] = []
    for log in logs:
        if log.address not in contracts or not log.topics:
            continue
        if log.topics[0] in imports:
            found.append(imports[log.topics[0]](contract=contracts[log.address]))
        elif log.topics[0] in read:
            found.append(read[log.topics[0]](log))
    return tuple(found)


def failures(logs: tuple[Log, ...], contracts: dict[Address, Contract]) -> dict[int, Reverted]:
    """Return why items of a batch failed, by their index."""
    failed = topic(_CALL_FAILED)
    found: dict[int, Reverted] = {}
    for log in logs:
        if log.address in contracts and log.topics[:1] == (failed,):
            reader = Words(log.data)
            index = reader.uint()
            found[index] = refuse(reader.blob())
    return found
