"""Writes that can't be signed for a spender, one row for each, as in `requests`.

All of them are for the owner, except `PruneService`, which anyone can send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import checked, id_words
from ocn_registry.evm import abi
from ocn_registry.intents import (
    AcceptOwnership,
    AdminDeleteOperator,
    AdminDeleteParty,
    AdminReserveNode,
    AdminReserveParty,
    CloseImport,
    ImportAgreements,
    ImportNodes,
    ImportParties,
    ImportServices,
    PruneService,
    RenounceOwnership,
    TransferOwnership,
)
from ocn_registry.models import Contract, PartyId
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.intents import Intent
    from ocn_registry.models import Party

_PARTY = "(address,bytes2,bytes3,uint8[],uint8[],uint8[],address,string)"


@dataclass(frozen=True, slots=True)
class OwnerWrite:
    """How a kind of intent is sent.

    Attributes:
        contract: The contract that accepts it; `None` if the intent names it.
        function: The function's name and types.
        arguments: Returns the function's arguments.
    """

    contract: Contract | None
    function: str
    arguments: Callable[[Intent], tuple[bytes, ...]]


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
        abi.text(party.website or ""),
    )


OWNER_WRITES: dict[type[Intent], OwnerWrite] = {
    AdminDeleteOperator: OwnerWrite(
        Contract.REGISTRY,
        "adminDeleteOperator(address)",
        checked(AdminDeleteOperator, lambda intent: (abi.address(intent.operator),)),
    ),
    AdminDeleteParty: OwnerWrite(
        Contract.REGISTRY,
        "adminDeleteParty(bytes2,bytes3)",
        checked(
            AdminDeleteParty,
            lambda intent: id_words(PartyId(intent.country_code, intent.party_id)),
        ),
    ),
    AdminReserveParty: OwnerWrite(
        Contract.REGISTRY,
        "adminReserveParty(bytes2,bytes3,address)",
        checked(
            AdminReserveParty,
            lambda intent: (
                *id_words(PartyId(intent.country_code, intent.party_id)),
                abi.address(str(intent.holder)),
            ),
        ),
    ),
    AdminReserveNode: OwnerWrite(
        Contract.REGISTRY,
        "adminReserveNode(string,address)",
        checked(
            AdminReserveNode,
            lambda intent: (abi.text(intent.domain), abi.address(str(intent.operator))),
        ),
    ),
    PruneService: OwnerWrite(
        Contract.PERMISSIONS,
        "pruneService(uint256)",
        checked(PruneService, lambda intent: (abi.uint(intent.index),)),
    ),
    TransferOwnership: OwnerWrite(
        Contract.REGISTRY,
        "transferOwnership(address)",
        checked(TransferOwnership, lambda intent: (abi.address(intent.new_owner),)),
    ),
    AcceptOwnership: OwnerWrite(Contract.REGISTRY, "acceptOwnership()", lambda _: ()),
    RenounceOwnership: OwnerWrite(Contract.REGISTRY, "renounceOwnership()", lambda _: ()),
    CloseImport: OwnerWrite(None, "closeImport()", lambda _: ()),
    ImportNodes: OwnerWrite(
        Contract.REGISTRY,
        "importNodes((address,string)[])",
        checked(
            ImportNodes,
            lambda intent: (
                abi.items(
                    [
                        _struct(abi.address(node.operator), abi.text(node.domain))
                        for node in intent.nodes
                    ],
                ),
            ),
        ),
    ),
    ImportParties: OwnerWrite(
        Contract.REGISTRY,
        f"importParties({_PARTY}[])",
        checked(
            ImportParties,
            lambda intent: (abi.items([_party(party) for party in intent.parties]),),
        ),
    ),
    ImportServices: OwnerWrite(
        Contract.PERMISSIONS,
        "importServices((address,string,string,uint256[])[])",
        checked(
            ImportServices,
            lambda intent: (
                abi.items(
                    [
                        _struct(
                            abi.address(service.provider),
                            abi.text(service.name),
                            abi.text(service.url),
                            abi.uints(service.permissions),
                        )
                        for service in intent.services
                    ],
                ),
            ),
        ),
    ),
    ImportAgreements: OwnerWrite(
        Contract.PERMISSIONS,
        "importAgreements((address,address,uint256[])[])",
        checked(
            ImportAgreements,
            lambda intent: (
                abi.items(
                    [
                        _struct(
                            abi.address(agreement.user),
                            abi.address(agreement.provider),
                            abi.uints(agreement.permissions),
                        )
                        for agreement in intent.agreements
                    ],
                ),
            ),
        ),
    ),
}
