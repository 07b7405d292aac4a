"""JSON-RPC over persistent HTTP connections, for asyncio; see `rpc_pool` for the rules.

aiohttp is imported when the first request goes out.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput, TransportError
from ocn_registry.protocol.effects import Sleep, run_async
from ocn_registry.transport.certificates import trusting
from ocn_registry.transport.http_base import HttpBase
from ocn_registry.transport.local import LOCAL
from ocn_registry.transport.local_async import AsyncLocalEffects
from ocn_registry.transport.replies import HttpReply, NoReply, slow, too_long, unreachable
from ocn_registry.transport.rpc_pool import CLOSED, Post

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

    from ocn_registry.protocol.effects import Answer, AnyEffect
    from ocn_registry.transport.endpoint import Endpoint


class AsyncHttpTransport(HttpBase):
    """Performs effects on RPC nodes over HTTP, in the event loop of its first use."""

    def _prepare(self) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        self._local = AsyncLocalEffects()
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

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
            effect = self._shortened(effect)
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
