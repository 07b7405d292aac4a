"""The rules for several RPC nodes: order, retries and batches. No I/O.

They are flows, shared by both HTTP transports: they yield `Post`, and a transport performs it. The
rules:

* A read goes to the next URL if one fails or refuses it, and is retried after a pause if that may
  help: a node can be busy, starting, or behind others. A node that does not answer in time is not
  asked the same question twice.
* The time limit applies to a question, however many URLs there are: each gets a share of it.
* A transaction is sent to one node, once; to the next only if nothing reached the first.
* No answer of a node is trusted before its chain id is verified, in the same request as the first
  read.
* Calls at a numbered block refer to it by the hash that a node returned for it. So everything that
  a flow reads reflects one block, whatever the chain or a load balancer does in the meantime.
* Several questions are sent in one request, as many as the node accepts. If a request of several
  fails, fewer are tried: some nodes name their limit, some answer anything, some hang up.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

from ocn_registry.errors import (
    InvalidInput,
    OcnRegistryError,
    RpcRefused,
    RpcTimeout,
    TransportError,
    WrongChain,
)
from ocn_registry.foreign.limits import RPC_ANSWER_BYTES, JsonLimits
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import (
    Arrival,
    BlockAt,
    Call,
    ChainId,
    Code,
    Effect,
    FromEach,
    Handover,
    Head,
    Local,
    Send,
    Sleep,
    Together,
)
from ocn_registry.transport.attempts import Attempts, Failed, TimeLeft, asks_fewer
from ocn_registry.transport.endpoint import Endpoint, origin
from ocn_registry.transport.jsonrpc import handover_of, items_of, request_of, unwrap
from ocn_registry.transport.replies import (
    HttpReply,
    NoReply,
    TooManyQuestions,
    as_temporary,
    cut_off,
    responses,
)
from ocn_registry.transport.wordings import refuses_a_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ocn_registry.protocol.effects import Answer, AnyEffect, Flow
    from ocn_registry.transport.replies import Message

# Nodes accept 1,000 by default, some providers 100: it is halved on refusal.
MAX_BATCH = 512
RETRIES = 3
TIMEOUT_S = 10.0
CLOSED = "the client is closed: create another one"
MAX_ANSWER_BYTES = RPC_ANSWER_BYTES
# Above this, parsing and decoding would block an event loop for too long.
_LONG_BYTES = 1 << 17
# How many of the latest blocks are remembered.
_MOST_HEARD = 64
_AT_A_BLOCK = (Call, Code)
_NAME_A_BLOCK = (Head, BlockAt)
_Part = tuple[int, "AnyEffect"]
_Found = tuple["Answer", OcnRegistryError | None]


@dataclass(frozen=True, slots=True)
class Post(Effect[HttpReply | NoReply]):
    """Post JSON to a node, once, with a time limit for the complete answer."""

    endpoint: Endpoint
    body: bytes
    timeout_s: float


class Nodes:
    """The RPC nodes of one chain, in the order of preference."""

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        urls: Sequence[str],
        *,
        chain_id: int | None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        timeout_s: float = TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        max_batch: int = MAX_BATCH,
        retries: int = RETRIES,
    ) -> None:
        """Create a pool of nodes; see `HttpTransport` for the arguments.

        Raises:
            InvalidInput: There is no URL, or one is of another kind.
        """
        if isinstance(urls, str) or not urls:
            raise InvalidInput("no RPC node is known for this chain: give rpc_urls=[...]")
        if max_batch < 1 or retries < 0:
            raise InvalidInput("max_batch must be at least 1, and retries at least 0")
        self._endpoints = [Endpoint(url, headers or {}, max_batch) for url in urls]
        if proxy is not None:
            way = origin(proxy)
            if way is None:
                raise InvalidInput("the proxy is not a valid URL: use http://HOST:PORT")
            for endpoint in self._endpoints:
                endpoint.shown += f" (by the proxy {way})"
        self._first = 0
        self._ids = count(1)
        self._chain_id = chain_id
        self._retries = retries
        self._timeout_s = timeout_s
        self._max_bytes, self._max_batch = max_answer_bytes, max_batch
        self._block_hashes: dict[int | None, str] = {}  # block hashes by number

    def ask(self, effect: AnyEffect) -> Flow[Answer]:
        """Return the answer of an effect: a read, several together, or a send."""
        if isinstance(effect, Send):
            return (yield from self._send(effect))
        if isinstance(effect, FromEach):
            return (yield from self._from_each(effect.question))
        if isinstance(effect, Together):
            parts = list(flat(effect))
            answers = yield from self._read(parts, self._in_turn())
            return nested(effect, iter(answers))
        return (yield from self._read([effect], self._in_turn()))[0]

    def _in_turn(self) -> list[Endpoint]:
        """Return the nodes, starting with the one that answered last."""
        first = self._first
        return [*self._endpoints[first:], *self._endpoints[:first]]

    def _read(
        self,
        parts: list[AnyEffect],
        endpoints: list[Endpoint],
        *,
        retries: int | None = None,
    ) -> Flow[list[Answer]]:
        """Ask one node after another; after a pause, retry those that may answer then."""
        retries = self._retries if retries is None else retries
        answers: dict[int, Answer] = {}
        # The result of a call at a block hash stays valid, whichever node answers the rest.
        keeps = all(isinstance(part, Call) and part.block is not None for part in parts)
        attempts = Attempts(endpoints, self._timeout_s, retries)
        while True:
            known = len(answers)
            for endpoint, share_s in attempts.in_turn():
                if not keeps:
                    answers.clear()
                missing = [one for one in enumerate(parts) if one[0] not in answers]
                try:
                    yield from self._ask_all(endpoint, missing, answers, share_s)
                except Failed as failed:
                    attempts.fail(endpoint, failed)
                else:
                    attempts.succeed(endpoint)
                    self._first = self._endpoints.index(endpoint)
                    return [answers[place] for place in range(len(parts))]
            try:
                pause_s = attempts.pause_s(progress=keeps and len(answers) > known)
            except TransportError:
                self._forget_hashes(parts)
                raise
            if pause_s:
                yield from Sleep(pause_s)

    def _from_each(self, part: AnyEffect) -> Flow[tuple[Answer, ...]]:
        """Return the answers of all nodes that answer."""
        parts = list(flat(part))
        answers: list[list[Answer]] = []
        for endpoint in self._endpoints:
            try:
                answers.append((yield from self._read(parts, [endpoint], retries=0)))
            except TransportError:
                continue
        if not answers:
            answers.append((yield from self._read(parts, self._in_turn())))
        return tuple([nested(part, iter(each)) for each in answers])

    def _send(self, effect: Send) -> Flow[Handover]:
        """Send a transaction to the node that answered last, or to the next reachable one."""
        handover: Handover | None = None
        for endpoint in self._in_turn():
            handover = yield from self._send_to(endpoint, effect)
            if handover.arrival is not Arrival.UNSENT:
                break
        return handover or Handover(arrival=Arrival.UNSENT)

    def _send_to(self, endpoint: Endpoint, effect: Send) -> Flow[Handover]:
        if not endpoint.checked and self._chain_id is not None:
            try:
                yield from self._read([ChainId()], [endpoint])
            except WrongChain:
                raise
            except TransportError as error:
                return Handover(arrival=Arrival.UNSENT, error=error)
        request = self._request(effect)
        reply = yield from Post(endpoint, _coded(request), self._timeout_s)
        if isinstance(reply, NoReply):
            arrival = Arrival.UNANSWERED if reply.arrived else Arrival.UNSENT
            return Handover(arrival=arrival, error=reply.error)
        try:
            limits = JsonLimits(max_bytes=self._max_bytes, max_items=items_of(effect))
            (response,) = responses(endpoint, [request], reply, limits)
        except TransportError as error:
            return Handover(arrival=Arrival.UNANSWERED, error=error)
        return handover_of(effect, response)

    def _ask_all(
        self,
        endpoint: Endpoint,
        parts: list[_Part],
        answers: dict[int, Answer],
        timeout_s: float,
    ) -> Flow[None]:
        """Ask a node for all parts, and store the answers; raise the first error."""
        questions = parts
        if not endpoint.checked and self._chain_id is not None:
            questions = [(-1, ChainId()), *parts]
        time_left = TimeLeft(timeout_s, len(questions) // self._max_batch)
        while questions:
            some = questions[: endpoint.batch]
            found = yield from self._post(endpoint, some, time_left)
            if found is None:
                continue
            failure: TransportError | None = None
            by_hash = endpoint.by_hash
            for (place, effect), (answer, error) in zip(some, found, strict=True):
                if error is None:
                    answers[place] = answer
                    if place < 0:
                        self._check_chain(endpoint, answer)
                elif failure is None:
                    failure = self._failure(endpoint, effect, error)
            if failure is not None:
                same_question = endpoint.by_hash == by_hash
                if same_question and asks_fewer(endpoint, failure, len(some)):
                    continue
                raise Failed(failure)
            questions = questions[len(some) :]

    def _post(
        self,
        endpoint: Endpoint,
        parts: list[_Part],
        time_left: TimeLeft,
    ) -> Flow[list[_Found] | None]:
        """Return the answers and errors of several questions, asked in one HTTP request.

        Returns:
            `None` if the node takes fewer questions at once.

        Raises:
            Failed: The node does not answer.
        """
        effects = [effect for _, effect in parts]
        # A flow that reads the block's hash around the calls checks itself that it stays the same.
        by_hash_at = None if any(isinstance(one, _NAME_A_BLOCK) for one in effects) else endpoint
        requests = [self._request(effect, by_hash_at) for effect in effects]
        body = _coded(requests if len(requests) > 1 else requests[0])
        reply = yield from Post(endpoint, body, time_left.share_s(endpoint))
        time_left.note(reply)
        if isinstance(reply, NoReply):
            hung_up = reply.arrived and not isinstance(reply.error, RpcTimeout)
            error = cut_off(requests, reply.error) if hung_up else reply.error
            raise Failed(error, took_s=reply.took_s, questions=len(parts) if hung_up else 0)
        if len(reply.content) > _LONG_BYTES:
            task: Local[list[_Found] | Exception] = Local(
                lambda: self._answers(endpoint, effects, requests, reply)
            )
            found = yield from task
        else:
            found = self._answers(endpoint, effects, requests, reply)
        if isinstance(found, TransportError):
            raise Failed(
                found,
                took_s=reply.took_s,
                retry_after=reply.retry_after,
                questions=len(parts),
            )
        if isinstance(found, TooManyQuestions):
            endpoint.refuses(len(parts))
            return None
        if isinstance(found, Exception):
            raise found
        endpoint.takes(len(parts))
        return found

    def _answers(
        self,
        endpoint: Endpoint,
        effects: list[AnyEffect],
        requests: list[Message],
        reply: HttpReply,
    ) -> list[_Found] | Exception:
        """Return the answers, or an error that concerns all of them."""
        limits = JsonLimits(max_bytes=self._max_bytes, max_items=sum(map(items_of, effects)))
        try:
            answers = responses(endpoint, requests, reply, limits)
        except (TransportError, TooManyQuestions) as error:
            return error
        found: list[_Found] = []
        for effect, response in zip(effects, answers, strict=True):
            try:
                answer = unwrap(effect, response, self._chain_id)
                found.append((answer, None))
                self._remember(effect, answer)
            except OcnRegistryError as error:
                found.append((None, error))
        return found

    def _forget_hashes(self, parts: list[AnyEffect]) -> None:
        """Refer to blocks by number again: the chain may have replaced the known ones."""
        for part in parts:
            if isinstance(part, _AT_A_BLOCK):
                self._block_hashes.pop(part.block, None)

    def _remember(self, effect: AnyEffect, answer: Answer) -> None:
        """Remember the hash of a block."""
        block = answer.ref if isinstance(effect, Head) else answer
        if not isinstance(effect, _NAME_A_BLOCK) or block is None:
            return
        if self._block_hashes.get(block.number) != block.hash:
            for number in [one for one in list(self._block_hashes) if one and one >= block.number]:
                self._block_hashes.pop(number, None)  # of an abandoned branch
            self._block_hashes[block.number] = block.hash
            while len(self._block_hashes) > _MOST_HEARD:
                self._block_hashes.pop(next(iter(self._block_hashes)), None)

    def _failure(
        self, endpoint: Endpoint, effect: AnyEffect, error: OcnRegistryError
    ) -> TransportError:
        """Return the error that kept a node from answering; raise the contract's error."""
        if not isinstance(error, TransportError):
            raise error
        if isinstance(effect, _AT_A_BLOCK) and isinstance(error, RpcRefused):
            named = endpoint.by_hash and effect.block in self._block_hashes
            if named and not error.temporary and refuses_a_hash(error.code, error.message):
                endpoint.by_hash = False  # refer to blocks by number from now on
                return as_temporary(error)
        return error

    def _check_chain(self, endpoint: Endpoint, got: Answer) -> None:
        if self._chain_id is not None and got != self._chain_id:
            raise WrongChain(self._chain_id, got)
        endpoint.checked = True

    def _request(self, effect: AnyEffect, endpoint: Endpoint | None = None) -> Message:
        block_hash = None
        if endpoint is not None and endpoint.by_hash and isinstance(effect, _AT_A_BLOCK):
            block_hash = self._block_hashes.get(effect.block) if type(effect.block) is int else None
        method, params = request_of(effect, block_hash)
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}


def flat(effect: AnyEffect) -> Iterator[AnyEffect]:
    """Yield the parts of an effect, however deeply nested."""
    if isinstance(effect, Together):
        for part in effect.parts:
            yield from flat(part)
    else:
        yield effect


def nested(effect: AnyEffect, answers: Iterator[Answer]) -> Answer:
    """Return the answers of an effect's parts, nested like the parts."""
    if isinstance(effect, Together):
        return tuple([nested(part, answers) for part in effect.parts])
    return next(answers)


def _coded(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
