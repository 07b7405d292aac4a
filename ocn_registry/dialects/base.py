"""The protocol of dialects: each supports one generation of the contracts.

A dialect encodes intents and reads as calldata, and decodes answers, events and errors. Its two
parts are in `reader` and `writer`. It is chosen once, from the deployment. `limits` lists what a
generation can't do, and trying it raises `UnsupportedByDialect`; nothing is silently ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ocn_registry.dialects.reader import Reader
from ocn_registry.dialects.writer import Writer
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted
    from ocn_registry.models import Address, Contract
    from ocn_registry.networks import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a generation of the contracts can and can't do.

    Attributes:
        replayable: Anyone can use a signature repeatedly: signed requests have no nonce and no
            deadline, and can't be cancelled.
        has_batches: Several writes fit in one transaction.
        has_import: The owner can copy entries of an earlier registry.
        has_memberships: Memberships and versions of services are numbered, and services and
            agreements end with them. Otherwise they come back with the party or the service.
        has_many_ids: An account can hold several ids. Otherwise a further id replaces the former
            one.
        has_controllers: An account can name a controller, and can move to a new key. Otherwise an
            account is bound to its key.
        has_reservations: The owner can reserve an id or a URL for one account.
        has_websites: A party can name its website.
        has_contract_signers: A contract can sign requests (ERC-1271).
        has_two_step_ownership: A new owner must accept.
        binds_permissions: An agreement covers exactly the named permissions and ends when the
            service needs others. Otherwise the client compares them right before sending, and
            signed agreements can't name them.
        signed_updates_keep_the_rest: A signed update frees the URL or id that it replaces, and
            keeps the modules. Otherwise the client does this in further transactions for direct
            writes; a signed change of URL or id needs a signed deletion first.
        takes_same_url: A node can be listed again under its current URL.
        events_tell_all: Events describe changes completely. Otherwise they only say what to read
            again.
    """

    replayable: bool
    has_batches: bool
    has_import: bool
    has_memberships: bool
    has_many_ids: bool
    has_controllers: bool
    has_reservations: bool
    has_websites: bool
    has_contract_signers: bool
    has_two_step_ownership: bool
    binds_permissions: bool
    signed_updates_keep_the_rest: bool
    takes_same_url: bool
    events_tell_all: bool


class Dialect(Reader, Writer, Protocol):
    """One generation of the contracts, at the addresses of one deployment."""

    @property
    def limits(self) -> Limits:
        """The capabilities of these contracts."""
        ...

    @property
    def deployment(self) -> Deployment:
        """The deployment: the contracts' addresses, and facts about their chain."""
        ...

    @property
    def chain_id(self) -> int:
        """The chain that these contracts are on."""
        ...

    def address_of(self, contract: Contract) -> Address:
        """Return the address of a contract."""
        ...

    def error_of(self, data: bytes) -> Reverted:
        """Return the error that revert data stands for.

        Args:
            data: The revert data; empty if there was no reason.
        """
        ...
