"""The schemas of the API's answers, and of the intents that it accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.registry_api.intents import INTENTS
from ocn_registry.registry_api.lists import MODULES, PERMISSIONS, ROLES
from ocn_registry.registry_api.problems import CODES
from ocn_registry.registry_api.schema_parts import (
    ADDRESS,
    COUNT,
    HASH,
    TEXT,
    YES_NO,
    list_of,
    object_of,
    or_null,
    ref,
    some_of,
)

if TYPE_CHECKING:
    from ocn_registry.registry_api.schema_parts import Schema


def schemas() -> Schema:
    """Return the schemas of entries."""
    brief = object_of(address=ADDRESS, countryCode=or_null(TEXT), partyId=or_null(TEXT))
    node = object_of(operator=ADDRESS, url=TEXT)
    modules = object_of(sender=list_of(TEXT), receiver=list_of(TEXT))
    vouched = or_null(object_of(vouched=YES_NO, reason=TEXT, checkedAt=COUNT, name=or_null(TEXT)))
    changed = object_of(block=COUNT, time=COUNT)
    permissions = list_of({"type": ["string", "integer"]})
    return {
        "Block": object_of(number=COUNT, hash=HASH, time=COUNT),
        "Account": brief,
        "Node": object_of(
            operator=ADDRESS, url=TEXT, parties=COUNT, vouched=vouched, changed_=or_null(changed)
        ),
        "Party": object_of(
            countryCode=TEXT,
            partyId=TEXT,
            address=ADDRESS,
            roles=list_of(TEXT),
            modules=modules,
            node=node,
            website=or_null(TEXT),
            current=YES_NO,
            membership=or_null({"type": "integer"}),
            changed=changed,
            vouched=vouched,
        ),
        "Service": object_of(
            name=TEXT,
            url=TEXT,
            permissions=permissions,
            provider=object_of(address=ADDRESS, countryCode=TEXT, partyId=TEXT),
            version=or_null({"type": "integer"}),
            users=COUNT,
            changed_=or_null(changed),
        ),
        "Agreement": object_of(
            user=ref("Account"),
            provider=ref("Account"),
            service=or_null(TEXT),
            permissions=permissions,
            version=or_null({"type": "integer"}),
        ),
        "Chain": object_of(
            network=TEXT,
            chainId=COUNT,
            token=TEXT,
            generation=TEXT,
            registry=ADDRESS,
            permissions=ADDRESS,
            explorer=or_null(TEXT),
            blocksToFinality=or_null(COUNT),
            blockTime=or_null(COUNT),
            block=ref("Block"),
            blockAge=COUNT,
            checkedAge=COUNT,
            behind=COUNT,
            state={"type": "string", "enum": ["current", "standing", "lagging"]},
        ),
        "Event": some_of(
            change=TEXT,
            words=TEXT,
            blockNumber=COUNT,
            hash=HASH,
            index=COUNT,
            how={"type": ["string", "null"]},
            certain=YES_NO,
        ),
        "Transaction": object_of(
            chainId=COUNT,
            to=ADDRESS,
            data={"type": "string", "pattern": "^0x[0-9a-f]+$"},
            value=TEXT,
            function=or_null(TEXT),
            words=TEXT,
            arguments=or_null({"type": "object"}),
        ),
        "Intent": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": name},
                        **{member: _MEMBERS[member] for member in (*needed, *possible)},
                    },
                    "required": ["type", *needed],
                    "additionalProperties": False,
                }
                for name, (_, needed, possible) in INTENTS.items()
            ]
        },
        "Prepared": object_of(
            account=ADDRESS,
            signer=ADDRESS,
            signerIsContract=YES_NO,
            words=TEXT,
            ends=list_of(TEXT),
            adds=list_of(TEXT),
            network=TEXT,
            chainId=COUNT,
            contract=ADDRESS,
            nonce=or_null(COUNT),
            deadline=or_null(COUNT),
            until=or_null(TEXT),
            signed=YES_NO,
            digest=or_null(HASH),
            typedData=or_null({"type": "object"}),
            request=or_null({"type": "object"}),
            acceptance=or_null(
                object_of(
                    account=ADDRESS,
                    words=TEXT,
                    signed=YES_NO,
                    digest=HASH,
                    typedData={"type": "object"},
                )
            ),
            payers=object_of(
                relay=or_null(
                    object_of(
                        pays=YES_NO, sponsor_=TEXT, code_=TEXT, detail_=TEXT, vouchers_=YES_NO
                    )
                ),
                self=or_null(ref("Transaction")),
            ),
        ),
        "Step": some_of(code=TEXT, text=TEXT),
        "Problem": some_of(
            type=TEXT,
            title=TEXT,
            status={"type": "integer"},
            code={"type": "string", "enum": sorted(CODES)},
            detail=TEXT,
        ),
    }


_MEMBERS: Final[Schema] = {
    "countryCode": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "partyId": {"type": "string", "pattern": "^[A-Za-z0-9]{3}$"},
    "domain": TEXT,
    "website": TEXT,
    "roles": list_of({"type": "string", "enum": list(ROLES)}),
    "operator": ADDRESS,
    "sender": list_of({"type": "string", "enum": list(MODULES)}),
    "receiver": list_of({"type": "string", "enum": list(MODULES)}),
    "newAccount": ADDRESS,
    "controller": ADDRESS,
    "name": TEXT,
    "url": TEXT,
    "permissions": list_of({"oneOf": [{"type": "string", "enum": list(PERMISSIONS)}, COUNT]}),
    "provider": ADDRESS,
    "contract": {"type": "string", "enum": ["registry", "permissions"]},
    "newNonce": {"type": ["integer", "string"]},
}
