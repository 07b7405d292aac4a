"""Write `ocn_registry/schemas`: the form of signed requests, and of what commands print.

    python tools/build/build_schema.py            write
    python tools/build/build_schema.py --check    compare with what is committed

They are for programs in other languages. The first is generated from the types that the package
signs, so they can't differ. A document of this form can still be rejected: for its chain or
contract, its deadline or nonce, or its signature. The second is from `command_schema.py`.
"""

import argparse
import sys
from pathlib import Path
from typing import cast

import command_schema
from json_text import json_text

from ocn_registry.dialects.v1 import requests as first
from ocn_registry.dialects.v1.reader import MODULES, ROLES
from ocn_registry.dialects.v3 import requests as third
from ocn_registry.foreign.names import MAX_NAME_BYTES
from ocn_registry.foreign.urls import MAX_URL_BYTES
from ocn_registry.models import Contract, Module, Role
from ocn_registry.signing import DOMAIN_TYPE, MAX_SIGNATURE_BYTES, StructType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ocn_registry" / "schemas"

Schema = dict[str, object]
_URL = r"^https?://[a-z0-9\[][-a-z0-9._~:/%\[\]]*(?<![/.])$"
_ADDRESS: Schema = {"type": "string", "pattern": "^0[xX][0-9a-fA-F]{40}$"}
_WORD: Schema = {"$ref": "#/$defs/uint256"}
_NAMES: dict[Contract, str] = {
    Contract.REGISTRY: "OCN Registry",
    Contract.PERMISSIONS: "OCN Permissions",
}


def below(limit: int) -> Schema:
    """Return the schema of a small number: decimal or hexadecimal text, or a number."""
    digits = "".join(f"{number:x}" for number in range(limit))
    either_case = digits + digits[10:].upper()
    return {
        "anyOf": [
            {"enum": [*map(str, range(limit)), *range(limit)]},
            {"type": "string", "pattern": f"^0x0{{0,63}}[{either_case}]$"},
        ],
    }


def objects(properties: Schema, **more: object) -> Schema:
    """Return the schema of an object that has exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


# The form of a text, by the names of type and field, or by the name of the field.
TEXTS: dict[str, Schema] = {
    "countryCode": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "partyId": {"type": "string", "pattern": "^[A-Z0-9]{3}$"},
    "domain": {"type": "string", "pattern": _URL, "maxLength": MAX_URL_BYTES},
    "url": {
        "anyOf": [
            {"const": ""},
            {"type": "string", "pattern": _URL, "maxLength": MAX_URL_BYTES},
        ],
    },
    "website": {
        "anyOf": [
            {"const": ""},
            {"type": "string", "pattern": _URL, "maxLength": MAX_URL_BYTES},
        ],
    },
    "name": {"type": "string", "maxLength": MAX_NAME_BYTES},
}
# The first generation accepts any text.
FIRST_TEXTS: dict[str, Schema] = {
    "countryCode": {"type": "string", "minLength": 2, "maxLength": 2},
    "partyId": {"type": "string", "minLength": 3, "maxLength": 3},
}


def lists(roles: int, modules: int) -> dict[str, Schema]:
    """Return the schemas of lists by field name, for contracts with so many values."""
    return {
        "roles": {"type": "array", "items": below(roles), "minItems": 1},
        "sender": {"type": "array", "items": below(modules)},
        "receiver": {"type": "array", "items": below(modules)},
        "permissions": {"type": "array", "items": _WORD, "minItems": 1},
    }


THIRD_LISTS = lists(len(Role), len(Module))
FIRST_LISTS = lists(len(ROLES), len(MODULES))


# The types that need an acceptance, and the type of the acceptance.
ACCEPTANCES = {"MoveAccount": "AcceptAccount", "SetController": "AcceptController"}


def message(kind: StructType, texts: dict[str, Schema], lists_: dict[str, Schema]) -> Schema:
    """Return the schema of a type's message."""

    def field(form: str, name: str) -> Schema:
        if form.endswith("[]"):
            return lists_[name]
        if form == "address":
            return _ADDRESS
        return _WORD if form == "uint256" else texts.get(name, {"type": "string"})

    return objects({name: field(form, name) for form, name in kind.fields})


def third_request(kind: StructType, contracts: list[Contract]) -> Schema:
    """Return the schema of one type of the third generation: the payload of a wallet."""
    domain = objects(
        {
            "name": {"enum": [_NAMES[contract] for contract in contracts]},
            "version": {"const": "3"},
            "chainId": _WORD,
            "verifyingContract": _ADDRESS,
        },
    )
    whole = {"EIP712Domain": DOMAIN_TYPE.document(), kind.name: kind.document()}
    return request(
        types={"enum": [whole, {kind.name: kind.document()}]},  # viem omits the domain's
        primaryType={"const": kind.name},
        domain=domain,
        message=message(kind, TEXTS, THIRD_LISTS),
    )


def first_request(kind: StructType) -> Schema:
    """Return the schema of one type of the first generation: a personal signature, in our form."""
    return request(
        scheme={"const": first.SCHEME},
        replayable={"const": True},
        primaryType={"const": kind.name},
        domain=objects({"chainId": _WORD, "verifyingContract": _ADDRESS}),
        message=message(kind, FIRST_TEXTS, FIRST_LISTS),
        hash={"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
    )


def request(**properties: Schema) -> Schema:
    """Return the schema of a document, signed or not."""
    signature: Schema = {"$ref": "#/$defs/signature"}
    return with_optional(objects({**properties}), signature=signature)


def with_optional(schema_: Schema, **optional: Schema) -> Schema:
    """Return the schema of an object with required and optional keys."""
    properties = cast("Schema", schema_["properties"])
    return {**schema_, "properties": {**properties, **optional}}


def schema() -> Schema:
    """Return the whole schema."""
    kinds: dict[str, Schema] = {}
    for row in third.REQUESTS.values():
        contracts = list(Contract) if row.contract is None else [row.contract]
        kinds[row.type.name] = third_request(row.type, contracts)
        if row.takes_acceptance:
            acceptance: Schema = {
                "description": "The acceptance of the new account or controller, signed or not.",
                "$ref": f"#/$defs/{ACCEPTANCES[row.type.name]}",
            }
            kinds[row.type.name] = with_optional(kinds[row.type.name], acceptance=acceptance)
    for one in first.REQUESTS.values():
        kinds[f"{one.type.name}.v1"] = first_request(one.type)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:ocn-registry:signed-request",
        "title": "Signed request of the Open Charging Network's registry",
        "description": (
            "The payload of eth_signTypedData_v4 together with its signature; for contracts of the "
            "first generation, a personal signature in a similar form. An unsigned request has the "
            "same form without the signature: #/$defs/request."
        ),
        "allOf": [{"$ref": "#/$defs/request"}, {"required": ["signature"]}],
        "$defs": {
            "request": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds]},
            "signature": {
                "description": "65 bytes r, s, v from a key; any length from a contract.",
                "type": "string",
                "pattern": "^(0[xX]([0-9a-fA-F]{2})*|([0-9a-fA-F]{2}){64,65})$",
                "maxLength": 2 * MAX_SIGNATURE_BYTES,
            },
            "uint256": {
                "description": (
                    "Written as decimal digits in quotes. Also read: 0x and hexadecimal digits in "
                    "quotes, and below 2^53 a number."
                ),
                "anyOf": [
                    {"type": "string", "pattern": "^(0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64})$"},
                    {"type": "integer", "minimum": 0, "exclusiveMaximum": 1 << 53},
                ],
            },
            **kinds,
        },
    }


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the JSON Schemas.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    differs = False
    for name, made in (
        ("signed-request.schema.json", schema()),
        ("command-output.schema.json", command_schema.schema()),
    ):
        file, text = FOLDER / name, json_text(made)
        if not check:
            FOLDER.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            differs = True
            print(
                f"{file.relative_to(ROOT)} does not match the types: run make generated",
                file=sys.stderr,
            )
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
