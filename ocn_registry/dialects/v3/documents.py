"""Requests as typed data and as JSON documents, based on the table in `requests`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ocn_registry.dialects.shared import number
from ocn_registry.dialects.v3.requests import REQUESTS
from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.intents import MoveAccount, SetController
from ocn_registry.models import Address, Contract
from ocn_registry.signing import (
    Domain,
    Request,
    SignedRequest,
    TypedData,
    acceptance_of,
    match,
    read_document,
)

if TYPE_CHECKING:
    from ocn_registry.intents import SignableIntent
    from ocn_registry.networks import Deployment
    from ocn_registry.signing import Document

_BY_NAME = {row.type.name: row for row in REQUESTS.values()}


def domain(deployment: Deployment, contract: Contract) -> Domain:
    """Return the domain of a contract's requests."""
    registry = contract is Contract.REGISTRY
    return Domain(
        name="OCN Registry" if registry else "OCN Permissions",
        version="3",
        chain_id=deployment.chain_id,
        contract=deployment.registry if registry else deployment.permissions,
    )


def request(  # noqa: PLR0913 - what a request is made of
    deployment: Deployment,
    contract: Contract,
    intent: SignableIntent,
    account: Address,
    *,
    nonce: int,
    deadline_unix_s: int,
) -> Request:
    """Return the request that an account has to sign."""
    row = REQUESTS[type(intent)]
    return Request(
        intent=intent,
        account=account,
        nonce=nonce,
        deadline_unix_s=deadline_unix_s,
        payload=TypedData(
            domain=domain(deployment, contract),
            type=row.type,
            values=(account, *row.signed_values(intent), nonce, deadline_unix_s),
        ),
        acceptance=_given_acceptance(deployment, intent, account),
    )


def _given_acceptance(
    deployment: Deployment,
    intent: SignableIntent,
    account: Address,
) -> SignedRequest | None:
    """Return the acceptance in an intent, as a signed request."""
    needed = acceptance_of(intent, account)
    given = intent.acceptance if isinstance(intent, MoveAccount | SetController) else None
    if needed is None or given is None:
        return None
    accepting, acceptance = needed
    unsigned = request(
        deployment,
        Contract.REGISTRY,
        acceptance,
        accepting,
        nonce=given.nonce,
        deadline_unix_s=given.deadline_unix_s,
    )
    return unsigned.signed(given.signature)


def read_request(deployment: Deployment, text: str | bytes) -> Request | SignedRequest:
    """Return the request in a JSON document, signed or not; reject other deployments'."""
    return _read(deployment, read_document(text))


def _read(deployment: Deployment, document: Document) -> Request | SignedRequest:
    row = _BY_NAME.get(document.primary_type)
    if row is None:
        raise InvalidInput(
            f"{shown(document.primary_type)} is not a request of these contracts: "
            f"they know {', '.join(_BY_NAME)}",
        )
    contract = row.contract
    if contract is None:
        names_permissions = document.domain.get("name") == "OCN Permissions"
        contract = Contract.PERMISSIONS if names_permissions else Contract.REGISTRY
    payload = match(document, domain(deployment, contract), row.type)
    account, *between, nonce, deadline = payload.values
    try:
        intent = row.build(tuple(between), **({} if row.contract else {"contract": contract}))
    except ValueError as error:
        raise InvalidInput(f"the request holds a value that does not exist: {error}") from None
    made = Request(
        intent=intent,
        account=Address(str(account)),
        nonce=number(nonce),
        deadline_unix_s=number(deadline),
        payload=payload,
    )
    if document.acceptance is not None:
        made = _with_acceptance(made, _read(deployment, document.acceptance))
    return made if document.signature is None else made.signed(document.signature)


def _with_acceptance(made: Request, acceptance: Request | SignedRequest) -> Request:
    if isinstance(acceptance, SignedRequest):
        return made.accepted(acceptance)
    made.accepted(acceptance.signed(b""))  # checks that it is the right one
    return replace(made, acceptance=acceptance)
