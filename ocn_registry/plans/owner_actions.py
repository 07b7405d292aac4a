"""The actions of a registry's owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.deploy import handover, timelock
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import InvalidInput
from ocn_registry.flows.admin import taking
from ocn_registry.flows.quote import quote_call
from ocn_registry.foreign.text import shown
from ocn_registry.models import ZERO_ADDRESS, Address, Contract, PartyId
from ocn_registry.plans.current_entries import CurrentEntries
from ocn_registry.plans.failures import NO_NODE, NO_PARTY, NotListed
from ocn_registry.plans.losses import losses_of
from ocn_registry.plans.owner import OwnerAction
from ocn_registry.plans.words import words_of
from ocn_registry.protocol.effects import Head, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.client.sync_client import RegistryClient
    from ocn_registry.dialects import Step
    from ocn_registry.errors import Reverted
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Party
    from ocn_registry.outcomes import Quote
    from ocn_registry.plans.entries import Entry
    from ocn_registry.protocol.effects import Call, HeadBlock
    from ocn_registry.signing import SignedRequest

    Pricing = Callable[[Address, WriteOptions], Quote]


def delete_node(client: RegistryClient, operator: Address, reason: str) -> OwnerAction:
    """Return the action that deletes a node."""
    before = _node(client, operator, None)
    if before is None:
        raise NotListed(f"{NO_NODE} {operator}")
    intent = intents.AdminDeleteOperator(operator=operator)
    return OwnerAction(
        name="delete-node",
        says=f"delete the node of {operator}; parties that use it can no longer be reached",
        reason=reason,
        account=operator,
        before=before,
        quote=_priced(client, intent),
        send=lambda signer, options: client.send(intent, signer=signer, options=options),
        read=lambda block: _node(client, operator, block),
        steps=(intent,),
        only_if_same=True,
        losses=tuple(losses_of(CurrentEntries(client), operator, intents.DeleteNode())),
    )


def delete_party(
    client: RegistryClient,
    country_code: str,
    party_id: str,
    reason: str,
    account: Address | None = None,
) -> OwnerAction:
    """Return the action that deletes a party; if an account is given, only its own.

    Raises:
        NotListed: Nobody holds the id.
        InvalidInput: Another account holds it.
    """
    party = client.party(country_code, party_id)
    if party is None:
        raise NotListed(f"{NO_PARTY} {shown(f'{country_code} {party_id}')}")
    if account is not None and party.address != account:
        raise InvalidInput(
            f"{party.id} is held by {party.address}, not by {account}: check who holds it",
        )
    intent = intents.AdminDeleteParty(country_code=country_code, party_id=party_id)
    return OwnerAction(
        name="delete-party",
        says=f"delete the party {party.id}",
        reason=reason,
        account=party.address,
        before=party.to_dict(),
        quote=_priced(client, intent),
        send=lambda signer, options: client.send(intent, signer=signer, options=options),
        read=lambda block: _party(client, country_code, party_id, block),
        steps=(intent,),
        only_if_same=True,
        losses=_losses_of_id(client, party),
    )


def reassign(client: RegistryClient, claim: SignedRequest, reason: str) -> OwnerAction:
    """Return the action that gives an id to the account that signed a claim."""
    intent = claim.intent
    if not isinstance(intent, intents.SetParty):
        raise InvalidInput("the request does not claim an id: have the holder sign set-party")
    country_code, party_id = intent.country_code, intent.party_id
    taken = taking(claim.account, intent)
    holder = client.party(country_code, party_id)
    return OwnerAction(
        name="reassign",
        says=f"reserve {country_code} {party_id} for {claim.account}, taking it from any holder, "
        "and list it there",
        reason=reason,
        account=claim.account,
        before=_party(client, country_code, party_id, None),
        quote=_priced(client, taken, claim),
        send=lambda signer, options: client.owner.reassign_party(
            claim, signer=signer, options=options
        ),
        read=lambda block: _party(client, country_code, party_id, block),
        steps=(taken, claim),
        losses=()
        if holder is None or holder.address == claim.account
        else _losses_of_id(client, holder, reserved_for=claim.account),
    )


def reserve_id(
    client: RegistryClient,
    country_code: str,
    party_id: str,
    holder: Address | None,
    reason: str,
) -> OwnerAction:
    """Return the action that reserves an id for an account; `None` lifts the reservation.

    Raises:
        NotListed: There is no reservation of the id to lift.
    """
    intent = intents.AdminReserveParty(country_code=country_code, party_id=party_id, holder=holder)
    dialect_of(client.deployment).check(intent)
    reserved = client.reservation_of(country_code, party_id)
    _check_lifted(str(PartyId(country_code, party_id)), holder, reserved)
    listed = client.party(country_code, party_id)
    loses = listed if holder is not None and listed and listed.address != holder else None

    def state(block: int | None) -> Entry:
        found = client.party(country_code, party_id, block=block)
        return {
            "countryCode": country_code,
            "partyId": party_id,
            "holder": None if found is None else found.address,
            "reservedFor": client.reservation_of(country_code, party_id, block=block),
        }

    return OwnerAction(
        name="reserve",
        says=words_of(intent),
        reason=reason,
        account=holder or reserved or ZERO_ADDRESS,
        before=state(None),
        quote=_priced(client, intent),
        send=lambda signer, options: client.send(intent, signer=signer, options=options),
        read=state,
        steps=(intent,),
        losses=() if loses is None else _losses_of_id(client, loses, reserved_for=holder),
        is_done=reserved == holder,  # nobody else can hold it then
    )


def reserve_url(
    client: RegistryClient, url: str, operator: Address | None, reason: str
) -> OwnerAction:
    """Return the action that reserves a URL for an operator; `None` lifts the reservation.

    Raises:
        NotListed: There is no reservation of the URL to lift.
    """
    # As given: URLs that are equivalent to clients are different to the contracts.
    intent = intents.AdminReserveNode(domain=url, operator=operator)
    dialect_of(client.deployment).check(intent)
    reserved = client.node_reservation_of(url)
    _check_lifted(shown(url), operator, reserved)

    def state(block: int | None) -> Entry:
        nodes = client.nodes(block=block)
        return {
            "url": url,
            "operator": next((each.operator for each in nodes if each.domain == url), None),
            "reservedFor": client.node_reservation_of(url, block=block),
        }

    before = state(None)
    runs = before["operator"]
    loses = (
        runs if operator is not None and isinstance(runs, Address) and runs != operator else None
    )
    return OwnerAction(
        name="reserve",
        says=words_of(intent),
        reason=reason,
        account=operator or reserved or ZERO_ADDRESS,
        before=before,
        quote=_priced(client, intent),
        send=lambda signer, options: client.send(intent, signer=signer, options=options),
        read=state,
        steps=(intent,),
        losses=()
        if loses is None
        else tuple(
            losses_of(CurrentEntries(client), loses, intents.DeleteNode(), reserved_for=operator)
        ),
        is_done=reserved == operator,
    )


def hand_over(
    client: RegistryClient,
    new_owner: Address,
    owner: Address,
    reason: str,
    *,
    without_code: bool,
) -> OwnerAction:
    """Return the action that offers the registry to a new owner."""
    deployment, perform = client.deployment, client.transport.perform
    run(handover.offerable(deployment, new_owner, owner, without_code=without_code), perform)
    return OwnerAction(
        name="hand-over",
        says=f"offer the registry to {new_owner}; nothing changes until that account accepts",
        reason=reason,
        account=new_owner,
        before=ownership(client, _latest(client)),
        quote=_priced(client, intents.TransferOwnership(new_owner=new_owner)),
        send=lambda signer, options: run(
            handover.offer(deployment, new_owner, signer, options, without_code=without_code),
            perform,
        ),
        read=lambda block: ownership(client, block),
    )


def accept(client: RegistryClient, new_owner: Address, reason: str) -> OwnerAction:
    """Return the action with which an account accepts the registry."""
    deployment, perform = client.deployment, client.transport.perform
    run(handover.offered(deployment, new_owner), perform)
    return OwnerAction(
        name="accept",
        says=f"become the owner of the registry: {new_owner}",
        reason=reason,
        account=new_owner,
        before=ownership(client, _latest(client)),
        quote=_priced(client, intents.AcceptOwnership()),
        send=lambda signer, options: run(handover.accept(deployment, signer, options), perform),
        read=lambda block: ownership(client, block),
    )


def schedule(  # noqa: PLR0913 - all that a timelock asks for
    client: RegistryClient,
    at: Address,
    proposer: Address,
    reason: str,
    *,
    delay_s: int | None,
    salt: int,
) -> OwnerAction:
    """Return the action that schedules the acceptance of the registry in a timelock."""
    deployment, perform = client.deployment, client.transport.perform
    call = run(timelock.scheduling(deployment, at, proposer, delay_s=delay_s, salt=salt), perform)
    return OwnerAction(
        name="schedule",
        says=f"schedule that the timelock {at} accepts the registry",
        reason=reason,
        account=at,
        before=_stage(client, at, salt),
        quote=_call_priced(client, call),
        send=lambda signer, options: run(
            timelock.schedule(deployment, at, signer, options, delay_s=delay_s, salt=salt), perform
        ),
        read=lambda _: _stage(client, at, salt),
    )


def execute(
    client: RegistryClient,
    at: Address,
    executor: Address,
    reason: str,
    *,
    salt: int,
) -> OwnerAction:
    """Return the action that has a timelock accept the registry."""
    deployment, perform = client.deployment, client.transport.perform
    call = run(timelock.executing(deployment, at, executor, salt=salt), perform)
    return OwnerAction(
        name="execute",
        says=f"have the timelock {at} become the owner of the registry",
        reason=reason,
        account=at,
        before=ownership(client, _latest(client)),
        quote=_call_priced(client, call),
        send=lambda signer, options: run(
            timelock.execute(deployment, at, signer, options, salt=salt), perform
        ),
        read=lambda block: ownership(client, block),
    )


def ownership(client: RegistryClient, block: int) -> Entry:
    """Return the owner and the pending owner at a block, and whether the import is open."""
    limits = client.limits
    opens = {
        contract.value: client.owner.import_open(contract, block=block)
        if limits.has_import
        else False
        for contract in Contract
    }
    pending = client.owner.pending(block=block) if limits.has_two_step_ownership else None
    return {
        "owner": client.owner.address(block=block),
        "pendingOwner": pending,
        "importOpen": opens,
        "blockNumber": block,
    }


def _latest(client: RegistryClient) -> int:
    head: HeadBlock = client.transport.perform(Head())
    return head.ref.number


def _node(client: RegistryClient, operator: Address, block: int | None) -> Entry | None:
    node = client.node(operator, block=block)
    return None if node is None else node.to_dict()


def _party(
    client: RegistryClient, country_code: str, party_id: str, block: int | None
) -> Entry | None:
    party = client.party(country_code, party_id, block=block)
    return None if party is None else party.to_dict()


def _check_lifted(what: str, holder: Address | None, reserved: Address | None) -> None:
    if holder is None and reserved is None:
        raise NotListed(f"{what} is not reserved, so there is nothing to lift")


def _losses_of_id(
    client: RegistryClient, party: Party, *, reserved_for: Address | None = None
) -> tuple[str, ...]:
    """Return the side effects for an account of losing one of its ids."""
    gone = intents.DeleteParty(country_code=party.id.country_code, party_id=party.id.party_id)
    current = CurrentEntries(client)
    return tuple(losses_of(current, party.address, gone, reserved_for=reserved_for))


def _stage(client: RegistryClient, at: Address, salt: int) -> Entry:
    found = run(timelock.acceptance(client.deployment, at, salt=salt), client.transport.perform)
    return {
        "timelock": at,
        "acceptance": found.stage.name.lower(),
        "readyUnixS": found.ready_unix_s,
        "minDelayS": found.min_delay_s,
    }


def _priced(client: RegistryClient, *steps: Step) -> Pricing:
    return lambda payer, options: client.quote(*steps, payer=payer, options=options)


def _call_priced(client: RegistryClient, call: Call[tuple[Reverted | None, ...]]) -> Pricing:
    def quote(sender: Address, options: WriteOptions) -> Quote:
        dialect = dialect_of(client.deployment)
        return run(quote_call(dialect, call, sender, options), client.transport.perform)

    return quote
