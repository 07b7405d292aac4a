"""From what is wanted to what was done: the plan, the price, the question, the result.

The plan and the question are talk, on standard error; the result is what a program reads. Nothing
is sent before it was simulated, and an answer of "no" costs nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ocn_registry.cli import render
from ocn_registry.cli.codes import DONE, INTERRUPTED, REJECTED
from ocn_registry.cli.networks import node_of
from ocn_registry.cli.progress import shown_waiting
from ocn_registry.cli.render import as_json, for_programs, printable, put, talk
from ocn_registry.cli.wishes import entry_of, words_of
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, RequestRejected, Reverted, TransportError
from ocn_registry.flows.write import WriteOptions
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import Balance
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.signing import Signer

T = TypeVar("T")

_PATIENCE_S, _BLOCK_S = 120.0, 10.0
_DECIMALS = 18
_MANY_WEI = 10**12


class Wish(NamedTuple):
    """Whose entry changes, and how."""

    account: Address
    intent: Intent


def carry_out(  # noqa: PLR0913 - all that a write has
    args: Namespace,
    client: RegistryClient,
    steps: tuple[Step, ...],
    wishes: tuple[Wish, ...],
    payer: Signer,
    *,
    insist: bool = False,
) -> int:
    """Show what will be done, ask, do it, and show what is so now.

    Args:
        args: The command line.
        client: Where.
        steps: What is sent: intents of the payer, or requests that others signed.
        wishes: The same in the form that is shown.
        payer: Signs the transaction, and pays.
        insist: Whether somebody has to agree, be it by `--yes`.
    """
    options = options_of(args, client.deployment)
    _tell_plan(client, wishes, payer.address)
    quote = _quoted(client, steps, payer.address, options)
    tell_price(client, payer.address, quote)
    if quote is not None and quote.transactions > 1:
        talk(
            f"note      it takes {quote.transactions} transactions: what the first takes away is "
            "set again by the next, so let them end"
        )
    if args.dry_run:
        talk("this was a dry run: nothing was sent")
        _put(args, _untried(wishes, payer.address, quote))
        return DONE
    if not agreed(args, "send this?", insist=insist):
        talk("nothing was sent")
        return INTERRUPTED
    with shown_waiting(options) as watched:
        if isinstance(steps[0], SignedRequest):
            signed = tuple([step for step in steps if isinstance(step, SignedRequest)])
            outcome = client.submit(*signed, spender=payer, options=watched)
        else:
            outcome = client.send(*steps, signer=payer, options=watched)
    for item in outcome.failed:
        talk(f"without effect: {words_of(item.intent)}: {printable(str(item.error))}")
    _put(args, _done(client, wishes, payer.address, outcome))
    return REJECTED if outcome.failed else DONE


def options_of(args: Namespace, deployment: Deployment) -> WriteOptions:
    """Tell how the command line wants transactions priced and waited for."""
    confirmations = confirmations_of(args.wait, deployment)
    patience = _PATIENCE_S + _BLOCK_S * (confirmations - 1)
    return WriteOptions(
        max_fee_per_gas_wei=args.max_fee,
        confirmations=confirmations,
        timeout_s=patience if args.timeout is None else args.timeout,
        on_sent=_sent,
    )


def confirmations_of(wait: str, deployment: Deployment) -> int:
    """Tell how many blocks have to stand."""
    if wait == "confirmed":
        return 1
    if wait == "final":
        return final_of(
            deployment,
            'add "blocksToFinality" to the network file, or give a number, as in --wait 12',
        )
    return int(wait)


def final_of(deployment: Deployment, otherwise: str) -> int:
    """Return the number of blocks that make a block final.

    Args:
        deployment: The registry, and its chain.
        otherwise: What to do if the number is unknown.

    Raises:
        InvalidInput: The number is unknown.
    """
    if deployment.blocks_to_finality is None:
        raise InvalidInput(
            f"the number of blocks to finality on chain {deployment.chain_id} is unknown: "
            f"{otherwise}",
        )
    return deployment.blocks_to_finality


def _sent(tx_hash: str) -> None:
    talk(f"sent      {tx_hash}")
    talk(f"          waiting; should you stop here: ocn-registry tx status {tx_hash}")


def _tell_plan(client: RegistryClient, wishes: tuple[Wish, ...], payer: Address) -> None:
    here = client.deployment
    tell_network(here)
    dialect = dialect_of(here)
    contracts = dict.fromkeys([dialect.contract_of(wish.intent) for wish in wishes])
    for contract in contracts:
        name = "Registry" if contract is Contract.REGISTRY else "Permissions"
        talk(f"contract  {name} {dialect.address_of(contract)}, generation {here.dialect}")
    for wish in wishes:
        talk(f"signer    {wish.account}")
        talk(f"change    {words_of(wish.intent)}")
        before = entry_of(client, wish.intent, wish.account)
        now = "not listed" if before is None else render.brief(before)
        talk(f"now       {printable(now)}")
    talk(f"spender   {payer}")
    if client.limits.replayable and any(wish.account != payer for wish in wishes):
        talk(
            "warning   these contracts take a signature again and again: who sees it can repeat it"
        )


def tell_network(here: Deployment) -> None:
    """Say which chain it is, and which node is asked."""
    talk(f"network   {printable(here.name)} (chain {here.chain_id}), {node_of(here)}")


def tell_price(client: RegistryClient, payer: Address, quote: Quote | None) -> None:
    """Say what a write costs at most, and what there is to pay it."""
    if quote is None:
        return
    balance: int = client.transport.perform(Balance(payer))
    token = client.deployment.token
    price, has = _amount(quote.cost_wei, token), _amount(balance, token)
    talk(f"price     at most {price} ({quote.gas:,} gas); the spender has {has}")


def _amount(wei: int, token: str) -> str:
    """Write an amount exactly, with few noughts: what a write costs on Energy Web is some wei."""
    if wei < _MANY_WEI:
        return f"{wei:,} wei"
    whole, part = divmod(wei, 10**_DECIMALS)
    return f"{whole:,}.{part:0{_DECIMALS}}".rstrip("0").rstrip(".") + f" {token}"


def _quoted(
    client: RegistryClient,
    steps: tuple[Step, ...],
    payer: Address,
    options: WriteOptions,
) -> Quote | None:
    """Simulate and price a write; of several requests, those that would fail are left out later."""
    try:
        return client.quote(*steps, payer=payer, options=options)
    except (RequestRejected, Reverted) as error:
        if len(steps) == 1:
            raise
        talk(f"warning   not all will have an effect: {printable(str(error))}")
        return None


def agreed(args: Namespace, question: str, *, insist: bool = False) -> bool:
    """Ask the person, if there is one.

    Args:
        args: The command line.
        question: What is asked.
        insist: Whether it takes somebody who agrees, be it by `--yes`.
    """
    if args.yes:
        return True
    if not sys.stdin.isatty():
        if insist:
            raise InvalidInput("nobody is there to agree to this: look at it, then give --yes")
        return True
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - a prompt
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _untried(wishes: tuple[Wish, ...], payer: Address, quote: Quote | None) -> Entry:
    return {
        "status": "dry run",
        "signers": [wish.account for wish in wishes],
        "spender": payer,
        "gas": None if quote is None else quote.gas,
        "mostCostWei": None if quote is None else str(quote.cost_wei),
    }


def _done(
    client: RegistryClient,
    wishes: tuple[Wish, ...],
    payer: Address,
    outcome: Outcome,
) -> Entry:
    at = outcome.block.number
    unseen: list[Entry | None] = [None for _ in wishes]
    return {
        "status": "without effect in part" if outcome.failed else "done",
        **transaction(client.deployment, outcome),
        "signers": [wish.account for wish in wishes],
        "spender": payer,
        "state": seen_after(
            lambda: [entry_of(client, wish.intent, wish.account, at) for wish in wishes],
            unseen,
        ),
    }


def seen_after(read: Callable[[], T], otherwise: T) -> T:
    """Read what is so after a write, which is done whether or not this succeeds.

    Args:
        read: Reads it.
        otherwise: What is told where it can't be read: a node may lag behind the write's block.
    """
    try:
        return read()
    except TransportError as error:
        talk(f"warning   it is done; what is so now can't be read: {printable(str(error))}")
        return otherwise


def transaction(deployment: Deployment, outcome: Outcome) -> Entry:
    """Write where a write is, and what it cost."""
    explorer = deployment.explorer
    return {
        "hash": outcome.tx_hash,
        "hashes": [part.tx_hash for part in outcome.parts] or [outcome.tx_hash],
        "blockNumber": outcome.block.number,
        "blockHash": outcome.block.hash,
        "gasUsed": outcome.gas_used,
        "costWei": None if outcome.cost_wei is None else str(outcome.cost_wei),
        "explorer": None if explorer is None else f"{explorer}/tx/{outcome.tx_hash}",
    }


def _put(args: Namespace, result: Entry) -> None:
    if not for_programs(args):  # who signs and who pays stood in the plan
        result = {key: part for key, part in result.items() if key not in {"signers", "spender"}}
    give(args, result)


def give(args: Namespace, result: Entry) -> None:
    """Print a result, for whoever reads it."""
    put(as_json(result) if for_programs(args) else lines(result))


def lines(result: Entry) -> str:
    """Write a result for people: one hash is not told twice."""
    if result.get("hashes") == [result.get("hash")]:
        result = {label: value for label, value in result.items() if label != "hashes"}
    return render.lines(result)
