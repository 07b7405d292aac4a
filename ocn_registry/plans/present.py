"""What is listed now, read once: a plan says it, compares with it, and says what would end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Agreement, Contract, Node, Party, Service

T = TypeVar("T")


class Present:
    """Reads entries as a client does, each only once."""

    def __init__(self, client: RegistryClient, block: int | None = None) -> None:
        """Take the client that reads, and the block; `None` for the latest."""
        self._client, self._block = client, block
        self._known: dict[tuple[str, ...], object] = {}

    def node(self, account: str, *, block: int | None = None) -> Node | None:
        """Return the node of an account."""
        return self._once(("node", account), lambda: self._client.node(account, block=block))

    def party(self, account: str, *, block: int | None = None) -> Party | None:
        """Return the party of an account: the one of its current id."""
        return next(iter(self.parties_of(account, block=block)), None)

    def parties_of(self, account: str, *, block: int | None = None) -> tuple[Party, ...]:
        """Return the parties of an account, one for each of its ids, the current one first."""
        at = self._block if block is None else block
        return self._once(
            ("parties_of", account), lambda: self._client.parties_of(account, block=at)
        )

    @property
    def has_many_ids(self) -> bool:
        """Whether an account can hold several ids; otherwise a new one replaces the former."""
        return self._client.limits.has_many_ids

    def service(self, account: str, *, block: int | None = None) -> Service | None:
        """Return the service of an account."""
        return self._once(("service", account), lambda: self._client.service(account, block=block))

    def agreement(self, user: str, provider: str, *, block: int | None = None) -> Agreement | None:
        """Return the agreement of an account with a provider."""
        key = ("agreement", user, provider)
        return self._once(key, lambda: self._client.agreement(user, provider, block=block))

    def agreements(self, user: str) -> tuple[Agreement, ...]:
        """Return the agreements of an account."""
        return self._once(("agreements", user), lambda: self._client.agreements(user))

    def parties(self, *, operator: str) -> tuple[Party, ...]:
        """Return the parties that are reached through the node of an operator."""
        return self._once(("parties", operator), lambda: self._client.parties(operator=operator))

    def nonce(self, account: str, contract: Contract, *, block: int | None = None) -> int:
        """Return the nonce of an account."""
        key = ("nonce", account, contract.value)
        return self._once(key, lambda: self._client.nonce(account, contract, block=block))

    def _once(self, key: tuple[str, ...], read: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = read()
        return self._known[key]  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - what `read` returned
