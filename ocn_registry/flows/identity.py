"""The life of an account: move to a new key, name a controller, leave.

Each is one task with several signatures, whichever keys make them and whoever pays. If the keys are
on different machines, prepare the request, sign each part on its machine, and submit the result
(see `flows.requests`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry import intents
from ocn_registry.errors import InvalidInput
from ocn_registry.flows import write
from ocn_registry.flows.requests import sign, signed_by, signed_in_a_row
from ocn_registry.models import Address
from ocn_registry.outcomes import Holdings, Left, Moved
from ocn_registry.protocol.effects import Head
from ocn_registry.signing import Request, SignedRequest

if TYPE_CHECKING:
    from ocn_registry.dialects import Dialect, Step
    from ocn_registry.dialects.base import Limits
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.intents import SignableIntent
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner


def holdings(dialect: Dialect, account: Address, block: int | None) -> Flow[Holdings]:
    """Read everything that an account has.

    Args:
        dialect: The dialect of the deployment.
        account: The account.
        block: Number of the block; `None` for the latest.
    """
    if block is None:
        block = (yield from Head()).ref.number
    parties = yield from dialect.parties_of(account, block)
    node = yield from dialect.node(account, block)
    service = yield from dialect.service(account, block)
    controller = yield from dialect.controller(account, block)
    agreements = (yield from dialect.agreements(account, block)) if parties else ()
    return Holdings(
        account=account,
        parties=parties,
        node=node,
        service=service,
        agreements=agreements,
        controller=None if controller == account else controller,
    )


def rotate(  # noqa: PLR0913, PLR0917 - whose it is, who signs and who pays
    dialect: Dialect,
    account: Address,
    signer: AnySigner,
    new_signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Moved]:
    """Move everything that an account has to a new key, in one transaction.

    Args:
        dialect: The dialect of the deployment.
        account: The account. It is retired permanently.
        signer: Its key, or its controller's.
        new_signer: The new key, which was never used in this registry.
        spender: The account that pays; `None` for the signer.
        options: How the transaction is priced and waited for.

    Returns:
        What moved, as it was before.
    """
    moved = yield from holdings(dialect, account, None)
    intent = intents.MoveAccount(new_account=new_signer.address)
    request = yield from sign(dialect, intent, signer, None, None, account)
    accepted = yield from _accepted(request, new_signer)
    outcome = yield from write.send(dialect, (accepted,), spender or signer, options)
    return Moved(new_account=new_signer.address, holdings=moved, outcome=outcome)


def name_controller(  # noqa: PLR0913, PLR0917 - whose it is, who signs and who pays
    dialect: Dialect,
    account: Address,
    controller: AnySigner | SignedRequest | None,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Outcome]:
    """Set or remove the controller of an account.

    Args:
        dialect: The dialect of the deployment.
        account: The account.
        controller: The controller, which must accept: its signer, or the `AcceptController` that it
            signed, for example as a Safe. `None` removes the current controller.
        signer: The account's key, or its current controller's.
        spender: The account that pays; `None` for the signer.
        options: How the transaction is priced and waited for.
    """
    address = controller.account if isinstance(controller, SignedRequest) else None
    if controller is not None and not isinstance(controller, SignedRequest):
        address = controller.address
    intent = intents.SetController(controller=address)
    request = yield from sign(dialect, intent, signer, None, None, account)
    if isinstance(controller, SignedRequest):
        if not isinstance(controller.intent, intents.AcceptController):
            raise InvalidInput(
                f"a {type(controller.intent).__name__} is not the acceptance of a controller: have "
                "it sign AcceptController",
            )
        request = request.accepted(controller)
    elif controller is not None:
        request = yield from _accepted(request, controller)
    return (yield from write.send(dialect, (request,), spender or signer, options))


def leave(
    dialect: Dialect,
    account: Address,
    signer: AnySigner,
    spender: AnySigner | None,
    options: WriteOptions,
) -> Flow[Left]:
    """Delete everything that an account has: service, ids and node.

    If writes to both contracts are needed, the service is deleted first. If this is interrupted,
    run it again.

    Args:
        dialect: The dialect of the deployment.
        account: The account.
        signer: Its key, or its controller's.
        spender: The account that pays; `None` for the signer.
        options: How the transaction is priced and waited for.
    """
    had = yield from holdings(dialect, account, None)
    direct = spender is None and signer.address == account
    outcomes: list[Outcome] = []
    for group in everything_given_up(had, dialect.limits):
        steps: tuple[Step, ...] = group
        if not direct:
            steps = yield from signed_in_a_row(dialect, group, signer, account)
        outcome = yield from write.send(dialect, steps, spender or signer, options)
        outcomes.append(outcome)
    return Left(holdings=had, outcomes=tuple(outcomes))


def everything_given_up(had: Holdings, limits: Limits) -> list[tuple[SignableIntent, ...]]:
    """Return the intents that delete everything, grouped by transaction, in order."""
    registry: list[SignableIntent] = [
        intents.DeleteParty(country_code=one.id.country_code, party_id=one.id.party_id)
        if limits.has_many_ids
        else intents.DeleteParty()
        for one in had.parties
    ]
    if had.node is not None:
        registry.append(intents.DeleteNode())
    groups: list[tuple[SignableIntent, ...]] = [(intents.DeleteService(),)] if had.service else []
    if limits.has_batches:
        return [*groups, tuple(registry)] if registry else groups
    return [*groups, *[(one,) for one in registry]]


def _accepted(request: SignedRequest, signer: AnySigner) -> Flow[SignedRequest]:
    """Return a request with the acceptance signed by the new account or the controller."""
    acceptance = request.request.acceptance
    if not isinstance(acceptance, Request) or acceptance.account != Address(signer.address):
        raise InvalidInput(f"{signer.address} can't accept this request: it is not asked to")
    accepted = yield from signed_by(acceptance, signer)
    return replace(request, request=request.request.accepted(accepted))
