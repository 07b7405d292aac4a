"""Compare a host's statement about itself with its registry entry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.errors import InvalidInput
from ocn_registry.models import Node, Vouching
from ocn_registry.vouching.documents import (
    DOCUMENT_PATH,
    NODE_INFO_PATH,
    read_document,
    read_node_info,
)
from ocn_registry.vouching.fetch import FetchFailed, FetchOptions, fetch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.models import Address, Party, PartyId
    from ocn_registry.networks import Deployment
    from ocn_registry.vouching.documents import VouchedRegistry

Get: TypeAlias = "Callable[[str, FetchOptions], bytes]"
DEFAULT = FetchOptions()


def checked(
    deployment: Deployment,
    entry: Node | Party | None,
    options: FetchOptions | None = None,
    get: Get = fetch,
) -> Vouching | None:
    """Return the verdict of an entry's host; `None` if there is no entry.

    Args:
        deployment: The registry's deployment.
        entry: The entry.
        options: Limits of the request.
        get: Performs the request.
    """
    if entry is None:
        return None
    how = options or DEFAULT
    if isinstance(entry, Node):
        return check_node(deployment, entry.operator, entry.domain, how, get)
    return check_party(deployment, entry.id, entry.address, entry.website, how, get)


async def checked_async(
    deployment: Deployment, entry: Node | Party | None, options: FetchOptions | None = None
) -> Vouching | None:
    """Return the result of `checked`, run in a thread."""
    import asyncio  # noqa: PLC0415 - who awaits has it loaded

    return await asyncio.to_thread(checked, deployment, entry, options)


def check_node(
    deployment: Deployment,
    operator: Address,
    url: str,
    options: FetchOptions = DEFAULT,
    get: Get = fetch,
) -> Vouching:
    """Return whether the host of a node names this operator.

    Args:
        deployment: The registry's deployment.
        operator: The operator, according to the registry.
        url: The node's URL, according to the registry.
        options: Limits of the request.
        get: Performs the request.
    """
    try:
        document = _about(deployment, url, options, get)
        if document is not None and document.operator is not None:
            reason = "" if document.operator == operator else f"it names {document.operator}"
            return _result(reason, document.name)
        why = "the document names no operator for this registry"
    except (FetchFailed, InvalidInput) as error:
        why = str(error)
    try:
        own_url, named = read_node_info(get(url + NODE_INFO_PATH, options))
    except (FetchFailed, InvalidInput) as error:
        return _result(f"{why}; {error}")
    if named != operator:
        return _result(f"the node says that {named} runs it")
    return _result("" if own_url == url else "the node says that it has another URL")


def check_party(  # noqa: PLR0913, PLR0917 - what is listed, and how its host is asked
    deployment: Deployment,
    party: PartyId,
    address: Address,
    website: str | None,
    options: FetchOptions = DEFAULT,
    get: Get = fetch,
) -> Vouching:
    """Return whether a party's website names this id.

    Args:
        deployment: The registry's deployment.
        party: The id.
        address: The account that holds it, according to the registry.
        website: The party's website, according to the registry.
        options: Limits of the request.
        get: Performs the request.
    """
    if not website:
        return _result("the party names no website")
    try:
        document = _about(deployment, website, options, get)
    except (FetchFailed, InvalidInput) as error:
        return _result(str(error))
    named = () if document is None else document.parties.get(party.folded, ())
    if document is None or not named:
        return _result(f"the document does not name {party} for this registry")
    reason = "" if address in named else f"it names {named[-1]} for {party}"
    return _result(reason, document.name)


def _about(
    deployment: Deployment, url: str, options: FetchOptions, get: Get
) -> VouchedRegistry | None:
    for entry in read_document(get(url.rstrip("/") + DOCUMENT_PATH, options)):
        if (entry.chain_id, entry.registry) == (deployment.chain_id, deployment.registry):
            return entry
    return None


def _result(reason: str, name: str | None = None) -> Vouching:
    """Return the verdict; a name counts only where the host vouches."""
    now = int(time.time())
    return Vouching(
        vouched=not reason, reason=reason, checked_unix_s=now, name=None if reason else name
    )
