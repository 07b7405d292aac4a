"""Which node is asked, how often, and what of its answer is believed; without any I/O.

What is common to the ways over HTTP, written once as flows: they yield `Post`, and a way performs
it. Rules:

* A read goes to the next URL when one fails, and is tried anew, after a pause, when all are out of
  reach or out of order. A node that does not answer in time is not asked the same thing twice.
* A transaction is handed to one node, once.
* Nothing of a node is believed before its chain id was; that is asked along with the first read.
* Several questions travel in one request, as many as the node takes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.errors import (
    BadAnswer,
    InvalidInput,
    RpcTimeout,
    RpcUnavailable,
    TransportError,
    WrongChain,
)
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.protocol.effects import (
    Arrival,
    ChainId,
    Effect,
    FromEach,
    Handover,
    Send,
    Sleep,
    Together,
)
from ocn_registry.transport.endpoint import Endpoint, origin
from ocn_registry.transport.jsonrpc import handover_of, request_of, unwrap
from ocn_registry.transport.rpc_values import as_number, is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ocn_registry.protocol.effects import Answer, AnyEffect, Flow

MAX_ANSWER_BYTES = 64 << 20
# Nodes take 1,000 unless told otherwise, some providers 100: it is halved where it is refused.
MAX_BATCH = 512
RETRIES = 2
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_OK = 200
_TOO_LARGE = 413
_SERVER_ERROR = 500
_REFUSED = {401, 403, 407}
# Busy, or a gateway without the node behind it: what may be over in a moment.
_TRY_AGAIN = {429, 502, 503, 504}

Message: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: HTTP's status and body, and how long it asks to be left alone."""

    status: int
    content: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """Nothing came back, or not in time, or too much.

    Attributes:
        error: What to tell.
        arrived: Whether the node may have got the request.
    """

    error: TransportError
    arrived: bool


@dataclass(frozen=True, slots=True)
class Post(Effect[Reply | NoReply]):
    """Post JSON to a node, once."""

    endpoint: Endpoint
    body: bytes


class _Busy(RpcUnavailable):
    """The node says, or makes believe, that it will be well in a moment."""

    retry_after: str | None = None


class Nodes:
    """The RPC nodes of one chain, in the order of preference."""

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        urls: Sequence[str],
        *,
        chain_id: int | None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        max_batch: int = MAX_BATCH,
        retries: int = RETRIES,
    ) -> None:
        """Say where to ask; `HttpTransport` tells about the arguments.

        Raises:
            InvalidInput: There is no URL, or one is of another kind.
        """
        if isinstance(urls, str) or not urls:
            raise InvalidInput("no RPC node is known for this chain: give rpc_urls=[...]")
        if max_batch < 1 or retries < 0:
            raise InvalidInput("max_batch is a number from 1, and retries one from 0")
        self._endpoints = [Endpoint(url, headers or {}, max_batch) for url in urls]
        if proxy is not None:
            way = origin(proxy)
            if way is None:
                raise InvalidInput("the proxy is no URL: give http://HOST:PORT")
            for endpoint in self._endpoints:
                endpoint.shown += f" (by the proxy {way})"
        self._first = 0
        self._ids = count(1)
        self._chain_id = chain_id
        self._retries = retries

    def ask(self, effect: AnyEffect) -> Flow[Answer]:
        """Have an effect answered: a read, several together, or a send."""
        if isinstance(effect, Send):
            return (yield from self._send(effect))
        if isinstance(effect, FromEach):
            return (yield from self._from_each(effect.part))
        parts = list(flat(effect))
        answers = yield from self._read(parts)
        return nested(effect, iter(answers))

    def _read(self, parts: list[AnyEffect]) -> Flow[list[Answer]]:
        """Ask one node after the other, the one that answered last first."""
        tried: dict[Endpoint, TransportError] = {}
        for attempt in range(self._retries + 1):
            pause_s = _FIRST_PAUSE_S * 2**attempt
            for offset in range(len(self._endpoints)):
                place = (self._first + offset) % len(self._endpoints)
                endpoint = self._endpoints[place]
                if attempt and not isinstance(tried.get(endpoint), _Busy):
                    continue
                try:
                    answers = yield from self._ask_all(endpoint, parts)
                except (RpcUnavailable, RpcTimeout, BadAnswer) as error:
                    tried[endpoint] = error
                    if isinstance(error, _Busy):
                        pause_s = max(pause_s, _seconds(error.retry_after))
                else:
                    self._first = place
                    return answers
            if attempt < self._retries and any(isinstance(e, _Busy) for e in tried.values()):
                yield from Sleep(min(pause_s, _LONGEST_PAUSE_S))
        raise next(iter(tried.values()))

    def _from_each(self, part: AnyEffect) -> Flow[tuple[Answer, ...]]:
        """Ask every node, and take the answers of those that answer."""
        answers: list[Answer] = []
        failed: TransportError | None = None
        for endpoint in self._endpoints:
            try:
                answers += yield from self._ask_all(endpoint, [part])
            except TransportError as error:
                failed = failed or error
        if failed is not None and not answers:
            raise failed
        return tuple(answers)

    def _send(self, effect: Send) -> Flow[Handover]:
        """Hand a transaction to the node that answered last, or to the next that is in reach."""
        handover = yield from self._send_to(self._endpoints[self._first], effect)
        for offset in range(1, len(self._endpoints)):
            if handover.arrival is not Arrival.UNSENT:
                break
            endpoint = self._endpoints[(self._first + offset) % len(self._endpoints)]
            handover = yield from self._send_to(endpoint, effect)
        return handover

    def _send_to(self, endpoint: Endpoint, effect: Send) -> Flow[Handover]:
        if not endpoint.checked and self._chain_id is not None:
            try:
                (response,) = yield from self._post(endpoint, [self._request(ChainId())])
                self._check_chain(endpoint, response)
            except WrongChain:
                raise
            except TransportError as error:
                return Handover(arrival=Arrival.UNSENT, error=error)
        request = self._request(effect)
        reply = yield from Post(endpoint, _coded(request))
        if isinstance(reply, NoReply):
            arrival = Arrival.UNANSWERED if reply.arrived else Arrival.UNSENT
            return Handover(arrival=arrival, error=reply.error)
        try:
            response = _response(endpoint, request, _content(endpoint, reply))
        except TransportError as error:
            return Handover(arrival=Arrival.UNANSWERED, error=error)
        return handover_of(effect, response)

    def _ask_all(self, endpoint: Endpoint, parts: list[AnyEffect]) -> Flow[list[Answer]]:
        requests = [self._request(part) for part in parts]
        if not endpoint.checked and self._chain_id is not None:
            requests.insert(0, self._request(ChainId()))
        responses: list[Message] = []
        while len(responses) < len(requests):
            start = len(responses)
            responses += yield from self._post(endpoint, requests[start : start + endpoint.batch])
            if not start and len(requests) > len(parts):
                self._check_chain(endpoint, responses[0])
        responses = responses[len(requests) - len(parts) :]
        return [unwrap(part, response) for part, response in zip(parts, responses, strict=True)]

    def _check_chain(self, endpoint: Endpoint, response: Message) -> None:
        got = as_number(response.get("result"))
        if self._chain_id is not None and got != self._chain_id:
            raise WrongChain(self._chain_id, got)
        endpoint.checked = True

    def _post(self, endpoint: Endpoint, requests: list[Message]) -> Flow[list[Message]]:
        """Ask several things in one HTTP request, or the first of them; responses in order."""
        while len(requests) > 1:
            reply = yield from _posted(endpoint, requests)
            if reply.status != _TOO_LARGE:
                answer = _content(endpoint, reply)
                if is_list(answer):
                    return _in_order(endpoint, requests, answer)
                if not is_object(answer) or answer.get("error") is None:
                    raise _astray(endpoint)  # nonsense, from which nothing is learned for good
            # The node takes no batches, or none as long as this one.
            endpoint.batch = max(1, min(endpoint.batch, len(requests)) // 2)
            requests = requests[: endpoint.batch]
        reply = yield from _posted(endpoint, requests[0])
        return [_response(endpoint, requests[0], _content(endpoint, reply))]

    def _request(self, effect: AnyEffect) -> Message:
        method, params = request_of(effect)
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}


def flat(effect: AnyEffect) -> Iterator[AnyEffect]:
    """Give the parts of what is asked together, however deep."""
    if isinstance(effect, Together):
        for part in effect.parts:
            yield from flat(part)
    else:
        yield effect


def nested(effect: AnyEffect, answers: Iterator[Answer]) -> Answer:
    """Put the answers of an effect's parts where the parts were."""
    if isinstance(effect, Together):
        return tuple([nested(part, answers) for part in effect.parts])
    return next(answers)


def slow(endpoint: Endpoint, timeout_s: float) -> RpcTimeout:
    """Say that a node did not answer in time."""
    return RpcTimeout(
        f"the RPC node {endpoint.shown} did not answer within {timeout_s:g} s: try again, or "
        "another node",
    )


def unreachable(endpoint: Endpoint, cause: BaseException) -> RpcUnavailable:
    """Say that a node can't be reached; the cause's own words may hold what is secret."""
    kind = type(cause).__name__
    # Of both libraries, whose errors are named after what went wrong.
    remedy = (
        "check that it speaks https, and whose certificate it shows (see ca_file)"
        if "SSL" in kind or "Certificate" in kind
        else "check the URL and that the node runs"
    )
    return _Busy(f"the RPC node {endpoint.shown} can't be reached ({kind}): {remedy}")


def too_long(endpoint: Endpoint, limit_bytes: int) -> BadAnswer:
    """Say that an answer has no end."""
    return BadAnswer(f"{endpoint.shown} answered with more than {limit_bytes} bytes")


def _posted(endpoint: Endpoint, body: object) -> Flow[Reply]:
    reply = yield from Post(endpoint, _coded(body))
    if isinstance(reply, NoReply):
        raise reply.error
    return reply


def _coded(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _content(endpoint: Endpoint, reply: Reply) -> object:
    if reply.status != _OK:
        kind = _Busy if reply.status in _TRY_AGAIN else RpcUnavailable
        error = kind(f"the RPC node {endpoint.shown} {_out_of_order(reply.status)}")
        if isinstance(error, _Busy):
            error.retry_after = reply.retry_after
        raise error
    try:
        return parse_json(reply.content)
    except ValueError:
        raise BadAnswer(
            f"{endpoint.shown} answered with no JSON: is that the URL of an RPC node?",
        ) from None


def _out_of_order(status: int) -> str:
    if status in _REFUSED:
        return f"refuses who asks (HTTP {status}): give its key, in the URL or as a header"
    if status in _TRY_AGAIN or status >= _SERVER_ERROR:
        return f"is out of order (HTTP {status}): try again later, or another node"
    return f"takes no questions (HTTP {status}): is that the URL of an RPC node?"


def _in_order(endpoint: Endpoint, requests: list[Message], answer: list[object]) -> list[Message]:
    told: dict[object, Message] = {}
    for response in answer:
        if is_object(response) and isinstance(number := response.get("id"), int):
            told[number] = response
    if len(answer) != len(requests) or len(told) != len(requests):
        raise _astray(endpoint)
    return [_response(endpoint, request, told.get(request["id"])) for request in requests]


def _response(endpoint: Endpoint, request: Message, response: object) -> Message:
    if not is_object(response):
        raise BadAnswer(f"{endpoint.shown} answered with no JSON-RPC response")
    # An error may come from a gateway that has not read the question.
    if response.get("id") != request["id"] and response.get("error") is None:
        raise _astray(endpoint)
    return response


def _astray(endpoint: Endpoint) -> BadAnswer:
    return BadAnswer(f"{endpoint.shown} answered to other questions than were asked")


def _seconds(retry_after: str | None) -> float:
    """Read `Retry-After`; a date in it is nobody's business here."""
    if retry_after is None or not retry_after.isdecimal():
        return 0.0
    return float(retry_after[:4])
