"""Calldata of every write, for the sender itself and for a signed request of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import argument, call, id_words
from ocn_registry.dialects.v3.requests import values_of
from ocn_registry.evm import abi
from ocn_registry.intents import (
    AcceptOwnership,
    AdminDeleteOperator,
    AdminDeleteParty,
    CloseImport,
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    InvalidateNonce,
    RenounceOwnership,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetService,
    TransferOwnership,
)
from ocn_registry.models import PartyId
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.intents import (
        Intent,
        OwnerIntent,
        SignableIntent,
    )
    from ocn_registry.models import Party
    from ocn_registry.signing import Value

# The functions that an account calls for itself; what it signs for others to send differs by the
# ending `Raw`, the account before these arguments, and nonce, deadline and signature after them.
FUNCTIONS: dict[type[SignableIntent], tuple[str, tuple[str, ...]]] = {
    SetNode: ("setNode", ("string",)),
    DeleteNode: ("deleteNode", ()),
    SetParty: ("setParty", ("bytes2", "bytes3", "uint8[]", "address")),
    SetPartyModules: ("setPartyModules", ("uint8[]", "uint8[]")),
    DeleteParty: ("deleteParty", ()),
    SetService: ("setService", ("string", "string", "uint256[]")),
    DeleteService: ("deleteService", ()),
    CreateAgreement: ("createAgreement", ("address", "uint256[]")),
    RevokeAgreement: ("revokeAgreement", ("address",)),
    InvalidateNonce: ("invalidateNonce", ("uint256",)),
}
_PARTY = "(address,bytes2,bytes3,uint8[],uint8[],uint8[],address)"


def step(what: Intent | SignedRequest) -> bytes:
    """Write the call that takes an intent of the sender, or a request that another signed."""
    match what:
        case SignedRequest():
            name, types = FUNCTIONS[type(what.intent)]
            return _call(
                f"{name}Raw",
                ("address", *types, "uint256", "uint256"),
                (what.account, *values_of(what.intent), what.nonce, what.deadline_unix_s),
                what.signature,
            )
        case CreateAgreement(permissions=None):
            return call("createAgreement(address)", abi.address(what.provider))
        case CreateAgreement():
            return _call("createAgreementTo", FUNCTIONS[CreateAgreement][1], values_of(what))
        case (
            SetNode()
            | DeleteNode()
            | SetParty()
            | SetPartyModules()
            | DeleteParty()
            | SetService()
            | DeleteService()
            | RevokeAgreement()
            | InvalidateNonce()
        ):
            name, types = FUNCTIONS[type(what)]
            return _call(name, types, values_of(what))
        case _:
            return _owners(what)


def _call(
    name: str,
    types: tuple[str, ...],
    values: tuple[Value, ...],
    signature: bytes | None = None,
) -> bytes:
    arguments = [argument(kind, value) for kind, value in zip(types, values, strict=True)]
    if signature is not None:
        types = (*types, "bytes")
        arguments.append(abi.blob(signature))
    return call(f"{name}({','.join(types)})", *arguments)


def _owners(intent: OwnerIntent) -> bytes:  # noqa: C901, PLR0911 - one case for each intent
    match intent:
        case AdminDeleteOperator():
            return call("adminDeleteOperator(address)", abi.address(intent.operator))
        case AdminDeleteParty():
            ids = id_words(PartyId(intent.country_code, intent.party_id))
            return call("adminDeleteParty(bytes2,bytes3)", *ids)
        case TransferOwnership():
            return call("transferOwnership(address)", abi.address(intent.new_owner))
        case AcceptOwnership():
            return call("acceptOwnership()")
        case RenounceOwnership():
            return call("renounceOwnership()")
        case CloseImport():
            return call("closeImport()")
        case ImportNodes():
            nodes = [
                _struct(abi.address(node.operator), abi.text(node.domain)) for node in intent.nodes
            ]
            return call("importNodes((address,string)[])", abi.items(nodes))
        case ImportParties():
            parties = [_party(party) for party in intent.parties]
            return call(f"importParties({_PARTY}[])", abi.items(parties))
        case ImportServices():
            services = [
                _struct(
                    abi.address(service.provider),
                    abi.text(service.name),
                    abi.text(service.url),
                    abi.uints(service.permissions),
                )
                for service in intent.services
            ]
            return call(
                "importServices((address,string,string,uint256[])[])",
                abi.items(services),
            )
        case ImportAgreements():
            agreements = [
                _struct(
                    abi.address(agreement.user),
                    abi.address(agreement.provider),
                    abi.uints(agreement.permissions),
                )
                for agreement in intent.agreements
            ]
            return call(
                "importAgreements((address,address,uint256[])[])",
                abi.items(agreements),
            )


def _struct(*fields: bytes) -> abi.Tail:
    return abi.Tail(abi.join(*fields))


def _party(party: Party) -> abi.Tail:
    return _struct(
        abi.address(party.address),
        *id_words(party.id),
        abi.uints(party.roles),
        abi.uints(party.modules_sender),
        abi.uints(party.modules_receiver),
        abi.address(party.operator),
    )
