"""Intents and changes as sentences. Text of other people is escaped and bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ocn_registry import intents, outcomes
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.plans.entries import module_names, permission_names, role_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.events.provenance import Event
    from ocn_registry.intents import Intent
    from ocn_registry.outcomes import Change

_MOST_TEXT = 255
_URL = re.compile(r"https?://[-a-z0-9._~:/%\[\]]{1,255}")


def words_of(intent: Intent) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each intent
    """Return a description of an intent, to complete the sentence "The account wants to ..."."""
    match intent:
        case intents.SetNode():
            return f"list its node under {url_text(intent.domain)}"
        case intents.DeleteNode():
            return "delete its node; parties that use it can no longer be reached"
        case intents.SetParty():
            return (
                f"register {intent.country_code} {intent.party_id} as "
                f"{_joined(role_names(intent.roles))}, reached through the node of "
                f"{intent.operator}"
            )
        case intents.SetPartyModules():
            modules = "its modules"
            if intent.party_id is not None:
                modules = f"the modules of {intent.country_code} {intent.party_id}"
            return (
                f"set {modules}: sender of {_joined(module_names(intent.sender))}; receiver of "
                f"{_joined(module_names(intent.receiver))}"
            )
        case intents.DeleteParty(country_code=str(country_code), party_id=str(party_id)):
            return (
                f"delete the id {country_code} {party_id}; its service and its agreements end with "
                "its last id"
            )
        case intents.DeleteParty():
            return "delete its party, and end its service and its agreements"
        case intents.SetPartyWebsite():
            party = f"{intent.country_code} {intent.party_id}"
            if not intent.website:
                return f"remove the website of {party}"
            return f"set the website of {party} to {url_text(intent.website)}"
        case intents.MoveAccount():
            return f"move everything it has to the new key {intent.new_account}, and retire"
        case intents.SetController():
            if Address(str(intent.controller)).is_zero:
                return "remove its controller, and sign for itself"
            return f"name {intent.controller} as its controller"
        case intents.AcceptAccount():
            return f"take over everything that {intent.account} has"
        case intents.AcceptController():
            return f"become the controller of {intent.account}"
        case intents.AdminReserveParty():
            party = f"{intent.country_code} {intent.party_id}"
            if Address(str(intent.holder)).is_zero:
                return f"lift the reservation of {party}"
            return f"reserve {party} for {intent.holder}; any other holder loses it"
        case intents.AdminReserveNode():
            if Address(str(intent.operator)).is_zero:
                return f"lift the reservation of {url_text(intent.domain)}"
            return (
                f"reserve {url_text(intent.domain)} for {intent.operator}; any other "
                "operator loses it"
            )
        case intents.PruneService():
            return f"clear the slot {intent.index} of an ended service"
        case intents.SetService():
            url = f" ({url_text(intent.url)})" if intent.url else ""
            needs = _joined(permission_names(intent.permissions))
            return f"offer the service {_text(intent.name)}{url}, which needs {needs}"
        case intents.DeleteService():
            return "delete its service, and end all agreements to it"
        case intents.CreateAgreement():
            given = intent.permissions
            needs = (
                "whatever it needs when this is sent"
                if given is None
                else _joined(permission_names(given))
            )
            return f"agree to the service of {intent.provider}: {needs}"
        case intents.RevokeAgreement():
            return f"revoke its agreement with {intent.provider}"
        case intents.InvalidateNonce():
            which = intent.contract.value
            return f"cancel everything it signed for {which} with a nonce below {intent.new_nonce}"
        case _:
            return type(intent).__name__


def event_in_words(event: Event) -> str:
    """Return a description of an event, with a caveat if the contracts leave it ambiguous."""
    sentence = _changed(event.change)
    if event.certain:
        return sentence
    is_service = isinstance(event.change, outcomes.ServiceSet)
    opposite = "or deleted its service" if is_service else "or revoked that"
    return f"{sentence}, {opposite}: these contracts do not say which"


def way_of(how: object, sender: object) -> str:
    """Return a description of how a change was sent, from the fields of its entry."""
    who = "not known" if sender is None else str(sender)
    match how:
        case "signed":
            return f"signed request, sent by {who}"
        case "controller":
            return f"signed by the controller, sent by {who}"
        case "owner":
            return f"owner of the registry, {who}"
        case "direct":
            return f"directly, by {who}"
        case _:
            return f"not known; sent by {who}"


def _changed(change: Change) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each kind of change
    match change:
        case outcomes.NodeSet():
            return f"{change.node.operator} runs the node {url_text(change.node.domain)}"
        case outcomes.NodeDeleted():
            return f"{change.operator} no longer runs a node"
        case outcomes.PartySet():
            return (
                f"{change.address} is the party {change.id}, as "
                f"{_joined(role_names(change.roles))}, reached through the node of "
                f"{change.operator}; sender of {_joined(module_names(change.modules_sender))}, "
                f"receiver of {_joined(module_names(change.modules_receiver))}"
            )
        case outcomes.PartyDeleted():
            return f"{change.address} is no longer the party {change.id}"
        case outcomes.PartyWebsiteSet():
            if change.website is None:
                return f"the party {change.id} of {change.address} no longer has a website"
            return f"the party {change.id} of {change.address} has {url_text(change.website)}"
        case outcomes.AccountMoved():
            return f"{change.account} is moved to the new key {change.new_account}"
        case outcomes.ControllerSet():
            if change.controller == change.account:
                return f"{change.account} has no controller and signs for itself"
            return f"{change.controller} is the controller of {change.account}"
        case outcomes.PartyReserved():
            if change.holder is None:
                return f"the id {change.id} is no longer reserved"
            return f"the id {change.id} is reserved for {change.holder}"
        case outcomes.NodeReserved():
            if change.operator is None:
                return f"the URL {url_text(change.domain)} is no longer reserved"
            return f"the URL {url_text(change.domain)} is reserved for {change.operator}"
        case outcomes.ServicePruned():
            return f"the slot {change.index} of an ended service is cleared"
        case outcomes.ServiceSet():
            needs = _joined(permission_names(change.permissions))
            url = f" ({url_text(change.url)})" if change.url else ""
            return (
                f"{change.provider} offers the service {_text(change.name)}{url}, which needs "
                f"{needs}"
            )
        case outcomes.ServiceDeleted():
            return f"{change.provider} no longer offers a service"
        case outcomes.AgreementMade():
            version = "" if change.version is None else f", version {change.version}"
            return f"{change.user} agrees to the service of {change.provider}{version}"
        case outcomes.AgreementRevoked():
            return f"{change.user} revokes its agreement with {change.provider}"
        case outcomes.OwnershipOffered():
            return f"{change.owner} offers the registry to {change.new_owner}"
        case outcomes.OwnershipTransferred():
            return f"the owner of the registry changes from {change.former_owner} to {change.owner}"
        case outcomes.ImportOpened():
            return f"the import of the contract {change.contract.value} is open"
        case outcomes.ImportClosed():
            return f"the import of the contract {change.contract.value} is closed"


def _text(text: str) -> str:
    return shown(text, _MOST_TEXT, public=True)


def url_text(text: str) -> str:
    """Return a URL, escaped if it contains characters that no URL has."""
    return text if _URL.fullmatch(text) else _text(text)


def _joined(names: Sequence[str | int]) -> str:
    return ", ".join(map(str, names)) or "none"
