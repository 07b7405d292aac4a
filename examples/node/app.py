"""The node as an ASGI application: requests within limits, errors as OCPI answers.

`App(settings, operator)` is served by any ASGI server that speaks `lifespan`, which starts and ends
the registry's cache.

Source: ASGI 3.0, HTTP & WebSocket and Lifespan message formats.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeAlias

from node.messages import METHODS, from_party, written
from node.node import Node
from node.refusals import Refused, Status, invalid
from node.sending import Http
from ocn_registry import AsyncRegistryCache, CacheOptions, OcnRegistryError, connect_async
from ocn_registry.cache import metrics
from ocn_registry.cache.metrics import CONTENT_TYPE
from ocn_registry.forwarding import interface_of, module_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from node.settings import Settings
    from ocn_registry.signing import Signer

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Reply: TypeAlias = tuple[int, dict[str, str], bytes]

_LOG = logging.getLogger("node")
_JSON = {"Content-Type": "application/json"}
_OCPI = re.compile(r"/ocpi/(sender|receiver)/2\.2/([a-z]{1,36})(?:/(.*))?")
# A header that names somebody comes once, or two programs may read different names.
_ONCE = re.compile(rb"authorization|ocn-signature|ocpi-.*|x-correlation-id|content-length")


class App:
    """The ASGI application.

    Attributes:
        node: What decides; there between the start and the end of the lifespan.
    """

    node: Node

    def __init__(self, settings: Settings, operator: Signer) -> None:
        """Say what is served.

        Args:
            settings: The node's settings.
            operator: Holds the key under which it stands in the registry.
        """
        self._settings = settings
        self._operator = operator

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status, headers, content = await self._reply(scope, receive)
            headers = {**headers, "Content-Length": str(len(content))}
            raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": content})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Keep the registry current from start to end."""
        await receive()
        async with AsyncExitStack() as stack:
            try:
                await self._start(stack)
            except OcnRegistryError as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.node.settle()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self, stack: AsyncExitStack) -> None:
        settings, limits = self._settings, self._settings.limits
        client = await stack.enter_async_context(connect_async(settings.network))
        options = CacheOptions(max_age_s=limits.registry_age_s)
        cache = AsyncRegistryCache(client, file=settings.file, options=options)
        await stack.enter_async_context(cache)
        await cache.start()
        http = Http(limits.body_bytes)
        stack.push_async_callback(http.close)
        self.node = Node(settings, self._operator, cache, http)

    async def _reply(self, scope: Message, receive: Receive) -> Reply:
        try:
            return await self._answer(scope, await self._content(scope, receive))
        except Refused as refused:
            return refused.http_status, _JSON, written(refused.body()).encode()
        except Exception:  # noqa: BLE001 - a fault of ours: an OCPI answer, and the log has the rest
            _LOG.exception("a request could not be answered")
            ours = Refused(Status.SERVER_ERROR, "Internal error")
            return 500, _JSON, written(ours.body()).encode()

    async def _content(self, scope: Message, receive: Receive) -> bytes:
        """Read a request's body.

        Raises:
            Refused: The request is larger or slower than allowed.
        """
        limits, length = self._settings.limits, 0
        for name, value in scope["headers"]:
            length += len(name) + len(value)
        if length > limits.header_bytes:
            raise Refused(Status.INVALID_PARAMETERS, "the headers are too long", http_status=431)
        try:
            async with asyncio.timeout(limits.receive_s):
                return await _body(receive, limits.body_bytes)
        except TimeoutError:
            why = "the request came too slowly"
            raise Refused(Status.INVALID_PARAMETERS, why, http_status=408) from None

    async def _answer(self, scope: Message, content: bytes) -> Reply:
        method, path, node = scope["method"], scope["path"], self.node
        headers = _headers(scope["headers"])
        found = _OCPI.fullmatch(path)
        module = module_of(found[2]) if found else None
        if found and module is not None and method in METHODS:
            platform = self._settings.sending(headers.get("authorization", ""))
            if platform is None:
                raise invalid("Invalid CREDENTIALS_TOKEN_C")
            request = from_party(
                module,
                interface_of(found[1]),
                method,
                path=found[3] or "",
                query=scope["query_string"],
                headers=headers,
                content=content,
            )
            answer = await node.from_platform(request, platform)
            return answer.status, {**_JSON, **answer.headers}, answer.content
        match method, path:
            case "POST", "/ocn/message":
                answer = await node.from_node(content, headers.get("ocn-signature", ""))
                return answer.status, {**_JSON, **answer.headers}, answer.content
            case "GET", "/ocn/registry/node-info":
                info = {"url": self._settings.url, "address": node.operator.address}
                return 200, _JSON, written(info).encode()
            case "GET", "/metrics":
                return 200, {"Content-Type": CONTENT_TYPE}, metrics(node.registry).encode()
        raise Refused(Status.CLIENT_ERROR, "there is no such endpoint", http_status=404)


async def _body(receive: Receive, limit: int) -> bytes:
    content, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise invalid("the sender has left")
        content += message.get("body", b"")
        if len(content) > limit:
            raise Refused(Status.INVALID_PARAMETERS, "the body is too long", http_status=413)
        more = message.get("more_body", False)
    return bytes(content)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers, names in lower case.

    Raises:
        Refused: One that names somebody comes twice.
    """
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.lower().decode("latin-1")
        if key in headers and _ONCE.fullmatch(name.lower()):
            raise invalid(f"the header {key} comes twice")
        headers[key] = value.decode("latin-1").strip()
    return headers
