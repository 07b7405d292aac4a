"""Background checks for a cache: every listed node and every party with a website.

A thread checks one host after another with a pause in between, so that no host is flooded and a
slow host delays only the next one. A verdict is valid for at most a day.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.models import Node, Party
from ocn_registry.portable.values import dataclass
from ocn_registry.vouching.check import checked
from ocn_registry.vouching.fetch import FetchFailed, FetchOptions, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.models import Vouching
    from ocn_registry.networks import Deployment

_LOG = logging.getLogger("ocn_registry.vouching")
_DAY_S = 24 * 3600
Entry: TypeAlias = Node | Party


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchingOptions:
    """Options of background checks.

    Attributes:
        fetch: Limits of a request to a host.
        recheck_s: How long a verdict is valid, at most a day.
        retry_s: How long to wait before checking a failed host again.
        pause_s: Pause between two requests.
    """

    fetch: FetchOptions = field(default_factory=FetchOptions)
    recheck_s: float = 12 * 3600
    retry_s: float = 3600
    pause_s: float = 0.5

    def __post_init__(self) -> None:
        """Check the limits."""
        if not 0 < self.retry_s <= self.recheck_s <= _DAY_S or self.pause_s < 0:
            raise InvalidInput(
                "vouching: retry_s and recheck_s are above 0 and at most a day, retry_s is not "
                "above recheck_s, and pause_s is not below 0"
            )


class Verdicts:
    """The verdicts about hosts, and the thread that checks them."""

    def __init__(
        self,
        deployment: Deployment,
        entries: Callable[[], Iterable[Entry]],
        options: VouchingOptions,
    ) -> None:
        """Create it without verdicts.

        Args:
            deployment: The registry's deployment.
            entries: Returns the listed entries.
            options: The options.
        """
        self._deployment = deployment
        self._entries = entries
        self._options = options
        self._found: dict[tuple[object, ...], Vouching] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def node(self, node: Node) -> Node:
        """Return a node with its verdict; `None` if there is none or it has expired."""
        return replace(node, vouched=self._current(node))

    def party(self, party: Party) -> Party:
        """Return a party with its verdict; see `node`."""
        return replace(party, vouched=self._current(party))

    def start(self) -> None:
        """Check hosts in a thread until `stop`."""
        if self._thread is None:
            # One that was stopped before may still wait for a host.
            self._stopping = threading.Event()
            self._thread = threading.Thread(
                target=self._run_loop,
                args=(self._stopping,),
                name="ocn-registry-vouching",
                daemon=True,
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop the thread, without waiting for a pending request."""
        self._stopping.set()
        self._thread = None

    def check_due(self, stopping: threading.Event | None = None) -> int:
        """Check every entry that is due, one after another; return their number.

        Args:
            stopping: Ends it early.
        """
        stopping = stopping or self._stopping
        entries = {_key(entry): entry for entry in self._entries() if _url(entry)}
        for gone in self._found.keys() - entries.keys():
            del self._found[gone]
        due = [pair for pair in entries.items() if self._is_due(self._found.get(pair[0]))]
        due.sort(key=lambda pair: _url(pair[1]) or "")  # those that share a document in a row
        get = _Once(lambda: stopping.wait(self._options.pause_s))
        for count, (key, entry) in enumerate(due):
            if stopping.is_set():
                return count
            verdict = checked(self._deployment, entry, self._options.fetch, get)
            if verdict is not None:
                self._found[key] = verdict
        return len(due)

    def _is_due(self, known: Vouching | None) -> bool:
        if known is None:
            return True
        counts_s = self._options.recheck_s if known.vouched else self._options.retry_s
        return time.time() - known.checked_unix_s >= counts_s

    def _current(self, entry: Entry) -> Vouching | None:
        known = self._found.get(_key(entry))
        if known is None or time.time() - known.checked_unix_s >= _DAY_S:
            return None
        return known

    def _run_loop(self, stopping: threading.Event) -> None:
        pause_s = 0.0
        while not stopping.wait(pause_s):
            try:
                self.check_due(stopping)
            except OcnRegistryError as error:  # for example, because the cache is stale
                _LOG.warning("hosts can't be checked: %s", error)
            except Exception:  # noqa: BLE001 - a bug must not end the checks unnoticed
                _LOG.exception("hosts can't be checked")
            pause_s = min(60.0, self._options.retry_s)


class _Once:
    """Fetches a document once for all entries in a row that share it, such as a company's ids."""

    def __init__(self, pause: Callable[[], object]) -> None:
        self._pause = pause
        self._url = ""
        self._answer: bytes | FetchFailed = b""

    def __call__(self, url: str, options: FetchOptions) -> bytes:
        if url != self._url:
            if self._url:
                self._pause()
            self._url = url
            try:
                self._answer = fetch(url, options)
            except FetchFailed as error:
                self._answer = error
        if isinstance(self._answer, FetchFailed):
            raise FetchFailed(str(self._answer))
        return self._answer


def _url(entry: Entry) -> str | None:
    return entry.domain if isinstance(entry, Node) else entry.website


def _key(entry: Entry) -> tuple[object, ...]:
    """Return the facts that a verdict covers: it expires when any of them changes."""
    if isinstance(entry, Node):
        return ("node", entry.operator, entry.domain)
    return ("party", entry.id, entry.address, entry.website)
