"""`info` and `version`: show the network, your keys, and the versions in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import __version__
from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.models import Address
    from ocn_registry.plans.entries import Entry


def version(_: Namespace) -> int:
    """Show the version of this command, and of the contracts that it supports."""
    from ocn_registry.cli.output.render import put
    from ocn_registry.networks import dialects

    put(f"ocn-registry {__version__} (contracts: {' and '.join(dialects())})")
    return DONE


def info(args: Namespace) -> int:
    """Show the entries of an address, the network, and whether it can pay."""
    from ocn_registry.cli.config.keys import key
    from ocn_registry.cli.config.networks import connect
    from ocn_registry.cli.output.render import as_json, for_programs, lines, put
    from ocn_registry.models import Address

    with connect(args) as client:
        if args.address is not None:
            address = Address(args.address)
        else:
            address = key(args, "signer", client.deployment).address
        entry = {**_place(client), **_holdings(client, address), **_funds(client, address)}
    if for_programs(args):
        put(as_json(entry))
    else:
        said = {label: "none" if part is None else part for label, part in entry.items()}
        put(lines(said, lambda: client.deployment.token))
    return DONE


def _place(client: RegistryClient) -> Entry:
    from ocn_registry.plans.network import node_of

    deployment = client.deployment
    return {
        "network": deployment.name,
        "chainId": deployment.chain_id,
        "rpcUrl": node_of(deployment),
        "registry": deployment.registry,
        "permissions": deployment.permissions,
        "generation": deployment.dialect,
    }


def _holdings(client: RegistryClient, address: Address) -> Entry:

    had = client.identity.holdings(address)
    node, service = had.node, had.service
    party, *others = had.parties or (None,)
    return {
        "address": address,
        "controller": had.controller,
        "node": None if node is None else node.to_dict(),
        "party": None if party is None else party.to_dict(),
        "otherParties": [one.to_dict() for one in others],
        "service": None if service is None else service.to_dict(),
        "agreements": [each.provider for each in had.agreements],
    }


def _funds(client: RegistryClient, address: Address) -> Entry:
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.price import fees
    from ocn_registry.health.chain import SINGLE_GAS
    from ocn_registry.protocol.effects import Balance, Head, run

    perform = client.transport.perform
    kind = client.deployment.base_fee
    price, _ = run(fees(perform(Head()), WriteOptions(), has_base_fee=kind), perform)
    balance: int = perform(Balance(address))
    return {"balanceWei": str(balance), "canPay": balance >= SINGLE_GAS * price}


def _self(parser: ArgumentParser) -> None:
    parser.add_argument("-a", "--address", help="address to show (default: the signer's)")
    take.signing(parser)


COMMANDS = (
    Command(
        "info",
        "show who you are on a network, and whether you can pay",
        info,
        (_self,),
        examples=(
            "info -s keystore:key.json -n volta",
            "info -a 0x9bC1169Ca09555bf2721A5C9eC6D69c8073bfeB4 -n ewc",
        ),
    ),
)
