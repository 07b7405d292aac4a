"""The OpenAPI paths of the registry's API, for any server."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import ocn_registry
from ocn_registry.registry_api.lists import LISTS
from ocn_registry.registry_api.pages import MOST_IN_PAGE
from ocn_registry.registry_api.problems import CODES, MEDIA_TYPE
from ocn_registry.registry_api.schema_parts import (
    ADDRESS,
    COUNT,
    HASH,
    TEXT,
    YES_NO,
    answer,
    get,
    list_of,
    object_of,
    or_null,
    parameter,
    part,
    post,
    ref,
)
from ocn_registry.registry_api.schemas import schemas

if TYPE_CHECKING:
    from ocn_registry.registry_api.schema_parts import Schema

_CHAIN: Final = ("chain_unavailable",)


def document(
    title: str = "OCN Registry",
    description: str = "Answers queries about an OCN Registry, and prepares requests to sign.",
    *,
    more_paths: Schema | None = None,
    more_schemas: Schema | None = None,
    **components: object,
) -> Schema:
    """Return the OpenAPI 3.1 document of a server.

    Args:
        title: Title of the server.
        description: Description of the server.
        more_paths: Additional paths.
        more_schemas: Their schemas.
        components: Further components.
    """
    schema = files("ocn_registry").joinpath("schemas", "signed-request.schema.json")
    signed: object = json.loads(schema.read_text(encoding="utf-8"))
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": ocn_registry.__version__, "description": description},
        "paths": {**paths(), **(more_paths or {})},
        "components": {
            "schemas": {**schemas(), "SignedRequest": signed, **(more_schemas or {})},
            "responses": {
                code: {
                    "description": kind.title,
                    "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
                }
                for code, kind in CODES.items()
            },
            **components,
        },
    }


def paths() -> Schema:
    """Return the paths."""
    block = ref("Block")
    countries = list_of(object_of(countryCode=TEXT, parties=COUNT, roles={"type": "object"}))
    sides: Schema = {
        "service": or_null(ref("Service")),
        "agreements": list_of(ref("Agreement")),
        "moreAgreements": YES_NO,
    }
    counts = dict.fromkeys(("nodes", "parties", "accounts", "services", "agreements"), COUNT)
    circles = object_of(
        nodes=list_of(object_of(operator=ADDRESS, url=TEXT, parties=COUNT)),
        moreNodes=COUNT,
        unreachableParties=COUNT,
    )
    found: Schema = {
        "/v1/openapi.json": {
            "get": {
                "summary": "This document",
                "responses": {"200": answer("OpenAPI", {"type": "object"})},
            }
        },
        "/v1/chain": get(
            "Identify the registry, and say how current its view is", ref("Chain"), *_CHAIN
        ),
        "/v1/overview": get(
            "Give an overview of the registry",
            object_of(
                chain=ref("Chain"),
                counts=object_of(**counts, roles={"type": "object"}),
                countries=countries,
                circles=circles,
                latest=list_of(ref("Event")),
            ),
            *_CHAIN,
        ),
        "/v1/countries": get(
            "List countries", object_of(block=block, countries=countries), *_CHAIN
        ),
        "/v1/search": get(
            "Search ids, addresses, URLs and names",
            object_of(
                block=block,
                parties=list_of(object_of(countryCode=TEXT, partyId=TEXT, address=ADDRESS)),
                nodes=list_of(ref("Node")),
                services=list_of(ref("Service")),
                more=YES_NO,
            ),
            *_CHAIN,
            parameters=[parameter("q", TEXT, required=True)],
        ),
        "/v1/nodes/{operator}": get(
            "Return a node",
            object_of(block=block, node=ref("Node")),
            *("not_found", *_CHAIN),
            parameters=[part("operator")],
        ),
        "/v1/parties/{country}/{party}": get(
            "Return a party, and the other entries of its account",
            object_of(
                block=block,
                party=ref("Party"),
                others=list_of(object_of(countryCode=TEXT, partyId=TEXT)),
                **sides,
            ),
            *("not_found", *_CHAIN),
            parameters=[part("country"), part("party")],
        ),
        "/v1/services/{provider}": get(
            "Return a service",
            object_of(block=block, service=ref("Service"), provider=ref("Account")),
            *("not_found", *_CHAIN),
            parameters=[part("provider")],
        ),
        "/v1/accounts/{account}": get(
            "Return the entries of an address",
            object_of(
                block=block,
                account=ADDRESS,
                controller=or_null(ADDRESS),
                node=or_null(ref("Node")),
                parties=list_of(ref("Party")),
                moreParties=YES_NO,
                **sides,
                nonces=or_null(object_of(registry=TEXT, permissions=TEXT)),
            ),
            *_CHAIN,
            parameters=[part("account")],
        ),
        "/v1/history": get(
            "List changes, the latest first",
            object_of(
                complete=YES_NO,
                readTo=or_null(COUNT),
                before=or_null(COUNT),
                events=list_of(ref("Event")),
            ),
            "not_found",
            parameters=[
                parameter("account", ADDRESS),
                parameter("party", TEXT),
                parameter("before", COUNT),
                parameter("limit", {**COUNT, "maximum": 200}),
            ],
        ),
        "/v1/transactions/{hash}": get(
            "Return the outcome of a transaction",
            object_of(
                hash=HASH,
                block=or_null(COUNT),
                succeeded=or_null(YES_NO),
                gasUsed=or_null(COUNT),
                events=list_of(ref("Event")),
                moreEvents=YES_NO,
                requests=list_of({"type": "object"}),
            ),
            *("not_found", "database_unavailable", *_CHAIN),
            parameters=[part("hash")],
        ),
        "/v1/route": get(
            "Return the route of a message from one party to another",
            object_of(
                block=block,
                **{"from": TEXT},
                to=TEXT,
                module=TEXT,
                interface=TEXT,
                reached=YES_NO,
                steps=list_of(ref("Step")),
                permissions=list_of(TEXT),
                forwarded=list_of(
                    object_of(
                        provider=ref("Account"),
                        name=TEXT,
                        version=or_null({"type": "integer"}),
                        gets=YES_NO,
                        by=list_of({"type": ["string", "integer"]}),
                        text=TEXT,
                    )
                ),
            ),
            *_CHAIN,
            parameters=[
                parameter("from", TEXT, required=True),
                parameter("to", TEXT, required=True),
                parameter("module", TEXT),
                parameter("interface", {"type": "string", "enum": ["sender", "receiver"]}),
            ],
        ),
        "/v1/prepare": post(
            "Prepare a change: what to sign, what it ends, and who could pay",
            {
                "oneOf": [
                    object_of(account=ADDRESS, intent=ref("Intent"), nonce_=COUNT, deadline_=COUNT),
                    object_of(request={"type": "object"}),
                ]
            },
            {"200": answer("The payload to sign", ref("Prepared"))},
            *("would_revert", "unsupported", "database_unavailable", *_CHAIN),
        ),
        "/v1/calldata": post(
            "Return the transaction with which anyone can pay for a signed request",
            ref("SignedRequest"),
            {"200": answer("The transaction", ref("Transaction"))},
        ),
    }
    for name, (_, entry, parameters) in LISTS.items():
        found[f"/v1/{name}"] = get(
            f"List {name}",
            object_of(
                block=block,
                total=COUNT,
                offset=COUNT,
                next=or_null(COUNT),
                complete_=YES_NO,
                **{name: list_of(ref(entry))},
            ),
            *_CHAIN,
            parameters=[*parameters, *_PAGING],
            csv=True,
        )
    return found


_PAGING: Final = [
    parameter("offset", COUNT),
    parameter("limit", {**COUNT, "maximum": MOST_IN_PAGE}),
    parameter("format", {"type": "string", "enum": ["json", "csv"]}),
]
