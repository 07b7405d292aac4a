"""Shared by the scripts for Ape: accounts as signers, and the network as a transport.

`ape run register_node` and its like write through `ocn_registry.plans`, as the command line does:
the same plan, price and question, the same errors and exit codes.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand, account_option
from ape.exceptions import ProviderError
from eth_account.messages import encode_defunct, encode_typed_data

from ocn_registry import networks
from ocn_registry.client.sync_client import RegistryClient
from ocn_registry.errors import InvalidInput, NoContract, OcnRegistryError
from ocn_registry.flows.options import WriteOptions
from ocn_registry.foreign.files import read_bytes
from ocn_registry.foreign.limits import NETWORK_FILE
from ocn_registry.foreign.text import masked
from ocn_registry.models import Address
from ocn_registry.plans.current_entries import CurrentEntries
from ocn_registry.plans.entries import fields_of
from ocn_registry.plans.exit_codes import DONE
from ocn_registry.plans.failures import code_of, explain
from ocn_registry.plans.folders import journal_of
from ocn_registry.plans.unchanged import is_unchanged
from ocn_registry.plans.words import words_of
from ocn_registry.plans.write import WriteTask, unchanged, who_of
from ocn_registry.protocol.effects import ChainId
from ocn_registry.signing import ExternalSigner
from ocn_registry.transport.web3_adapter import Web3Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ape.api import AccountAPI, ProviderAPI

    from ocn_registry.intents import SignableIntent
    from ocn_registry.networks import Deployment
    from ocn_registry.plans.entries import Entry
    from ocn_registry.signing import SignedRequest

    # Returns the intents for a script's options. The flag says whether they are signed for a
    # spender.
    Wanted = Callable[[dict[str, Any], RegistryClient, bool], Sequence[SignableIntent]]

ROOT = Path(__file__).resolve().parent.parent
_NO_NODE = 5
_TEXTS = {"to", "data"}
_ACCOUNTS = {
    "account": "Account whose entry changes: an account of Ape's.",
    "spender": "Account that pays, if it is not --account.",
}
_IN_THE_PLAN = {"signers", "spender", "hashes"}  # already in the plan, or repeated


class OneLineCommand(ConnectedProviderCommand):
    """A command of Ape that reports errors in one line, and never quotes a key."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:  # type: ignore[explicit-override]  # noqa: ANN401 - as click has it
        """Parse the command line.

        Raises:
            UsageError: It is not valid.
        """
        try:
            return super().make_context(*args, **options)
        except click.UsageError as error:
            error.message = masked(error.message)
            raise

    def invoke(self, ctx: click.Context) -> Any:  # type: ignore[explicit-override]  # noqa: ANN401 - typing.override needs Python 3.12
        """Run the command.

        Raises:
            ClickException: The node does not answer, or is on another chain; or an option is not
                valid.
        """
        try:
            return super().invoke(ctx)
        except ProviderError as error:
            said = " ".join(masked(str(error)).split())
            refused = click.ClickException(f"{said} Check --network, and that the node runs.")
            refused.exit_code = _NO_NODE
            raise refused from None
        except OcnRegistryError as error:
            refused = click.ClickException(str(error))
            refused.exit_code = code_of(error)
            raise refused from None


class Console:
    """The person who runs a script: asked at the terminal, notified on standard error."""

    def __init__(self, *, yes: bool) -> None:
        """Store whether the person has already agreed."""
        self._yes = yes
        self.token = networks.UNKNOWN_TOKEN
        self._in_doubt: str | None = None  # what is signed, and may be on its way

    def interrupted(self) -> None:
        """Print what Ctrl-C leaves in doubt."""
        if self._in_doubt is not None:
            self.note(
                f"transaction {self._in_doubt} may have been sent: run the same command again, "
                "which waits for it"
            )

    def note(self, text: str) -> None:
        """Print one line, with control characters escaped."""
        click.echo("".join(map(_printable, text)), err=True)

    @property
    def can_ask(self) -> bool:
        """Whether there is a person who has not agreed beforehand."""
        return not self._yes and sys.stdin.isatty()

    def agree(self, question: str, *, insist: bool) -> bool:
        """Return whether the person agrees."""
        if self._yes:
            return True
        if not sys.stdin.isatty():
            if insist:
                raise InvalidInput(
                    "there is no terminal to ask on: read the plan, then add --yes",
                )
            return True
        return click.confirm(question, err=True, prompt_suffix=" ")

    def show(self, result: Entry) -> None:
        """Print the result: for people at a terminal, as JSON elsewhere."""
        if not sys.stdout.isatty():
            click.echo(json.dumps(result, indent=2))
            return
        shown = [(name, value) for name, value in result.items() if name not in _IN_THE_PLAN]
        fields = list(fields_of(dict(shown), token=lambda: self.token))
        width = max([len(label) for label, _ in fields], default=0)
        for label, value in fields:
            click.echo("".join(map(_printable, f"{label:<{width}}  {value}".rstrip())))

    @contextmanager
    def waiting(self, options: WriteOptions) -> Generator[WriteOptions, None, None]:
        """Print the hash of a sent transaction."""

        def signed(tx_hash: str) -> None:
            self._in_doubt = tx_hash

        def sent(tx_hash: str) -> None:
            self._in_doubt = None  # said here
            self.note(f"sent      {tx_hash}")

        yield replace(options, on_signed=signed, on_sent=sent)


def registry_command(wanted: Wanted, says: str, *options: click.Parameter) -> click.Command:
    """Return a command for Ape.

    Args:
        wanted: Makes the intents of the options, in order.
        says: What the command does, for its help.
        options: Its own arguments and options.
    """

    # Ape passes the chosen network because the parameter is named `provider`.
    def run(provider: ProviderAPI, **given: Any) -> None:  # noqa: ANN401 - all kinds of options
        console = Console(yes=given["yes"])
        try:
            code = _write(console, provider, wanted, given)
        except OcnRegistryError as error:
            for sentence in explain(error):
                console.note(sentence)
            if isinstance(error, NoContract) and given["deployment"] is None:
                console.note("name a registry of your own with --deployment FILE, its record")
            code = code_of(error)
        except (KeyboardInterrupt, SystemExit):  # Ape's own chains turn Ctrl-C into an exit
            console.interrupted()
            raise
        sys.exit(code)

    for option in (
        account_option(),
        account_option("--spender", prompt=None),
        click.option(
            "--deployment",
            metavar="NAME|FILE",
            help="Which registry (default: the one deployed from here, or the network's).",
        ),
        click.option("--max-fee", type=int, help="Highest price per gas, in wei."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Show the plan and price, and send nothing."),
    ):
        run = option(run)
    command = click.command(cls=OneLineCommand, help=says)(run)
    for param in command.params:  # Ape's own options of accounts come without a help
        if isinstance(param, click.Option) and param.name in _ACCOUNTS:
            param.help = _ACCOUNTS[param.name]
    command.params = [*options, *command.params]
    return command


def _write(
    console: Console,
    provider: ProviderAPI,
    wanted: Wanted,
    given: dict[str, Any],
) -> int:
    # Asked here because for local chains, Ape reports its own id rather than the chain's.
    chain_id: int = Web3Transport(provider.web3).perform(ChainId())
    here = replace(
        deployment_of(given["deployment"], chain_id),
        rpc_urls=(provider.network_choice,),  # the name that the user knows; a URL can hold a key
    )
    transport = Web3Transport(provider.web3, chain_id=here.chain_id)
    console.token = here.token
    with RegistryClient(here, transport, journal=journal_of(None)) as client:
        intents = wanted(given, client, given["spender"] is not None)
        together = [intents] if client.limits.has_batches else [[intent] for intent in intents]
        for group in together:
            code = _send(console, provider, given, client, group)
            if code != DONE:
                return code
    return DONE


def _send(
    console: Console,
    provider: ProviderAPI,
    given: dict[str, Any],
    client: RegistryClient,
    intents: Sequence[SignableIntent],
) -> int:
    signer = signer_of(given["account"], provider)
    options = WriteOptions(
        max_fee_per_gas_wei=given["max_fee"],
        confirmations=max(1, provider.network.required_confirmations),
    )
    present = CurrentEntries(client)
    account = Address(signer.address)
    wanted = [each for each in intents if not is_unchanged(present, account, each)]
    if not wanted:
        accounts = [account] * len(intents)
        who = who_of(accounts, accounts, account)
        return unchanged(present, [(account, each) for each in intents], who, console)
    if given["spender"] is None:
        task = WriteTask(client, tuple(wanted), signer, console)
    else:
        requests: list[SignedRequest] = []
        for intent in wanted:
            console.note(f"to sign   {words_of(intent)}")
            nonce = requests[-1].nonce + 1 if requests else None
            requests.append(client.sign(intent, signer, nonce=nonce))
        payer = signer_of(given["spender"], provider)
        task = WriteTask(client, tuple(requests), payer, console)
    return task.execute(options, insist=True, dry_run=given["dry_run"])


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


def deployment_of(named: str | None, chain_id: int) -> Deployment:
    """Return a registry: the named one, one deployed from here, or that of the built-in network.

    Raises:
        InvalidInput: No registry is known on this chain.
    """
    file = Path(named) if named else record_of(network_of(chain_id))
    if file.suffix == ".json" and (named or file.exists()):
        content = read_bytes(file, NETWORK_FILE.max_bytes, what="deployment file")
        return networks.from_json(content)
    if named is None and (named := _built_in_on(chain_id)) is None:
        raise InvalidInput(f"no registry is known on chain {chain_id}: add --deployment FILE")
    return networks.built_in(named)


def network_of(chain_id: int) -> str:
    """Return the name of a chain's network, which its deployment record has as well."""
    name = _built_in_on(chain_id)
    development = name is not None and networks.built_in(name).development
    return f"chain-{chain_id}" if name is None or development else name


def _built_in_on(chain_id: int) -> str | None:
    known = (name for name in networks.names() if networks.built_in(name).chain_id == chain_id)
    return next(known, None)


def record_of(name: str) -> Path:
    """Return where `ape run deploy` keeps the record of a deployment."""
    return ROOT / "deployments" / f"{name}.json"


def signer_of(account: AccountAPI, provider: ProviderAPI) -> ExternalSigner:
    """Return a signer for an account of Ape's, which may ask for its passphrase."""

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
