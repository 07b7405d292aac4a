"""Events that tell all: the next state from them alone.

What no event says is counted by the contracts' rules, numbers of listings and versions of services.
A cache does not begin with the first event but with the lists at some block, and these don't tell
every counter: such a number is told by a stand-in below 0 until it is learned, from an event that
names it or by reading it (`Fold.unknown`).

A change that can't follow what is known means that a node has left events out: `MissingEvents`.

Source: contracts/interfaces/IRegistry.sol and IPermissions.sol ("The state can be rebuilt ...").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cache.state import Consent, PartyRow, ServiceRow, bits_of
from ocn_registry.events.replay import MissingEvents
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.cache.draft import Draft
    from ocn_registry.models import Address, Party, Service
    from ocn_registry.outcomes import Change


class Fold:
    """Applies changes to a draft, one after the other."""

    __slots__ = ("_draft", "_newest", "_stand_in")

    def __init__(self, draft: Draft) -> None:
        """Begin with a draft."""
        self._draft = draft
        self._newest: Address | None = None
        self._stand_in = 0

    def apply(self, changes: Iterable[Change]) -> None:
        """Take the next changes, then drop the agreements that they have ended.

        Raises:
            MissingEvents: One can't follow what is known.
        """
        for change in changes:
            self._apply(change)
        self._draft.drop_ended()

    def unknown(self) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
        """Tell the parties whose listings, and the providers whose versions, are to be read."""
        draft = self._draft
        parties = [
            address
            for address in draft.parties.before
            if (row := draft.parties.rows.get(address)) and (row.listing or 0) < 0
        ]
        providers = [
            provider
            for provider in draft.services.before
            if (offer := draft.services.rows.get(provider)) and (offer.version or 0) < 0
        ]
        return tuple(parties), tuple(providers)

    def learn(
        self,
        parties: Iterable[Party | None],
        services: Iterable[Service | None],
    ) -> None:
        """Put numbers that were read in the place of their stand-ins."""
        draft = self._draft
        for service in services:
            if service is not None and (offer := draft.services.rows.get(service.provider)):
                draft.services.put(service.provider, offer._replace(version=service.version))
        for party in parties:
            row = None if party is None else draft.parties.rows.get(party.address)
            if party is None or row is None:
                continue
            draft.parties.put(party.address, row._replace(listing=party.membership))
            if party.address == self._newest:
                draft.last_listing = party.membership
            if consents := draft.consents.rows.get(party.address):
                learned = [consent._replace(listing=party.membership) for consent in consents]
                draft.consents.put(party.address, tuple(learned))

    def _apply(self, change: Change) -> None:
        draft = self._draft
        match change:
            case NodeSet():
                draft.nodes.put(change.node.operator, change.node.domain)
            case NodeDeleted():
                if change.operator not in draft.nodes.rows:
                    raise MissingEvents(f"{change.operator} leaves and has no node: read all again")
                draft.nodes.put(change.operator, None)
            case PartySet():
                self._set_party(change)
            case PartyDeleted():
                self._delete_party(change)
            case ServiceSet():
                self._set_service(change)
            case ServiceDeleted():
                draft.services.put(change.provider, None)
            case AgreementMade():
                self._agree(change)
            case AgreementRevoked():
                self._revoke(change.user, change.provider)
            case _:
                pass  # the owner's business

    def _set_party(self, change: PartySet) -> None:
        draft = self._draft
        present = draft.parties.rows.get(change.address)
        listing = self._next_listing(change.address) if present is None else present.listing
        draft.parties.put(
            change.address,
            PartyRow(
                change.address,
                change.id.country_code,
                change.id.party_id,
                bits_of(change.roles),
                bits_of(change.modules_sender),
                bits_of(change.modules_receiver),
                change.operator,
                listing,
            ),
        )

    def _delete_party(self, change: PartyDeleted) -> None:
        draft = self._draft
        if change.address not in draft.parties.rows:
            raise MissingEvents(f"{change.address} leaves and is no party: read all again")
        draft.parties.put(change.address, None)
        if change.address in draft.services.rows:
            draft.services.put(change.address, None)
        if change.address in draft.consents.rows:
            draft.consents.put(change.address, None)

    def _set_service(self, change: ServiceSet) -> None:
        draft, provider = self._draft, change.provider
        if provider not in draft.parties.rows:
            raise MissingEvents(f"{provider} offers a service and is no party: read all again")
        present = draft.services.rows.get(provider)
        if present is None:
            version: int | None = self._unheard_of()
        elif present.permissions == change.permissions:
            version = present.version
        else:
            known = present.version is not None and present.version > 0
            version = present.version + 1 if known and present.version else self._unheard_of()
        row = ServiceRow(change.name, change.url, change.permissions, version)
        draft.services.put(provider, row)

    def _agree(self, change: AgreementMade) -> None:
        draft, provider = self._draft, change.provider
        user, service = draft.parties.rows.get(change.user), draft.services.rows.get(provider)
        if user is None or service is None or service.permissions != change.permissions:
            raise MissingEvents(
                f"{change.user} agrees with {provider} to what is not offered: read all again",
            )
        if (service.version or 0) < 0:
            draft.services.put(provider, service._replace(version=change.version))
        elif service.version != change.version:
            raise MissingEvents(
                f"{change.user} agrees to version {change.version} of the service of {provider}, "
                f"which has version {service.version} by the events: read all again",
            )
        self._revoke(change.user, provider)
        consents = draft.consents.rows.get(change.user, ())
        consent = Consent(provider, user.listing, change.version)
        draft.consents.put(change.user, (*consents, consent))

    def _revoke(self, user: Address, provider: Address) -> None:
        consents = self._draft.consents.rows.get(user, ())
        kept = tuple([consent for consent in consents if consent.provider != provider])
        if kept != consents:
            self._draft.consents.put(user, kept or None)

    def _next_listing(self, party: Address) -> int:
        draft, self._newest = self._draft, party
        if draft.last_listing is None:
            return self._unheard_of()
        draft.last_listing += 1
        return draft.last_listing

    def _unheard_of(self) -> int:
        self._stand_in -= 1
        return self._stand_in
