"""Check who signed a message, and what the registry says about them.

A signature alone says that some key signed. The registry says whose key that is: the party's, its
operator's (which rewrites, and signs for parties without a key), or a stranger's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.refusals import Refused, Status, invalid
from ocn_registry.foreign.text import shown
from ocn_registry.notary import (
    NODE_REWRITES,
    MessageRejected,
    MessageSignature,
    UnsignableMessage,
    recover_body,
)

if TYPE_CHECKING:
    from node.messages import OcpiRequest
    from node.sending import Answer
    from ocn_registry import PartyId
    from ocn_registry.cache import Snapshot
    from ocn_registry.models import Route
    from ocn_registry.notary import OcpiMessage


def check_request(registry: Snapshot, request: OcpiRequest) -> None:
    """Check that the sender signed the whole message, and that only its operator changed it since.

    Raises:
        Refused: Somebody else signed, something is not signed, or was changed that nodes don't.
    """
    why = _objection(registry, request.sender, request.signature, request.signed())
    if why:
        raise invalid(f"Invalid signature: {why}")


def check_answer(registry: Snapshot, request: OcpiRequest, answer: Answer) -> None:
    """Check that the receiver signed its answer.

    Refusals are made by nodes on the way too, and nobody signs them: they are let through, as
    nothing is done because of them.

    Raises:
        Refused: It tells of success, and nobody signed it or somebody else did.
    """
    if not answer.signature and not answer.is_success:
        return
    try:
        why = _objection(registry, request.receiver, answer.signature, answer.signed())
    except UnsignableMessage as error:
        why = str(error)
    if why:
        raise Refused(Status.SERVER_ERROR, f"Unable to verify response signature: {why}")


def check_node(route: Route, content: bytes, signature: str) -> None:
    """Check that a message between nodes was signed by the operator of the sender's node.

    Args:
        route: The sender's, by the registry.
        content: The body, exactly as it came.
        signature: The header `OCN-Signature`.

    Raises:
        Refused: Somebody else signed it, or other content.
    """
    try:
        fine = recover_body(content.decode(), signature) == route.operator
    except (MessageRejected, UnicodeDecodeError):
        fine = False
    if not fine:
        raise Refused(Status.CONNECTION_PROBLEM, "Could not verify OCN-Signature of request")


def _objection(registry: Snapshot, party: PartyId, header: str, message: OcpiMessage) -> str:
    """Say what is wrong with a signature; nothing if nothing is."""
    if not header:
        return "nobody signed it"
    try:
        signature = MessageSignature.from_header(header)
        verified = signature.verify(message, require_all_fields=True)
    except MessageRejected as error:
        return str(error)
    for signatory in verified.signatories:
        who = registry.signatory_of(party.country_code, party.party_id, address=signatory)
        if who is None:
            return f"{signatory} signed, who is neither {party} nor its operator"
    strange = sorted(verified.rewritten_fields - NODE_REWRITES)
    return f"{shown(strange[0])} was rewritten, which nodes don't" if strange else ""
