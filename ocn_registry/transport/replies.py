"""Read HTTP answers: JSON-RPC responses, or an error that says what is wrong.

Providers report the same problem in many ways: a JSON-RPC error with any HTTP status, a status
without an error, text instead of JSON. So the body is read first, and the status matters only if
the body says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from ocn_registry.errors import BadAnswer, RpcRefused, RpcTimeout, RpcUnavailable, TransportError
from ocn_registry.foreign.packed import unpacked
from ocn_registry.foreign.strict_json import BeyondLimits, is_list, is_object, parse_json
from ocn_registry.foreign.text import masked, shown
from ocn_registry.portable.values import dataclass
from ocn_registry.transport.endpoint import origin
from ocn_registry.transport.jsonrpc import refusal
from ocn_registry.transport.rpc_values import code_of, error_in, words_of
from ocn_registry.transport.wordings import BUSY_STATUS, Meaning, cause_of, meaning_of

if TYPE_CHECKING:
    from ocn_registry.foreign.limits import JsonLimits
    from ocn_registry.transport.endpoint import Endpoint

E = TypeVar("E", bound=TransportError)
Message = dict[str, object]

_OK = 200
_SERVER_ERROR = 500
_REDIRECTS = range(300, 400)
_REFUSED = {401, 403, 407}
_FIXED = {401, 407, *_REDIRECTS}  # whatever the body says
# Possibly because the request, its answer or its duration is too long.
_TOO_MUCH = {400, 413, 414, 422}
_TOO_SLOW = {408, 500, 502, 503, 504, 524}
_NOT_THE_KEY = (Meaning.RANGE, Meaning.BATCH, Meaning.BUSY, Meaning.BEHIND)
_EVENTS = "eth_getLogs"
_WORDS_BYTES = 300
_PAGE_BYTES = 4096
_TITLE = rb"<title[^>]{0,200}>([^<]{1,300})</title"
_NOT_ALLOWED = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        content: The raw body.
        coding: The header `Content-Encoding`.
        retry_after: The header `Retry-After`: how long the node asks to wait.
        location: The header `Location`: where a redirect leads.
        took_s: How long it took.
    """

    status: int
    content: bytes
    coding: str | None = None
    retry_after: str | None = None
    location: str | None = None
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """There was no usable answer: none, none in time, or too much.

    Attributes:
        error: The error to report.
        arrived: Whether the node may have received the request.
        took_s: How long it took.
    """

    error: TransportError
    arrived: bool
    took_s: float = 0.0


class TooManyQuestions(Exception):
    """The node refuses this many calls in a request."""


def as_temporary(error: E) -> E:
    """Mark an error as temporary."""
    error.temporary = True
    return error


def slow(endpoint: Endpoint, timeout_s: float) -> RpcTimeout:
    """Return the error for a node that did not answer in time."""
    return RpcTimeout(
        f"the RPC node {endpoint.shown} did not answer within {timeout_s:.3g} s: try again, or "
        "another node",
    )


def unreachable(endpoint: Endpoint, cause: BaseException) -> RpcUnavailable:
    """Return the error for an unreachable node, without the cause's text, which may be secret."""
    kind = type(cause).__name__
    # Covers all libraries: their error classes are named after the cause.
    remedy = (
        "check that it speaks https, and whose certificate it shows (see ca_file)"
        if "SSL" in kind or "Certificate" in kind
        else "check the URL and that the node runs"
    )
    return as_temporary(
        RpcUnavailable(
            f"the RPC node {endpoint.shown} can't be reached ({cause_of(cause)}): {remedy}",
        )
    )


def too_long(endpoint: Endpoint, limit_bytes: int) -> BadAnswer:
    """Return the error for an answer that is too long."""
    return BadAnswer(f"{endpoint.shown} answered with more than {limit_bytes} bytes")


def responses(
    endpoint: Endpoint,
    requests: list[Message],
    reply: HttpReply,
    limits: JsonLimits,
) -> list[Message]:
    """Return the responses to requests that were posted together, in their order.

    Args:
        endpoint: The node.
        requests: The requests. A single one is posted by itself, several as a list.
        reply: The HTTP answer.
        limits: Limits of the unpacked body.

    Raises:
        TooManyQuestions: The node refuses this many requests.
        TransportError: There are no valid responses; the message says what there is instead.
    """
    content = _content(endpoint, requests, reply, limits)
    if is_list(content):
        first = content[0] if content else None
        failed = all(is_object(one) and error_in(one) is not None for one in content)
        instead = failed and (len(content) < len(requests) or _is_about_batches(first))
        if len(requests) > 1 and not instead:
            return _in_order(endpoint, requests, content)
        content = first  # geth: a list with one error in place of all responses
    if isinstance(content, str):
        content = {"error": {"message": content}}
    if not is_object(content):
        raise BadAnswer(f"{endpoint.shown} answered with no JSON-RPC response")
    error = error_in(content)
    if error is None and (words := _gateway_message(content)):
        error = {"code": content.get("code"), "message": words}
        content = {**content, "error": error}
    if error is None:
        if len(requests) > 1 or not _answers(content, requests[0]):
            raise _other_requests(endpoint)
    elif len(requests) > 1:
        raise _for_all(endpoint, requests, reply, error)
    elif reply.status in BUSY_STATUS and not _is_of(Meaning.RANGE, requests[0], error):
        raise _busy(endpoint, reply, _words(error))
    return [content]


def _for_all(
    endpoint: Endpoint, requests: list[Message], reply: HttpReply, error: object
) -> Exception:
    """Return the error to raise for a single error in place of many responses."""
    code, words = code_of(error) if is_object(error) else 0, _words(error)
    methods = {str(request["method"]) for request in requests}
    for method in sorted(methods, reverse=True):
        meaning = meaning_of(method, code, words)
        refused = refusal(method, code, words)
        if meaning is Meaning.RANGE:
            return refused
        if meaning is Meaning.BATCH:
            return TooManyQuestions()
        if reply.status in BUSY_STATUS:
            return _busy(endpoint, reply, words)
        if meaning in {Meaning.BUSY, Meaning.BEHIND}:
            return as_temporary(refused)
    return TooManyQuestions()


def _is_about_batches(response: object) -> bool:
    error = _error_in(response)
    return is_object(error) and meaning_of("", 0, words_of(error)) is Meaning.BATCH


def _is_of(meaning: Meaning, request: Message, error: object) -> bool:
    code = code_of(error) if is_object(error) else 0
    return meaning_of(str(request["method"]), code, _words(error)) is meaning


def _busy(endpoint: Endpoint, reply: HttpReply, words: str) -> RpcUnavailable:
    message = f"is out of order (HTTP {reply.status}{_saying(words)})"
    return as_temporary(
        RpcUnavailable(
            f"the RPC node {endpoint.shown} {message}: try again later, or another node",
        )
    )


def _words(error: object) -> str:
    return words_of(error) if is_object(error) else words_of({"message": error}) or str(error)


def _content(
    endpoint: Endpoint, requests: list[Message], reply: HttpReply, limits: JsonLimits
) -> object:
    """Return the JSON of an answer, or raise for what there is instead."""
    try:
        plain = unpacked(reply.content, reply.coding, limits.max_bytes)
        content = parse_json(plain, limits, strict_text=False)
    except BeyondLimits as error:
        raise BadAnswer(
            f"{endpoint.shown} sent an answer {error}, far beyond what was asked for; try another "
            "node",
        ) from None
    except ValueError as error:
        content, plain = None, reply.content
        if reply.coding not in {None, "", "identity"}:
            raise BadAnswer(
                f"{endpoint.shown} sent an answer in a form that was not asked for and can't be "
                f"read ({shown(str(error))}): try another node",
            ) from None
    if reply.status // 100 == _OK // 100:
        if content is None and not plain.strip().startswith(b"null"):
            says = _saying(_excerpt(plain))
            astray = BadAnswer(
                f"{endpoint.shown} answered with no JSON{says}: is that the URL of an RPC node?",
            )
            astray.temporary = _is_temporary(plain.decode(errors="replace"))
            raise astray
        return content
    message = _error_in(content)
    refused = reply.status in _REFUSED and not any(
        _is_of(meaning, request, message) for meaning in _NOT_THE_KEY for request in requests[:2]
    )
    if message is not None and not refused and reply.status not in _REDIRECTS:
        return content
    words = (_gateway_message(content) or _excerpt(plain)) if message is None else _words(message)
    raise _for_status(endpoint, requests, reply, words)


def _error_in(content: object) -> object:
    """Return the first JSON-RPC error in a body, whatever the HTTP status."""
    if is_list(content):
        return next((message for one in content if (message := _error_in(one)) is not None), None)
    return error_in(content) if is_object(content) else None


def _is_temporary(words: str) -> bool:
    """Return whether a text in place of JSON describes a temporary problem."""
    return meaning_of("", 0, words) in {Meaning.BUSY, Meaning.BEHIND}


def _gateway_message(content: object) -> str:
    """Return the message of a gateway that answers with JSON, but not JSON-RPC."""
    return "" if not is_object(content) or "result" in content else words_of(content)


def _about_events(requests: list[Message]) -> bool:
    """Return whether events are requested: a node that refuses may accept fewer blocks."""
    return any(request["method"] == _EVENTS for request in requests)


def cut_off(requests: list[Message], error: TransportError) -> TransportError:
    """Return the error for a closed connection, which can mean too many events."""
    return as_temporary(RpcRefused(_EVENTS, 0, str(error))) if _about_events(requests) else error


def _for_status(
    endpoint: Endpoint, requests: list[Message], reply: HttpReply, words: str
) -> Exception:
    """Return the error to raise for an HTTP status without a usable body."""
    status, node = reply.status, f"the RPC node {endpoint.shown}"
    says = f"HTTP {status}{_saying(words)}"
    if status in _TOO_MUCH and len(requests) > 1:
        return TooManyQuestions()
    if status in _TOO_MUCH | _TOO_SLOW and _about_events(requests):
        error = RpcRefused(_EVENTS, status, words)  # a range of fewer blocks, perhaps
        error.temporary = status in BUSY_STATUS
        return error
    busy = status in BUSY_STATUS or (status not in _FIXED and _is_temporary(words))
    if busy or (status >= _SERVER_ERROR and status not in {501, 505}):
        message = f"{node} is out of order ({says})"
        broken = RpcUnavailable(f"{message}: try again later, or another node")
        broken.temporary = busy
        return broken
    if status in _REFUSED:
        what, more = "rejected the credentials", ""
        if status == _NOT_ALLOWED:
            what, more = "refused access", ", or have the node allow this host"
        remedy = f"give its key, in the URL or as a header{more}"
        return RpcUnavailable(f"{node} {what} ({says}): {remedy}")
    if status in _REDIRECTS:
        where = _target(endpoint, reply.location)
        return RpcUnavailable(f"{node} redirects to {where} (HTTP {status}): give that URL")
    message = f"{node} does not answer JSON-RPC ({says})"
    return RpcUnavailable(f"{message}: is that the URL of an RPC node?")


def _target(endpoint: Endpoint, location: str | None) -> str:
    """Return the target of a redirect, without its path if the node's URL has a secret one."""
    if not location:
        return "a place that it does not name"
    host = origin(location)
    if host is None:
        return shown(location)
    has_path = endpoint.url.partition("://")[2].partition("/")[2] != ""
    open_text = not has_path and "?" not in location and "@" not in location
    return shown(location, public=open_text)


def _excerpt(plain: bytes) -> str:
    """Return a short body of readable text, or the title of a page."""
    if plain.lstrip()[:1] == b"<":
        title = re.search(_TITLE, plain[:_PAGE_BYTES], re.IGNORECASE | re.DOTALL)
        plain = title[1] if title else b""
    text = plain[: _WORDS_BYTES + 1].decode(errors="replace").strip()
    return "" if len(text) > _WORDS_BYTES or text[:1] in {"<", "{", "["} else text


def _saying(words: str) -> str:
    if not words:
        return ""
    return f", it says {shown(masked(words, hashes=True), _WORDS_BYTES, public=True)}"


def _in_order(endpoint: Endpoint, requests: list[Message], content: list[object]) -> list[Message]:
    """Return responses in the order of their requests."""
    message: dict[object, Message] = {}
    for response in content:
        if is_object(response) and isinstance(number := response.get("id"), (int, str)):
            message[str(number)] = response
    if len(content) != len(requests) or len(message) != len(requests):
        raise _other_requests(endpoint)
    try:
        return [message[str(request["id"])] for request in requests]
    except KeyError:
        raise _other_requests(endpoint) from None


def _answers(response: Message, request: Message) -> bool:
    # An error can come from a gateway that did not read the request's id.
    number = response.get("id")
    return number == request["id"] or number == str(request["id"])


def _other_requests(endpoint: Endpoint) -> BadAnswer:
    return BadAnswer(f"{endpoint.shown} answered other requests than were sent")
