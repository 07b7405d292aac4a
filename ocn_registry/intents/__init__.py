"""Intents: what a user wants to change, as values.

An intent describes a change, but not its account, which is given when the intent is sent or
prepared. Creating an intent checks its shape, which is the same for all generations of the
contracts. The dialect checks the rules of the deployment before anything is sent. A batch is a
tuple of intents.

`entries` has intents about an account's node, party, service and agreements; `accounts` about the
account itself; `owner` those of the registry's owner; `kinds` says which of them can be signed;
`shape` has the checks. Import intents from here: a module is loaded when one of its names is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.intents.accounts import AcceptAccount as AcceptAccount
    from ocn_registry.intents.accounts import Acceptance as Acceptance
    from ocn_registry.intents.accounts import AcceptController as AcceptController
    from ocn_registry.intents.accounts import InvalidateNonce as InvalidateNonce
    from ocn_registry.intents.accounts import MoveAccount as MoveAccount
    from ocn_registry.intents.accounts import SetController as SetController
    from ocn_registry.intents.entries import CreateAgreement as CreateAgreement
    from ocn_registry.intents.entries import DeleteNode as DeleteNode
    from ocn_registry.intents.entries import DeleteParty as DeleteParty
    from ocn_registry.intents.entries import DeleteService as DeleteService
    from ocn_registry.intents.entries import RevokeAgreement as RevokeAgreement
    from ocn_registry.intents.entries import SetNode as SetNode
    from ocn_registry.intents.entries import SetParty as SetParty
    from ocn_registry.intents.entries import SetPartyModules as SetPartyModules
    from ocn_registry.intents.entries import SetPartyWebsite as SetPartyWebsite
    from ocn_registry.intents.entries import SetService as SetService
    from ocn_registry.intents.entries import WantedParty as WantedParty
    from ocn_registry.intents.kinds import Intent as Intent
    from ocn_registry.intents.kinds import OwnerIntent as OwnerIntent
    from ocn_registry.intents.kinds import SignableIntent as SignableIntent
    from ocn_registry.intents.kinds import intent_from_dict as intent_from_dict
    from ocn_registry.intents.owner import AcceptOwnership as AcceptOwnership
    from ocn_registry.intents.owner import AdminDeleteOperator as AdminDeleteOperator
    from ocn_registry.intents.owner import AdminDeleteParty as AdminDeleteParty
    from ocn_registry.intents.owner import AdminReserveNode as AdminReserveNode
    from ocn_registry.intents.owner import AdminReserveParty as AdminReserveParty
    from ocn_registry.intents.owner import CloseImport as CloseImport
    from ocn_registry.intents.owner import ImportAgreements as ImportAgreements
    from ocn_registry.intents.owner import ImportedAgreement as ImportedAgreement
    from ocn_registry.intents.owner import ImportNodes as ImportNodes
    from ocn_registry.intents.owner import ImportParties as ImportParties
    from ocn_registry.intents.owner import ImportServices as ImportServices
    from ocn_registry.intents.owner import PruneService as PruneService
    from ocn_registry.intents.owner import RenounceOwnership as RenounceOwnership
    from ocn_registry.intents.owner import TransferOwnership as TransferOwnership
else:
    _HOMES = ("entries", "accounts", "owner", "kinds")  # the most frequently used first

    def __getattr__(name: str) -> object:
        """Import an intent when it is first used, so that reads load none of them."""
        from importlib import import_module  # noqa: PLC0415 - as in the package itself

        if not name.startswith("_"):
            for home in _HOMES:
                module = import_module(f"ocn_registry.intents.{home}")
                if hasattr(module, name):
                    globals()[name] = getattr(module, name)
                    return globals()[name]
        raise AttributeError(f"module 'ocn_registry.intents' has no attribute {name!r}")
