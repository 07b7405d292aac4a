"""`owner schedule` and `owner execute`: a timelock accepts the registry, in its own two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli.keys import key
from ocn_registry.cli.networks import connect, latest
from ocn_registry.cli.owner import ownership
from ocn_registry.cli.owner_deeds import Deed, carry_out
from ocn_registry.deploy.timelock import acceptance, execute, executing, schedule, scheduling
from ocn_registry.flows.transaction import priced
from ocn_registry.models import Address
from ocn_registry.outcomes import Quote
from ocn_registry.protocol.effects import run

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.errors import Reverted
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.protocol.effects import Call


def schedule_(args: Namespace) -> int:
    """Schedule that a timelock accepts the registry, with the key of one of its proposers."""
    with connect(args) as client:
        here, perform = client.deployment, client.transport.perform
        proposer, timelock = key(args, "signer", here), Address(args.address)
        delay: int | None = args.delay
        salt: int = args.salt
        steps = scheduling(here, timelock, proposer.address, delay_s=delay, salt=salt)
        deed = Deed(
            name="schedule",
            says=f"schedule that the timelock {timelock} accepts the registry",
            reason=args.reason.strip(),
            account=timelock,
            before=_stage(client, timelock, salt),
            quote=_priced(client, run(steps, perform)),
            do=lambda signer, options: run(
                schedule(here, timelock, signer, options, delay_s=delay, salt=salt), perform
            ),
            read=lambda _: _stage(client, timelock, salt),
        )
        return carry_out(args, client, deed, proposer)


def execute_(args: Namespace) -> int:
    """Have a timelock accept the registry, once its delay has passed."""
    with connect(args) as client:
        here, perform = client.deployment, client.transport.perform
        executor, timelock = key(args, "signer", here), Address(args.address)
        salt: int = args.salt
        steps = executing(here, timelock, executor.address, salt=salt)
        deed = Deed(
            name="execute",
            says=f"have the timelock {timelock} become the owner of the registry",
            reason=args.reason.strip(),
            account=timelock,
            before=ownership(client, latest(client)),
            quote=_priced(client, run(steps, perform)),
            do=lambda signer, options: run(
                execute(here, timelock, signer, options, salt=salt), perform
            ),
            read=lambda block: ownership(client, block),
        )
        return carry_out(args, client, deed, executor)


def _stage(client: RegistryClient, timelock: Address, salt: int) -> Entry:
    found = run(acceptance(client.deployment, timelock, salt=salt), client.transport.perform)
    return {
        "timelock": timelock,
        "acceptance": found.stage.name.lower(),
        "readyUnixS": found.ready_unix_s,
        "minDelayS": found.min_delay_s,
    }


def _priced(
    client: RegistryClient,
    call: Call[tuple[Reverted | None, ...]],
) -> Callable[[Address, WriteOptions], Quote]:
    def quote(sender: Address, options: WriteOptions) -> Quote:
        chain_id = client.deployment.chain_id
        made = run(priced(call, call, sender, chain_id, options), client.transport.perform)
        return Quote(gas=made.gas, cost_wei=made.gas * made.max_fee_per_gas_wei)

    return quote
