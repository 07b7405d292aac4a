"""Writes that combine several intents in one transaction, so that nothing can intervene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.flows import write
from ocn_registry.flows.journal_text import written
from ocn_registry.flows.requests import verify
from ocn_registry.flows.same_write import Write
from ocn_registry.flows.transaction import transact
from ocn_registry.intents import AdminReserveParty, InvalidateNonce, SetParty
from ocn_registry.outcomes import Item
from ocn_registry.signing import SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.models import Address, Contract
    from ocn_registry.outcomes import Outcome, Quote
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

# How many nonces are skipped to cancel all signed requests. A nonce has 32 bits, so an account can
# do this four million times. To cancel more requests, pass the new nonce.
CANCELLED_AHEAD = 1000


def send(  # noqa: PLR0913 - what a write is made of
    dialect: Dialect,
    steps: tuple[Step, ...],
    signer: AnySigner,
    options: WriteOptions,
    *,
    cancel_signed: bool,
    quote: Quote | None = None,
) -> Flow[Outcome]:
    """Send steps, and optionally cancel the signer's earlier requests in the same transaction.

    Args:
        dialect: The dialect of the deployment.
        steps: Intents of the signer, and requests that others signed.
        signer: The account that signs the transaction and pays.
        options: How the transaction is priced and waited for.
        cancel_signed: Whether to cancel them.
        quote: The confirmed quote. The write never costs more.
    """
    if cancel_signed and steps:
        intents = [step.intent if isinstance(step, SignedRequest) else step for step in steps]
        contract = dialect.contract_of(intents[0])
        last = yield from _cancelling(dialect, contract, signer)
        steps = (*steps, last)
    return (yield from write.send(dialect, steps, signer, options, quote))


def invalidate(
    dialect: Dialect,
    contract: Contract,
    new_nonce: int | None,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Cancel requests that the signer has signed for spenders.

    Args:
        dialect: The dialect of the deployment.
        contract: The contract; each counts its own nonces.
        new_nonce: Nonce of the next request that can take effect; `None` to skip far enough ahead
            to cancel all earlier ones.
        signer: The account that signs the transaction and pays.
        options: How the transaction is priced and waited for.
    """
    if new_nonce is None:
        intent = yield from _cancelling(dialect, contract, signer)
    else:
        intent = InvalidateNonce(contract=contract, new_nonce=new_nonce)
    return (yield from write.send(dialect, (intent,), signer, options))


def reassign(
    dialect: Dialect,
    claim: SignedRequest,
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Transfer an id from its holder to the account of a claim, in one transaction.

    The id is reserved for that account, then the claim is executed. Even if a thief sees the
    transaction coming and leaves first, sends the claim early or comes back right after it, the
    account ends up with the id. Deleting instead of reserving would hit the rightful holder if the
    claim was sent early. For the same reason, the two steps succeed or fail independently.

    Args:
        dialect: The dialect of the deployment.
        claim: The request that the rightful holder signed.
        signer: The owner of the registry.
        options: How the transaction is priced and waited for.
    """
    intent = claim.intent
    if not isinstance(intent, SetParty):
        raise InvalidInput(
            f"{type(intent).__name__} does not claim an id: have the rightful holder sign SetParty",
        )
    taken = taking(claim.account, intent)
    dialect.check(taken)
    trial = dialect.write((taken, claim), each_alone=False, sender=signer.address)
    yield from verify(dialect, (claim,))
    return (
        yield from transact(
            dialect,
            Write(
                trial=trial,
                call=dialect.write((taken, claim), each_alone=True, sender=signer.address),
                items=(Item(intent=taken), Item(intent=intent)),
                carries=written((taken, claim)),
                once=False,
            ),
            signer,
            options,
        )
    )


def taking(account: Address, claim: SetParty) -> AdminReserveParty:
    """Return the intents that take an id from its holder, unless this account holds it."""
    return AdminReserveParty(
        country_code=claim.country_code, party_id=claim.party_id, holder=account
    )


def _cancelling(
    dialect: Dialect,
    contract: Contract,
    signer: AnySigner,
) -> Flow[InvalidateNonce]:
    dialect.check(InvalidateNonce(contract=contract, new_nonce=CANCELLED_AHEAD))
    nonce = yield from dialect.nonce(signer.address, contract, None)
    return InvalidateNonce(contract=contract, new_nonce=nonce + CANCELLED_AHEAD)
