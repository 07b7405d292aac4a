"""The transactions of a write, arranged so that these contracts' defects lose nothing.

The contract blocks a replaced URL forever (nobody can list it again, not even its former operator),
still resolves a replaced id to its party, and removes all modules with each update of a party. So
the client deletes before it sets, and sets the modules again. This is not possible for a request
that another account signed: if it would block something forever, it is rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.contract_errors import PartyIdNotFound, PermissionsDiffer, ServiceNotFound
from ocn_registry.dialects.steps import Stage
from ocn_registry.dialects.v1.errors import DomainListed, about
from ocn_registry.errors import UnsupportedByDialect
from ocn_registry.intents import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    SetNode,
    SetParty,
    SetPartyModules,
)
from ocn_registry.models import Address, PartyId
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects.base import Dialect
    from ocn_registry.dialects.steps import Step
    from ocn_registry.intents import Intent
    from ocn_registry.protocol.effects import Flow


def plan(dialect: Dialect, step: Step, sender: Address) -> Flow[tuple[Stage, ...]]:
    """Return the transactions for a step.

    Args:
        dialect: Reads the current entries.
        step: An intent of the sender, or a request that another signed.
        sender: The sender.
    """
    sent = about(step, sender)
    intent, account, alone = sent.intent, sent.account, (Stage(steps=(step,)),)
    match intent:
        case SetNode():
            stages = yield from _node(dialect, intent, account)
        case SetParty():
            stages = yield from _party(dialect, intent, account)
        case SetPartyModules() | DeleteParty():
            yield from _same_id(dialect, intent, account)
            return alone
        case CreateAgreement():
            yield from _same_permissions(dialect, intent)
            return alone
        case _:
            return alone
    if not isinstance(step, SignedRequest):
        return stages or alone
    deletion = stages[0].steps[0] if stages else None
    if isinstance(deletion, (DeleteNode, DeleteParty)):
        what = "URL" if isinstance(deletion, DeleteNode) else "id"
        raise UnsupportedByDialect(
            f"this request alone would leave the former {what} of {account} taken forever: have "
            f"{type(deletion).__name__} signed as well, and submit that first",
        )
    return alone


def _node(dialect: Dialect, intent: SetNode, account: Address) -> Flow[tuple[Stage, ...]]:
    node = yield from dialect.node(account, None)
    if node is None:
        return ()
    if node.domain == intent.domain:
        raise DomainListed(intent.domain, account)
    return (
        Stage(steps=(DeleteNode(),)),
        Stage(steps=(intent,), undo=(SetNode(domain=node.domain),)),
    )


def _party(dialect: Dialect, intent: SetParty, account: Address) -> Flow[tuple[Stage, ...]]:
    party = yield from dialect.party(account, None)
    if party is None:
        return ()
    again: tuple[Intent, ...] = ()
    if party.modules_sender or party.modules_receiver:
        again = (SetPartyModules(sender=party.modules_sender, receiver=party.modules_receiver),)
    modules = tuple([Stage(steps=(step,)) for step in again])
    if party.id == PartyId(intent.country_code, intent.party_id):
        return (Stage(steps=(intent,)), *modules)
    former = SetParty(
        country_code=party.id.country_code,
        party_id=party.id.party_id,
        roles=party.roles,
        operator=party.operator,
    )
    return (
        Stage(steps=(DeleteParty(),)),
        Stage(steps=(intent,), undo=(former, *again)),
        *modules,
    )


def _same_id(
    dialect: Dialect,
    intent: SetPartyModules | DeleteParty,
    account: Address,
) -> Flow[None]:
    """Check that the named id is the account's id."""
    if intent.country_code is None or intent.party_id is None:
        return
    party = yield from dialect.party(account, None)
    if party is None or party.id != PartyId(intent.country_code, intent.party_id):
        raise PartyIdNotFound(intent.country_code, intent.party_id)


def _same_permissions(dialect: Dialect, intent: CreateAgreement) -> Flow[None]:
    """Check that the named permissions are those of the service, since the contract does not."""
    if intent.permissions is None:
        return
    provider = Address(intent.provider)
    service = yield from dialect.service(provider, None)
    if service is None:
        raise ServiceNotFound(provider)
    if set(service.permissions) != set(intent.permissions):
        raise PermissionsDiffer(provider, service.permissions)
