"""The views of Permissions: they return services in force and active agreements only.

Answers have the form of the contract's: tuples in the order of its return values and structs.

Source: contracts/interfaces/IPermissions.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.contract_errors import IndexOutOfRange
from ocn_registry.testing.model.calls import Contract, view
from ocn_registry.testing.model.registry_views import NO_ID
from ocn_registry.testing.model.rules import page_of
from ocn_registry.testing.model.state import PermissionsState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import Address
    from ocn_registry.testing.model.registry import Registry
    from ocn_registry.testing.model.state import ServiceEntry

Numbers = tuple[int, ...]


class ListedService(NamedTuple):
    """A service in a page."""

    provider: Address
    country_code: str
    party_id: str
    name: str
    url: str
    permissions: Numbers
    version: int


class AgreementAsMade(NamedTuple):
    """An agreement, active or ended."""

    membership: int
    version: int
    active: bool


class PermissionsViews(Contract[PermissionsState]):
    """The views of Permissions."""

    _registry: Registry

    @view
    def registry(self) -> Address:
        """Return the address of the Registry."""
        return self._registry.address

    @view
    def get_service(self, provider: Address) -> tuple[str, str, str, str, Numbers]:
        """Return a provider's service: id, name, URL, permissions."""
        service = self._service_of(provider)
        if service is None:
            return *NO_ID, "", "", ()
        ids = self._registry.state.accounts[provider].ids
        shown = service.shown if service.shown in ids else ids[0]
        identity = (shown.country_code, shown.party_id)
        return *identity, service.name, service.url, service.permissions

    @view
    def get_providers(self) -> tuple[Address, ...]:
        """Return all providers with a service in force."""
        return self._accounts(self.state.providers)

    @view
    def providers(self, index: int) -> Address:
        """Return one provider of that list."""
        listed = self.get_providers()
        if index >= len(listed):
            raise IndexOutOfRange(index, len(listed))
        return listed[index]

    @view
    def service_count(self) -> int:
        """Return the number of slots in the list of services, including ended ones."""
        return len(self.state.providers)

    @view
    def services(self, offset: int, limit: int) -> tuple[ListedService, ...]:
        """Return the services in force in a page of slots."""
        page = self._accounts(page_of(self.state.providers, offset, limit))
        return tuple(
            [
                ListedService(provider, *self.get_service(provider), self.service_version(provider))
                for provider in page
            ],
        )

    @view
    def service_version(self, provider: Address) -> int:
        """Return the version of a provider's service; 0 if it has none."""
        return self._version(self._registry.membership_of(provider))

    @view
    def agreement(self, user: Address, provider: Address) -> AgreementAsMade:
        """Return an agreement between current memberships, active or not."""
        pair = (self._registry.membership_of(user), self._registry.membership_of(provider))
        version = self.state.consents.get(pair)
        if version is None:
            return AgreementAsMade(0, 0, active=False)
        return AgreementAsMade(pair[0], version, self._is_active(*pair))

    @view
    def get_user_agreements_by_address(self, user: Address) -> tuple[Address, ...]:
        """Return the providers with which a user has an active agreement."""
        membership = self._registry.membership_of(user)
        providers = self.state.consented_to.get(membership, ())
        return self._accounts([one for one in providers if self._is_active(membership, one)])

    @view
    def get_user_agreements_by_ocpi(self, country_code: str, party_id: str) -> tuple[Address, ...]:
        """Return the same for the party with an id."""
        return self.get_user_agreements_by_address(self._registry.party_of(country_code, party_id))

    @view
    def has_user_agreement_by_address(self, user: Address, provider: Address) -> bool:
        """Return whether an agreement is active."""
        return self._has_agreement(user, provider)

    @view
    def has_user_agreement_by_ocpi(
        self,
        country_code: str,
        party_id: str,
        provider: Address,
    ) -> bool:
        """Return the same for the party with an id."""
        return self._has_agreement(self._registry.party_of(country_code, party_id), provider)

    def _service_of(self, provider: Address) -> ServiceEntry | None:
        return self.state.services.get(self._registry.membership_of(provider))

    def _version(self, membership: int) -> int:
        return self.state.versions[membership] if membership in self.state.services else 0

    def _is_active(self, user: int, provider: int) -> bool:
        version = self.state.consents.get((user, provider))
        return version is not None and version == self._version(provider)

    def _has_agreement(self, user: Address, provider: Address) -> bool:
        membership_of = self._registry.membership_of
        return self._is_active(membership_of(user), membership_of(provider))

    def _accounts(self, memberships: Sequence[int]) -> tuple[Address, ...]:
        """Return the accounts of the memberships that have not ended."""
        members = self._registry.state.members
        return tuple([members[one] for one in memberships if one in members])
