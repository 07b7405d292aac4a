"""JSON-RPC over persistent HTTP connections, for asyncio; see `rpc_pool` for the rules.

aiohttp is imported when the first request goes out.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput, TransportError
from ocn_registry.foreign.arguments import checked
from ocn_registry.protocol.effects import Sleep, run_async
from ocn_registry.transport.certificates import trusting
from ocn_registry.transport.local import LOCAL
from ocn_registry.transport.local_async import AsyncLocalEffects
from ocn_registry.transport.replies import HttpReply, NoReply, slow, too_long, unreachable
from ocn_registry.transport.rpc_pool import (
    CLOSED,
    MAX_ANSWER_BYTES,
    MAX_BATCH,
    RETRIES,
    TIMEOUT_S,
    Nodes,
    Post,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import ClientResponse, ClientSession

    from ocn_registry.protocol.effects import Answer, AnyEffect
    from ocn_registry.transport.endpoint import Endpoint


class AsyncHttpTransport:
    """Performs effects on RPC nodes over HTTP, in the event loop of its first use."""

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
        self._local = AsyncLocalEffects()
        self._ends = math.inf if total_s is None else time.monotonic() + total_s
        self._proxy = proxy
        self._ca_file = ca_file
        self._max_answer_bytes = max_answer_bytes
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def close(self) -> None:
        """Close the connections; nothing can be asked any more."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, Post):
            return await self._post(effect)
        if isinstance(effect, Sleep):
            effect = Sleep(max(0.0, min(effect.seconds, self._ends - time.monotonic())))
        if isinstance(effect, LOCAL):
            return await self._local.perform(effect)
        return await run_async(self._nodes.ask(effect), self.perform)

    def _open(self) -> ClientSession:
        from aiohttp import (  # noqa: PLC0415 - 0.2 s
            ClientSession,
            DummyCookieJar,
            TCPConnector,
        )

        if self._closed:
            raise InvalidInput(CLOSED)
        loop = asyncio.get_running_loop()
        if self._loop not in {None, loop}:
            raise InvalidInput(
                "the client was used in another event loop, where its connections are: create and "
                "close a client in each event loop",
            )
        self._loop = loop
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(ssl=trusting(self._ca_file)),
                auto_decompress=False,
                cookie_jar=DummyCookieJar(),  # a node could make us keep ever more of them
            )
        return self._session

    async def _post(self, post: Post) -> HttpReply | NoReply:
        from aiohttp import (  # noqa: PLC0415 - 0.2 s
            ClientConnectorError,
            ClientError,
            ClientHttpProxyError,
            ClientTimeout,
            ConnectionTimeoutError,
        )

        never_arrived = (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)
        endpoint = post.endpoint
        session = self._open()
        started = time.monotonic()
        timeout_s = max(
            0.001, min(post.timeout_s, self._ends - started)
        )  # 0 means no limit in aiohttp
        try:
            # A little longer than the limit for connecting, whose error tells that nothing was
            # sent.
            async with (
                asyncio.timeout(timeout_s * 1.02),
                session.post(
                    endpoint.url,
                    data=post.body,
                    headers=endpoint.headers,
                    proxy=self._proxy,
                    allow_redirects=False,
                    timeout=ClientTimeout(total=None, connect=timeout_s),
                ) as response,
            ):
                return HttpReply(
                    status=response.status,
                    content=await self._content(endpoint, response),
                    coding=response.headers.get("Content-Encoding"),
                    retry_after=response.headers.get("Retry-After"),
                    location=response.headers.get("Location"),
                    took_s=time.monotonic() - started,
                )
        except TransportError as error:
            failure, arrived = error, True
        except TimeoutError as error:
            failure, arrived = slow(endpoint, timeout_s), not isinstance(error, never_arrived)
        except UnicodeError as error:  # no host can have that name
            failure, arrived = unreachable(endpoint, error), False
        except (ClientError, OSError) as error:
            failure, arrived = unreachable(endpoint, error), not isinstance(error, never_arrived)
        return NoReply(error=failure, arrived=arrived, took_s=time.monotonic() - started)

    async def _content(self, endpoint: Endpoint, response: ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > self._max_answer_bytes:
                raise too_long(endpoint, self._max_answer_bytes)
        return bytes(content)
