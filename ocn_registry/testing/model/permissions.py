"""The writes of Permissions: services, and agreements to them.

Services and agreements belong to memberships: they follow an account that is moved to a new key,
and end with the membership. An agreement is active while the service has the version agreed to.

Source: contracts/interfaces/IPermissions.sol, contracts/Permissions.sol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ocn_registry.contract_errors import (
    AgreementExists,
    AgreementNotFound,
    IndexOutOfRange,
    NoPermissions,
    PartyNotFound,
    PermissionsDiffer,
    ServiceExists,
    ServiceNotEnded,
    ServiceNotFound,
)
from ocn_registry.models import ZERO_ADDRESS
from ocn_registry.testing.model.batches import Batches
from ocn_registry.testing.model.calls import external, view
from ocn_registry.testing.model.events import (
    AgreementMade,
    AgreementRevoked,
    ImportOpened,
    ServicePruned,
    ServiceUpdate,
)
from ocn_registry.testing.model.imports import Imports
from ocn_registry.testing.model.permissions_views import PermissionsViews
from ocn_registry.testing.model.requests import COUNT_BITS, LAST_COUNT, SignedRequests, request
from ocn_registry.testing.model.rules import (
    PERMISSION_LIMIT,
    check_name,
    check_url,
    checked_set,
    take_out,
)
from ocn_registry.testing.model.state import PermissionsState, ServiceEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.models import Address
    from ocn_registry.testing.model.events import Event
    from ocn_registry.testing.model.registry import Registry
    from ocn_registry.testing.model.requests import IsSignedBy

Numbers = tuple[int, ...]


class ServiceImport(NamedTuple):
    """A service to import."""

    provider: Address
    name: str
    url: str
    permissions: Numbers


class AgreementImport(NamedTuple):
    """An agreement to import."""

    user: Address
    provider: Address
    permissions: Numbers


class Permissions(
    PermissionsViews,
    Imports[PermissionsState],
    SignedRequests[PermissionsState],
    Batches[PermissionsState],
):
    """The Permissions contract."""

    name = "OCN Permissions"

    def __init__(
        self,
        address: Address,
        registry: Registry,
        *,
        import_open: bool,
        is_signed_by: IsSignedBy,
    ) -> None:
        """Deploy it; `deployed` holds the events of the deployment."""
        state = PermissionsState(import_open=import_open)
        super().__init__(address, registry.chain_id, state, is_signed_by)
        self._registry = registry
        events: tuple[Event, ...] = (ImportOpened(),) if import_open else ()
        self.deployed: Final = events

    @external
    def prune_service(self, index: int) -> None:
        """Clear the slot of an ended service; anyone can call it."""
        self._require_open()
        count = self.service_count()
        if index >= count:
            raise IndexOutOfRange(index, count)
        membership = self.state.providers[index]
        provider = self._registry.state.members.get(membership)
        if provider is not None:
            raise ServiceNotEnded(provider)
        self._remove_service(membership)
        del self.state.versions[membership]
        self._emit(ServicePruned(index, membership))

    @external
    def create_agreement(self, provider: Address) -> None:
        """Agree to a service, whatever it needs."""
        account = self.direct_account()
        self._require_open()
        self._store_agreement(account, provider, None)

    @external
    def import_services(self, items: Sequence[ServiceImport]) -> None:
        """List services of an earlier registry."""
        self._require_import(len(items))
        for provider, name, url, permissions in items:
            if self._registry.membership_of(provider) in self.state.services:
                raise ServiceExists(provider)
            self._store_service(provider, name, url, permissions)

    @external
    def import_agreements(self, items: Sequence[AgreementImport]) -> None:
        """Import agreements of an earlier registry."""
        self._require_import(len(items))
        for user, provider, permissions in items:
            self._store_agreement(user, provider, permissions)

    @view
    def nonces(self, account: Address) -> int:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the nonce of the account's next request: the Registry's term, then its count."""
        term = self._registry.nonces(account) >> COUNT_BITS
        return term << COUNT_BITS | self.state.nonces.get(account, 0)

    def _owner(self) -> Address:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._registry.owner()

    def _require_closer(self) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        # Anybody once there is no owner: without this the import would stay open for ever.
        if self._owner() != ZERO_ADDRESS:
            self._require_owner()

    def _controller_of(self, account: Address) -> Address:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._registry.controller_of(account)

    def _set_nonce(self, account: Address, nonce: int) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self.state.nonces[account] = nonce & LAST_COUNT

    @request("SetService")
    def set_service(self, provider: Address, name: str, url: str, permissions: Numbers) -> None:
        """Offer a service, or change it."""
        self._require_open()
        self._store_service(provider, name, url, permissions)

    def _store_service(self, provider: Address, name: str, url: str, permissions: Numbers) -> None:
        account = self._registry.state.accounts.get(provider)
        if account is None or not account.ids:
            raise PartyNotFound(provider)
        check_name(name)
        if url:
            check_url(url)
        permissions = checked_set(permissions, PERMISSION_LIMIT)
        if not permissions:
            raise NoPermissions
        membership = account.membership
        present = self.state.services.get(membership)
        if present is None:
            self.state.providers.append(membership)
        if present is None or present.permissions != permissions:
            self.state.versions[membership] = self.state.versions.get(membership, 0) + 1
        self.state.services[membership] = ServiceEntry(
            name=name,
            url=url,
            permissions=permissions,
            shown=account.ids[0],
        )
        self._emit(ServiceUpdate(name, url, permissions, provider))

    @request("DeleteService")
    def delete_service(self, provider: Address) -> None:
        """Delete a service."""
        membership = self._registry.membership_of(provider)
        if membership not in self.state.services:
            raise ServiceNotFound(provider)
        self._remove_service(membership)
        self._emit(ServiceUpdate("", "", (), provider))

    def _remove_service(self, membership: int) -> None:
        del self.state.services[membership]
        take_out(self.state.providers, membership)

    @request("CreateAgreement")
    def create_agreement_to(self, user: Address, provider: Address, permissions: Numbers) -> None:
        """Agree to a service, if it needs exactly these permissions."""
        self._require_open()
        self._store_agreement(user, provider, permissions)

    def _store_agreement(
        self,
        user: Address,
        provider: Address,
        permissions: Numbers | None,
    ) -> None:
        """Create an agreement; with `None`, to whatever the service needs."""
        if permissions is not None:
            permissions = checked_set(permissions, PERMISSION_LIMIT)
        user_, provider_ = map(self._registry.membership_of, (user, provider))
        if not user_:
            raise PartyNotFound(user)
        service = self.state.services.get(provider_)
        if service is None:
            raise ServiceNotFound(provider)
        if permissions is not None and permissions != service.permissions:
            raise PermissionsDiffer(provider, service.permissions)
        if self._is_active(user_, provider_):
            raise AgreementExists(user, provider)
        if (user_, provider_) not in self.state.consents:
            self.state.consented_to[user_] = (*self.state.consented_to.get(user_, ()), provider_)
        version = self.state.versions[provider_]
        self.state.consents[user_, provider_] = version
        self._emit(AgreementMade(user, provider, version, service.permissions))

    @request("RevokeAgreement")
    def revoke_agreement(self, user: Address, provider: Address) -> None:
        """Revoke an agreement, active or ended."""
        user_, provider_ = map(self._registry.membership_of, (user, provider))
        if (user_, provider_) not in self.state.consents:
            raise AgreementNotFound(user, provider)
        del self.state.consents[user_, provider_]
        providers = list(self.state.consented_to[user_])
        take_out(providers, provider_)
        self.state.consented_to[user_] = tuple(providers)
        self._emit(AgreementRevoked(user, provider))
