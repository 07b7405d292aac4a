"""What both HTTP transports are created with."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ocn_registry.foreign.arguments import checked
from ocn_registry.protocol.effects import Sleep
from ocn_registry.transport.rpc_pool import MAX_ANSWER_BYTES, MAX_BATCH, RETRIES, TIMEOUT_S, Nodes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class HttpBase:
    """The base of the transports over HTTP: their arguments, and the rules of many nodes."""

    @checked
    def __init__(  # noqa: PLR0913 - each has a default
        self,
        urls: Sequence[str],
        *,
        chain_id: int | None = None,
        timeout_s: float = TIMEOUT_S,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        max_batch: int = MAX_BATCH,
        retries: int = RETRIES,
        total_s: float | None = None,
    ) -> None:
        """Create a transport.

        Args:
            urls: URLs of RPC nodes, the preferred one first.
            chain_id: The required chain id; `None` to accept any.
            timeout_s: Time limit for an answer, in seconds, over all nodes and their addresses.
            headers: HTTP headers for every request, for example an authorization.
            proxy: URL of an HTTP proxy.
            ca_file: File with the certificates of the authorities to trust, instead of the
                system's.
            max_answer_bytes: Longer answers are rejected.
            max_batch: Maximum number of calls in a request; fewer if a node accepts fewer.
            retries: How often to retry a failed read if that may help, after pauses of 0.1 s up to
                5 s.
            total_s: Time limit for all answers together, in seconds from now, including pauses;
                `None` for no limit other than `timeout_s`.

        Raises:
            InvalidInput: There is no URL, or a URL or the proxy's is not valid.
        """
        self._nodes = Nodes(
            urls,
            chain_id=chain_id,
            headers=headers,
            proxy=proxy,
            timeout_s=timeout_s,
            max_answer_bytes=max_answer_bytes,
            max_batch=max_batch,
            retries=retries,
        )
        self._ends = math.inf if total_s is None else time.monotonic() + total_s
        self._proxy = proxy
        self._ca_file = ca_file
        self._max_answer_bytes = max_answer_bytes
        self._closed = False
        self._prepare()

    def _prepare(self) -> None:
        """Create what the transport keeps its connections in."""
        raise NotImplementedError

    def _shortened(self, pause: Sleep) -> Sleep:
        """Return a pause that ends with the time for all answers."""
        return Sleep(max(0.0, min(pause.seconds, self._ends - time.monotonic())))
