"""Apply changes of services and agreements to a state; `Fold` applies those of accounts.

Both belong to members, so they follow an account to its new key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.events.state import Consent, ConsentsRow, ServiceRow
from ocn_registry.events.tables import MissingEvents
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    ServiceDeleted,
    ServicePruned,
    ServiceSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ocn_registry.events.draft import Draft
    from ocn_registry.events.state import AccountRow, Member
    from ocn_registry.events.tables import Lists
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Change


class ServicesFold:
    """Applies changes of services and agreements to a draft."""

    __slots__ = ("_draft", "_is_complete", "_lists", "_stand_in")

    def __init__(self, draft: Draft, lists: Lists[Member], *, is_complete: bool) -> None:
        """Start with a draft; see `Fold`."""
        self._draft, self._lists, self._is_complete = draft, lists, is_complete
        self._stand_in = 0

    def apply(self, change: Change) -> None:
        """Apply a change; changes of ownership are ignored.

        Raises:
            MissingEvents: It is inconsistent with the state.
        """
        match change:
            case ServiceSet():
                self._set_service(change)
            case ServiceDeleted():
                self._delete_service(change.provider)
            case ServicePruned():
                self._prune(change)
            case AgreementMade():
                self._agree(change)
            case AgreementRevoked():
                self._revoke(change)
            case _:
                pass

    def finish(self) -> None:
        """Drop agreements to services that were replaced or deleted: they never come back."""
        draft = self._draft
        changed = set(draft.services.changed)
        if self._is_complete or not changed:
            return
        for member in draft.users_of(changed):
            row = draft.consents.get(member)
            if row is not None and any(consent.provider in changed for consent in row.consents):
                self._put_consents(member, row.user, filter(self._is_in_force, row.consents))

    def end(self, member: Member) -> None:
        """End a membership with its service and agreements."""
        draft = self._draft
        if self._is_complete:
            return
        if draft.services.get(member) is not None:
            draft.services.put(member, None)
        if draft.consents.get(member) is not None:
            draft.consents.put(member, None)

    def _set_service(self, change: ServiceSet) -> None:
        draft, provider = self._draft, change.provider
        account = draft.accounts.get(provider)
        if account is None:
            raise MissingEvents(f"{provider} offers a service and is not a party: read all again")
        present = draft.services.get(account.member)
        if present is None:
            version: int | None = 1 if self._is_complete else self._placeholder()
        elif present.permissions == change.permissions:
            version = present.version
        else:
            known = present.version is not None and present.version > 0
            version = present.version + 1 if known and present.version else self._placeholder()
        draft.services.put(
            account.member,
            ServiceRow(
                provider,
                change.name,
                change.url,
                change.permissions,
                version,
                account.ids[0],
            ),
        )
        self._lists.services.add(account.member)

    def _delete_service(self, provider: Address) -> None:
        draft = self._draft
        account = draft.accounts.get(provider)
        row = None if account is None else draft.services.get(account.member)
        if account is None or row is None or not row.permissions:
            raise MissingEvents(f"{provider} deletes a service and has none: read all again")
        deleted = row._replace(name="", url="", permissions=())
        draft.services.put(account.member, deleted)
        self._lists.services.remove(account.member)

    def _prune(self, change: ServicePruned) -> None:
        if not self._is_complete:
            return  # dropped when the membership ended
        member = self._lists.services.at(change.index)
        if member != change.membership:
            raise MissingEvents(f"another service is in slot {change.index}: read all again")
        self._lists.services.remove(change.membership)
        self._draft.services.put(change.membership, None)

    def _agree(self, change: AgreementMade) -> None:
        draft = self._draft
        user, provider = draft.accounts.get(change.user), draft.accounts.get(change.provider)
        service = None if provider is None else draft.services.get(provider.member)
        if (
            user is None
            or provider is None
            or service is None
            or service.permissions != change.permissions
        ):
            raise MissingEvents(
                f"{change.user} agrees with {change.provider} to what is not offered: read all "
                "again",
            )
        if (service.version or 0) < 0:
            draft.services.put(provider.member, service._replace(version=change.version))
        elif service.version != change.version:
            raise MissingEvents(
                f"{change.user} agrees to version {change.version} of the service of "
                f"{change.provider}, which has version {service.version} by the events: read all "
                "again",
            )
        consents = self._consents(user)
        made = Consent(provider.member, change.version)
        for place, consent in enumerate(consents):
            if consent.provider == provider.member:
                consents[place] = made
                break
        else:
            consents.append(made)
        self._put_consents(user.member, user.address, consents)

    def _revoke(self, change: AgreementRevoked) -> None:
        draft = self._draft
        user, provider = draft.accounts.get(change.user), draft.accounts.get(change.provider)
        consents = [] if user is None else self._consents(user)
        places = [
            place
            for place, consent in enumerate(consents)
            if provider is not None and consent.provider == provider.member
        ]
        if user is None or not places:
            if self._is_complete:
                raise MissingEvents(
                    f"{change.user} revokes what it never agreed with {change.provider}: read all "
                    "events again",
                )
            return  # ended and dropped
        last = consents.pop()
        if places[0] < len(consents):
            consents[places[0]] = last
        self._put_consents(user.member, user.address, consents)

    def _consents(self, user: AccountRow) -> list[Consent]:
        row = self._draft.consents.get(user.member)
        return [] if row is None else list(row.consents)

    def _put_consents(self, member: Member, user: Address, consents: Iterable[Consent]) -> None:
        row = ConsentsRow(user, tuple(consents))
        self._draft.consents.put(member, row if row.consents else None)

    def _is_in_force(self, consent: Consent) -> bool:
        service = self._draft.services.get(consent.provider)
        return (
            service is not None and bool(service.permissions) and service.version == consent.version
        )

    def _placeholder(self) -> int:
        self._stand_in -= 1
        return self._stand_in
