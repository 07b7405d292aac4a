"""Deploy the registry: `ape run deploy --network energyweb:volta:node --account NAME`.

It shows what will happen and what it costs, asks, and deploys. If it is interrupted, run it again:
what was done is in the record, `deployments/NAME.json` by default, and the transactions are in the
command line's journal. To ship the record of a finished deployment in the wheel, move it to
`ocn_registry/networks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape.cli import account_option, ape_cli_context
from ape.logging import LogLevel, logger
from ocn_registry_ape import OneLineCommand, network_of, record_of

from ocn_registry import networks
from ocn_registry.cli.output.progress import shown_waiting
from ocn_registry.deploy.deploy import NAMES, DeploymentOrder, NotDeployed, deploy, plan
from ocn_registry.deploy.record import Record, alone
from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.flows.options import WriteOptions
from ocn_registry.models import Address
from ocn_registry.plans.folders import journal_of
from ocn_registry.protocol.effects import run
from ocn_registry.transport.endpoint import origin
from ocn_registry.transport.web3_adapter import Web3Transport

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI

    from ocn_registry.deploy.deploy import Creating, DeploymentPlan
    from ocn_registry.networks import Deployment

ROOT = Path(__file__).resolve().parent.parent
_MOST_TOKENS = 1e9


class ApeCreator:
    """Signs with an account of Ape's."""

    def __init__(self, account: AccountAPI, provider: ProviderAPI) -> None:
        """Set the account, and the provider that makes its transactions."""
        self.address = Address(str(account.address))
        self._account = account
        self._provider = provider

    def unlock(self) -> None:
        """Ask for the passphrase once, for both transactions, if the account has one."""
        if hasattr(self._account, "set_autosign"):
            with logger.at_level(LogLevel.ERROR):  # Ape would warn of what was just agreed to
                self._account.set_autosign(enabled=True)

    def sign_creation(self, creating: Creating) -> bytes:
        """Sign a transaction without a receiver."""
        fields: dict[str, Any] = {
            "chainId": creating.chain_id,
            "nonce": creating.nonce,
            "data": creating.data,
            "gas": creating.gas,
            "value": 0,
        }
        if creating.tip_per_gas_wei is None:
            fields |= {"type": 0, "gasPrice": creating.max_fee_per_gas_wei}
        else:
            fields |= {
                "type": 2,
                "maxFeePerGas": creating.max_fee_per_gas_wei,
                "maxPriorityFeePerGas": creating.tip_per_gas_wei,
            }
        transaction = self._provider.network.ecosystem.create_transaction(**fields)
        signed = self._account.sign_transaction(transaction)
        if signed is None:
            raise NotDeployed("the account did not sign: nothing was sent")
        return bytes(signed.serialize_transaction())


def source_commit() -> str:
    """Return the commit that this is deployed from; `-dirty` if files differ from it."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    described = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unknown"


def public_place(chain_id: int, uri: str) -> dict[str, Any]:
    """Return how others reach this chain: its built-in network, if the node belongs to one.

    Args:
        chain_id: The chain.
        uri: URL of the node in use.
    """
    for name in networks.names():
        known = networks.built_in(name)
        if known.chain_id == chain_id and uri.rstrip("/") in known.rpc_urls:
            return {"rpcUrls": list(known.rpc_urls), "explorer": known.explorer}
    return {}


def own_place(uri: str) -> dict[str, Any]:
    """Return how later commands reach this chain; a URL that could contain a key is left out."""
    return {"rpcUrls": [uri]} if uri and origin(uri) == uri.rstrip("/") else {}


def hold_to_sources() -> None:
    """Check that the sources here compile to the published code.

    Raises:
        ClickException: They don't, or the compiler can't be run.
    """
    command = [sys.executable, str(ROOT / "tools" / "build" / "build_abi.py"), "--check"]
    click.echo("compiling the contracts, to compare them with the published code", err=True)
    checked = subprocess.run(  # noqa: S603 - our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if checked.returncode:
        said = checked.stdout.strip() or checked.stderr.strip().rpartition("\n")[2]
        raise click.ClickException(f"the sources here do not compile to the published code: {said}")


def compilers() -> dict[str, Any]:
    """Return how each contract was compiled."""
    folder = ROOT / "ocn_registry" / "deploy" / "artifacts" / "v3"
    return {name: json.loads((folder / f"{name}.json").read_text())["compiler"] for name in NAMES}


def bound(order: DeploymentOrder, made: DeploymentPlan) -> DeploymentOrder:
    """Return an order with the plan's price per gas as its limit."""
    most = made.max_fee_per_gas_wei
    if order.raise_price:
        most = max([most, *[each.raised_fee_per_gas_wei for each in made.waiting]])
    return replace(order, options=replace(order.options, max_fee_per_gas_wei=most))


def sent(tx_hash: str) -> None:
    """Print the hash of a sent transaction, and how to continue."""
    click.echo(f"sent        {tx_hash}; if interrupted, run the command again", err=True)


def next_step(found: Deployment, path: Path, *, import_open: bool, key_file: Path | None) -> str:
    """Return the next commands, ready to run.

    Args:
        found: The deployment.
        path: Its record.
        import_open: Whether it accepts imports.
        key_file: The owner's key, if it is a keystore of Ape's.
    """
    where = f"--network-file {_shown(path)}"
    if not found.rpc_urls:
        where += " --rpc-url URL"
    steps = [f"check it     ocn-registry verify {where}"]
    signer = "" if key_file is None else f" --signer keystore:{_shown(key_file)}"
    if import_open:
        steps.append(f"then import  ocn-registry migrate --help, with {where}{signer}")
    else:
        steps.append(f"hand it over ocn-registry owner hand-over ADDRESS {where}{signer}")
    return "\n".join(steps)


def _shown(path: Path) -> Path:
    """Return a path as short as it can be written from here."""
    whole = path.resolve()
    return whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole


def wei(tokens: float) -> int:
    """Return an amount of tokens in wei; raise `InvalidInput` unless it is a number above 0."""
    if not 0 < tokens <= _MOST_TOKENS:
        raise InvalidInput(f"{tokens} is not a valid --max-cost: give a number of tokens above 0")
    return int(tokens * 10**18)


@click.command(cls=OneLineCommand)
@ape_cli_context()
@account_option()
@click.option("--owner", help="Owner of the contracts from the start (default: the account).")
@click.option(
    "--import-open", is_flag=True, help="Accept imports until the owner closes the import."
)
@click.option("--name", help="Name of the deployment (default: that of the network).")
@click.option(
    "--record",
    "file",
    type=click.Path(path_type=Path),
    help="File of the record (default: deployments/NAME.json).",
)
@click.option("--max-fee", type=int, help="Highest price per gas, in wei.")
@click.option(
    "--max-cost", type=float, default=0.01, help="Maximum cost of a transaction, in tokens."
)
@click.option("--timeout", type=float, default=600, help="Seconds to wait for each transaction.")
@click.option(
    "--raise-price", is_flag=True, help="Send pending transactions again, at a higher price."
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cli(  # noqa: PLR0913, PLR0917 - the options
    cli_ctx: Any,  # noqa: ANN401, ARG001 - Ape gives it
    provider: ProviderAPI,
    account: AccountAPI,
    owner: str | None,
    name: str | None,
    file: Path | None,
    max_fee: int | None,
    max_cost: float,
    timeout: float,
    *,
    import_open: bool,
    raise_price: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Deploy the registry, or continue an interrupted deployment."""
    creator = ApeCreator(account, provider)
    name = name or network_of(provider.chain_id)
    path = file or record_of(name)
    order = DeploymentOrder(
        name=name,
        chain_id=provider.network.chain_id,
        deployer=creator.address,
        owner=Address(owner) if owner else creator.address,
        import_open=import_open,
        options=WriteOptions(
            confirmations=max(1, provider.network.required_confirmations),
            timeout_s=timeout,
            max_cost_wei=wei(max_cost),
            journal=journal_of(None),
            on_sent=sent,
        ),
        raise_price=raise_price,
        token=networks.token_of(provider.network.chain_id),
    )
    if max_fee is not None:
        order = replace(order, options=replace(order.options, max_fee_per_gas_wei=max_fee))
    transport = Web3Transport(provider.web3)
    hold_to_sources()
    try:
        with alone(path):
            record = Record.read(path)
            made = run(plan(order, record), transport.perform)
            click.echo("\n".join(made.lines()))
            if made.problems:
                raise click.ClickException("; ".join(made.problems))
            asks = made.waiting and not (dry_run or yes or raise_price)
            if asks and click.confirm("Raise the price?"):
                order = replace(order, raise_price=True)
                made = run(plan(order, record), transport.perform)
                click.echo("\n".join(made.lines()))  # the price that is paid now
                if made.problems:
                    raise click.ClickException("; ".join(made.problems))
            if dry_run:
                return
            if not (yes or click.confirm("Deploy?")):
                click.echo("nothing was sent", err=True)
                return
            order = bound(order, made)
            creator.unlock()
            if not record.fields.get("contracts"):  # otherwise, the price of the start is kept
                record.fields |= {"sourceCommit": source_commit(), "compiler": compilers()}
                uri = str(getattr(provider, "uri", ""))
                record.fields |= public_place(order.chain_id, uri) or own_place(uri)
            with shown_waiting(order.options) as options:
                order = replace(order, options=options)
                try:
                    run(deploy(order, record, creator), transport.perform)
                except (KeyboardInterrupt, SystemExit):  # which Ape's own chains turn Ctrl-C into
                    click.echo("run the same command again: it waits for what was sent", err=True)
                    raise
    except OcnRegistryError as error:
        raise click.ClickException(str(error)) from error
    found = networks.from_json(path.read_text(encoding="utf-8"))
    click.echo(
        f"Registry     {found.registry}\nPermissions  {found.permissions}\nrecord       {path}\n"
        + next_step(
            found,
            path,
            import_open=import_open,
            key_file=getattr(account, "keyfile_path", None) if owner is None else None,
        ),
    )
