"""A development chain for as long as the command runs, where `-n local` looks for one."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

from ocn_registry.cli.codes import DONE
from ocn_registry.cli.render import as_json, for_programs, lines, put, table, talk
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.deploy.devnet import Devnet
from ocn_registry.intents import SetNode, SetParty, SetPartyModules
from ocn_registry.models import Module, Permission, Role
from ocn_registry.signing import KeySigner
from ocn_registry.transport.http_sync import HttpTransport

if TYPE_CHECKING:
    from argparse import Namespace
    from types import FrameType

    from ocn_registry.cli.entries import Entry


def devnet(args: Namespace) -> int:
    """Run a development chain until somebody ends it."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Devnet(
            port=args.port,
            chain_id=args.chain_id,
            with_v1=args.with_v1,
            import_open=args.import_open,
        ) as chain:
            if args.sample and not ended.is_set():
                _fill(chain)
            if args.block_time is not None:
                chain.request("evm_setIntervalMining", args.block_time)
            told = _told(chain, with_v1=args.with_v1)
            put(as_json(told) if for_programs(args) else _lines(chain, told))
            sys.stdout.flush()
            talk("it runs until Ctrl-C; everybody knows these keys: for development only")
            ended.wait()
        begin = "\n" if sys.stderr.isatty() else ""  # behind the terminal's own ^C
        talk(f"{begin}the chain is gone")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return DONE


def _told(chain: Devnet, *, with_v1: bool) -> Entry:
    here = chain.deployment()
    told: Entry = {
        "rpcUrl": chain.rpc_url,
        "chainId": chain.chain_id,
        "registry": here.registry,
        "permissions": here.permissions,
    }
    if with_v1:
        first = chain.v1_deployment()
        told |= {"v1Registry": first.registry, "v1Permissions": first.permissions}
    told["accounts"] = [
        {"address": account.address, "privateKey": account.private_key}
        for account in chain.accounts
    ]
    return told


def _lines(chain: Devnet, told: Entry) -> str:
    place = lines({label: value for label, value in told.items() if label != "accounts"})
    accounts = [(account.address, account.private_key) for account in chain.accounts]
    keys = table(("ADDRESS", "KEY"), accounts, soft=())
    return f"{place}\n\naccounts with money:\n\n{keys}\n"


def _fill(chain: Devnet) -> None:
    """Put two nodes, three parties and a service there."""
    north, south, cpo, emsp, provider = [
        KeySigner.from_key(account.private_key) for account in chain.accounts[1:6]
    ]
    here = chain.deployment()
    transport = HttpTransport(here.rpc_urls, chain_id=here.chain_id)
    with RegistryClient(here, transport) as client:
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
