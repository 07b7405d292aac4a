"""What a dialect does: it speaks to one generation of the contracts.

A dialect turns intents and questions into calldata, and answers, events and errors into values. Its
two parts are in `reader` and `writer`. It is chosen once, from the deployment. If a generation
can't do something, `limits` says so as data, and trying it raises `UnsupportedByDialect`; nothing
is silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ocn_registry.dialects.reader import Reader
from ocn_registry.dialects.writer import Writer

if TYPE_CHECKING:
    from ocn_registry.models import Address, Contract
    from ocn_registry.networks import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a generation of the contracts can and can't do.

    Attributes:
        replayable: A signature can be used again and again, by anybody: signed requests have no
            nonce and no deadline, and nothing cancels them.
        has_batches: Several writes fit in one transaction.
        has_import: Entries of an earlier registry can be copied by the owner.
        has_memberships: Memberships and versions of services are numbered, and what was set or
            agreed under one ends with it. Without, it comes back with the party or the service.
        has_many_ids: An account can hold several ids. Without, a further id replaces the former
            one.
        has_controllers: An account can name a controller, and be moved to a new key. Without, an
            account is its key for ever.
        has_reservations: The owner can keep an id or a URL for one account.
        has_websites: A party can name its website.
        has_contract_signers: A contract can sign requests (ERC-1271).
        has_two_step_ownership: A new owner has to accept.
        binds_permissions: An agreement is to exactly these permissions and ends when the service
            needs others. Without, the client compares right before it sends, and signed
            agreements can't name them.
        signed_updates_keep_the_rest: A signed update frees the URL or id that it replaces, and
            keeps the modules. Without, the client sees to that in further transactions where the
            sender itself writes; a signed change of URL or id needs a signed deletion first.
        takes_same_url: A node can be listed again under the URL that it has.
        events_tell_all: Events alone say what happened. Without, they say what to read again.
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
        """What these contracts can and can't do."""
        ...

    @property
    def deployment(self) -> Deployment:
        """The deployment: the contracts' addresses, and what their chain is like."""
        ...

    @property
    def chain_id(self) -> int:
        """The chain that these contracts are on."""
        ...

    def address_of(self, contract: Contract) -> Address:
        """Return where a contract is."""
        ...
