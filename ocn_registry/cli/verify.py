"""`verify`: whether an address holds the published code, with these arguments and this owner.

With the record of a deployment as `--network-file`, what it says of the creation is expected too:
the transactions, the first owner, and whether the import was open. A flag says otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.cli.carrying import give
from ocn_registry.cli.codes import DONE, UNEXPECTED
from ocn_registry.cli.networks import connect
from ocn_registry.deploy.verify import Wanted
from ocn_registry.deploy.verify import verify as verified
from ocn_registry.errors import InvalidInput
from ocn_registry.models import Address

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.cli.entries import Entry
    from ocn_registry.deploy.verify import Verification

_FLAGS = {"open": True, "closed": False}


def verify(args: Namespace) -> int:
    """Check what stands at the addresses of a deployment, from the outside."""
    with connect(args) as client:
        here = client.deployment
        wanted = _wanted(args)
        found = verified(here, client.transport, wanted=wanted)
    told: Entry = {
        "verified": found.is_verified,
        "network": here.name,
        "chainId": here.chain_id,
        "registry": here.registry,
        "permissions": here.permissions,
        **_told(found),
    }
    give(args, told)
    return DONE if found.is_verified else UNEXPECTED


def _told(found: Verification) -> Entry:
    both = ("registry", "permissions")
    return {
        "owner": found.owner,
        "pendingOwner": found.pending_owner,
        "importOpen": dict(zip(both, found.import_open, strict=True)),
        "deployedOpen": dict(zip(both, found.deployed_open, strict=True)),
        "codeHashes": dict(zip(both, found.code_hashes, strict=True)),
        "blockNumber": found.block.number,
        "differences": [str(difference) for difference in found.differences],
    }


def _wanted(args: Namespace) -> Wanted:
    """Tell what is expected: by the flags, and where they are silent by the record."""
    record = _record(args.network_file)
    first: str | None = args.first_owner or record.first_owner
    registry_tx: str | None = args.registry_tx or record.registry_tx_hash
    if first is not None and registry_tx is None:
        raise InvalidInput(
            "who was the first owner stands in the transaction that created the Registry alone: "
            "give --registry-tx",
        )
    told = _FLAGS.get(args.deployed_import or "")
    return Wanted(
        owner=None if args.owner is None else Address(args.owner),
        import_open=_FLAGS.get(args.import_ or ""),
        deployed_open=record.deployed_open if told is None else told,
        first_owner=None if first is None else Address(first),
        registry_tx_hash=registry_tx,
        permissions_tx_hash=args.permissions_tx or record.permissions_tx_hash,
    )


def _record(path: str | None) -> Wanted:
    """Read what the record of a deployment says; nothing when the file is another."""
    content: object = {} if path is None else json.loads(Path(path).read_text(encoding="utf-8"))
    if not _is_object(content):
        return Wanted()
    contracts = content.get("contracts")
    hashes = {
        name: each.get("transaction")
        for name, each in (contracts.items() if _is_object(contracts) else ())
        if _is_object(each)
    }
    registry, permissions = (_text(hashes.get(name)) for name in ("Registry", "Permissions"))
    if registry is None or permissions is None:
        return Wanted()
    first, flag = _text(content.get("initialOwner")), content.get("importOpen")
    return Wanted(
        first_owner=None if first is None else Address(first),
        deployed_open=flag if isinstance(flag, bool) else None,
        registry_tx_hash=registry,
        permissions_tx_hash=permissions,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)
