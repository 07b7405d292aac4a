"""`owner ...`: what only the owner of a registry can do, and the log of why it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.cli import entries
from ocn_registry.cli.carrying import give
from ocn_registry.cli.codes import DONE
from ocn_registry.cli.failures import NotListed
from ocn_registry.cli.keys import key
from ocn_registry.cli.networks import connect, latest
from ocn_registry.cli.owner_deeds import (
    Deed,
    by_owner,
    carry_out,
    found,
    has_no_end,
    is_whole,
    log_of,
)
from ocn_registry.cli.owner_log import (
    ENDED,
    FAILED,
    IN_PART,
    acts,
    checked_reason,
    settle,
)
from ocn_registry.cli.reads import NO_NODE, NO_PARTY
from ocn_registry.cli.render import as_json, for_programs, lines, put, talk
from ocn_registry.cli.requests import signed_request
from ocn_registry.deploy.handover import accept as accept_ownership
from ocn_registry.deploy.handover import offer, offerable, offered
from ocn_registry.deploy.handover import safe_file as file_for_a_safe
from ocn_registry.deploy.timelock import schedule_file
from ocn_registry.errors import InvalidInput, Reverted, TransactionReplaced
from ocn_registry.flows.transaction import wait
from ocn_registry.flows.write import WriteOptions
from ocn_registry.foreign.text import shown
from ocn_registry.intents import (
    AcceptOwnership,
    AdminDeleteOperator,
    AdminDeleteParty,
    SetParty,
    TransferOwnership,
)
from ocn_registry.models import Address, Contract
from ocn_registry.protocol.effects import TransactionCount, run

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from pathlib import Path

    from ocn_registry.cli.entries import Entry
    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.outcomes import Quote


def show(args: Namespace) -> int:
    """Show who owns the registry, to whom it is offered, and whether it takes imports."""
    with connect(args) as client:
        told = ownership(client, latest(client))
    give(args, told)
    return DONE


def delete_node(args: Namespace) -> int:
    """Take another's node off the list."""
    reason = checked_reason(args.reason)
    with connect(args) as client:
        operator = Address(args.address)
        before = _node(client, operator, None)
        if before is None:
            raise NotListed(f"{NO_NODE} {operator}")
        intent = AdminDeleteOperator(operator=operator)
        deed = Deed(
            name="delete-node",
            says=f"take the node of {operator} off the list; its parties can't be reached then",
            reason=reason,
            account=operator,
            before=before,
            quote=_priced(client, intent),
            do=lambda signer, options: client.send(intent, signer=signer, options=options),
            read=lambda block: _node(client, operator, block),
            steps=(intent,),
            only_if_same=True,
        )
        return by_owner(args, client, deed)


def delete_party(args: Namespace) -> int:
    """Take another party off the list."""
    reason = checked_reason(args.reason)
    country_code, party_id = (text.upper() for text in args.credentials)
    with connect(args) as client:
        party = client.party(country_code, party_id)
        if party is None:
            raise NotListed(f"{NO_PARTY} {shown(f'{country_code} {party_id}')}")
        intent = AdminDeleteParty(country_code=country_code, party_id=party_id)
        deed = Deed(
            name="delete-party",
            says=f"take {party.id} off the list, with its service and agreements, for good",
            reason=reason,
            account=party.address,
            before=entries.party(party),
            quote=_priced(client, intent),
            do=lambda signer, options: client.send(intent, signer=signer, options=options),
            read=lambda block: _party(client, country_code, party_id, block),
            steps=(intent,),
            only_if_same=True,
        )
        return by_owner(args, client, deed)


def reassign(args: Namespace) -> int:
    """Take an id from whoever holds it, and give it to who signed for it, in one step."""
    reason = checked_reason(args.reason)
    with connect(args) as client:
        claim = signed_request(client, args.file)
        intent = claim.intent
        if not isinstance(intent, SetParty):
            raise InvalidInput("the request claims no id: have the rightful holder sign set-party")
        country_code, party_id = intent.country_code, intent.party_id
        taken = AdminDeleteParty(country_code=country_code, party_id=party_id)
        place = f"{country_code} {party_id}"
        deed = Deed(
            name="reassign",
            says=f"take {place} from whoever holds it, and give it to {claim.account}",
            reason=reason,
            account=claim.account,
            before=_party(client, country_code, party_id, None),
            quote=_priced(client, taken, claim),
            do=lambda signer, options: client.reassign_party(claim, signer=signer, options=options),
            read=lambda block: _party(client, country_code, party_id, block),
            steps=(taken, claim),
        )
        return by_owner(args, client, deed)


def hand_over(args: Namespace) -> int:
    """Offer the registry to a new owner, who has to accept."""
    with connect(args) as client:
        here, perform = client.deployment, client.transport.perform
        owner, heir = key(args, "signer", here), Address(args.address)
        bare: bool = args.without_code
        run(offerable(here, heir, owner.address, without_code=bare), perform)
        deed = Deed(
            name="hand-over",
            says=f"offer the registry to {heir}, who has to accept; until then nothing changes",
            reason=args.reason.strip(),
            account=heir,
            before=ownership(client, latest(client)),
            quote=_priced(client, TransferOwnership(new_owner=heir)),
            do=lambda signer, options: run(
                offer(here, heir, signer, options, without_code=bare), perform
            ),
            read=lambda block: ownership(client, block),
        )
        return carry_out(args, client, deed, owner)


def accept(args: Namespace) -> int:
    """Accept the registry with the key of the account that it is offered to."""
    with connect(args) as client:
        here, perform = client.deployment, client.transport.perform
        heir = key(args, "signer", here)
        run(offered(here, heir.address), perform)
        deed = Deed(
            name="accept",
            says=f"become the owner of the registry: {heir.address}",
            reason=args.reason.strip(),
            account=heir.address,
            before=ownership(client, latest(client)),
            quote=_priced(client, AcceptOwnership()),
            do=lambda signer, options: run(accept_ownership(here, signer, options), perform),
            read=lambda block: ownership(client, block),
        )
        return carry_out(args, client, deed, heir)


def safe_file(args: Namespace) -> int:
    """Write the file by which a Safe accepts the registry, or has its timelock accept it."""
    with connect(args) as client:
        if args.timelock is None and (args.delay is not None or args.salt):
            raise InvalidInput("--delay and --salt are for a timelock: name it with --timelock")
        if args.timelock is not None and args.address is None:
            raise InvalidInput("which Safe proposes to the timelock? Give its address")
        safe = args.address or client.pending_owner()
        if safe is None:
            raise InvalidInput("the registry is offered to nobody: `owner hand-over` offers it")
        here = client.deployment
        steps = (
            file_for_a_safe(here, safe)
            if args.timelock is None
            else schedule_file(here, args.timelock, safe, delay_s=args.delay, salt=args.salt)
        )
        text = run(steps, client.transport.perform)
    talk("load this into the Safe's transaction builder, and have its owners sign")
    put(text.rstrip("\n"))
    return DONE


def log(args: Namespace) -> int:
    """Show the owner's own log; ask the chain what became of what has no end there."""
    path = log_of(args)
    known = acts(path)
    if args.settle:
        with connect(args) as client:
            known = [_settled(client, path, act) for act in known]
    if known or for_programs(args):
        put(as_json(known) if for_programs(args) else "\n\n".join([lines(act) for act in known]))
    else:
        talk("nothing is logged yet")
    return DONE


def _settled(client: RegistryClient, path: Path, act: Entry) -> Entry:
    tx_hash = act.get("transaction")
    if not has_no_end(act, client.deployment) or not isinstance(tx_hash, str):
        return act
    try:
        _hold_its_number(client, act, tx_hash)
        outcome = client.outcome_of(tx_hash)
    except (Reverted, TransactionReplaced) as error:
        return settle(path, act, FAILED, error=str(error))
    if outcome is None:
        talk(f"{tx_hash} is in no block: it may still be waiting, or was never sent")
        return act
    told = {key: value for key, value in act.items() if key != "error"}
    whole = is_whole(act.get("what"), act.get("account"), outcome)
    return settle(path, told, ENDED if whole else IN_PART, **found(outcome))


def _hold_its_number(client: RegistryClient, act: Entry, tx_hash: str) -> None:
    """See whether another transaction has taken the number of one: then it never comes.

    Raises:
        TransactionReplaced: Another one has, and that stands.
    """
    who, number, perform = act.get("who"), act.get("nonce"), client.transport.perform
    if not isinstance(who, str) or not isinstance(number, int):
        return
    sender = Address(who)
    if perform(TransactionCount(sender, pending=False)) > number:
        run(wait((tx_hash,), number, sender, WriteOptions()), perform)


def _node(client: RegistryClient, operator: Address, block: int | None) -> Entry | None:
    node = client.node(operator, block=block)
    return None if node is None else entries.node(node)


def _party(
    client: RegistryClient,
    country_code: str,
    party_id: str,
    block: int | None,
) -> Entry | None:
    party = client.party(country_code, party_id, block=block)
    return None if party is None else entries.party(party)


def _priced(
    client: RegistryClient,
    *steps: Step,
) -> Callable[[Address, WriteOptions], Quote]:
    return lambda payer, options: client.quote(*steps, payer=payer, options=options)


def ownership(client: RegistryClient, block: int) -> Entry:
    """Tell whose the registry is at a block, and whether it takes imports."""
    limits = client.limits
    opens = {
        contract.value: client.import_open(contract, block=block) if limits.has_import else False
        for contract in Contract
    }
    pending = client.pending_owner(block=block) if limits.has_two_step_ownership else None
    return {
        "owner": client.owner(block=block),
        "pendingOwner": pending,
        "importOpen": opens,
        "blockNumber": block,
    }
