"""`devnet`: run a development chain at the address that `-n local` uses."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from ocn_registry.cli import options as take
from ocn_registry.cli.commands import Command
from ocn_registry.plans.exit_codes import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocn_registry.deploy.devnet import Devnet
    from ocn_registry.plans.entries import Entry


def devnet(args: Namespace) -> int:
    """Run a development chain until interrupted."""
    from ocn_registry.cli.output.render import as_json, for_programs, put, talk
    from ocn_registry.cli.stop_signals import StopSignals
    from ocn_registry.deploy.devnet import Devnet

    with StopSignals() as stop:
        with Devnet(
            port=args.port,
            chain_id=args.chain_id,
            with_v1=args.with_v1,
            import_open=args.import_open,
        ) as chain:
            if args.sample and not stop.received:
                _fill(chain)
            if args.block_time is not None:
                chain.mine_every(args.block_time)
            entry = _chain_entry(chain, with_v1=args.with_v1)
            put(as_json(entry) if for_programs(args) else _lines(chain, entry))
            sys.stdout.flush()
            talk("Ctrl-C stops it. These keys are public: use them for development only")
            stop.wait()
        begin = "\n" if sys.stderr.isatty() else ""  # after the terminal's ^C
        talk(f"{begin}the chain is gone")
    return DONE


def _chain_entry(chain: Devnet, *, with_v1: bool) -> Entry:
    deployment = chain.deployment()
    entry: Entry = {
        "rpcUrl": chain.rpc_url,
        "chainId": chain.chain_id,
        "registry": deployment.registry,
        "permissions": deployment.permissions,
    }
    if with_v1:
        first = chain.v1_deployment()
        entry |= {"v1Registry": first.registry, "v1Permissions": first.permissions}
    entry["accounts"] = [
        {"address": account.address, "privateKey": account.private_key}
        for account in chain.accounts
    ]
    return entry


def _lines(chain: Devnet, entry: Entry) -> str:
    from ocn_registry.cli.output.render import lines, table

    place = lines({label: value for label, value in entry.items() if label != "accounts"})
    accounts = [(account.address, account.private_key) for account in chain.accounts]
    keys = table(("ADDRESS", "KEY"), accounts, soft=())
    return f"{place}\n\nfunded accounts:\n\n{keys}\n"


def _fill(chain: Devnet) -> None:
    """List two nodes, three parties and a service."""
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.intents import SetNode, SetParty, SetPartyModules
    from ocn_registry.models import Module, Permission, Role
    from ocn_registry.signing import KeySigner
    from ocn_registry.transport.http_sync import HttpTransport

    north, south, cpo, emsp, provider = [
        KeySigner.from_key(account.private_key) for account in chain.accounts[1:6]
    ]
    deployment = chain.deployment()
    transport = HttpTransport(deployment.rpc_urls, chain_id=deployment.chain_id)
    with RegistryClient(deployment, transport) as client:
        for signer, name in ((north, "north"), (south, "south")):
            client.send(SetNode(domain=f"https://{name}.example.org"), signer=signer)
        for signer, country_code, party_id, role, operator in (
            (cpo, "DE", "CPO", Role.CPO, north),
            (emsp, "NL", "MSP", Role.EMSP, south),
            (provider, "DE", "SCP", Role.SCSP, south),
        ):
            party = SetParty(
                country_code=country_code,
                party_id=party_id,
                roles=(role,),
                operator=operator.address,
            )
            modules = SetPartyModules(receiver=(Module.COMMANDS, Module.SESSIONS))
            client.send(party, modules, signer=signer)
        client.set_service(
            [Permission.FORWARD_MODULE_SESSIONS_RECEIVER],
            name="Smart charging",
            url="https://smart.example.org/terms",
            signer=provider,
        )


def _options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=take.whole("port", 0, 65535),
        default=8544,
        help="port on this machine (default: 8544, where -n local looks; 0 for a free one)",
    )
    parser.add_argument(
        "--with-v1",
        action="store_true",
        help="deploy the contracts of the first generation as well, where version 1 of "
        "this command looks for them",
    )
    parser.add_argument(
        "--chain-id",
        type=take.whole("chain id", 1, (1 << 53) - 1),
        default=None,
        help="chain id, for example Volta's for a rehearsal (default: the one of -n local)",
    )
    parser.add_argument(
        "--block-time",
        type=_block_time,
        metavar="SECONDS",
        help="create a block this often, as public chains do (default: one for each transaction)",
    )
    first = parser.add_mutually_exclusive_group()
    first.add_argument(
        "--sample",
        action="store_true",
        help="list two nodes, three parties and a service",
    )
    first.add_argument(
        "--import-open",
        action="store_true",
        help="leave the import open, to rehearse `migrate`; the first account owns the contracts",
    )


def _block_time(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d?", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is not a valid block time: give 1 to 99 seconds")
    return int(text)


COMMANDS = (
    Command(
        "devnet",
        "run a development chain on this machine",
        devnet,
        (_options,),
        examples=("devnet", "devnet --sample --block-time 5"),
    ),
)
