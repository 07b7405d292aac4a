"""The current entries at a block, each read at most once, for a plan's text and warnings.

The entry that a write changes can be read together with other data, by `reading` or as an effect
that the caller performs (`question`); everything else is read when needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ocn_registry import intents
from ocn_registry.dialects import dialect_of
from ocn_registry.models import Address
from ocn_registry.protocol.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import Intent
    from ocn_registry.models import Agreement, Contract, Node, Party, Service
    from ocn_registry.outcomes import Holdings
    from ocn_registry.protocol.effects import Asked, Flow

    Key: TypeAlias = tuple[str, ...]

T = TypeVar("T")


class CurrentEntries:
    """A reader of entries like a client, with a cache."""

    def __init__(self, client: RegistryClient, block: int | None = None) -> None:
        """Create a reader of current entries at a block; `None` for the latest."""
        self._client, self._block = client, block
        self._dialect = dialect_of(client.deployment)
        self._known: dict[Key, object] = {}

    def reading(self, account: Address, intent: Intent) -> Flow[None]:
        """Read the entry that an intent of an account changes, and keep it."""
        found = self._asked(account, intent)
        if found is not None and found[0] not in self._known:
            key, question = found
            self._known[key] = yield from question

    def question(self, account: Address, intent: Intent) -> Effect[object] | None:
        """Return the effect that reads the same entry; `None` if it takes several."""
        found = self._asked(account, intent)
        return found[1] if found is not None and isinstance(found[1], Effect) else None

    def learn(self, account: Address, intent: Intent, answer: object) -> None:
        """Store the answer to `question`, which the caller performed."""
        found = self._asked(account, intent)
        if found is not None:
            self._known[found[0]] = answer

    def node(self, account: str) -> Node | None:
        """Return the node of an account."""
        return self._cached(
            ("node", account), lambda: self._client.node(account, block=self._block)
        )

    def party(self, account: str) -> Party | None:
        """Return the party of an account under its current id."""
        return next(iter(self.parties_of(account)), None)

    def parties_of(self, account: str) -> tuple[Party, ...]:
        """Return the parties of an account, one for each of its ids, the current one first."""
        return self._cached(
            ("parties_of", account),
            lambda: self._client.parties_of(account, block=self._block),
        )

    @property
    def has_many_ids(self) -> bool:
        """Whether an account can hold several ids; otherwise a new one replaces the former."""
        return self._client.limits.has_many_ids

    def service(self, account: str) -> Service | None:
        """Return the service of an account."""
        return self._cached(
            ("service", account), lambda: self._client.service(account, block=self._block)
        )

    def agreement(self, user: str, provider: str) -> Agreement | None:
        """Return the agreement of an account with a provider."""
        key = ("agreement", user, provider)
        return self._cached(key, lambda: self._client.agreement(user, provider, block=self._block))

    def agreements(self, user: str) -> tuple[Agreement, ...]:
        """Return the agreements of an account."""
        return self._cached(
            ("agreements", user), lambda: self._client.agreements(user, block=self._block)
        )

    def parties(self, *, operator: str) -> tuple[Party, ...]:
        """Return the parties reached through an operator's node."""
        return self._cached(
            ("parties", operator),
            lambda: self._client.parties(operator=operator, block=self._block),
        )

    @property
    def is_before(self) -> bool:
        """Whether the entries are from before a write, rather than from its block."""
        return self._block is None

    def holdings(self, account: str) -> Holdings:
        """Return everything that an account has."""
        return self._cached(
            ("holdings", account),
            lambda: self._client.identity.holdings(account, block=self._block),
        )

    def controller_of(self, account: str) -> Address:
        """Return the account that signs for an account."""
        return self._cached(
            ("controller_of", account),
            lambda: self._client.controller_of(account, block=self._block),
        )

    def controlling(self, account: Address) -> Flow[Address]:
        """Return the account that signs for an account, read together with other data."""
        key = ("controller_of", account)
        if key not in self._known:
            self._known[key] = yield from self._dialect.controller(account, self._block)
        return self.controller_of(account)

    def nonce(self, account: str, contract: Contract) -> int:
        """Return the nonce of an account."""
        key = ("nonce", account, contract.value)
        return self._cached(key, lambda: self._client.nonce(account, contract, block=self._block))

    def _asked(self, account: Address, intent: Intent) -> tuple[Key, Asked[object]] | None:
        dialect, block = self._dialect, self._block
        match intent:
            case intents.SetNode() | intents.DeleteNode():
                return ("node", account), dialect.node(account, block)
            case (
                intents.SetParty()
                | intents.SetPartyModules()
                | intents.SetPartyWebsite()
                | intents.DeleteParty()
            ):
                return ("parties_of", account), dialect.parties_of(account, block)
            case intents.SetService() | intents.DeleteService():
                return ("service", account), dialect.service(account, block)
            case intents.CreateAgreement() | intents.RevokeAgreement():
                provider = Address(intent.provider)
                return (
                    ("agreement", account, provider),
                    dialect.agreement(account, provider, block),
                )
            case intents.InvalidateNonce():
                key = ("nonce", account, intent.contract.value)
                return key, dialect.nonce(account, intent.contract, block)
            case _:
                return None

    def _cached(self, key: Key, read: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = read()
        return self._known[key]  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - what `read` returned
