"""When to retry a question: at which node, after which pause, and how many parts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import RpcRefused
from ocn_registry.transport.replies import slow
from ocn_registry.transport.wordings import is_about_the_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ocn_registry.errors import TransportError
    from ocn_registry.transport.endpoint import Endpoint
    from ocn_registry.transport.replies import HttpReply, NoReply

PATIENCE = 6
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_LEAST_SHARE_S = 0.05
# From 512 questions to one. Another flow may set the number back meanwhile.
_MOST_HALVINGS = 10


class Failed(Exception):
    """A node could not be reached, or did not answer."""

    def __init__(
        self,
        error: TransportError,
        *,
        took_s: float = 0.0,
        retry_after: str | None = None,
        questions: int = 0,
    ) -> None:
        """Keep what failed.

        Args:
            error: The error to report.
            took_s: How long it took.
            retry_after: The header `Retry-After`: how long the node asks to wait.
            questions: How many were in the request that failed as a whole, if the node read it.
        """
        super().__init__(error)
        self.error = error
        self.took_s = took_s
        # A date in it is ignored.
        asks = retry_after if retry_after and retry_after.isdecimal() else "0"
        self.pause_s = float(asks[:4])
        self.questions = questions
        self.halved = False  # whether fewer questions go in a request the next time

    def may_pass(self, attempt: int) -> bool:
        """Return whether a retry may help; for an unknown error, only the first one."""
        return (
            self.halved
            or self.error.temporary
            or (attempt == 1 and isinstance(self.error, RpcRefused) and self.error.unexplained)
        )


class TimeLeft:
    """The remaining time of a node for all requests of a question.

    A node that accepts fewer calls in a request than it is sent gets `PATIENCE` times the limit of
    a request in total. Otherwise it could refuse until each call is sent alone, and then be slow
    each time.
    """

    def __init__(self, each_s: float, more: int) -> None:
        """Create it from the time limit of a request."""
        self._each_s = each_s
        self._left_s = each_s * (PATIENCE + more)

    def share_s(self, endpoint: Endpoint) -> float:
        """Return the time limit of the next request.

        Raises:
            Failed: There is no time left.
        """
        if self._left_s <= 0:
            raise Failed(slow(endpoint, self._each_s), took_s=self._each_s)
        return min(self._each_s, self._left_s)

    def note(self, reply: HttpReply | NoReply) -> None:
        """Subtract the duration of a request."""
        self._left_s -= reply.took_s


class Attempts:
    """The attempts to get an answer to a question from several nodes."""

    def __init__(self, endpoints: Sequence[Endpoint], timeout_s: float, retries: int) -> None:
        """Create it without attempts.

        Args:
            endpoints: The nodes, in order of preference.
            timeout_s: Time limit for all of them together.
            retries: How often to ask them again after a pause.
        """
        self._endpoints = endpoints
        self._left_s = timeout_s
        self._retries = retries
        self._count = 0
        self._rounds = 0
        self._pause_s = 0.0
        self._failed: dict[Endpoint, Failed] = {}
        self._took = {endpoint: endpoint.batch for endpoint in endpoints}

    def in_turn(self) -> Iterator[tuple[Endpoint, float]]:
        """Return the nodes to ask now, each with its time limit."""
        self._pause_s = _FIRST_PAUSE_S * 2**self._count
        for place, endpoint in enumerate(self._endpoints):
            failed = self._failed.get(endpoint)
            if failed is None or failed.may_pass(self._count):
                share_s = self._left_s / (len(self._endpoints) - place)
                yield endpoint, max(share_s, _LEAST_SHARE_S)

    def fail(self, endpoint: Endpoint, failed: Failed) -> None:
        """Record that a node failed.

        A node that accepts fewer calls at once may answer anything to a longer request, or hang up.
        So the next request has fewer; if the failure may be accidental, only after the second one.
        """
        _log("%s", failed.error)
        chance = failed.error.temporary
        if failed.questions > 1 and (endpoint in self._failed or not chance):
            endpoint.refuses(failed.questions // 2 if chance else failed.questions)
            failed.halved = True
        self._failed[endpoint] = failed
        self._left_s -= failed.took_s
        self._pause_s = max(self._pause_s, failed.pause_s)

    def succeed(self, endpoint: Endpoint) -> None:
        """Record that a node answered."""
        if endpoint in self._failed and self._failed[endpoint].halved:
            endpoint.note_ambiguous_failure(self._took[endpoint], fewer_worked=True)

    def pause_s(self, *, progress: bool) -> float:
        """Return how long to wait before asking the nodes again.

        Args:
            progress: Whether there was a useful answer.

        Raises:
            TransportError: No node is worth asking again.
        """
        failed = self._failed.values()
        self._rounds += 1
        halving = self._rounds <= _MOST_HALVINGS and any(
            one.halved and not one.error.temporary for one in failed
        )
        # Halving ends at one call. Everything else is limited by the number of retries.
        waits = not halving or any(one.error.temporary for one in failed)
        self._count = 1 if progress else self._count + waits
        if self._count > self._retries or not any(one.may_pass(self._count) for one in failed):
            for endpoint in self._failed:
                endpoint.note_ambiguous_failure(self._took[endpoint], fewer_worked=False)
            raise next(iter(failed)).error
        pause_s = min(self._pause_s, _LONGEST_PAUSE_S) if waits else 0.0
        _log("all RPC nodes are asked again in %.1f s", pause_s)
        return pause_s


def asks_fewer(endpoint: Endpoint, failure: TransportError, questions: int) -> bool:
    """Ask fewer questions at once from now on, if that may be why one of them failed.

    Returns:
        Whether to ask them again without a pause.
    """
    if questions == 1 or not isinstance(failure, RpcRefused):
        return False
    about_batch = is_about_the_batch(failure.code, failure.message)
    if about_batch or failure.temporary:  # a rate limit may count each of them
        endpoint.refuses(questions)
    return about_batch


def _log(message: str, *values: object) -> None:
    import logging  # noqa: PLC0415 - slow to import, and most commands have nothing to log

    logging.getLogger("ocn_registry.transport").info(message, *values)
