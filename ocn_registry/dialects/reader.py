"""The reading part of dialects.

Reads of one value are calls; a `block` of `None` means the latest. Lists take several calls, so
they are flows with an explicit block for all calls.
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

# Called as pages of a long list arrive, with the number of entries read so far and the total.
OnRead: TypeAlias = Callable[[int, int], None]


class ZeroEntries(NamedTuple):
    """Entries of the zero address, which readers must ignore.

    Attributes:
        node_url: URL of its node; empty if there is none.
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
        """Read a party; by account, the one under its current id."""
        ...

    def parties(self, block: int, on_read: OnRead | None = None) -> Flow[tuple[Party, ...]]:
        """Read all parties, one for each id."""
        ...

    def route(self, party: PartyId, block: int | None) -> Call[Route | None]:
        """Read the route of messages to a party."""
        ...

    def parties_of(self, account: Address, block: int | None) -> Asked[tuple[Party, ...]]:
        """Read all parties of an account, one for each id, the current one first."""
        ...

    def membership(self, account: Address, block: int | None) -> Call[int | None]:
        """Read the number of an account's membership."""
        ...

    def controller(self, account: Address, block: int | None) -> Effect[Address]:
        """Read the account that signs for an account: its controller, or the account itself."""
        ...

    def reservation(self, party: PartyId, block: int | None) -> Effect[Address | None]:
        """Read the account that an id is reserved for; `None` if it is held or not reserved."""
        ...

    def node_reservation(self, domain: str, block: int | None) -> Effect[Address | None]:
        """Read the operator that a URL is reserved for; `None` if it is listed or not reserved."""
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
        """Read the unrevoked agreements of many users at once.

        If contracts number memberships, these are the agreements in force. Otherwise they include
        agreements that come back into force with the user's party or the provider's service.
        """
        ...

    def users_of(self, provider: Address, block: int) -> Flow[tuple[Agreement, ...]]:
        """Read the agreements in force with a provider, by looking up every account."""
        ...

    def nonce(self, account: Address, contract: Contract, block: int | None) -> Call[int]:
        """Read the nonce of an account's next request."""
        ...

    def owner(self, block: int | None) -> Call[Address | None]:
        """Read the owner of the registry."""
        ...

    def pending_owner(self, block: int | None) -> Call[Address | None]:
        """Read the account that the registry is offered to."""
        ...

    def import_open(self, contract: Contract, block: int | None) -> Call[bool]:
        """Read whether a contract still accepts imports."""
        ...

    def zero_entries(self, block: int) -> Flow[ZeroEntries]:
        """Read the entries of the zero address."""
        ...
