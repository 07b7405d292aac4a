"""The errors of these contracts: revert sentences, which become errors of `contract_errors`.

The sentences don't name an account, so it is taken from the sent step. Only this table knows the
sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.contract_errors import (
    AgreementExists,
    AgreementNotFound,
    DomainTaken,
    InvalidCountryCode,
    InvalidPartyId,
    InvalidSignature,
    InvalidUrl,
    NodeNotFound,
    NoPermissions,
    NoRoles,
    OwnableInvalidOwner,
    OwnableUnauthorizedAccount,
    Panic,
    PartyIdNotFound,
    PartyIdTaken,
    PartyNotFound,
    RequireFailed,
    ServiceNotFound,
    ZeroAddress,
)
from ocn_registry.errors import BadAnswer, UnknownRevert
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.intents import (
    AdminDeleteOperator,
    AdminDeleteParty,
    CreateAgreement,
    RevokeAgreement,
    SetNode,
    SetParty,
)
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.portable.values import dataclass
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.dialects.steps import Step
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address


class DomainNotFree(DomainTaken):
    """The URL is listed, or was listed and has not been freed.

    These contracts don't name the operator, so `operator` is the zero address.
    """

    says = (
        "the URL {domain} is listed for another operator, or its former operator changed the URL "
        "without freeing it: choose another, or have that operator delete its node"
    )


class DomainListed(DomainTaken):
    """The operator has listed exactly this URL."""

    says = "{operator} has listed the URL {domain} already: there is nothing to do"


class PartyIdNotFree(PartyIdTaken):
    """The id is held, or its holder changed to another id without freeing it.

    These contracts don't name the holder, so `party` is the zero address.
    """

    says = (
        "the id {country_code} {party_id} is held by another address, or its former holder changed "
        "to another id without freeing it: choose another, or have that party delete its entry"
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """The sent step, for error messages."""

    intent: Intent
    account: Address


def about(step: Step, sender: Address | None) -> Sent:
    """Return the account that errors of a step concern."""
    if isinstance(step, SignedRequest):
        return Sent(step.intent, step.account)
    return Sent(step, ZERO_ADDRESS if sender is None else sender)


def _domain_taken(sent: Sent) -> Reverted:
    domain = sent.intent.domain if isinstance(sent.intent, SetNode) else ""
    return DomainNotFree(domain, ZERO_ADDRESS)


def _no_node(sent: Sent) -> Reverted:
    match sent.intent:
        case AdminDeleteOperator() | SetParty():
            return NodeNotFound(sent.intent.operator)
        case _:
            return NodeNotFound(sent.account)


def _no_party(sent: Sent) -> Reverted:
    if isinstance(sent.intent, AdminDeleteParty):
        return PartyIdNotFound(sent.intent.country_code, sent.intent.party_id)
    return PartyNotFound(sent.account)


def _id_taken(sent: Sent) -> Reverted:
    country_code, party_id = _id(sent)
    return PartyIdNotFree(country_code, party_id, ZERO_ADDRESS)


def _no_service(sent: Sent) -> Reverted:
    provider = _provider(sent)
    return ServiceNotFound(sent.account if provider is None else provider)


def _id(sent: Sent) -> tuple[str, str]:
    intent = sent.intent
    if isinstance(intent, (SetParty, AdminDeleteParty)):
        return intent.country_code, intent.party_id
    return "", ""


def _provider(sent: Sent) -> str | None:
    intent = sent.intent
    return intent.provider if isinstance(intent, (CreateAgreement, RevokeAgreement)) else None


_ERRORS: dict[str, Callable[[Sent], Reverted]] = {
    "Ownable: caller is not the owner": lambda sent: OwnableUnauthorizedAccount(sent.account),
    "Ownable: new owner is the zero address": lambda _: OwnableInvalidOwner(ZERO_ADDRESS),
    "Cannot set empty domain name. Use deleteNode method instead.": lambda _: InvalidUrl(0),
    "Domain name already registered.": _domain_taken,
    "Cannot delete node that does not exist.": _no_node,
    "Cannot set empty country_code. Use deleteParty method instead.": lambda sent: (
        InvalidCountryCode(_id(sent)[0])
    ),
    "Cannot set empty party_id. Use deleteParty method instead.": lambda sent: InvalidPartyId(
        _id(sent)[1]
    ),
    "No roles provided.": lambda _: NoRoles(),
    "Cannot set empty operator. Use deleteParty method instead.": lambda _: ZeroAddress(),
    "Party with country_code/party_id already registered under different address.": _id_taken,
    "Provided operator not registered.": _no_node,
    "Party not registered. Use setParty method first.": _no_party,
    "Cannot delete party that does not exist. No operator found for given party.": _no_party,
    "Signer and provided party address different.": lambda sent: InvalidSignature(sent.account),
    "Trying to register a service without party listing in Registry.": _no_party,
    "No permissions given.": lambda _: NoPermissions(),
    "Cannot delete service that does not exist.": _no_service,
    "Service user has no party listing in Registry.": _no_party,
    "Provider has no registered Service.": _no_service,
    "Agreement already made between user and provider.": lambda sent: AgreementExists(
        sent.account,
        _provider(sent) or ZERO_ADDRESS,
    ),
    "No Agreement made between user and provider.": lambda sent: AgreementNotFound(
        sent.account,
        _provider(sent) or ZERO_ADDRESS,
    ),
}
_MAX_SENTENCE = 1 << 12


def refuse(data: bytes, sent: Sent | None = None) -> Reverted:
    """Return the error for revert data.

    Args:
        data: A sentence in Solidity's encoding; empty if there was none.
        sent: The sent step; `None` for a read.

    Returns:
        The error: `RequireFailed` for an unknown sentence, and `UnknownRevert` for other data.
    """
    try:
        if data[:4] == selector(Panic.signature):
            return Panic(Words(data[4:]).uint())
        if data[:4] != selector(RequireFailed.signature):
            return UnknownRevert(data)
        sentence = Words(data[4:]).text()
    except BadAnswer:
        return UnknownRevert(data)
    known = _ERRORS.get(sentence)
    if known is None or sent is None:
        return RequireFailed(sentence[:_MAX_SENTENCE])
    return known(sent)
