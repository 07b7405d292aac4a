"""The Permissions' views: they speak of services in force and of active agreements only.

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
    from ocn_registry.models import Address
    from ocn_registry.testing.model.registry import Registry
    from ocn_registry.testing.model.state import ServiceEntry

Numbers = tuple[int, ...]


class ListedService(NamedTuple):
    """A service of a page."""

    provider: Address
    country_code: str
    party_id: str
    name: str
    url: str
    permissions: Numbers
    version: int


class AgreementAsMade(NamedTuple):
    """An agreement, active or ended."""

    listing: int
    version: int
    active: bool


class PermissionsViews(Contract[PermissionsState]):
    """What the Permissions tell."""

    _registry: Registry

    @view
    def registry(self) -> Address:
        """Tell the address of the Registry."""
        return self._registry.address

    @view
    def get_service(self, provider: Address) -> tuple[str, str, str, str, Numbers]:
        """Tell a provider's service: id, name, URL, permissions."""
        service = self._in_force(provider)
        if service is None:
            return *NO_ID, "", "", ()
        identity = self._registry.party_id_of(provider)
        return *identity, service.name, service.url, service.permissions

    @view
    def get_providers(self) -> tuple[Address, ...]:
        """Tell all providers whose service is in force."""
        return tuple([provider for provider in self.state.providers if self._in_force(provider)])

    @view
    def providers(self, index: int) -> Address:
        """Tell one provider of that list."""
        listed = self.get_providers()
        if index >= len(listed):
            raise IndexOutOfRange(index, len(listed))
        return listed[index]

    @view
    def service_count(self) -> int:
        """Tell how many slots the list of services has, those of ended ones too."""
        return len(self.state.providers)

    @view
    def services(self, offset: int, limit: int) -> tuple[ListedService, ...]:
        """Tell the services in force of a page of slots."""
        page = page_of(self.state.providers, offset, limit)
        return tuple(
            [
                ListedService(provider, *self.get_service(provider), self.service_version(provider))
                for provider in page
                if self._in_force(provider)
            ],
        )

    @view
    def service_version(self, provider: Address) -> int:
        """Tell the version of a provider's service; 0 when it has none in force."""
        return self.state.versions[provider] if self._in_force(provider) else 0

    @view
    def agreement(self, user: Address, provider: Address) -> AgreementAsMade:
        """Tell an agreement, active or ended."""
        consent = self.state.consents.get((user, provider))
        if consent is None:
            return AgreementAsMade(0, 0, active=False)
        active = self._is_active(user, provider)
        return AgreementAsMade(consent.listing, consent.version, active)

    @view
    def get_user_agreements_by_address(self, user: Address) -> tuple[Address, ...]:
        """Tell the providers whom a user has an active agreement with."""
        providers = self.state.consented_to.get(user, ())
        return tuple([provider for provider in providers if self._is_active(user, provider)])

    @view
    def get_user_agreements_by_ocpi(self, country_code: str, party_id: str) -> tuple[Address, ...]:
        """Tell the same of the party with an id."""
        return self.get_user_agreements_by_address(self._registry.party_of(country_code, party_id))

    @view
    def has_user_agreement_by_address(self, user: Address, provider: Address) -> bool:
        """Tell whether an agreement is active."""
        return self._is_active(user, provider)

    @view
    def has_user_agreement_by_ocpi(
        self,
        country_code: str,
        party_id: str,
        provider: Address,
    ) -> bool:
        """Tell the same of the party with an id."""
        return self._is_active(self._registry.party_of(country_code, party_id), provider)

    def _in_force(self, provider: Address) -> ServiceEntry | None:
        service = self.state.services.get(provider)
        listing = self._registry.listing_of(provider)
        return service if service is not None and service.listing == listing else None

    def _is_active(self, user: Address, provider: Address) -> bool:
        consent = self.state.consents.get((user, provider))
        return (
            consent is not None
            and consent.listing == self._registry.listing_of(user)
            and consent.version == self.service_version(provider)
        )
