"""The relay's HTTP API: an ASGI application that can also be mounted in node software.

Handlers parse requests and write responses. Code that waits for the chain or the database runs in
threads, so it never blocks the event loop.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address
from ocn_registry.registry_api.api import ROUTES
from ocn_registry.registry_api.changes import Position, stream
from ocn_registry.registry_api.problems import MAX_BODY_BYTES, Problem
from ocn_registry.relay import page, store, views
from ocn_registry.relay.documents import Voucher, receipt
from ocn_registry.relay.openapi import document as openapi
from ocn_registry.relay.problems import problem_of
from ocn_registry.signing import read_signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request as HttpRequest
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ocn_registry.relay.service import RelayService

T = TypeVar("T")
_BODY_S = 10.0
_PAGE, _MOST = 100, 500
_FOLLOWERS = 200
_ADDRESSES = 10_000
# Requests handled at a time: those that wait together are checked and committed together. Each
# thread has its own connection, and PostgreSQL usually allows a hundred.
_WORKERS = ThreadPoolExecutor(20, thread_name_prefix="ocn-relay-api")


class Handler(Protocol):
    """A function that answers an HTTP request."""

    def __call__(self, service: RelayService, http: HttpRequest, /) -> Awaitable[Response]:
        """Return the response, or raise an error that `problem_of` maps."""
        ...


def application(service: RelayService) -> Starlette:
    """Return the ASGI application of a relay.

    Args:
        service: The relay's components.
    """
    limiter = _Limiter(service.config.requests_per_minute)

    def route(path: str, handler: Handler, method: str, *, limited: bool = False) -> Route:
        async def answer(http: HttpRequest) -> Response:
            try:
                if limited:
                    limiter.count(http.client.host if http.client else "")
                return await handler(service, http)
            except Problem as problem:
                return _response(problem)
            except OcnRegistryError as error:
                return _response(problem_of(error))

        return Route(path, answer, methods=[method])

    return Starlette(
        routes=[
            route("/v1/requests", post_request, "POST", limited=True),
            route("/v1/requests/{id}", get_request, "GET"),
            route("/v1/requests/{id}", delete_request, "DELETE", limited=True),
            route("/v1/accounts/{account}/allowance", get_allowance, "GET"),
            route("/v1/accounts/{account}/requests", get_requests, "GET"),
            *[
                route(path, ask_registry, method, limited=method == "POST")
                for path, (method, _) in ROUTES.items()
                if path != "/v1/openapi.json"
            ],
            route("/v1/changes", get_changes, "GET"),
            route("/v1/openapi.json", get_openapi, "GET"),
            route("/health/live", get_live, "GET"),
            route("/health/ready", get_ready, "GET"),
            route("/metrics", get_metrics, "GET"),
            *page.routes(service.config.deployment),
        ],
        middleware=[Middleware(_ForPagesElsewhere)],
        exception_handlers={HTTPException: _http_error, Exception: _mistake},
    )


class _ForPagesElsewhere:
    """Let a page of any other host use the API, as the explorer does from a folder.

    The API is public and knows no cookies, so a page can do no more with it than its author could.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
            max_age=24 * 3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).removeprefix(str(scope.get("root_path", "")))
        is_api = scope["type"] == "http" and path.startswith("/v1/")
        await (self._open if is_api else self._app)(scope, receive, send)


async def post_request(service: RelayService, http: HttpRequest) -> Response:
    """Accept a signed request: the bare document, or an object with `request` and `voucher`."""
    whole = await _body(http)
    document: object = whole
    voucher: Voucher | None = None
    if set(whole) <= {"request", "voucher"} and "request" in whole:
        document = whole["request"]
        if "voucher" in whole:
            voucher = Voucher.read(json.dumps(whole["voucher"]))
    key = _key(http)

    def accept() -> tuple[store.Accepted, bool, dict[str, object]]:
        decision = service.intake.accept(json.dumps(document), voucher=voucher, key=key)
        request = decision.request
        signed = receipt(
            service.client.deployment,
            request.id,
            request.sponsor,
            request.accepted_unix_s,
            service.receipt_signer,
        )
        return request, decision.new, signed

    request, new, signed = await _off_loop(accept)
    return JSONResponse(
        {**views.of_request(request), "receipt": signed},
        status_code=202 if new else 200,
        headers={"Location": f"/v1/requests/{request.id}"},
    )


async def get_request(service: RelayService, http: HttpRequest) -> Response:
    """Return a request."""
    request_id = http.path_params["id"].lower()

    def look() -> store.Accepted | None:
        with service.database.reading() as transaction:
            return store.find(transaction, request_id)

    found = await _off_loop(look)
    if found is None:
        raise _unknown_request()
    return JSONResponse(views.of_request(found))


async def delete_request(service: RelayService, http: HttpRequest) -> Response:
    """Withdraw a request, with the API key that sponsored it or with `{"signature": ...}`."""
    key = _key(http)
    signature: bytes | None = None
    if key is None:
        whole = await _body(http)
        if set(whole) != {"signature"}:
            raise Problem(
                "invalid_request", "the signature is missing: sign Withdraw with the request's key"
            )
        signature = read_signature(whole["signature"])
    found = await _off_loop(
        service.intake.withdraw, http.path_params["id"].lower(), signature=signature, key=key
    )
    if found is None:
        raise _unknown_request()
    return JSONResponse(views.of_request(found))


async def ask_registry(service: RelayService, http: HttpRequest) -> Response:
    """Answer a question about the registry; see `registry_api`."""
    body = await _content(http) if http.method == "POST" else b""
    reply = await _off_loop(
        service.registry.answer,
        http.method,
        http.url.path.removeprefix(http.scope.get("root_path", "")),
        tuple(http.query_params.multi_items()),
        body,
    )
    return Response(
        reply.body, status_code=reply.status, media_type=reply.media_type, headers=reply.headers
    )


async def get_allowance(service: RelayService, http: HttpRequest) -> Response:
    """Return what is left of an account's quotas today."""
    account = Address(http.path_params["account"])

    def look() -> dict[str, object]:
        with service.database.reading() as transaction:
            return views.of_allowance(
                transaction, service.config.policy, account, now_unix_s=int(time.time())
            )

    return JSONResponse(await _off_loop(look))


async def get_requests(service: RelayService, http: HttpRequest) -> Response:
    """Return an account's requests, the latest first."""
    account = Address(http.path_params["account"])
    before, limit = _number(http, "before", (1 << 53) - 1, (1 << 53) - 1), _limit(http)

    def look() -> tuple[store.Accepted, ...]:
        with service.database.reading() as transaction:
            return store.of_account(transaction, account, before=before, most=limit)

    found = await _off_loop(look)
    after = found[-1].place if len(found) == limit else None
    return JSONResponse({"requests": [views.of_request(one) for one in found], "before": after})


async def get_changes(service: RelayService, http: HttpRequest) -> Response:
    """Stream events: state changes of requests, and changes of the registry."""
    mark = Position.read(http.headers.get("last-event-id") or http.query_params.get("after"))
    if service.followers >= _FOLLOWERS:
        raise Problem("closed", "too many clients are following: poll instead, or try again later")
    return StreamingResponse(
        _changes(service, mark),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _changes(service: RelayService, mark: Position) -> AsyncIterator[str]:
    def look(place: int | None) -> tuple[int, list[dict[str, object]]]:
        with service.database.reading() as transaction:
            if place is None:
                return store.last_event(transaction), []
            events = store.events(transaction, place, _PAGE)
        return events[-1].place if events else place, [views.of_event(one) for one in events]

    service.followers += 1
    try:
        async for text in stream(service.registry.changes, mark, look, service.is_ending):
            yield text
    finally:
        service.followers -= 1


async def get_openapi(service: RelayService, http: HttpRequest) -> Response:  # noqa: ARG001 - a handler
    """Return the description of this API."""
    return JSONResponse(openapi())


async def get_live(service: RelayService, http: HttpRequest) -> Response:  # noqa: ARG001 - a handler
    """Report that the process is running."""
    return JSONResponse({"status": "ok"})


async def get_ready(service: RelayService, http: HttpRequest) -> Response:  # noqa: ARG001 - a handler
    """Report whether a request would be accepted and paid now; otherwise 503 and the reasons."""
    health = await _off_loop(service.health)
    return JSONResponse(health.document(), status_code=200 if health.ready else 503)


async def get_metrics(service: RelayService, http: HttpRequest) -> Response:  # noqa: ARG001 - a handler
    """Return metrics in Prometheus's format."""
    await _off_loop(service.measure)
    return Response(generate_latest(service.metrics), media_type=CONTENT_TYPE_LATEST)


def _unknown_request() -> Problem:
    return Problem("not_found", "no request with this id was accepted here: check the id")


def _key(http: HttpRequest) -> str | None:
    """Return the API key of an HTTP request."""
    authorization = http.headers.get("authorization", "")
    scheme, _, key = authorization.partition(" ")
    if authorization and scheme.lower() != "bearer":
        raise Problem("invalid_request", "the authorization must be a bearer token: use an API key")
    return key.strip() or None


async def _body(http: HttpRequest) -> dict[str, object]:
    try:
        whole = parse_json(await _content(http))
    except (ValueError, InvalidInput):
        raise Problem("invalid_request", "the body is not valid JSON: check it") from None
    if not isinstance(whole, dict):
        raise Problem("invalid_request", "the body is not a JSON object: check it")
    return cast("dict[str, object]", whole)


async def _content(http: HttpRequest) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in http.stream():
                content.extend(chunk)
                if len(content) > MAX_BODY_BYTES:
                    raise Problem(
                        "too_large",
                        f"the body is larger than {MAX_BODY_BYTES} bytes: send one request",
                    )
    except TimeoutError:
        raise Problem(
            "body_timeout", f"the body did not arrive within {_BODY_S:.0f} s: send it again"
        ) from None
    return bytes(content)


def _number(http: HttpRequest, name: str, default: int, most: int) -> int:
    text = http.query_params.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= most:  # noqa: PLR2004 - 2^53
        return int(text)
    raise Problem("invalid_request", f"{name} is not a valid number: use 0 to {most}")


def _limit(http: HttpRequest) -> int:
    return max(_number(http, "limit", _PAGE, _MOST), 1)


async def _off_loop(task: Callable[..., T], *args: object, **named: object) -> T:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_WORKERS, functools.partial(task, *args, **named))


def _response(problem: Problem) -> Response:
    if problem.status == 429:  # noqa: PLR2004 - an HTTP status
        resets = problem.more.get("resets")
        wait = resets - int(time.time()) if isinstance(resets, int) else 60
        problem.headers["Retry-After"] = str(max(wait, 1))
    reply = problem.reply()
    return Response(
        reply.body, status_code=reply.status, media_type=reply.media_type, headers=reply.headers
    )


async def _http_error(http: HttpRequest, error: Exception) -> Response:  # noqa: ARG001 - a handler
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:  # noqa: PLR2004 - an HTTP status
        return _response(Problem("method_not_allowed", "use the methods of /v1/openapi.json"))
    return _response(Problem("not_found", "the paths of this relay are in /v1/openapi.json"))


async def _mistake(http: HttpRequest, error: Exception) -> Response:  # noqa: ARG001 - a handler
    return _response(Problem("internal", "the relay made a mistake: tell its operator"))


class _Limiter:
    """Limits the number of submissions per address and minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, host: str) -> None:
        minute = int(time.monotonic()) // 60
        since, count = self._seen.pop(host, (minute, 0))
        count = count + 1 if since == minute else 1
        self._seen[host] = (minute, count)
        while len(self._seen) > _ADDRESSES:
            self._seen.popitem(last=False)
        if count > self._per_minute:
            raise Problem(
                "rate_limited",
                f"more than {self._per_minute} requests a minute from your address: slow down",
            )
