"""The common base of both caches, the blocking one and the asynchronous one.

A round is a flow: it follows the chain or loads the registry, saves the state to the file,
publishes it for lookups with a single assignment, and notifies subscribers. The caches perform the
flow.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.cache.following import FollowOptions, date, follow, load
from ocn_registry.cache.questions import Questions
from ocn_registry.cache.store import Store
from ocn_registry.cache.updates import Cause, Update, differences
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, OcnRegistryError, ReorgTooDeep, StaleCache
from ocn_registry.events.state import State
from ocn_registry.events.tables import MissingEvents
from ocn_registry.foreign.arguments import checked
from ocn_registry.models import Node
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Local

if TYPE_CHECKING:
    from pathlib import Path

    from ocn_registry.cache.following import Known, Round
    from ocn_registry.events.draft import Rows
    from ocn_registry.models import Party
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.vouching.background import Verdicts, VouchingOptions

_LOG = logging.getLogger("ocn_registry.cache")
Subscriber: TypeAlias = Callable[[Update], Awaitable[None] | None]
_NEVER = float("inf")
# How long to wait after the history could not be read.
_PAUSE_S, _LONGEST_PAUSE_S = 60.0, 3600.0
# The longest time between two refreshes that fail.
_LONGEST_WAIT_S = 60.0


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class CacheOptions:
    """How a cache follows its chain, and what it does when that fails.

    Attributes:
        max_age_s: Lookups raise `StaleCache` if the state was last compared with the chain longer
            ago than this; `None` for no limit.
        max_block_age_s: The same limit for the age of the state's block. It also detects a node
            that has stopped. Use it on chains with regular blocks, such as Energy Web, where one
            comes every 5 s.
        poll_s: How often a cache that refreshes itself polls the chain.
        depth: How many blocks a reorganisation may replace before the registry has to be reloaded.
        reload: Whether to reload after a deeper one; otherwise `ReorgTooDeep` is raised.
        chunk_blocks: How many blocks of events to request at once; fewer if a node refuses.
        load_beyond_blocks: Reload the registry if more blocks than this were missed.
        count_lookups: Whether to count lookups, for metrics.
        vouching: Check listed hosts in the background, so that `node.vouched` and `party.vouched`
            hold their verdicts; `None` contacts no host.
        history: Whether to find out, from events, when each party last changed before the cache was
            loaded: a few requests in each round, until all is known. See `last_updated`.
    """

    max_age_s: float | None = None
    max_block_age_s: float | None = None
    poll_s: float = 5.0
    depth: int = 128
    reload: bool = True
    chunk_blocks: int = 10_000
    load_beyond_blocks: int = 200_000
    count_lookups: bool = False
    vouching: VouchingOptions | None = None
    history: bool = True

    def __post_init__(self) -> None:
        """Check that each figure is large enough to work with."""
        for name, value, least in (
            ("max_age_s", self.max_age_s, 0),
            ("max_block_age_s", self.max_block_age_s, 0),
            ("poll_s", self.poll_s, 0.01),
            ("depth", self.depth, 1),
            ("chunk_blocks", self.chunk_blocks, 1),
            ("load_beyond_blocks", self.load_beyond_blocks, 1),
        ):
            if value is not None and value < least:
                raise InvalidInput(f"{name} is {value}: give at least {least}")


@dataclass(slots=True, kw_only=True)
class Figures:
    """Counters of a cache, for metrics.

    Attributes:
        head: Number of the latest block that the node has reported.
        refreshes: Rounds that succeeded.
        errors: Rounds that failed, by the name of the error.
        changes: Changes by kind.
        reorganisations: Rounds that undid blocks.
        loads: Full loads.
        lookups: Lookups, if they are counted.
    """

    head: int = 0
    refreshes: int = 0
    errors: dict[str, int] = field(default_factory=dict[str, int])
    changes: dict[str, int] = field(default_factory=dict[str, int])
    reorganisations: int = 0
    loads: int = 0
    lookups: int = 0


@checked
class CacheCore(Questions):
    """The registry in memory; see `RegistryCache` for its use."""

    def __init__(
        self,
        deployment: Deployment,
        file: str | Path | None,
        options: CacheOptions | None,
    ) -> None:
        """Open the file and load its state.

        Args:
            deployment: The registry's deployment.
            file: Where to store the state; `None` for no file.
            options: How to follow the chain.
        """
        self.deployment = deployment
        self.options = options or CacheOptions()
        self.figures = Figures()
        self._dialect = dialect_of(deployment)
        self._how = FollowOptions(
            depth=self.options.depth,
            chunk_blocks=self.options.chunk_blocks,
            load_beyond_blocks=self.options.load_beyond_blocks,
            start_block=deployment.start_block or 0,
        )
        self._subscribers: list[Subscriber] = []
        self._known: Known | None = None
        self._answers: State | None = None
        self._checked_unix_s: float = 0.0
        self._good_until_s: float = -_NEVER
        self._is_saved = True
        self._history_due_s, self._history_pause_s = -_NEVER, _PAUSE_S
        self._counts = self.options.count_lookups
        self._hosts = self._new_verdicts(deployment)
        self._store = None if file is None else Store(file, deployment)
        saved = None if self._store is None else self._store.load(self._how.chunk_blocks)
        if saved is not None:
            self._publish(saved[0], float(saved[1]))
            self._log("the cache starts from its file", logging.INFO)

    def _state(self) -> State:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the state for lookups, if it is not too old."""
        if self._counts:
            self.figures.lookups += 1
        answers = self._answers
        if answers is None or time.monotonic() > self._good_until_s:
            raise StaleCache(self.age_s, None if answers is None else answers.block.number)
        return answers

    def _verdicts(self) -> Verdicts | None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        return self._hosts

    def _new_verdicts(self, deployment: Deployment) -> Verdicts | None:
        if self.options.vouching is None:
            return None
        # Imported on demand: it loads TLS.
        from ocn_registry.vouching.background import Verdicts  # noqa: PLC0415

        return Verdicts(deployment, self._listed, self.options.vouching)

    def _listed(self) -> list[Node | Party]:
        state = self._answers
        if state is None:
            return []
        listed: list[Node | Party] = [
            Node(operator=row.operator, domain=row.domain)
            for row in state.nodes.values()
            if row.domain is not None
        ]
        listed += [state.party(key, row) for key, row in state.parties.items()]
        return listed

    @property
    def block_number(self) -> int | None:
        """Number of the state's block, whatever its age; `None` before the first load."""
        return None if self._answers is None else self._answers.block.number

    @property
    def age_s(self) -> float | None:
        """Seconds since the state was the chain's latest; `None` before the first load."""
        return None if self._answers is None else max(0.0, time.time() - self._checked_unix_s)

    @property
    def lag_blocks(self) -> int:
        """How many blocks the state is behind the chain."""
        return max(0, self.figures.head - (self.block_number or 0))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Subscribe to updates. They arrive in order, each after lookups reflect it.

        Args:
            subscriber: Called with each update, in the thread or task that refreshes; the next
                round waits for it. Its exceptions are logged and stop nothing. It must not refresh.

        Returns:
            A function that ends the subscription.
        """
        self._subscribers.append(subscriber)

        def end() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return end

    def _round(self, *, full: bool) -> Flow[Update | None]:
        """Update the cache to the latest block, save it, and publish it.

        Returns:
            The update; `None` if there is no new block.
        """
        former, known = self._answers, self._known
        checked = time.time()  # taken first: nothing read after it is older
        try:
            if full or known is None:
                found = yield from load(self._dialect, self._how)
            else:
                found = yield from self._follow(known)
                found = yield from self._read_history(found)
        except OcnRegistryError as error:
            name = type(error).__name__.lstrip("_")
            self.figures.errors[name] = self.figures.errors.get(name, 0) + 1
            raise
        self.figures.head = found.head
        if found.known.lagging:
            self._known = found.known
            return None
        yield from self._save(found, int(checked))
        self._publish(found.known, checked)
        self.figures.refreshes += 1
        if former is not None and former.block == found.known.state.block and not full:
            return None
        return self._update(former, found)

    def _follow(self, known: Known) -> Flow[Round]:
        try:
            return (yield from follow(self._dialect, known, self._how))
        except (ReorgTooDeep, MissingEvents) as error:
            if isinstance(error, ReorgTooDeep) and not self.options.reload:
                raise
            self._log(f"the cache reloads everything: {error}", logging.WARNING)
            return (yield from load(self._dialect, self._how))

    def _read_history(self, found: Round) -> Flow[Round]:
        """Read some of the history. If the node has none, the rest of the round is unaffected."""
        past = found.known.state.past
        wanted = self.options.history and past is not None and bool(past.unread)
        is_current = found.touched is not None and not found.known.lagging
        if not (wanted and is_current) or time.monotonic() < self._history_due_s:
            return found
        try:
            dated = yield from date(self._dialect, found, self._how)
        except OcnRegistryError as error:
            self._log(f"the history can't be read: {error}", logging.WARNING)
            self._history_due_s = time.monotonic() + self._history_pause_s
            self._history_pause_s = min(2 * self._history_pause_s, _LONGEST_PAUSE_S)
            return found
        self._history_pause_s = _PAUSE_S
        return dated

    def _save(self, found: Round, checked_unix_s: int) -> Flow[None]:
        store = self._store
        if store is None:
            return
        touched: Rows | None = found.touched if self._is_saved else None

        def save() -> OSError | None:
            try:
                store.save(found.known, touched, found.dated, checked_unix_s)
            except OSError as error:
                return error
            return None

        # Also on interruption: what was not saved now is saved in the next round.
        self._is_saved = False
        error = yield from Local(save)
        if error is None:
            self._is_saved = True
        else:
            self.figures.errors["OSError"] = self.figures.errors.get("OSError", 0) + 1
            self._log(f"the cache continues without its file: {error}", logging.ERROR)

    def _publish(self, known: Known, checked_unix_s: float) -> None:
        self._known = known
        self._checked_unix_s = checked_unix_s
        self._good_until_s = self._deadline_s(known, checked_unix_s)
        self._answers = known.state

    def _deadline_s(self, known: Known, checked_unix_s: float) -> float:
        """Return until when lookups may use this state, on the monotonic clock."""
        ends = [
            since + allowed
            for since, allowed in (
                (checked_unix_s, self.options.max_age_s),
                (float(known.state.block.timestamp_unix_s), self.options.max_block_age_s),
            )
            if allowed is not None
        ]
        return time.monotonic() + min(ends) - time.time() if ends else _NEVER

    def _update(self, former: State | None, found: Round) -> Update:
        state = found.known.state
        touched = None if former is None else found.touched
        if found.touched is None:
            cause = Cause.LOADED
            self.figures.loads += 1
        elif found.went_back:
            cause = Cause.REORGANISED
            self.figures.reorganisations += 1
        else:
            cause = Cause.FOLLOWED
        # On the first load everything is new. Listing it takes time and may not be needed.
        notify = former is not None or bool(self._subscribers)
        changes = differences(former or State(block=state.block), state, touched) if notify else ()
        for change in changes:
            name = type(change).__name__
            self.figures.changes[name] = self.figures.changes.get(name, 0) + 1
        if changes or cause is not Cause.FOLLOWED:
            many = "1 change" if len(changes) == 1 else f"{len(changes)} changes"
            self._log(f"the cache has {cause.value} {many}", logging.INFO)
        return Update(
            block=state.block,
            former=None if former is None else former.block,
            changes=changes,
            cause=cause,
        )

    def _notify(self, update: Update) -> list[Awaitable[None]]:
        """Call the subscribers; return the awaitables of those that are asynchronous."""
        waiting: list[Awaitable[None]] = []
        for subscriber in tuple(self._subscribers):
            try:
                answer = subscriber(update)
            except Exception:  # noqa: BLE001 - a subscriber's error
                _LOG.exception("a subscriber of the cache failed", extra=self._fields())
            else:
                if inspect.isawaitable(answer):
                    waiting.append(answer)
        return waiting

    def _pause_after(self, error: Exception, before_s: float) -> float:
        """Log why a refresh failed, and return how long to wait for the next one.

        Args:
            error: The error.
            before_s: How long the cache had waited before the refresh.
        """
        if isinstance(error, OcnRegistryError):
            self._log(f"the cache can't refresh: {error}", logging.WARNING)
            return min(max(2 * before_s, self.options.poll_s), _LONGEST_WAIT_S)
        _LOG.error("the cache can't refresh", exc_info=error, extra=self._fields())  # a bug
        return _LONGEST_WAIT_S

    def _log(self, message: str, level: int) -> None:
        _LOG.log(level, "%s", message, extra=self._fields())

    def _fields(self) -> dict[str, object]:
        """Return the fields for log records."""
        return {
            "ocn_deployment": self.deployment.name,
            "ocn_block": self.block_number,
            "ocn_head": self.figures.head,
            "ocn_age_s": self.age_s,
        }
