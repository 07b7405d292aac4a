"""The OpenAPI description of the API, built from the requests' schema and from `CODES`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

import ocn_registry
from ocn_registry.relay.problems import CODES, MEDIA_TYPE
from ocn_registry.relay.views import LISTS

_ADDRESS: Final[object] = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
_HASH: Final[object] = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
_COUNT: Final[object] = {"type": "integer", "minimum": 0}
_STATES: Final = [
    *("accepted", "sent", "mined", "done"),
    *("failed", "expired", "superseded", "withdrawn"),
]
_FILTERS: Final[dict[str, object]] = {
    "q": {"type": "string"},
    "role": {"type": "string", "enum": ["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"]},
    "operator": _ADDRESS,
    "country": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "user": _ADDRESS,
}


@cache
def document() -> dict[str, object]:
    """Return the OpenAPI 3.1 document."""
    schema = files("ocn_registry").joinpath("schemas", "signed-request.schema.json")
    signed: object = json.loads(schema.read_text(encoding="utf-8"))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCN relay",
            "version": ocn_registry.__version__,
            "description": "Accepts signed requests to the OCN Registry and pays for them.",
        },
        "paths": _paths(),
        "components": {
            "schemas": {
                "SignedRequest": signed,
                "Voucher": _object(
                    operator=_ADDRESS,
                    account=_ADDRESS,
                    requests={"type": "integer", "minimum": 1, "maximum": 1000},
                    deadline=_COUNT,
                    signature={"type": "string", "pattern": "^0x[0-9a-fA-F]{130}$"},
                ),
                "Request": _object(
                    id=_HASH,
                    state={"type": "string", "enum": _STATES},
                    kind={"type": "string"},
                    contract={"type": "string", "enum": ["registry", "permissions"]},
                    account=_ADDRESS,
                    nonce=_COUNT,
                    deadline=_COUNT,
                    sponsor={"type": "string"},
                    accepted=_COUNT,
                    transaction=_or_null(_HASH),
                    block=_or_null(_COUNT),
                    gasUsed=_or_null(_COUNT),
                    error=_or_null({"type": "string"}),
                ),
                "Receipt": _object(
                    relay=_ADDRESS,
                    request=_HASH,
                    sponsor={"type": "string"},
                    accepted=_COUNT,
                    signature={"type": "string", "pattern": "^0x[0-9a-f]{130}$"},
                ),
                "Problem": {
                    "type": "object",
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "code": {"type": "string", "enum": sorted(CODES)},
                        "detail": {"type": "string"},
                    },
                    "required": ["type", "title", "status", "code", "detail"],
                },
            },
            "responses": {
                code: {
                    "description": kind.title,
                    "content": {MEDIA_TYPE: {"schema": _ref("Problem")}},
                }
                for code, kind in CODES.items()
            },
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, object]:
    accepted: object = {
        "allOf": [
            _ref("Request"),
            {
                "type": "object",
                "properties": {"receipt": _ref("Receipt")},
                "required": ["receipt"],
            },
        ]
    }
    body: object = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        _ref("SignedRequest"),
                        _object(
                            request=_ref("SignedRequest"),
                            voucher_=_ref("Voucher"),
                        ),
                    ]
                }
            }
        },
    }
    only_request: object = {
        "required": True,
        "content": {"application/json": {"schema": _ref("SignedRequest")}},
    }
    bad_body = ("invalid_request", "body_timeout", "too_large", "rate_limited")
    down = ("chain_unavailable", "database_unavailable", "closed")
    found: dict[str, object] = {
        "/v1/requests": {
            "post": {
                "summary": "Hand in a signed request",
                "security": [{}, {"key": []}],
                "requestBody": body,
                "responses": _answers(
                    {
                        "202": _json("The request was accepted", accepted),
                        "200": _json("The request was accepted before", accepted),
                    },
                    *bad_body,
                    *("not_sponsored", "nonce_in_use", "expired", "nonce_mismatch"),
                    *("signature_mismatch", "would_revert", "unsupported", "quota_exceeded"),
                    "too_many_waiting",
                    *down,
                ),
            }
        },
        "/v1/requests/{id}": {
            "get": {
                "summary": "See what became of a request",
                "parameters": [_path("id", {"type": "string"})],
                "responses": _answers(
                    {"200": _json("The request", _ref("Request"))},
                    "not_found",
                    "database_unavailable",
                ),
            }
        },
        "/v1/calldata": {
            "post": {
                "summary": "Get the transaction to send, to pay for a signed request yourself",
                "requestBody": only_request,
                "responses": _answers(
                    {
                        "200": _json(
                            "The transaction",
                            _object(
                                chainId=_COUNT,
                                to=_ADDRESS,
                                data={"type": "string", "pattern": "^0x[0-9a-f]+$"},
                                value={"type": "string"},
                            ),
                        )
                    },
                    *bad_body,
                ),
            }
        },
        "/v1/accounts/{account}/allowance": {
            "get": {
                "summary": "See what is left of an account's quotas today",
                "parameters": [_path("account", {"type": "string"})],
                "responses": _answers(
                    {"200": _json("The allowance", {"type": "object"})},
                    "invalid_request",
                    "database_unavailable",
                ),
            }
        },
        "/v1/accounts/{account}/requests": {
            "get": {
                "summary": "List an account's requests, the latest first",
                "parameters": [
                    _path("account", {"type": "string"}),
                    _query("before", _COUNT),
                    _query("limit", _COUNT),
                ],
                "responses": _answers(
                    {
                        "200": _json(
                            "The requests",
                            _object(
                                requests={"type": "array", "items": _ref("Request")},
                                before=_or_null(_COUNT),
                            ),
                        )
                    },
                    "invalid_request",
                    "database_unavailable",
                ),
            }
        },
        "/v1/changes": {
            "get": {
                "summary": "Follow what happens, as server-sent events",
                "parameters": [_query("after", _COUNT)],
                "responses": _answers(
                    {
                        "200": {
                            "description": "Events `request` and `block`",
                            "content": {"text/event-stream": {"schema": {"type": "object"}}},
                        }
                    },
                    "invalid_request",
                    "closed",
                ),
            }
        },
        "/v1/openapi.json": {
            "get": {
                "summary": "This document",
                "responses": {"200": _json("OpenAPI", {"type": "object"})},
            }
        },
        "/health/live": {
            "get": {
                "summary": "Whether the process runs",
                "responses": {"200": _json("It runs", {"type": "object"})},
            }
        },
        "/health/ready": {
            "get": {
                "summary": "Whether a request would be accepted and paid now",
                "responses": {
                    "200": _json("Ready", {"type": "object"}),
                    "503": _json("Not ready, with the reasons", {"type": "object"}),
                },
            }
        },
        "/metrics": {
            "get": {
                "summary": "Figures in the form of Prometheus",
                "responses": _answers(
                    {
                        "200": {
                            "description": "Figures",
                            "content": {"text/plain": {"schema": {"type": "string"}}},
                        }
                    },
                    "database_unavailable",
                ),
            }
        },
    }
    for name, (filters, _) in LISTS.items():
        found[f"/v1/{name}"] = {
            "get": {
                "summary": f"List {name}",
                "parameters": [
                    *[
                        _query(one, _FILTERS[one], required=one == "user")
                        for one in sorted(filters)
                    ],
                    _query("offset", _COUNT),
                    _query("limit", _COUNT),
                ],
                "responses": _answers(
                    {
                        "200": _json(
                            "A page",
                            _page(name),
                        )
                    },
                    "invalid_request",
                    "chain_unavailable",
                ),
            }
        }
    return found


def _object(**members: object) -> object:
    """Return the schema of an object; a member whose name ends in `_` may be missing."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): member for name, member in members.items()},
        "required": [name for name in members if not name.endswith("_")],
        "additionalProperties": False,
    }


def _page(name: str) -> object:
    entries: dict[str, object] = {name: {"type": "array", "items": {"type": "object"}}}
    block = _object(number=_COUNT, time=_COUNT)
    return _object(block=block, total=_COUNT, offset=_COUNT, **entries)


def _or_null(schema: object) -> object:
    return {"oneOf": [schema, {"type": "null"}]}


def _ref(name: str) -> object:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: object) -> object:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _path(name: str, schema: object) -> object:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: object, *, required: bool = False) -> object:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _answers(good: dict[str, object], *codes: str) -> dict[str, object]:
    """Return the answers of a path: the good ones, and those of its errors."""
    return good | _problems(*codes)


def _problems(*codes: str) -> dict[str, object]:
    """Return the error answers of a path: one for each status, which names its codes."""
    found: dict[str, object] = {}
    for code in codes:
        status = str(CODES[code].status)
        same = [one for one in codes if str(CODES[one].status) == status]
        found[status] = {
            "description": f"{', '.join(same)}",
            "content": {MEDIA_TYPE: {"schema": _ref("Problem")}},
        }
    return found
