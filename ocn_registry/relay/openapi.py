"""The OpenAPI description of the API, built from the requests' schema and from `CODES`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from ocn_registry.registry_api import openapi as registry
from ocn_registry.registry_api.schema_parts import (
    ADDRESS,
    COUNT,
    HASH,
    TEXT,
    answer,
    get,
    list_of,
    object_of,
    or_null,
    parameter,
    part,
    post,
    problems,
    ref,
)

if TYPE_CHECKING:
    from ocn_registry.registry_api.schema_parts import Schema

_STATES: Final = [
    *("accepted", "sent", "mined", "done"),
    *("failed", "expired", "superseded", "withdrawn"),
]


@cache
def document() -> dict[str, object]:
    """Return the OpenAPI 3.1 document."""
    return registry.document(
        "OCN relay",
        "Accepts signed requests to the OCN Registry and pays for them.",
        more_paths=_paths(),
        more_schemas={
            "Voucher": object_of(
                operator=ADDRESS,
                account=ADDRESS,
                requests={"type": "integer", "minimum": 1, "maximum": 1000},
                deadline=COUNT,
                signature={"type": "string", "pattern": "^0x[0-9a-fA-F]{130}$"},
            ),
            "Request": object_of(
                id=HASH,
                state={"type": "string", "enum": _STATES},
                kind=TEXT,
                contract={"type": "string", "enum": ["registry", "permissions"]},
                account=ADDRESS,
                nonce=COUNT,
                deadline=COUNT,
                sponsor=TEXT,
                accepted=COUNT,
                transaction=or_null(HASH),
                block=or_null(COUNT),
                gasUsed=or_null(COUNT),
                error=or_null(TEXT),
            ),
            "Receipt": object_of(
                relay=ADDRESS,
                request=HASH,
                sponsor=TEXT,
                accepted=COUNT,
                signature={"type": "string", "pattern": "^0x[0-9a-f]{130}$"},
            ),
        },
        securitySchemes={"key": {"type": "http", "scheme": "bearer"}},
    )


def _paths() -> Schema:
    accepted: Schema = {
        "allOf": [
            ref("Request"),
            {"type": "object", "properties": {"receipt": ref("Receipt")}, "required": ["receipt"]},
        ]
    }
    hand_in = post(
        "Hand in a signed request",
        {
            "oneOf": [
                ref("SignedRequest"),
                object_of(request=ref("SignedRequest"), voucher_=ref("Voucher")),
            ]
        },
        {
            "202": answer("The request was accepted", accepted),
            "200": answer("The request was accepted before", accepted),
        },
        *("not_sponsored", "nonce_in_use", "expired", "nonce_mismatch", "signature_mismatch"),
        *("would_revert", "unsupported", "quota_exceeded", "too_many_waiting"),
        *("chain_unavailable", "database_unavailable", "closed"),
    )
    withdraw = post(
        "Withdraw a request that was not sent yet",
        object_of(signature={"type": "string", "pattern": "^0x[0-9a-fA-F]{128,130}$"}),
        {"200": answer("The request, withdrawn", ref("Request"))},
        *("not_found", "not_sponsored", "not_waiting", "signature_mismatch"),
        "database_unavailable",
    )
    plain: Schema = {"type": "object"}
    return {
        "/v1/requests": {"post": {**_of(hand_in, "post"), "security": [{}, {"key": []}]}},
        "/v1/requests/{id}": {
            **get(
                "Return the state of a request",
                ref("Request"),
                *("not_found", "database_unavailable"),
                parameters=[part("id")],
            ),
            "delete": {
                **_of(withdraw, "post"),
                "parameters": [part("id")],
                "security": [{}, {"key": []}],
            },
        },
        "/v1/accounts/{account}/allowance": get(
            "See what is left of an account's quotas today",
            plain,
            "database_unavailable",
            parameters=[part("account")],
        ),
        "/v1/accounts/{account}/requests": get(
            "List an account's requests, the latest first",
            object_of(requests=list_of(ref("Request")), before=or_null(COUNT)),
            "database_unavailable",
            parameters=[part("account"), parameter("before", COUNT), parameter("limit", COUNT)],
        ),
        "/v1/changes": {
            "get": {
                "summary": "Follow what happens, as server-sent events that resume",
                "description": (
                    "Events `request` (a change of state), `registry` (what changed in a block), "
                    "`block` (a block without changes) and `reload` (too much was missed). Each "
                    "has an id; hand the last one in as `Last-Event-ID` or `after` to resume."
                ),
                "parameters": [parameter("after", TEXT)],
                "responses": {
                    "200": {
                        "description": "The events",
                        "content": {"text/event-stream": {"schema": TEXT}},
                    },
                    **problems("invalid_request", "closed"),
                },
            }
        },
        "/health/live": _plain("Whether the process runs", answer("It runs", plain)),
        "/health/ready": {
            "get": {
                "summary": "Whether a request would be accepted and paid now",
                "responses": {
                    "200": answer("Ready", plain),
                    "503": answer("Not ready, with the reasons", plain),
                },
            }
        },
        "/metrics": {
            "get": {
                "summary": "Figures in the form of Prometheus",
                "responses": {
                    "200": {
                        "description": "Figures",
                        "content": {"text/plain": {"schema": TEXT}},
                    },
                    **problems("database_unavailable"),
                },
            }
        },
    }


def _plain(summary: str, good: Schema) -> Schema:
    return {"get": {"summary": summary, "responses": {"200": good}}}


def _of(path: Schema, method: str) -> Schema:
    found = path[method]
    assert isinstance(found, dict)  # noqa: S101 - for type checkers
    return found  # pyright: ignore[reportUnknownVariableType] - the same
