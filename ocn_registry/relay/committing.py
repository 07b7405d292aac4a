"""Commit accepted requests, those that arrive together in one transaction.

Commits wait for the disk and the database, so a group costs little more than one request. If one of
a group is refused, the group is rolled back and committed again with each request on its own.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import field
from typing import TYPE_CHECKING

from ocn_registry.errors import OcnRegistryError
from ocn_registry.portable.values import dataclass
from ocn_registry.relay import store
from ocn_registry.relay.quotas import QuotaExceeded, reserve
from ocn_registry.relay.sessions import DatabaseError, NotUnique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocn_registry.relay.quotas import Demand
    from ocn_registry.relay.sessions import Database, DatabaseTransaction
    from ocn_registry.relay.store import Accepted

_LOG = logging.getLogger("ocn_registry.relay")
_TOGETHER = 200
_GATHER_S = 0.005  # how long a group is gathered: fewer commits are worth more than that


class Conflict(OcnRegistryError):
    """Another live request of the account has this nonce."""

    def __init__(self, account: str, nonce: int, *, has_expired: bool = False) -> None:
        """Create the error for an account and a nonce.

        Args:
            account: The account.
            nonce: The nonce.
            has_expired: Whether the deadline of the other request has passed before it was sent.
        """
        super().__init__(
            f"another request of {account} with nonce {nonce} has expired: its nonce is free "
            "again once that is final, so hand this one in again in some minutes"
            if has_expired
            else f"another request of {account} with nonce {nonce} is under way: wait for it, or "
            "sign this one with the next nonce",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The result of submitting a request.

    Attributes:
        request: The request as it is stored.
        new: Whether it was accepted now, and not before.
    """

    request: Accepted
    new: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Commit:
    request: Accepted
    demands: Sequence[Demand]
    future: Future[Decision] = field(default_factory=Future[Decision])


class Committer:
    """Commits requests in a thread; `commit` may be called from any thread."""

    def __init__(self, database: Database) -> None:
        """Start the thread.

        Args:
            database: Where requests are stored.
        """
        self._database = database
        self._waiting: queue.SimpleQueue[_Commit | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._go_on, name="ocn-relay-commit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Commit what was submitted, and stop."""
        self._waiting.put(None)
        self._thread.join()

    def commit(self, request: Accepted, demands: Sequence[Demand]) -> Decision:
        """Commit a request, and what it needs of quotas.

        Args:
            request: The request.
            demands: What it needs.

        Returns:
            The stored request; the same again if it was accepted before.

        Raises:
            Conflict: Another live request has its nonce.
            QuotaExceeded: A quota is exhausted.
            DatabaseError: The database can't be used.
        """
        commit = _Commit(request, demands)
        self._waiting.put(commit)
        return commit.future.result()

    def _go_on(self) -> None:
        while True:
            first = self._waiting.get()
            if first is not None:
                time.sleep(_GATHER_S)
            together = [first]
            while first is not None and len(together) < _TOGETHER and not self._waiting.empty():
                first = self._waiting.get()
                together.append(first)
            self._commit_together([one for one in together if one is not None])
            if together[-1] is None:
                return

    def _commit_together(self, commits: list[_Commit]) -> None:
        try:
            results = self._results(commits)
        except BaseException as error:  # noqa: BLE001 - without this thread, all callers would hang
            if not isinstance(error, DatabaseError):
                _LOG.exception("an internal error occurred while requests were committed")
            for one in commits:
                one.future.set_exception(error)
            return
        for one, result in zip(commits, results, strict=True):
            if isinstance(result, Decision):
                one.future.set_result(result)
            else:
                one.future.set_exception(result)

    def _results(self, commits: list[_Commit]) -> list[Decision | OcnRegistryError]:
        try:
            with self._database.transaction() as transaction:
                added = store.add_all(transaction, [one.request for one in commits])
                reserve(transaction, [demand for one in commits for demand in one.demands])
            return [Decision(request=one, new=True) for one in added]
        except (NotUnique, QuotaExceeded):
            with self._database.transaction() as transaction:
                return [_alone(transaction, one) for one in commits]


def _alone(transaction: DatabaseTransaction, commit: _Commit) -> Decision | OcnRegistryError:
    """Return the result of a request in a group; a failure undoes only this request."""
    try:
        with transaction.part():
            added = store.add(transaction, commit.request)
            reserve(transaction, commit.demands)
    except QuotaExceeded as error:
        return error
    except NotUnique:
        known = store.find(transaction, commit.request.id)
        if known is not None:
            return Decision(request=known, new=False)
        return Conflict(commit.request.account, commit.request.nonce)
    return Decision(request=added, new=True)
