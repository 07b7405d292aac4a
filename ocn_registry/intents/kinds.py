"""The kinds of intents: what an account can sign, and what only the registry's owner can send."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.intents.accounts import (
    AcceptAccount,
    AcceptController,
    InvalidateNonce,
    MoveAccount,
    SetController,
)
from ocn_registry.intents.entries import (
    CreateAgreement,
    DeleteNode,
    DeleteParty,
    DeleteService,
    RevokeAgreement,
    SetNode,
    SetParty,
    SetPartyModules,
    SetPartyWebsite,
    SetService,
)
from ocn_registry.intents.owner import (
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
from ocn_registry.portable.forms import read

if TYPE_CHECKING:
    from collections.abc import Mapping

SignableIntent: TypeAlias = (
    SetNode
    | DeleteNode
    | SetParty
    | SetPartyModules
    | SetPartyWebsite
    | DeleteParty
    | MoveAccount
    | SetController
    | AcceptAccount
    | AcceptController
    | SetService
    | DeleteService
    | CreateAgreement
    | RevokeAgreement
    | InvalidateNonce
)
OwnerIntent: TypeAlias = (
    AdminDeleteOperator
    | AdminDeleteParty
    | AdminReserveParty
    | AdminReserveNode
    | TransferOwnership
    | AcceptOwnership
    | RenounceOwnership
    | ImportNodes
    | ImportParties
    | ImportServices
    | ImportAgreements
    | CloseImport
)
Intent: TypeAlias = SignableIntent | OwnerIntent | PruneService


def intent_from_dict(data: Mapping[str, object]) -> Intent:
    """Return the intent that a JSON object describes, of the class that its key `intent` names.

    Args:
        data: What an intent's `to_dict` returned, or the same from JSON of any source.

    Raises:
        InvalidInput: It does not describe an intent; the message says where.
    """
    intent: Intent = read(data, Intent, "intent")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - by its type
    return intent
