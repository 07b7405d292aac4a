"""The URLs that stand in for others' response URLs.

The result of a command is posted to a `response_url`, and who gets the command can't reach that of
the sender: tokens are exchanged with one's own node only. So the sender's node puts an address of
the *receiver's* node in its place, ending in an id. The receiver posts the result there; its node
sends it back with the URL that the sender had named; the sender's node posts it there.

What is posted where decides who made the id, not who sends a result: this node only posts results
to URLs that it was given by its own platforms, for the pair of parties that it was given them for.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from ocn_registry import PartyId


class Proxies:
    """URLs by id, for the pair of parties that they were given for; bounded in number and age."""

    def __init__(self, count: int, age_s: float) -> None:
        """Begin with none.

        Args:
            count: How many are remembered; beyond that the oldest are forgotten.
            age_s: For how long.
        """
        self._count = count
        self._age_s = age_s
        self._kept: OrderedDict[tuple[str, PartyId, PartyId], tuple[str, float]] = OrderedDict()

    def keep(self, url: str, *, asker: PartyId, answerer: PartyId, uid: str | None = None) -> str:
        """Remember a URL.

        Args:
            url: Where the result goes.
            asker: The party that waits for it.
            answerer: The party that will send it; nobody else can use the id.
            uid: The id that the asker's node gave it; a new one unless given.

        Returns:
            The id.
        """
        uid = uid or uuid4().hex
        key = uid, asker, answerer
        self._kept[key] = url, time.monotonic() + self._age_s
        self._kept.move_to_end(key)
        while len(self._kept) > self._count:
            self._kept.popitem(last=False)
        return uid

    def find(self, uid: str, *, asker: PartyId, answerer: PartyId) -> str | None:
        """Return the URL that was remembered for these two, if it was not long ago."""
        url, until = self._kept.get((uid, asker, answerer), ("", 0.0))
        return url if time.monotonic() < until else None
