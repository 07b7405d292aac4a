"""Requests in the API's JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.relay import store
from ocn_registry.relay.quotas import gas_of, used

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.relay.policy import Policy
    from ocn_registry.relay.sessions import DatabaseTransaction
    from ocn_registry.relay.store import Accepted, RequestEvent

Object = dict[str, object]


def of_request(request: Accepted) -> Object:
    """Return a request in the API's JSON form."""
    return {
        "id": request.id,
        "state": request.state,
        "kind": request.kind,
        "contract": request.contract,
        "account": request.account,
        "nonce": request.nonce,
        "deadline": request.deadline_unix_s,
        "sponsor": request.sponsor,
        "accepted": request.accepted_unix_s,
        "transaction": request.tx_hash,
        "block": request.block_number,
        "gasUsed": request.gas_used,
        "error": request.error,
    }


def of_event(event: RequestEvent) -> Object:
    """Return a change of a request's state in the API's JSON form."""
    return {
        "place": event.place,
        "request": event.request,
        "state": event.state,
        "at": event.at_unix_s,
    }


def of_allowance(
    transaction: DatabaseTransaction, policy: Policy, account: Address, *, now_unix_s: int
) -> Object:
    """Return what is left of an account's quotas today."""
    waiting = sum(
        len(store.live(transaction, contract, account)) for contract in ("registry", "permissions")
    )
    is_allowed = account in policy.allowed

    def quota(name: str, limit: int) -> Object:
        return {"used": used(transaction, name, now_unix_s), "limit": limit}

    own = f"allowed:{account}"
    return {
        "account": account,
        "denied": account in policy.denied,
        "waiting": {"used": waiting, "limit": policy.waiting_per_account},
        "leaving": quota(f"requests of leaving:{account}", policy.leaving_per_day),
        "allowed": quota(f"requests of {own}", policy.requests_per_day) if is_allowed else None,
        "gas": quota(gas_of(own), policy.gas_per_day) if is_allowed else None,
        "vouchers": policy.vouchers,
    }
