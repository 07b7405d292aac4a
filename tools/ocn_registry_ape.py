"""What the scripts for Ape share: its accounts as signers, its network as the way to a registry.

`ape run register_node` and its like are the command line of the package, for people whose keys and
networks are Ape's: the same plan, price and question, the same errors and exit codes.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand, account_option
from eth_account.messages import encode_defunct, encode_typed_data

from ocn_registry import networks
from ocn_registry.cli.carrying import Wish, carry_out
from ocn_registry.cli.codes import DONE
from ocn_registry.cli.failures import tell
from ocn_registry.cli.render import talk
from ocn_registry.cli.wishes import intent_of, words_of
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.protocol.effects import ChainId
from ocn_registry.signing import ExternalSigner
from ocn_registry.transport.web3_adapter import Web3Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ape.api import AccountAPI, ProviderAPI

    from ocn_registry.intents import SignableIntent
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import SignedRequest

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = {246: "ewc", 73799: "volta"}
_DEVELOPMENT = 31337
_TEXTS = {"to", "data"}


def registry_command(
    wanted: Callable[[Namespace], list[Namespace]],
    says: str,
    *options: click.Parameter,
) -> click.Command:
    """Make a command of Ape's.

    Args:
        wanted: Turns the options into what is wanted, in order, as `cli.wishes.intent_of` reads it.
        says: What the command does, for its help.
        options: Its own arguments and options.
    """

    # Ape looks at the name `provider` to hand in the network that was chosen.
    def run(provider: ProviderAPI, **given: Any) -> None:  # noqa: ANN401 - all kinds of options
        args = Namespace(**given)
        args.network, args.timeout = None, None
        args.wait = str(max(1, provider.network.required_confirmations))
        try:
            code = _carry(args, provider, wanted(args))
        except OcnRegistryError as error:
            code = tell(error, args)
        sys.exit(code)

    for option in (
        account_option(),
        account_option("--spender", prompt=None),
        click.option(
            "--deployment",
            metavar="NAME|FILE",
            help="Which registry; the one that was deployed from here, or the network's.",
        ),
        click.option("--max-fee", type=int, help="Most wei per gas."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Show plan and price, and send nothing."),
        click.option("--json", is_flag=True, help="Print JSON on a terminal, too."),
    ):
        run = option(run)
    command = click.command(cls=ConnectedProviderCommand, help=says)(run)
    command.params = [*options, *command.params]
    return command


def _carry(args: Namespace, provider: ProviderAPI, wanted: list[Namespace]) -> int:
    # Asked here: of local chains Ape has an id of its own, which is not what they say.
    chain_id: int = Web3Transport(provider.web3).perform(ChainId())
    here = replace(
        deployment_of(args.deployment, chain_id),
        rpc_urls=(provider.network_choice,),  # as its user knows it; a URL can hold a key
    )
    transport = Web3Transport(provider.web3, chain_id=here.chain_id)
    with RegistryClient(here, transport) as client:
        is_signed = args.spender is not None
        intents = [intent_of(wish, client, signed=is_signed) for wish in wanted]
        together = [intents] if client.limits.has_batches else [[intent] for intent in intents]
        for group in together:
            code = _send(args, client, provider, group)
            if code != DONE:
                return code
    return DONE


def _send(
    args: Namespace,
    client: RegistryClient,
    provider: ProviderAPI,
    intents: Sequence[SignableIntent],
) -> int:
    signer = signer_of(args.account, provider)
    wishes = tuple([Wish(signer.address, intent) for intent in intents])
    if args.spender is None:
        return carry_out(args, client, tuple(intents), wishes, signer, insist=True)
    requests: list[SignedRequest] = []
    for intent in intents:
        talk(f"to sign   {words_of(intent)}")
        nonce = requests[-1].nonce + 1 if requests else None
        requests.append(client.sign(intent, signer, nonce=nonce))
    payer = signer_of(args.spender, provider)
    return carry_out(args, client, tuple(requests), wishes, payer, insist=True)


def deployment_of(named: str | None, chain_id: int) -> Deployment:
    """Find a registry: the one that is named, one deployed from here, or the chain's own.

    Raises:
        InvalidInput: There is none.
    """
    file = Path(named) if named else record_of(network_of(chain_id))
    if file.suffix == ".json" and (named or file.exists()):
        try:
            return networks.from_json(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise InvalidInput(f"the deployment file {file} can't be read") from None
    if named is None and chain_id not in {*NETWORKS, _DEVELOPMENT}:
        raise InvalidInput(f"no registry is known on chain {chain_id}: give --deployment FILE")
    return networks.built_in(named or NETWORKS.get(chain_id, "local"))


def network_of(chain_id: int) -> str:
    """Name the network of a chain, as the record of a deployment there is named."""
    return NETWORKS.get(chain_id, f"chain-{chain_id}")


def record_of(name: str) -> Path:
    """Tell where `ape run deploy` keeps the record of a deployment."""
    return ROOT / "deployments" / f"{name}.json"


def signer_of(account: AccountAPI, provider: ProviderAPI) -> ExternalSigner:
    """Let an account of Ape's sign. Ape may ask for its passphrase; what it gives is checked."""

    def message(signable: object) -> bytes:
        signature = account.sign_message(signable)
        if signature is None:
            raise InvalidInput(f"{account.address} did not sign: nothing was sent")
        return bytes(signature.encode_rsv())

    def transaction(asked: dict[str, str]) -> bytes:
        fields: dict[str, Any] = {
            key: value if key in _TEXTS else int(value, 16)
            for key, value in asked.items()
            if key != "from"
        }
        made = provider.network.ecosystem.create_transaction(**{"type": 0, **fields})
        signed = account.sign_transaction(made)
        if signed is None:
            raise InvalidInput(f"{account.address} did not sign: nothing was sent")
        return bytes(signed.serialize_transaction())

    return ExternalSigner(
        str(account.address),
        sign_typed_data=lambda document: message(encode_typed_data(full_message=document)),
        sign_message=lambda content: message(encode_defunct(primitive=content)),
        sign_transaction=transaction,
    )
