"""The form of what commands print with `--json`; `build_schema.py` writes it to a file.

It has one definition for each command, named after the command with `-` between its words, and one
for each form that several commands share. Names of roles, modules, permissions and changes are the
package's own.
"""

from dataclasses import fields
from typing import get_args

from ocn_registry.cli.commands.request import WITH_ACCEPTANCE
from ocn_registry.cli.commands.write import WRITES
from ocn_registry.cli.config.choices import MODULES, PERMISSIONS, ROLES
from ocn_registry.cli.config.settings import KEYS
from ocn_registry.migration.compare import What
from ocn_registry.migration.reasons import Kind, Why
from ocn_registry.models import Contract
from ocn_registry.outcomes import Change

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
COUNT: Schema = {"type": "integer", "minimum": 0}
DECIMAL: Schema = {"$ref": "#/$defs/Decimal"}
ADDRESS: Schema = {"$ref": "#/$defs/Address"}
HASH: Schema = {"$ref": "#/$defs/Hash"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
# The first generation's contracts hold any characters.
ID: Schema = {
    "countryCode": {"type": "string", "minLength": 2, "maxLength": 2},
    "partyId": {"type": "string", "minLength": 3, "maxLength": 3},
}
SIGNED_REQUEST = "urn:ocn-registry:signed-request"


def ref(name: str) -> Schema:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def or_null(*schemas: Schema) -> Schema:
    """Return the schema of a value or null."""
    return {"anyOf": [*schemas, NULL]}


def objects(properties: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of an object with these keys, and perhaps the optional ones."""
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def lists(items: Schema, **more: object) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **more}


def const(value: object) -> Schema:
    """Return the schema of one value."""
    return {"const": value}


def camel(name: str) -> str:
    """Return a name in the form of JSON keys."""
    first, *more = name.split("_")
    return first + "".join([word.title() for word in more])


# The schema of a change's field, by name.
FIELDS: Schema = {
    "node": ref("Node"),
    "id": ref("PartyId"),
    "roles": lists(ref("Role")),
    "modules_sender": lists(ref("Module")),
    "modules_receiver": lists(ref("Module")),
    "name": TEXT,
    "url": TEXT,
    "domain": TEXT,
    "website": TEXT,
    "index": COUNT,
    "membership": COUNT,
    "permissions": lists(ref("Permission")),
    "version": or_null(COUNT),
    "contract": {"enum": [contract.name for contract in Contract]},
}
# The fields of a state that can differ from the previous one.
CHANGED = sorted({*FIELDS, "operator"} - {"version", "contract", "index", "membership"})
MAY_BE_ABSENT = {
    ("AgreementMade", "permissions"),
    ("PartyReserved", "holder"),
    ("NodeReserved", "operator"),
    ("PartyWebsiteSet", "website"),
}
WHERE: Schema = {
    "account": or_null(ADDRESS),
    "blockNumber": COUNT,
    "blockHash": HASH,
    "time": TIME,
    "hash": HASH,
    "index": COUNT,
    "sender": or_null(ADDRESS),
    "how": {"enum": ["direct", "signed", "controller", "owner", None]},
    "certain": FLAG,
}


def change(kind: type[Change]) -> Schema:
    """Return the keys of a change."""
    found: Schema = {"change": const(kind.__name__)}
    for field in fields(kind):
        one = FIELDS.get(field.name, ADDRESS)
        absent = (kind.__name__, field.name) in MAY_BE_ABSENT
        found[str(field.metadata.get("json", camel(field.name)))] = (
            {"anyOf": [one, NULL]} if absent else one
        )
    return found


def any_change(**more: object) -> Schema:
    """Return the schema of any change, with more keys."""
    return {"anyOf": [objects({**more, **change(kind)}) for kind in get_args(Change)]}


TRANSACTION: Schema = {
    "hash": HASH,
    "hashes": lists(HASH, minItems=1),
    "blockNumber": COUNT,
    "blockHash": HASH,
    "gasUsed": COUNT,
    "costWei": DECIMAL,
    "explorer": or_null({"type": "string", "pattern": "^https?://"}),
}


def written(*states: Schema) -> Schema:
    """Return the schema of a write whose resulting state is one of these."""
    return objects(
        {
            "status": {"enum": ["done", "without effect in part"]},
            **TRANSACTION,
            "accounts": lists(ADDRESS, minItems=1),
            "signers": lists(ADDRESS, minItems=1),
            "spender": ADDRESS,
            "state": lists(or_null(*states), minItems=1),
        },
    )


def unchanged(state: Schema) -> Schema:
    """Return the schema of a write without effect."""
    return objects(
        {
            "status": const("unchanged"),
            "accounts": lists(ADDRESS, minItems=1),
            "signers": lists(ADDRESS, minItems=1),
            "spender": ADDRESS,
            "state": lists(state, minItems=1),
        },
    )


# The subject of a write, by the end of its name.
STATES = {
    "node": "Node",
    "party": "Party",
    "modules": "Party",
    "website": "Party",
    "service": "Service",
    "agreement": "AgreementState",
}
# Writes about an account as a whole.
OF_ACCOUNTS = ("HoldingsState", "ControllerState")
WRITTEN = tuple(dict.fromkeys((*STATES.values(), "NonceState", *OF_ACCOUNTS)))
OWNERS: dict[str, Schema] = {
    "delete-node": ref("Node"),
    "delete-party": ref("Party"),
    "reassign": ref("Party"),
    "reserve": ref("Reservation"),
    "hand-over": ref("Ownership"),
    "accept": ref("Ownership"),
    "schedule": ref("Acceptance"),
    "execute": ref("Ownership"),
}


def owner_action(name: str, state: Schema) -> Schema:
    """Return the schema of the output of the owner's writes."""
    said: Schema = {
        "who": ADDRESS,
        "what": const(name),
        "account": ADDRESS,
        "says": TEXT,
        "reason": TEXT,
        "before": or_null(state),
    }
    price: Schema = {"status": const("dry run"), "gas": COUNT, "mostCostWei": DECIMAL}
    done: Schema = {
        "status": {"enum": ["done", "in part"]},
        **TRANSACTION,
        "state": or_null(state),
        "log": TEXT,
    }
    by_file = (
        [safe_file()] if name in {"delete-node", "delete-party", "reassign", "reserve"} else []
    )
    results = [{**said, **price}, {**said, **done}]
    if name == "reserve":
        results.append({"status": const("unchanged"), **said, "state": state})
    return {"anyOf": [*map(objects, results), *by_file]}


ACT = objects(
    {
        "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "at": TIME,
        "begun": TIME,
        "status": {"enum": ["intended", "signed", "unknown", "done", "in part", "failed"]},
        "network": TEXT,
        "chainId": COUNT,
        "contract": ADDRESS,
        "who": ADDRESS,
        "what": {"enum": list(OWNERS)},
        "account": ADDRESS,
        "says": TEXT,
        "reason": TEXT,
        "before": or_null(
            *map(ref, ("Node", "Party", "Reservation", "Ownership")),
            ref("Acceptance"),
        ),
    },
    {
        "transaction": HASH,
        "nonce": COUNT,
        "blockNumber": COUNT,
        "blockHash": HASH,
        "changes": lists(ref("Change")),
        "error": TEXT,
    },
)
RELAY_STATES = [
    *("accepted", "sent", "mined", "done"),
    *("failed", "expired", "superseded", "withdrawn"),
]
COUNTS = objects(dict.fromkeys(("nodes", "parties", "services", "agreements"), COUNT))
BOTH = {contract.value: or_null(FLAG) for contract in Contract}
AGREED: Schema = {"user": ADDRESS, "provider": ADDRESS, "active": FLAG}
PARTY: Schema = {
    **ID,
    "address": ADDRESS,
    "roles": lists(ref("Role")),
    "modules": objects({"sender": lists(ref("Module")), "receiver": lists(ref("Module"))}),
    "node": ref("Node"),
}
SHAPES: dict[str, Schema] = {
    "RelayedRequest": objects(
        {
            "id": HASH,
            "status": {"enum": RELAY_STATES},
            "sponsor": TEXT,
            "hash": or_null(HASH),
            "block": or_null(COUNT),
            "error": or_null(TEXT),
        },
    ),
    "HandedIn": objects(
        {
            "requests": lists(ref("RelayedRequest"), minItems=1),
            "costWei": const("0"),
            "party": or_null(ref("Party")),
        },
    ),
    "Address": {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"},
    "Hash": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
    "Decimal": {
        "description": "A whole number that may be beyond what JSON's readers hold.",
        "type": "string",
        "pattern": "^(0|[1-9][0-9]{0,77})$",
    },
    "Role": {"enum": list(ROLES)},
    "Module": {"enum": list(MODULES)},
    "Permission": {
        "description": "Its name; its number where it has none.",
        "anyOf": [{"enum": list(PERMISSIONS)}, {"type": "integer", "minimum": len(PERMISSIONS)}],
    },
    "PartyId": objects(ID),
    "Node": objects({"operator": ADDRESS, "url": TEXT}),
    "Party": objects(PARTY, {"website": TEXT}),
    "PartyOfAccount": objects(
        PARTY, {"website": TEXT, "otherParties": lists(ref("Party"), minItems=1)}
    ),
    "HoldingsState": objects(
        {
            "account": ADDRESS,
            "parties": lists(ref("Party")),
            "node": or_null(ref("Node")),
            "service": or_null(ref("Service")),
            "agreements": lists(ref("AgreementState")),
            "controller": or_null(ADDRESS),
        },
    ),
    "ControllerState": objects({"account": ADDRESS, "controller": or_null(ADDRESS)}),
    "IdReservation": objects(
        {**ID, "holder": or_null(ADDRESS), "reservedFor": or_null(ADDRESS)},
    ),
    "Reservation": {"anyOf": [ref("IdReservation"), ref("UrlReservation")]},
    "UrlReservation": objects(
        {"url": TEXT, "operator": or_null(ADDRESS), "reservedFor": or_null(ADDRESS)},
    ),
    "Service": objects(
        {
            "name": TEXT,
            "url": TEXT,
            "permissions": lists(ref("Permission")),
            "provider": objects(
                {
                    "address": ADDRESS,
                    **ID,
                },
            ),
        },
    ),
    "AgreementState": {
        "description": "Contracts of the first generation number nothing.",
        "anyOf": [objects(AGREED), objects({**AGREED, "membership": COUNT, "version": COUNT})],
    },
    "NonceState": objects({"nonce": COUNT}),
    "Ownership": objects(
        {
            "owner": or_null(ADDRESS),
            "pendingOwner": or_null(ADDRESS),
            "importOpen": objects({contract.value: FLAG for contract in Contract}),
            "blockNumber": COUNT,
        },
    ),
    "Acceptance": objects(
        {
            "timelock": ADDRESS,
            "acceptance": {"enum": ["unset", "waiting", "ready", "done"]},
            "readyUnixS": or_null(COUNT),
            "minDelayS": COUNT,
        },
    ),
    **{f"{state}Written": written(ref(state)) for state in WRITTEN},
    **{f"{state}Unchanged": unchanged(ref(state)) for state in (*STATES.values(), *OF_ACCOUNTS)},
    "Written": written(*map(ref, WRITTEN)),
    "Change": any_change(),
    "Happening": any_change(changed=or_null(lists({"enum": list(map(camel, CHANGED))})), **WHERE),
    "DryRun": objects(
        {
            "status": const("dry run"),
            "accounts": lists(ADDRESS, minItems=1),
            "signers": lists(ADDRESS, minItems=1),
            "spender": ADDRESS,
            "gas": or_null(COUNT),
            "mostCostWei": or_null(DECIMAL),
        },
    ),
    "MigrationDryRun": objects(
        {
            "status": const("dry run"),
            "snapshot": DIGEST,
            "signer": ADDRESS,
            "gas": COUNT,
            "mostCostWei": DECIMAL,
        },
    ),
    "MigrationDone": objects(
        {
            "status": const("done"),
            "snapshot": DIGEST,
            "signer": ADDRESS,
            "transactions": lists(
                objects(
                    {
                        "hash": HASH,
                        "blockNumber": COUNT,
                        "kind": {"enum": ["nodes", "parties", "services", "agreements", "closing"]},
                        "entries": COUNT,
                        "gasUsed": COUNT,
                        "costWei": DECIMAL,
                    },
                ),
            ),
            "gasUsed": COUNT,
            "costWei": DECIMAL,
        },
    ),
}
REQUEST: Schema = {
    "account": ADDRESS,
    "change": TEXT,
    "network": TEXT,
    "chainId": COUNT,
    "contract": ADDRESS,
    "nonce": or_null(COUNT),
    "until": TEXT,
    "signed": FLAG,
    "digest": or_null(HASH),
    "acceptance": or_null(
        objects({"account": ADDRESS, "signed": FLAG, "until": TEXT, "digest": HASH}),
    ),
}
PLACE: Schema = {"chainId": COUNT, "registry": ADDRESS}
MIGRATED: Schema = {"anyOf": [ref("MigrationDryRun"), ref("MigrationDone")]}


def reads() -> dict[str, Schema]:
    """Return the schemas of commands that read the registry."""
    return {
        "get-node": or_null(ref("Node")),
        "list-nodes": lists(ref("Node")),
        "get-party": or_null(ref("PartyOfAccount")),
        "list-parties": lists(ref("Party")),
        "get-service": or_null(ref("Service")),
        "list-services": lists(ref("Service")),
        "get-agreements": lists(ref("Service")),
        "watch": {
            "description": "Each line is one.",
            **any_change(takenBack=FLAG, **WHERE),
        },
        "history": lists(ref("Happening")),
    }


def writes() -> dict[str, Schema]:
    """Return the schemas of commands that write, directly or with requests."""
    found: dict[str, Schema] = {}
    for name, *_ in WRITES:
        done = tried_or_unchanged(STATES[name.rpartition("-")[2]])
        found |= {name: done, f"{name}-raw": done}
    request: Schema = {"$ref": f"{SIGNED_REQUEST}#/$defs/request"}
    for name, *_ in (*WRITES, *WITH_ACCEPTANCE):
        found[f"request-prepare-{name}"] = request
    return found | {
        "request-prepare-register": {
            "description": "Several requests are written to files; nothing is printed then.",
            **request,
        },
        "identity-rotate": tried("HoldingsStateWritten"),
        "identity-controller": tried_or_unchanged("ControllerState"),
        "leave": tried_or_unchanged("HoldingsState"),
        "request-show": lists(objects(REQUEST)),
        "request-sign": {"$ref": SIGNED_REQUEST},
        "request-verify": lists(
            objects({**REQUEST, "signed": const(value=True), "valid": const(value=True)}),
        ),
        "request-submit": {"anyOf": [ref("DryRun"), ref("Written"), ref("HandedIn")]},
        "request-status": ref("RelayedRequest"),
        "request-withdraw": ref("RelayedRequest"),
        "request-sponsor": objects(
            {
                "operator": ADDRESS,
                "account": ADDRESS,
                "requests": COUNT,
                "deadline": COUNT,
                "signature": TEXT,
            },
        ),
        "register": {
            "anyOf": [
                *map(ref, ("HandedIn", "DryRun", "PartyWritten", "PartyUnchanged")),
            ],
        },
        "request-cancel": tried("NonceStateWritten"),
    }


def tried_or_unchanged(state: str) -> Schema:
    """Return the schema of a write that can also be simulated, or have no effect."""
    return {"anyOf": [ref("DryRun"), ref(f"{state}Written"), ref(f"{state}Unchanged")]}


def tried(done: str) -> Schema:
    """Return the schema of a write that can also be simulated."""
    return {"anyOf": [ref("DryRun"), ref(done)]}


def of_the_owner() -> dict[str, Schema]:
    """Return the schemas of the commands of deployers and owners."""
    return {
        "verify": objects(
            {
                "verified": FLAG,
                "storageProven": FLAG,
                "storageUnproven": or_null(TEXT),
                "network": TEXT,
                **PLACE,
                "permissions": ADDRESS,
                "owner": or_null(ADDRESS),
                "pendingOwner": or_null(ADDRESS),
                "importOpen": objects({**BOTH}),
                "deployedOpen": objects({**BOTH}),
                "codeHashes": objects({contract.value: HASH for contract in Contract}),
                "blockNumber": COUNT,
                "differences": lists(TEXT),
            },
        ),
        "owner-show": ref("Ownership"),
        **{f"owner-{name}": owner_action(name, state) for name, state in OWNERS.items()},
        "owner-safe-file": safe_file(),
        "owner-log": lists(ACT),
    }


def safe_file() -> Schema:
    """Return the schema of a file for the transaction builder of a Safe."""
    return objects(
        {
            "version": const("1.0"),
            "chainId": DECIMAL,
            "createdAt": COUNT,
            "meta": objects(
                {"name": TEXT, "description": TEXT, "createdFromSafeAddress": ADDRESS},
            ),
            "transactions": lists(
                objects(
                    {
                        "to": ADDRESS,
                        "value": DECIMAL,
                        "data": {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
                        "contractMethod": NULL,
                        "contractInputsValues": NULL,
                    },
                ),
                minItems=1,
            ),
        },
    )


def migrations() -> dict[str, Schema]:
    """Return the schemas of the commands that migrate a registry."""
    odd: Schema = {"kind": {"enum": [kind.value for kind in Kind]}, "subject": TEXT}
    return {
        "migrate-snapshot": objects(
            {
                "file": TEXT,
                "snapshot": DIGEST,
                "network": TEXT,
                **PLACE,
                "permissions": ADDRESS,
                "blockNumber": COUNT,
                "blockHash": HASH,
                **dict.fromkeys(("nodes", "parties", "services", "agreements", "odd"), COUNT),
            },
        ),
        "migrate-plan": objects(
            {
                "snapshot": DIGEST,
                "from": objects(PLACE),
                "blockNumber": COUNT,
                "to": objects({"network": TEXT, **PLACE}),
                "planned": COUNTS,
                "missing": COUNTS,
                "leftOut": lists(
                    objects(
                        {
                            **odd,
                            "why": {"enum": [why.name for why in Why]},
                            "says": {"enum": [why.value for why in Why]},
                            "detail": TEXT,
                        },
                    ),
                ),
                "unreachable": lists(TEXT),
                "letters": lists(objects({"account": ADDRESS, "text": TEXT})),
                "transactions": COUNT,
                "gas": COUNT,
                "mostCostWei": DECIMAL,
            },
        ),
        "migrate-import": MIGRATED,
        "migrate-compare": lists(
            objects(
                {
                    **odd,
                    "what": {"enum": [what.name for what in What]},
                    "says": {"enum": [what.value for what in What]},
                    "detail": TEXT,
                },
            ),
        ),
        "migrate-close": MIGRATED,
    }


def others() -> dict[str, Schema]:
    """Return the schemas of commands about keys, settings and the connection to the chain."""
    key = {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}
    scalar: Schema = {"type": ["string", "number", "null"]}
    return {
        "identity-new": objects({"address": ADDRESS, "keystore": TEXT}),
        "identity-show": objects({"address": ADDRESS}),
        "info": objects(
            {
                "network": TEXT,
                "chainId": COUNT,
                "rpcUrl": TEXT,
                "registry": ADDRESS,
                "permissions": ADDRESS,
                "generation": {"type": "string", "pattern": "^v[1-9]$"},
                "address": ADDRESS,
                "controller": or_null(ADDRESS),
                "node": or_null(ref("Node")),
                "party": or_null(ref("Party")),
                "otherParties": lists(ref("Party")),
                "service": or_null(ref("Service")),
                "agreements": lists(ADDRESS),
                "balanceWei": DECIMAL,
                "canPay": FLAG,
            },
        ),
        "doctor": lists(
            objects({"check": TEXT, "ok": FLAG, "says": TEXT, "remedy": TEXT}),
            minItems=1,
        ),
        "vouch-make": objects(
            {
                "ocn": {"const": 1},
                "registries": lists(
                    objects(
                        {"chainId": COUNT, "registry": ADDRESS},
                        {
                            "operator": ADDRESS,
                            "parties": lists(
                                objects({"countryCode": TEXT, "partyId": TEXT, "address": ADDRESS})
                            ),
                        },
                    ),
                    minItems=1,
                ),
            },
            {"name": TEXT},
        ),
        "vouch-check": objects(
            {"vouched": FLAG, "reason": TEXT, "checkedAt": COUNT, "name": or_null(TEXT)}
        ),
        "tx-list": lists(
            objects(
                {
                    "account": ADDRESS,
                    "number": COUNT,
                    "hash": HASH,
                    "hashes": lists(HASH, minItems=1),
                    "changes": lists(TEXT),
                    "signedUnixS": COUNT,
                    "blocks": COUNT,
                },
            ),
        ),
        **{
            f"tx-{name}": {
                "anyOf": [
                    objects({"status": {"const": "cancelled"}, "hash": HASH}),
                    objects(
                        {
                            "status": {"const": "done"},
                            **TRANSACTION,
                            "changes": lists(ref("Change")),
                        },
                    ),
                    objects(
                        {
                            "status": {"const": "dry run"},
                            "spender": ADDRESS,
                            "gas": COUNT,
                            "mostCostWei": DECIMAL,
                        },
                    ),
                ],
            }
            for name in ("speed-up", "cancel")
        },
        "tx-status": or_null(objects({**TRANSACTION, "changes": lists(ref("Change"))})),
        "devnet": objects(
            {
                "rpcUrl": TEXT,
                **PLACE,
                "permissions": ADDRESS,
                "accounts": lists(objects({"address": ADDRESS, "privateKey": key}), minItems=1),
            },
            {"v1Registry": ADDRESS, "v1Permissions": ADDRESS},
        ),
        "explore": objects({"url": TEXT}),
        "settings": {
            "anyOf": [
                TEXT,
                objects(
                    {
                        "file": TEXT,
                        "exists": FLAG,
                        "profile": or_null(TEXT),
                        "profiles": lists(TEXT),
                        "settings": objects({key: ref("Setting") for key in KEYS}),
                    },
                ),
            ],
        },
        "Setting": objects(
            {
                "value": {"anyOf": [scalar, lists(TEXT)]},
                "from": {"enum": ["flag", "variable", "profile", "file", "default"]},
                "name": or_null(TEXT),
            },
        ),
        "completion": {"description": "A script for a shell.", **TEXT},
    }


def schema() -> Schema:
    """Return the whole schema."""
    commands = reads() | writes() | of_the_owner() | migrations() | others()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:ocn-registry:command-output",
        "title": "What the commands of ocn-registry print with --json",
        "description": (
            "#/$defs/list-nodes is the form of what `ocn-registry list-nodes --json` prints, "
            "#/$defs/tx-status that of `ocn-registry tx status --json`, and so on. Requests have "
            f"the form of {SIGNED_REQUEST}, which is in the file signed-request.schema.json."
        ),
        "$defs": SHAPES | commands,
    }
