"""Requests in the API's JSON form."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocn_registry.relay.store import Accepted, Event

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


def of_event(event: Event) -> Object:
    """Return a change of a request's state in the API's JSON form."""
    return {
        "place": event.place,
        "request": event.request,
        "state": event.state,
        "at": event.at_unix_s,
    }
