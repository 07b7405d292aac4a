"""Changes in words, for people. Other people's text in them is escaped and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import entries
from ocn_registry.foreign.text import shown
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
    from collections.abc import Sequence

    from ocn_registry.events.provenance import Event
    from ocn_registry.outcomes import Change

_MOST_TEXT = 255


def words_of(event: Event) -> str:
    """Return what happened in words, with a reserve where contracts leave open what it was."""
    said = _words(event.change)
    if event.certain:
        return said
    opposite = (
        "or offers none any more" if isinstance(event.change, ServiceSet) else "or took that back"
    )
    return f"{said}, {opposite}: these contracts don't tell"


def way_of(how: object, sender: object) -> str:
    """Say in words who sent it, of what an entry tells."""
    who = "not told" if sender is None else str(sender)
    match how:
        case "signed":
            return f"signed request, sent by {who}"
        case "owner":
            return f"the registry's owner, {who}"
        case "direct":
            return f"directly, by {who}"
        case _:
            return f"not told; sent by {who}"


def _words(change: Change) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each kind of change
    match change:
        case NodeSet():
            return f"{change.node.operator} runs the node {_text(change.node.domain)}"
        case NodeDeleted():
            return f"{change.operator} runs no node any more"
        case PartySet():
            return (
                f"{change.address} is the party {change.id}, as "
                f"{_joined(entries.role_names(change.roles))}, by the node of {change.operator}; "
                f"sender of {_joined(entries.module_names(change.modules_sender))}, receiver of "
                f"{_joined(entries.module_names(change.modules_receiver))}"
            )
        case PartyDeleted():
            return f"{change.address} is not the party {change.id} any more"
        case PartyWebsiteSet():
            if change.website is None:
                return f"the party {change.id} of {change.address} has no website any more"
            website = _text(change.website)
            return f"the party {change.id} of {change.address} has the website {website}"
        case AccountMoved():
            return f"{change.account} is moved to the new key {change.new_account}"
        case ControllerSet():
            if change.controller == change.account:
                return f"{change.account} signs for itself again"
            return f"{change.controller} signs for {change.account} from now on"
        case PartyReserved():
            if change.holder is None:
                return f"the id {change.id} is no longer reserved"
            return f"the id {change.id} is reserved for {change.holder}"
        case NodeReserved():
            if change.operator is None:
                return f"the URL {_text(change.domain)} is no longer reserved"
            return f"the URL {_text(change.domain)} is reserved for {change.operator}"
        case ServicePruned():
            return f"the slot {change.index} of a service that has ended is cleared"
        case ServiceSet():
            needs = _joined(entries.permission_names(change.permissions))
            url = f" ({_text(change.url)})" if change.url else ""
            return (
                f"{change.provider} offers the service {_text(change.name)}{url}, which needs "
                f"{needs}"
            )
        case ServiceDeleted():
            return f"{change.provider} offers no service any more"
        case AgreementMade():
            version = "" if change.version is None else f", version {change.version}"
            return f"{change.user} agrees to the service of {change.provider}{version}"
        case AgreementRevoked():
            return f"{change.user} takes back what it agreed with {change.provider}"
        case OwnershipOffered():
            return f"{change.owner} offers the registry to {change.new_owner}"
        case OwnershipTransferred():
            return f"the registry goes from {change.former_owner} to {change.owner}"
        case ImportOpened():
            return f"the import of the contract {change.contract.value} is open"
        case ImportClosed():
            return f"the import of the contract {change.contract.value} is closed"


def _text(text: str) -> str:
    return shown(text, _MOST_TEXT)


def _joined(names: Sequence[str | int]) -> str:
    return ", ".join(map(str, names)) or "none"
