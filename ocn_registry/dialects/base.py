"""What a dialect does: how one generation of the contracts is spoken to.

A dialect turns intents and questions into calldata, and answers, events and errors into values. It
is chosen once, from the deployment. Where generations differ in what they can do, `limits` says so
as data, or `UnsupportedByDialect` is raised; nothing is silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted
    from ocn_registry.intents import Intent, SignableIntent
    from ocn_registry.models import (
        Address,
        Agreement,
        Contract,
        Node,
        Party,
        PartyId,
        Route,
        Service,
    )
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Asked, Call, Flow, Log
    from ocn_registry.signing import Request, SignedRequest

Step: TypeAlias = "Intent | SignedRequest"
# Told, as parts of a long list arrive, how many entries were read and how many there are.
OnRead: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a generation of the contracts can and can't do.

    Attributes:
        replayable: A signature can be used again and again, by anybody: signed requests have no
            nonce and no deadline, and nothing cancels them.
        has_batches: Several writes fit in one transaction.
        has_import: Entries of an earlier registry can be copied by the owner.
        has_listings: Listings and versions of services are numbered, and what was set or agreed
            under one ends with it. Without, it comes back with the party or the service.
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
    has_listings: bool
    has_contract_signers: bool
    has_two_step_ownership: bool
    binds_permissions: bool
    signed_updates_keep_the_rest: bool
    takes_same_url: bool
    events_tell_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One transaction of a write.

    Attributes:
        steps: What it does.
        undo: What sets again what the transactions before took away, should this one fail.
    """

    steps: tuple[Step, ...]
    undo: tuple[Intent, ...] = ()


class Dialect(Protocol):
    """One generation of the contracts, at the addresses of one deployment.

    Reads of one value are calls; a `block` of `None` is the latest. Lists take several calls, so
    they are flows, and name the block that all of them are read at.
    """

    @property
    def limits(self) -> Limits:
        """What these contracts can and can't do."""
        ...

    @property
    def chain_id(self) -> int:
        """The chain that these contracts are on."""
        ...

    def address_of(self, contract: Contract) -> Address:
        """Tell where a contract is."""
        ...

    def contract_of(self, intent: Intent) -> Contract:
        """Tell which contract an intent is for."""
        ...

    def check(self, intent: Intent) -> None:
        """Raise `InvalidInput` for what the contract would refuse whatever its state."""
        ...

    def write(
        self,
        steps: tuple[Step, ...],
        *,
        each_alone: bool,
        sender: Address | None = None,
    ) -> Call[tuple[Reverted | None, ...]]:
        """Give the call that takes these steps, in one transaction.

        Args:
            steps: Intents of the sender itself, and requests that others signed; one contract's.
            each_alone: A step that fails leaves the others in force. Else it is all or nothing.
            sender: Who sends it, and whom errors are about.

        Returns:
            The call; its answer says of each step why it failed, `None` if it did not.
        """
        ...

    def plan(self, steps: tuple[Step, ...], sender: Address) -> Flow[tuple[Stage, ...]]:
        """Say which transactions a write takes: one, but where a contract would lose something.

        Args:
            steps: As for `write`; the requests among them have been verified.
            sender: Who sends them.
        """
        ...

    def request(
        self,
        intent: SignableIntent,
        account: Address,
        *,
        nonce: int,
        deadline_unix_s: int,
    ) -> Request:
        """Say what an account has to sign."""
        ...

    def read_request(self, text: str | bytes) -> Request | SignedRequest:
        """Read a request's JSON, signed or not, and refuse one that is not for this deployment."""
        ...

    def changes(
        self,
        logs: tuple[Log, ...],
        intents: tuple[Intent, ...] = (),
    ) -> tuple[Change, ...]:
        """Tell what events of these contracts say; other contracts' are left out.

        Args:
            logs: The events.
            intents: What was asked of the transaction, for contracts whose events don't tell a
                deletion or a revocation from its opposite (see `Limits.events_tell_all`).
        """
        ...

    def failures(self, logs: tuple[Log, ...]) -> dict[int, Reverted]:
        """Tell which steps of a batch failed, by their place in it."""
        ...

    def node(self, operator: Address, block: int | None) -> Call[Node | None]:
        """Read an operator's node."""
        ...

    def nodes(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Node, ...]]:
        """Read all nodes."""
        ...

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party."""
        ...

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties."""
        ...

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read where messages to a party go."""
        ...

    def listing(self, party: Address, block: int | None) -> Call[int | None]:
        """Read the number of a party's listing."""
        ...

    def service(self, provider: Address, block: int | None) -> Call[Service | None]:
        """Read a provider's service."""
        ...

    def services(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Service, ...]]:
        """Read all services in force."""
        ...

    def agreement(
        self,
        user: Address,
        provider: Address,
        block: int | None,
    ) -> Asked[Agreement | None]:
        """Read an agreement, in force or ended."""
        ...

    def agreements(self, user: Address | PartyId, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read a user's agreements in force."""
        ...

    def agreements_of(
        self,
        users: tuple[Address, ...],
        block: int,
    ) -> Flow[tuple[Agreement, ...]]:
        """Read what many users have agreed to and not taken back, many of them at once.

        Where contracts number listings, that is what is in force. Elsewhere it also is what comes
        into force again when the user's party or the provider's service comes back.
        """
        ...

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force to a provider's service: every party is asked about."""
        ...

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        ...

    def owner(self, block: int | None) -> Call[Address | None]:
        """Read who owns the registry."""
        ...

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read to whom the registry was offered."""
        ...

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether entries of an earlier registry are still being copied."""
        ...
