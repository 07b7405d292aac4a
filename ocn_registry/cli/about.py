"""Who you are on a network, what became of a transaction, and which version this is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import __version__
from ocn_registry.cli import entries
from ocn_registry.cli.codes import DONE, UNKNOWN
from ocn_registry.cli.render import as_json, for_programs, put, talk

if TYPE_CHECKING:
    from argparse import Namespace

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Address

# What the costliest single write takes, with a URL of 255 bytes; most take half.
SINGLE_GAS = 250_000


def version(_: Namespace) -> int:
    """Tell the version of this command, and of the contracts that it speaks to."""
    from ocn_registry.networks import dialects  # noqa: PLC0415 - nobody else needs it here

    put(f"ocn-registry {__version__} (contracts: {' and '.join(dialects())})")
    return DONE


def info(args: Namespace) -> int:
    """Show what is listed for an address, where, and whether it can pay."""
    from ocn_registry.cli.carrying import lines  # noqa: PLC0415 - `--version` needs none of it
    from ocn_registry.cli.keys import key  # noqa: PLC0415
    from ocn_registry.cli.networks import connect  # noqa: PLC0415
    from ocn_registry.models import Address  # noqa: PLC0415

    with connect(args) as client:
        if args.address is not None:
            address = Address(args.address)
        else:
            address = key(args, "signer", client.deployment).address
        told = {**_place(client), **_holdings(client, address), **_funds(client, address)}
    if for_programs(args):
        put(as_json(told))
    else:
        put(lines({label: "none" if part is None else part for label, part in told.items()}))
    return DONE


def _place(client: RegistryClient) -> entries.Entry:
    from ocn_registry.cli.networks import node_of  # noqa: PLC0415 - `--version` needs it not

    here = client.deployment
    return {
        "network": here.name,
        "chainId": here.chain_id,
        "rpcUrl": node_of(here),
        "registry": here.registry,
        "permissions": here.permissions,
        "generation": here.dialect,
    }


def _holdings(client: RegistryClient, address: Address) -> entries.Entry:
    node, party = client.node(address), client.party(address)
    service = client.service(address)
    return {
        "address": address,
        "node": None if node is None else entries.node(node),
        "party": None if party is None else entries.party(party),
        "service": None if service is None else entries.service(service),
        "agreements": [each.provider for each in client.agreements(address)],
    }


def _funds(client: RegistryClient, address: Address) -> entries.Entry:
    from ocn_registry.flows.transaction import fees  # noqa: PLC0415
    from ocn_registry.flows.write import WriteOptions  # noqa: PLC0415
    from ocn_registry.protocol.effects import Balance, Head, run  # noqa: PLC0415

    perform = client.transport.perform
    price, _ = run(fees(perform(Head()), WriteOptions()), perform)
    balance: int = perform(Balance(address))
    return {"balanceWei": str(balance), "canPay": balance >= SINGLE_GAS * price}


def tx_status(args: Namespace) -> int:
    """Show what became of a transaction; wait for it, if asked to."""
    from ocn_registry.cli.carrying import confirmations_of, give, transaction  # noqa: PLC0415
    from ocn_registry.cli.networks import connect  # noqa: PLC0415
    from ocn_registry.cli.progress import shown_waiting  # noqa: PLC0415
    from ocn_registry.flows.write import WriteOptions  # noqa: PLC0415

    with connect(args) as client:
        outcome = None
        if args.wait:
            confirmations = confirmations_of(args.wait, client.deployment)
            options = replace(WriteOptions(), confirmations=confirmations)
            with shown_waiting(options) as watched:
                outcome = client.await_outcome(args.tx_hash, options=watched)
        else:
            outcome = client.outcome_of(args.tx_hash)
    if outcome is None:
        put("null" if for_programs(args) else "in no block")
        talk("it may still be waiting, or have been lost: ask again, or with --wait confirmed")
        return UNKNOWN
    told = {**transaction(client.deployment, outcome), "changes": entries.changes(outcome.changes)}
    give(args, told)
    return DONE
