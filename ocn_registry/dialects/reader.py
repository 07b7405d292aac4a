"""What a dialect does for reads.

Reads of one value are calls; a `block` of `None` is the latest. Lists take several calls, so they
are flows, and name the block that all of them are read at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
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
    from ocn_registry.protocol.effects import Asked, Call, Effect, Flow

# Called as pages of a long list arrive, with the number of entries read so far and of all.
OnRead: TypeAlias = Callable[[int, int], None]


class ZeroEntries(NamedTuple):
    """What a contract lists for the zero address, which no reader should believe.

    Attributes:
        node_url: URL of its node; empty where there is none.
        is_party: Whether it is listed as a party.
        is_provider: Whether it is listed as offering a service.
    """

    node_url: str
    is_party: bool
    is_provider: bool


class Reader(Protocol):
    """The reading part of a dialect."""

    def node(self, operator: Address, block: int | None) -> Call[Node | None]:
        """Read an operator's node."""
        ...

    def nodes(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Node, ...]]:
        """Read all nodes."""
        ...

    def party(self, who: Address | PartyId, block: int | None) -> Call[Party | None]:
        """Read a party: of an account, the one under its current id."""
        ...

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties, one for each id."""
        ...

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read where messages to a party go."""
        ...

    def parties_of(self, account: Address, block: int | None) -> Asked[tuple[Party, ...]]:
        """Read all parties of an account: one for each of its ids, the current one first."""
        ...

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Read the number of an account's membership."""
        ...

    def controller(self, account: Address, block: int | None) -> Effect[Address]:
        """Read whose signature counts for an account: its own, unless it has named another."""
        ...

    def reservation(self, party: PartyId, block: int | None) -> Effect[Address | None]:
        """Read for whom an id is reserved; `None` when it is not reserved, or is held."""
        ...

    def node_reservation(self, domain: str, block: int | None) -> Effect[Address | None]:
        """Read for whom a URL is reserved; `None` when it is not, or a node is listed there."""
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

        Where contracts number memberships, that is what is in force. Elsewhere it is also what
        comes into force again when the user's party or the provider's service comes back.
        """
        ...

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force to a provider's service: every account is asked about."""
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

    def zero_entries(self, block: int) -> Flow[ZeroEntries]:
        """Read what is listed for the zero address."""
        ...
