"""Choose the accepted requests to send next, and hold those that the latest block refuses.

The latest block may be replaced, so a request that it refuses is held, without delaying others, and
ends only when a final block refuses it too. A request that is only too early is tried again in
later blocks, at growing intervals. This state is in memory: after a restart, the chain is asked
again.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ocn_registry.contract_errors import InvalidNonce, SignatureExpired
from ocn_registry.errors import NonceMismatch, RequestExpired
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.errors import OcnRegistryError
    from ocn_registry.models import BlockRef
    from ocn_registry.relay.store import Accepted, State


@dataclass(frozen=True, slots=True)
class _Held:
    since: int  # the block that refused it
    until: int  # the block at which it is checked again
    early: bool  # whether requests with earlier nonces have to be sent first


class HeldRequests:
    """Chooses among the accepted requests of one relay."""

    def __init__(self, most: int, blocks_to_finality: int) -> None:
        """Create it with nothing held.

        Args:
            most: Maximum number of requests in a transaction.
            blocks_to_finality: Number of blocks, its own included, that make a block final.
        """
        self._batch = self._most = most
        self._depth = blocks_to_finality
        self._held: dict[str, _Held] = {}
        self._given_way = False

    @property
    def held(self) -> int:
        """The number of held requests."""
        return len(self._held)

    def choose(self, waiting: Sequence[Accepted], head: BlockRef) -> list[Accepted]:
        """Choose the requests for the next transaction.

        They are all for one contract, in the order of acceptance, and those of an account in the
        order of their nonces. Contract signatures are kept separate from those of keys. A request
        whose transaction reverted with others in it is alone: it may be what the others failed by.

        Args:
            waiting: Accepted requests, the earliest first.
            head: The latest block.
        """
        ids = {one.id for one in waiting}
        self._held = {one: held for one, held in self._held.items() if one in ids}
        for one in waiting:
            if one.deadline_unix_s < head.timestamp_unix_s:
                self._held.setdefault(one.id, self._until_final(head.number))
        free = [one for one in waiting if self._is_free(one.id, head.number)]
        if not free or free[0].tx_hash is not None:
            return free[:1]
        same = [
            one
            for one in free
            if one.tx_hash is None
            and (one.contract, one.by_contract) == (free[0].contract, free[0].by_contract)
        ]
        places = -(-len(same) // self._most)
        start = secrets.randbelow(places) * self._most if self._given_way else 0
        self._given_way = False
        chosen = same[start : start + self._most]
        return sorted(chosen, key=lambda one: (one.account, one.nonce))

    def give_way(self) -> None:
        """Choose other requests next time: another sender took the chosen ones."""
        self._given_way = True

    def halve(self, count: int) -> None:
        """Choose fewer requests next time: a transaction with this many was refused as a whole."""
        self._most = max(count // 2, 1)

    def sent(self) -> None:
        """Choose the usual number of requests again."""
        self._most = self._batch

    def hold(self, request: Accepted, error: OcnRegistryError, head: BlockRef) -> None:
        """Hold a request that the latest block refuses."""
        known = self._held.get(request.id)
        if not is_early(request, error):
            self._held[request.id] = self._until_final(head.number)
            return
        since = known.since if known is not None and known.early else head.number
        pause = min(max(head.number - since, 1), self._depth)
        self._held[request.id] = _Held(since, head.number + pause, early=True)

    def doubtful(self, waiting: Sequence[Accepted], head: BlockRef) -> list[Accepted]:
        """Return the held requests that can now be checked at a final block."""
        return [
            one
            for one in waiting
            if (held := self._held.get(one.id)) is not None
            and not held.early
            and head.number >= held.until
        ]

    def release(self, request: Accepted) -> None:
        """Stop holding a request."""
        self._held.pop(request.id, None)

    def _until_final(self, number: int) -> _Held:
        return _Held(number, number + self._depth - 1, early=False)

    def _is_free(self, request_id: str, number: int) -> bool:
        held = self._held.get(request_id)
        return held is None or (held.early and number >= held.until)


def is_early(request: Accepted, error: OcnRegistryError) -> bool:
    """Return whether a request is refused only because earlier nonces come first."""
    if isinstance(error, InvalidNonce) and error.account != request.account:
        return False  # the nonce of an acceptance
    return isinstance(error, (InvalidNonce, NonceMismatch)) and error.expected < request.nonce


def end_of(request: Accepted, error: OcnRegistryError) -> tuple[State, str]:
    """Return the final state of a request that a final block refuses, and the reason."""
    if isinstance(error, InvalidNonce) and error.account == request.account:
        error = NonceMismatch(error.account, error.expected, request.nonce)
    if isinstance(error, (SignatureExpired, RequestExpired)):
        return "expired", str(error)
    return "superseded" if isinstance(error, NonceMismatch) else "failed", str(error)
