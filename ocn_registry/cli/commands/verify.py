"""`verify`: check the code, the constructor arguments and the owner of a deployment.

It also says whether the storage is proven: that only published code can have written it, and that
it equals the state rebuilt from events.

If the record of a deployment is given as `--network-file`, the creation must match it too: the
transactions, the first owner, and whether the import was open. Flags override the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.foreign.strict_json import is_object
from ocn_registry.plans.exit_codes import DONE, UNEXPECTED, UNPROVEN

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.deploy.verify import Verification, Wanted
    from ocn_registry.plans.entries import Entry

_FLAGS = {"open": True, "closed": False}


def verify(args: Namespace) -> int:
    """Verify the contracts of a deployment."""
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.execute import show
    from ocn_registry.cli.output.render import printable, talk
    from ocn_registry.deploy.verify import verify as verified

    with connect(args) as client:
        deployment = client.deployment
        wanted = _wanted(args)
        found = verified(deployment, client.transport, wanted=wanted)
    if found.is_verified and not found.is_proven:
        talk(f"code matches; storage not proven: {printable(str(found.storage_unproven))}")
    result: Entry = {
        "verified": found.is_verified,
        "storageProven": found.is_proven,
        "storageUnproven": found.storage_unproven,
        "network": deployment.name,
        "chainId": deployment.chain_id,
        "registry": deployment.registry,
        "permissions": deployment.permissions,
        **_details(found),
    }
    show(args, result)
    if not found.is_verified:
        return UNEXPECTED
    return DONE if found.is_proven else UNPROVEN


def _details(found: Verification) -> Entry:
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
    """Return the expectations, from the flags or the record of the deployment."""
    from ocn_registry.deploy.verify import Wanted
    from ocn_registry.errors import InvalidInput
    from ocn_registry.models import Address

    record = _record(args.network_file)
    first: str | None = args.first_owner or record.first_owner
    registry_tx: str | None = args.registry_tx or record.registry_tx_hash
    if first is not None and registry_tx is None:
        raise InvalidInput(
            "only the transaction that created the Registry says who the first owner was: give "
            "--registry-tx",
        )
    flag = _FLAGS.get(args.deployed_import or "")
    return Wanted(
        owner=None if args.owner is None else Address(args.owner),
        import_open=_FLAGS.get(args.import_ or ""),
        deployed_open=record.deployed_open if flag is None else flag,
        first_owner=None if first is None else Address(first),
        registry_tx_hash=registry_tx,
        permissions_tx_hash=args.permissions_tx or record.permissions_tx_hash,
    )


def _record(path: str | None) -> Wanted:
    """Return the expectations in the record of a deployment; none if the file is not a record."""
    from ocn_registry.cli.config.networks import network_file
    from ocn_registry.deploy.verify import Wanted
    from ocn_registry.models import Address

    content = {} if path is None else network_file(path)
    contracts = content.get("contracts")
    hashes = {
        name: each.get("transaction")
        for name, each in (contracts.items() if is_object(contracts) else ())
        if is_object(each)
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


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--owner", metavar="ADDRESS", help="expected owner")
    parser.add_argument("--first-owner", metavar="ADDRESS", help="expected first owner")
    parser.add_argument(
        "--import", dest="import_", choices=tuple(_FLAGS), help="expected state of its import"
    )
    parser.add_argument(
        "--deployed-import",
        choices=tuple(_FLAGS),
        help="expected state of its import when it was created",
    )
    for name in ("registry", "permissions"):
        parser.add_argument(
            f"--{name}-tx",
            type=take.tx_hash,
            metavar="HASH",
            help=f"transaction that created the {name.title()}",
        )


COMMANDS = (
    Command(
        "verify",
        "check that the contracts are the published ones",
        verify,
        (_options,),
        examples=("verify --network-file deployments/volta.json",),
    ),
)
