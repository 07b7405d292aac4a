"""The side effects of a write: what else it ends or deletes, in sentences.

A plan shows these before anything is signed. What is unknown in advance, such as who has agreed to
a service, is described in general terms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.plans.entries import module_names, permission_names, role_names
from ocn_registry.plans.words import url_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ocn_registry.intents import Intent
    from ocn_registry.models import Module, Party, Service
    from ocn_registry.outcomes import Holdings
    from ocn_registry.plans.current_entries import CurrentEntries

_MOST_NAMED = 10


def losses_of(  # noqa: C901, PLR0912 - one for each kind of intent
    current: CurrentEntries,
    account: Address,
    intent: Intent,
    *,
    reserved_for: Address | None = None,
) -> Iterator[str]:
    """Yield what a write of an account ends or deletes as a side effect.

    Args:
        current: The current entries.
        account: The account whose entry changes.
        intent: The change.
        reserved_for: The only account that can list a deleted id or URL again; `None` if any can.
    """
    match intent:
        case intents.SetNode():
            node = current.node(account)
            if node is not None and node.domain != intent.domain:
                yield f"the URL {url_text(node.domain)}: another operator can list it"
        case intents.DeleteNode():
            yield from _of_node(current, account, reserved_for)
        case intents.SetParty():
            party = party_meant(current, account, intent)
            if party is not None:
                yield from _of_update(current, party, intent)
        case intents.SetPartyModules():
            party = party_meant(current, account, intent)
            if party is not None:
                yield from _of_interface("sender", party.modules_sender, intent.sender)
                yield from _of_interface("receiver", party.modules_receiver, intent.receiver)
        case intents.SetPartyWebsite():
            party = party_meant(current, account, intent)
            if party is not None and party.website and party.website != intent.website:
                yield f"the website {url_text(party.website)}"
        case intents.DeleteParty():
            yield from _of_party(current, party_meant(current, account, intent), reserved_for)
        case intents.SetService():
            service = current.service(account)
            if service is not None:
                yield from _of_permissions(service, intent)
        case intents.DeleteService():
            yield from _of_service(current, account)
        case intents.MoveAccount():
            yield f"the account {account}: it can never list anything here again"
            if current.holdings(account).controller == Address(intent.new_account):
                yield "its controller: the new key is the controller's own, and signs for itself"
            yield "its signed requests that nobody has sent"
        case intents.SetController():
            yield from _of_control(current, account, Address(str(intent.controller)))
            yield "its signed requests that nobody has sent"
        case intents.RevokeAgreement():
            yield f"forwarding of the account's data to {intent.provider}"
        case _:
            return


def additions_of(
    current: CurrentEntries, account: Address, intent: Intent
) -> Iterator[tuple[str, str]]:
    """Yield what a write adds to existing entries, or moves, each with a label."""
    if isinstance(intent, intents.MoveAccount):
        held = current.holdings(account)
        for each in _held(current, held):
            yield "moves", each
        if held.controller not in {None, Address(intent.new_account)}:
            yield "moves", f"its controller {held.controller}, which stays"
    if not isinstance(intent, intents.SetParty) or not current.has_many_ids:
        return
    others = [each.id for each in current.parties_of(account)]
    if others and party_meant(current, account, intent) is None:
        stays = "stays" if len(others) == 1 else "stay"
        yield "adds", f"{intent.country_code} {intent.party_id}; {_listed(others)} {stays}"


def losses_of_leaving(current: CurrentEntries, had: Holdings) -> Iterator[str]:
    """Yield the side effects of deleting everything that an account has."""
    for party in had.parties:
        yield f"the id {party.id}: another account can take it"
    yield from _of_service(current, had.account)
    if had.agreements:
        yield f"its agreements with {_listed([each.provider for each in had.agreements])}"
    yield from _of_node(current, had.account)


def _held(current: CurrentEntries, held: Holdings) -> Iterator[str]:
    if held.parties:
        yield _listed([party.id for party in held.parties])
    if held.node is not None:
        attached = _counted(len(current.parties(operator=held.account)), "party", "parties")
        yield f"the node {url_text(held.node.domain)}, with {attached} reached through it"
    elif not held.parties:  # of a node that is off the list, its number moves
        count = len(current.parties(operator=held.account))
        if count:
            yield f"{_counted(count, 'party', 'parties')} that can't be reached until it has a node"
    if held.service is not None:
        yield f"its service {shown(held.service.name, public=True)}, with all agreements to it"
    if held.agreements:
        yield _counted(len(held.agreements), "agreement", "agreements") + " that it has made"


def _of_control(current: CurrentEntries, account: Address, named: Address) -> Iterator[str]:
    before = current.controller_of(account)
    after = account if named.is_zero else named
    if before == after:
        return
    whose = "the account's own signature" if before == account else f"the signature of {before}"
    counts = (
        "the account's own counts again" if after == account else "only the controller's counts"
    )
    yield f"{whose}: {counts} from now on"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def party_meant(
    current: CurrentEntries,
    account: Address,
    intent: intents.SetParty
    | intents.SetPartyModules
    | intents.SetPartyWebsite
    | intents.DeleteParty,
) -> Party | None:
    """Return the party that a write of an account concerns; `None` if it is not listed yet."""
    named = (intent.country_code, intent.party_id)
    if None in named or (isinstance(intent, intents.SetParty) and not current.has_many_ids):
        return current.party(account)
    parties = current.parties_of(account)
    return next((one for one in parties if (one.id.country_code, one.id.party_id) == named), None)


def _of_node(
    current: CurrentEntries, operator: Address, reserved_for: Address | None = None
) -> Iterator[str]:
    node = current.node(operator)
    if node is None:
        return
    by_whom = "another operator" if reserved_for is None else f"only {reserved_for}"
    yield f"the URL {url_text(node.domain)}: {by_whom} can list it"
    parties = current.parties(operator=operator)
    if parties:
        names = _listed([str(party.id) for party in parties])
        count = _counted(len(parties), "party", "parties")
        yield f"access to {count}, until they name a new operator: {names}"


def _of_update(current: CurrentEntries, party: Party, intent: intents.SetParty) -> Iterator[str]:
    if (party.id.country_code, party.id.party_id) != (intent.country_code, intent.party_id):
        yield from _of_party(current, party)
        return
    gone = [role for role in party.roles if role not in intent.roles]
    if gone:
        yield f"the roles {_listed(role_names(gone))}"
    if party.operator != intent.operator:
        yield f"its place at the node of {party.operator}"


def _of_interface(
    interface: str, before: Sequence[Module], after: Sequence[Module]
) -> Iterator[str]:
    gone = [each for each in before if each not in after]
    if gone:
        yield f"the {interface} interface of {_listed(module_names(gone))}"


def _of_permissions(service: Service, intent: intents.SetService) -> Iterator[str]:
    if set(service.permissions) == set(intent.permissions):
        return
    gone = [each for each in service.permissions if each not in intent.permissions]
    if gone:
        yield f"the permissions {_listed(permission_names(gone))}"
    yield "agreements to what the service has needed until now"


def _of_party(
    current: CurrentEntries, party: Party | None, reserved_for: Address | None = None
) -> Iterator[str]:
    if party is None:
        return
    by_whom = "another account" if reserved_for is None else f"only {reserved_for}"
    yield f"the id {party.id}: {by_whom} can take it"
    if len(current.parties_of(party.address)) > 1:
        return  # service and agreements end with the last id
    yield from _of_service(current, party.address)
    for agreement in current.agreements(party.address):
        yield f"its agreement with {agreement.provider}"


def _of_service(current: CurrentEntries, provider: Address) -> Iterator[str]:
    service = current.service(provider)
    if service is not None:
        name = shown(service.name, public=True)
        yield f"its service {name}, and all agreements to it"


def _listed(names: Iterable[object]) -> str:
    every = list(map(str, names))
    more = len(every) - _MOST_NAMED
    return ", ".join(every[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
