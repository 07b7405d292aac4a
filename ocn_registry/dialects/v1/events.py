"""Decode the events of these contracts.

Two of them are ambiguous. The `ServiceUpdate` of a deletion has empty texts and the *former*
permissions, so it looks like a service without name and URL. `ServiceAgreement` is the same for an
agreement and its revocation. A caller that knows the transaction's intents passes them; others
treat these events as a hint about what to read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.v1.reader import read_id, read_modules, read_permissions, read_roles
from ocn_registry.errors import BadAnswer
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import topic
from ocn_registry.intents import DeleteService, RevokeAgreement
from ocn_registry.models import Node
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    OwnershipTransferred,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import Intent
    from ocn_registry.models import Address, Contract
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Log

Asked = set[type[object]]


def _indexed(log: Log, place: int) -> Address:
    try:
        return Words(bytes.fromhex(log.topics[place][2:])).address()
    except (IndexError, ValueError):
        raise BadAnswer("an event has too few topics") from None


def _operator_update(log: Log, _: Asked) -> Change | None:
    operator, domain = _indexed(log, 1), Words(log.data).text()
    if operator.is_zero:
        return None
    if not domain:
        return NodeDeleted(operator=operator)
    return NodeSet(node=Node(operator=operator, domain=domain))


def _party_update(log: Log, _: Asked) -> Change | None:
    reader = Words(log.data)
    party, address, operator = read_id(reader), _indexed(log, 1), _indexed(log, 2)
    if party is None or address.is_zero:
        return None
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


def _service_update(log: Log, asked: Asked) -> Change | None:
    reader = Words(log.data)
    name, url, permissions = reader.text(), reader.text(), read_permissions(reader)
    provider = reader.address()
    if provider.is_zero:
        return None
    if DeleteService in asked:
        return ServiceDeleted(provider=provider)
    return ServiceSet(provider=provider, name=name, url=url, permissions=permissions)


def _agreement(log: Log, asked: Asked) -> Change | None:
    reader = Words(log.data)
    user, provider = reader.address(), reader.address()
    if user.is_zero or provider.is_zero:
        return None
    if RevokeAgreement in asked:
        return AgreementRevoked(user=user, provider=provider)
    return AgreementMade(user=user, provider=provider, version=None, permissions=None)


# Signature of each event, and its decoder, which also takes the transaction's intents.
EVENTS: dict[str, Callable[[Log, Asked], Change | None]] = {
    "OperatorUpdate(address,string)": _operator_update,
    "PartyUpdate(bytes2,bytes3,address,uint8[],uint8[],uint8[],address)": _party_update,
    "ServiceUpdate(string,string,uint256[],address)": _service_update,
    "ServiceAgreement(address,address)": _agreement,
    "OwnershipTransferred(address,address)": lambda log, _: OwnershipTransferred(
        former_owner=_indexed(log, 1),
        owner=_indexed(log, 2),
    ),
}


def changes(
    logs: tuple[Log, ...],
    contracts: dict[Address, Contract],
    intents: tuple[Intent, ...],
) -> tuple[Change, ...]:
    """Return the changes in events.

    Args:
        logs: Events of a transaction.
        contracts: The contracts by address; events of others are skipped.
        intents: The transaction's intents; may be empty.
    """
    read = {topic(signature): decode for signature, decode in EVENTS.items()}
    asked: Asked = {type(intent) for intent in intents}
    found = [
        read[log.topics[0]](log, asked)
        for log in logs
        if log.address in contracts and log.topics and log.topics[0] in read
    ]
    return tuple([change for change in found if change is not None])
