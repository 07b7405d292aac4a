"""Transports through a user's own `Web3` or `AsyncWeb3`.

They use only `make_request` of the provider: no contract objects, no middleware, and no web3 type
leaves this module. Errors of the provider are converted to our own, without their text, which may
contain the URL and its API key. Time limits, proxies, size limits and retries are the provider's.
Several questions are sent as separate requests. If a node may be hostile, use the HTTP transports
instead: web3 reads answers of any length, and of a depth that can crash the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ocn_registry.errors import (
    BadAnswer,
    RpcTimeout,
    RpcUnavailable,
    TransportError,
    WrongChain,
)
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.limits import RPC_VALUE_ITEMS, JsonLimits
from ocn_registry.foreign.strict_json import is_object, parse_json
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import (
    Arrival,
    ChainId,
    Effect,
    FromEach,
    Handover,
    Send,
    run,
    run_async,
)
from ocn_registry.transport.jsonrpc import handover_of, request_of, unwrap
from ocn_registry.transport.local import LOCAL, LocalEffects
from ocn_registry.transport.local_async import AsyncLocalEffects
from ocn_registry.transport.rpc_pool import flat, nested

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3
    from web3.providers import AsyncBaseProvider
    from web3.types import RPCEndpoint

    from ocn_registry.protocol.effects import Answer, AnyEffect, Flow

_MAX_ERROR_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Ask(Effect[object]):
    """Make one request through a provider; the answer is its response, or one of our errors."""

    method: str
    params: list[object]


class Web3Transport:
    """A transport through a `Web3`, which the caller closes."""

    @checked
    def __init__(self, web3: Web3, *, chain_id: int | None = None) -> None:
        """Create a transport.

        Args:
            web3: Connected to a node of the chain.
            chain_id: The required chain id; `None` to accept any.
        """
        self._provider = web3.provider
        self._rules = _Rules(chain_id)
        self._local = LocalEffects()

    def close(self) -> None:
        """Do nothing: the caller closes the connection."""

    def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, LOCAL):
            return self._local.perform(effect)
        if isinstance(effect, _Ask):
            try:
                return self._provider.make_request(
                    cast("RPCEndpoint", effect.method), effect.params
                )
            except Exception as error:  # noqa: BLE001 - each provider has its own
                return _failure(error)
        return run(self._rules.ask(effect), self.perform)


class AsyncWeb3Transport:
    """A transport through an `AsyncWeb3`, which the caller connects and closes."""

    @checked
    def __init__(self, web3: AsyncWeb3[AsyncBaseProvider], *, chain_id: int | None = None) -> None:
        """Create a transport.

        Args:
            web3: Connected to a node of the chain.
            chain_id: The required chain id; `None` to accept any.
        """
        self._provider = web3.provider
        self._rules = _Rules(chain_id)
        self._local = AsyncLocalEffects()

    async def close(self) -> None:
        """Do nothing: the caller closes the connection."""

    async def perform(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect."""
        if isinstance(effect, LOCAL):
            return await self._local.perform(effect)
        if isinstance(effect, _Ask):
            method = cast("RPCEndpoint", effect.method)
            try:
                return await self._provider.make_request(method, effect.params)
            except Exception as error:  # noqa: BLE001 - each provider has its own
                return _failure(error)
        return await run_async(self._rules.ask(effect), self.perform)


class _Rules:
    """The checks of a provider's answers, for both kinds."""

    @checked
    def __init__(self, chain_id: int | None) -> None:
        self._chain_id = chain_id
        self._checked = chain_id is None

    def ask(self, effect: AnyEffect) -> Flow[Answer]:
        if not self._checked:
            got = yield from _one(ChainId())
            if got != self._chain_id:
                raise WrongChain(self._chain_id or 0, got)
            self._checked = True
        if isinstance(effect, Send):
            return (yield from _send(effect))
        if isinstance(effect, FromEach):
            return ((yield from self.ask(effect.question)),)
        answers: list[Answer] = []
        for part in flat(effect):
            answer = yield from _one(part, self._chain_id)
            answers.append(answer)
        return nested(effect, iter(answers))


def _one(effect: AnyEffect, chain_id: int | None = None) -> Flow[Answer]:
    response = yield from _Ask(*request_of(effect))
    if isinstance(response, TransportError):
        raise response
    if not is_object(response):
        raise BadAnswer("the RPC node answered with no JSON-RPC response")
    return unwrap(effect, response, chain_id)


def _send(effect: Send) -> Flow[Handover]:
    response = yield from _Ask(*request_of(effect))
    if isinstance(response, TransportError):
        # The provider may have tried several times; this is the last result.
        return Handover(arrival=Arrival.UNANSWERED, error=response)
    if not is_object(response):
        error = BadAnswer("the RPC node answered with no JSON-RPC response")
        return Handover(arrival=Arrival.UNANSWERED, error=error)
    return handover_of(effect, response)


def _failure(error: Exception) -> object:
    """Return the node's answer if it came with an HTTP error, or else what went wrong."""
    response: object = getattr(error, "response", None)  # of requests; aiohttp's has no body
    content: object = getattr(response, "content", None)
    if isinstance(content, bytes):
        limits = JsonLimits(max_bytes=_MAX_ERROR_BYTES, max_items=RPC_VALUE_ITEMS)
        try:
            answer = parse_json(content, limits, strict_text=False)
        except ValueError:
            pass
        else:
            if is_object(answer) and answer.get("error") is not None:
                return answer
    name = type(error).__name__
    status: object = getattr(error, "status", None) or getattr(response, "status_code", None)
    if isinstance(status, int):
        name += f", HTTP {status}"
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return RpcTimeout(f"the RPC node did not answer in time ({name}): try again, or another")
    if isinstance(error, (ValueError, RecursionError)) or "Format" in name:
        return BadAnswer(
            f"the RPC node's answer can't be read ({name}): is that the URL of an RPC node?"
        )
    return RpcUnavailable(
        f"the RPC node can't be reached, or is out of order ({name}): check your Web3's provider",
    )
