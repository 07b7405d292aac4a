"""What the owner does, carried out: the plan, the price, the question, the log, the result."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ocn_registry.cli import entries
from ocn_registry.cli.carrying import (
    agreed,
    give,
    options_of,
    seen_after,
    tell_network,
    tell_price,
    transaction,
)
from ocn_registry.cli.codes import DONE, INTERRUPTED, REJECTED
from ocn_registry.cli.keys import key
from ocn_registry.cli.networks import latest
from ocn_registry.cli.owner_log import (
    ENDED,
    FAILED,
    IN_PART,
    SIGNED,
    UNKNOWN,
    Act,
    NotingSigner,
    acts,
    default_path,
)
from ocn_registry.cli.progress import shown_waiting
from ocn_registry.cli.render import brief, printable, put, talk
from ocn_registry.cli.settings_file import at_home
from ocn_registry.deploy.handover import safe_batch
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput, Reverted, TransactionReplaced
from ocn_registry.outcomes import PartySet
from ocn_registry.protocol.effects import CodeSize
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Generator
    from pathlib import Path

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.flows.write import WriteOptions
    from ocn_registry.models import Address
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that the owner does.

    Attributes:
        name: The command's word for it.
        says: What it does, for people.
        reason: Why; empty where that needs no reason.
        account: Whose entry it is about.
        before: What is so now.
        quote: Simulates it by an account, and tells what it would cost.
        do: Sends it.
        read: Reads what is so at a block.
        steps: The same as values, where a Safe can do it by a file.
        only_if_same: Whether it is for what was shown alone: not once somebody else has the id.
    """

    name: str
    says: str
    reason: str
    account: Address
    before: Entry | None
    quote: Callable[[Address, WriteOptions], Quote]
    do: Callable[[Signer, WriteOptions], Outcome]
    read: Callable[[int], Entry | None]
    steps: tuple[Step, ...] = ()
    only_if_same: bool = False


def log_of(args: Namespace) -> Path:
    """Tell which file is the log."""
    return default_path() if args.log is None else at_home(args.log)


def has_no_end(act: Entry, here: Deployment) -> bool:
    """Ask whether it is open what became of an act of this registry's."""
    this = (act.get("chainId"), act.get("contract")) == (here.chain_id, here.registry)
    return this and act.get("status") in {SIGNED, UNKNOWN}


def is_whole(what: object, account: object, outcome: Outcome) -> bool:
    """Ask whether all of an act took effect: of a reassigned id, that it has its new holder."""
    changes = [each for each in outcome.changes if isinstance(each, PartySet)]
    return what != "reassign" or any(each.address == account for each in changes)


def carry_out(args: Namespace, client: RegistryClient, deed: Deed, owner: Signer) -> int:
    """Show what will be done, ask, write it down, do it, and write down how it ended."""
    here, log = client.deployment, log_of(args)
    options = options_of(args, here)
    _tell_plan(client, deed, owner.address, log)
    quote = deed.quote(owner.address, options)
    tell_price(client, owner.address, quote)
    if args.dry_run:
        talk("this was a dry run: nothing was sent")
        told: Entry = {"status": "dry run", "gas": quote.gas, "mostCostWei": str(quote.cost_wei)}
        return _put(args, _said(deed, owner.address) | told, DONE)
    if not agreed(args, "send this?", insist=True):
        talk("nothing was sent")
        return INTERRUPTED
    if deed.only_if_same and deed.read(latest(client)) != deed.before:
        raise InvalidInput("that entry has changed since it was shown: look again; nothing is sent")
    act = _intended(log, here, deed, owner.address)
    with _ending(act), shown_waiting(options) as watched:
        outcome = deed.do(NotingSigner(owner, act), watched)
    for item in outcome.failed:
        talk(f"without effect: {type(item.intent).__name__}: {printable(str(item.error))}")
    whole = is_whole(deed.name, deed.account, outcome)
    status = ENDED if whole else IN_PART
    at = outcome.block
    note_end(act, status, **found(outcome))
    result: Entry = {
        "status": status,
        **_said(deed, owner.address),
        **transaction(here, outcome),
        "state": seen_after(lambda: deed.read(at.number), None),
        "log": str(log),
    }
    return _put(args, result, DONE if whole else REJECTED)


def by_owner(args: Namespace, client: RegistryClient, deed: Deed) -> int:
    """Carry it out with the owner's key; or write the file by which a Safe that owns it does."""
    if args.for_safe:
        return _prepare(args, client, deed)
    return carry_out(args, client, deed, key(args, "signer", client.deployment))


def _prepare(args: Namespace, client: RegistryClient, deed: Deed) -> int:
    here, log, perform = client.deployment, log_of(args), client.transport.perform
    safe = client.owner()
    if safe is None or not perform(CodeSize(safe)):
        raise InvalidInput(f"{safe} owns the registry, and is no Safe: give its key as --signer")
    _tell_plan(client, deed, safe, log)
    client.verify(*[step for step in deed.steps if isinstance(step, SignedRequest)])
    dialect = dialect_of(here)
    perform(replace(dialect.write(deed.steps, each_alone=False, sender=safe), sender=safe))
    # Several, each on its own: see `flows.admin.reassign`.
    call = dialect.write(deed.steps, each_alone=len(deed.steps) > 1, sender=safe)
    if not args.dry_run:
        _intended(log, here, deed, safe)
        talk("load this into the Safe's transaction builder; note its transaction in your log")
    put(safe_batch(here, safe, deed.says, call, int(time.time())).rstrip("\n"))
    return DONE


def found(outcome: Outcome) -> Entry:
    """Tell of an outcome what the log keeps."""
    return {
        "transaction": outcome.tx_hash,
        "blockNumber": outcome.block.number,
        "blockHash": outcome.block.hash,
        "changes": entries.changes(outcome.changes),
    }


def note_end(act: Act, status: str, **known: object) -> None:
    """Write down an end; what was done is told even when that fails."""
    try:
        act.note(status, **known)
    except InvalidInput as error:
        talk(f"warning: {printable(str(error))}; note yourself: {status} {json.dumps(known)}")


@contextmanager
def _ending(act: Act) -> Generator[None, None, None]:
    """Write down how something ends that does not end well."""
    try:
        yield
    except BaseException as error:
        told: Entry = {"error": str(error) or type(error).__name__}
        if getattr(error, "tx_hash", None) is not None:
            told["transaction"] = error.tx_hash  # type: ignore[attr-defined]  # just looked
        ended = isinstance(error, (Reverted, TransactionReplaced)) or not act.is_signed
        note_end(act, FAILED if ended else UNKNOWN, **told)
        raise


def _tell_plan(client: RegistryClient, deed: Deed, owner: Address, log: Path) -> None:
    here = client.deployment
    tell_network(here)
    talk(f"contract  Registry {here.registry}, generation {here.dialect}")
    talk(f"signer    {owner}")
    talk(f"change    {printable(deed.says)}")
    now = "not listed" if deed.before is None else brief(deed.before)
    talk(f"now       {printable(now)}")
    if deed.reason:
        talk(f"reason    {printable(deed.reason)}")
    talk(f"log       {printable(str(log))}")
    if left := [each for each in acts(log) if has_no_end(each, here)]:
        talk(f"warning   {len(left)} in the log have no end: ocn-registry owner log --settle")


def _intended(log: Path, here: Deployment, deed: Deed, owner: Address) -> Act:
    """Write down what is going to be done, and where."""
    place: Entry = {"network": here.name, "chainId": here.chain_id, "contract": here.registry}
    return Act(log, place | _said(deed, owner))


def _said(deed: Deed, owner: Address) -> Entry:
    return {
        "who": owner,
        "what": deed.name,
        "account": deed.account,
        "says": deed.says,
        "reason": deed.reason,
        "before": deed.before,
    }


def _put(args: Namespace, result: Entry, code: int) -> int:
    give(args, result)
    return code
