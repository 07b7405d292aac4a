"""Building blocks of OpenAPI documents."""

from __future__ import annotations

from typing import Final

from ocn_registry.registry_api.problems import CODES, MEDIA_TYPE

Schema = dict[str, object]

ADDRESS: Final[Schema] = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
HASH: Final[Schema] = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
TEXT: Final[Schema] = {"type": "string"}
YES_NO: Final[Schema] = {"type": "boolean"}


def object_of(**members: object) -> Schema:
    """Return the schema of an object. Members whose names end in `_` are optional."""
    return some_of(**members) | {"additionalProperties": False}


def some_of(**members: object) -> Schema:
    """Return the schema of an object that has further members."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): member for name, member in members.items()},
        "required": [name for name in members if not name.endswith("_")],
    }


def list_of(schema: object) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def or_null(schema: object) -> Schema:
    """Return a schema that also allows `null`."""
    return {"oneOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(description: str, schema: object) -> Schema:
    """Return a JSON answer."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def part(name: str) -> Schema:
    """Return a path parameter."""
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def parameter(name: str, schema: object, *, required: bool = False) -> Schema:
    """Return a query parameter."""
    return {"name": name, "in": "query", "required": required, "schema": schema}


def get(
    summary: str,
    schema: object,
    *codes: str,
    parameters: list[Schema] | None = None,
    csv: bool = False,
) -> Schema:
    """Return a GET path. Its answers always include `invalid_request`."""
    good = answer("The answer", schema)
    if csv:
        content: Schema = {
            "application/json": {"schema": schema},
            "text/csv": {"schema": TEXT},
        }
        good = {"description": "The page", "content": content}
    return {
        "get": {
            "summary": summary,
            "parameters": parameters or [],
            "responses": problems("invalid_request", *codes) | {"200": good},
        }
    }


def post(summary: str, body: object, good: Schema, *codes: str) -> Schema:
    """Return a POST path with a JSON body."""
    return {
        "post": {
            "summary": summary,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": body}},
            },
            "responses": good
            | problems("invalid_request", "body_timeout", "too_large", "rate_limited", *codes),
        }
    }


def problems(*codes: str) -> Schema:
    """Return the error answers of a path: one for each status, listing its codes."""
    found: Schema = {}
    for code in codes:
        status = str(CODES[code].status)
        same = [one for one in codes if str(CODES[one].status) == status]
        found[status] = {
            "description": f"{', '.join(same)}",
            "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
        }
    return found
