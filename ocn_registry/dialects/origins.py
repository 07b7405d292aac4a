"""The origins of changes: which functions cause them, and who can call these.

Events describe the new state, not its origin. The origin is read from the transaction's calldata:
each generation lists its functions, and the rules below, which apply to all generations, say what
each function causes. A call through another contract reveals nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ocn_registry.errors import BadAnswer
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.intents import DeleteService, RevokeAgreement
from ocn_registry.outcomes import (
    AccountMoved,
    AgreementMade,
    AgreementRevoked,
    ControllerSet,
    NodeDeleted,
    NodeReserved,
    NodeSet,
    PartyDeleted,
    PartyReserved,
    PartySet,
    PartyWebsiteSet,
    ServiceDeleted,
    ServicePruned,
    ServiceSet,
)
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ocn_registry.dialects.base import Dialect
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.calls import ContractCall
    from ocn_registry.protocol.effects import Log

How: TypeAlias = Literal["direct", "signed", "controller", "owner"]

_SELECTOR_BITS = 32
_BATCHES = ("multicall", "tryMulticall")
_OWNERS = ("admin", "import")
_MOVE = "moveAccount"
_GIVES_UP = ("deleteParty", "deletePartyOf", "adminDeleteParty", "adminReserveParty")
# The functions that cause each kind of change, without the suffix `Raw` of signed requests.
LEADS_TO: dict[type[Change], tuple[str, ...]] = {
    NodeSet: ("setNode", "importNodes", _MOVE),
    NodeDeleted: ("deleteNode", "adminDeleteOperator", "adminReserveNode", _MOVE),
    PartySet: (
        *("setParty", "setPartyModules", "setPartyModulesOf", "importParties", _MOVE),
        # When the current id is deleted, another one becomes current.
        *_GIVES_UP,
    ),
    PartyDeleted: (*_GIVES_UP, "setParty"),
    PartyWebsiteSet: ("setPartyWebsite", "importParties"),
    AccountMoved: (_MOVE,),
    ControllerSet: ("setController",),
    PartyReserved: ("adminReserveParty",),
    NodeReserved: ("adminReserveNode",),
    ServicePruned: ("pruneService",),
    ServiceSet: ("setService", "importServices"),
    ServiceDeleted: ("deleteService",),
    AgreementMade: ("createAgreement", "createAgreementTo", "importAgreements"),
    AgreementRevoked: ("revokeAgreement",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A change and its origin.

    Attributes:
        change: The change.
        how: `direct` by the account itself; `signed` by it or its controller, and sent by anyone;
            or by the registry's `owner`. `None` if the transaction does not reveal it.
        certain: Whether the contracts distinguish this change from its opposite.
    """

    change: Change
    how: How | None
    certain: bool


def account_of(change: Change) -> Address | None:  # noqa: PLR0911 - one for each kind
    """Return the account whose entry a change concerns; `None` for changes of ownership."""
    match change:
        case NodeSet():
            return change.node.operator
        case NodeDeleted():
            return change.operator
        case PartySet() | PartyDeleted() | PartyWebsiteSet():
            return change.address
        case AccountMoved() | ControllerSet():
            return change.account
        case ServiceSet() | ServiceDeleted():
            return change.provider
        case AgreementMade() | AgreementRevoked():
            return change.user
        case _:
            return None


def by_selector(signatures: Iterable[str]) -> dict[int, str]:
    """Return the names of functions by their selectors."""
    return {
        int.from_bytes(selector(signature), "big"): signature.partition("(")[0]
        for signature in signatures
    }


def called(
    call: ContractCall,
    contracts: Iterable[Address],
    names: Mapping[int, str],
) -> tuple[str, ...]:
    """Return the names of the functions that a call runs, including those of a batch.

    Args:
        call: The transaction's call.
        contracts: Addresses of the registry's contracts.
        names: Names of their functions, by selector.
    """
    if call.to is None or call.to not in contracts:
        return ()
    name = names.get(int.from_bytes(call.data[:4], "big"), "")
    if name not in _BATCHES:
        return (name,) if name else ()
    try:
        items = Words(call.data[4:]).structs(_selector_of)
    except BadAnswer:
        return ()
    return tuple([names[item] for item in items if item in names])


def occurrence(
    dialect: Dialect,
    log: Log,
    sender: Address | None,
    functions: tuple[str, ...],
) -> Occurrence | None:
    """Return the change that an event describes, and its origin.

    Args:
        dialect: The dialect of the deployment.
        log: The event.
        sender: Sender of its transaction; `None` if unknown.
        functions: The functions that its transaction called; see `Dialect.functions`.

    Returns:
        The change; `None` for an event of another contract, or one that does not concern the
        registry.
    """
    changes = dialect.changes((log,))
    if not changes:
        return None
    change, certain = changes[0], True
    if not dialect.limits.events_tell_all:
        (change,) = dialect.changes((log,), _intents(change, functions))
        certain = bool(functions) or not isinstance(change, ServiceSet | AgreementMade)
    return Occurrence(
        change=change, how=_way_of_sending(change, sender, functions), certain=certain
    )


def _intents(change: Change, functions: tuple[str, ...]) -> tuple[Intent, ...]:
    """Return the intents of a transaction, for events that don't distinguish opposites."""
    plain = {name.removesuffix("Raw") for name in functions}
    if "deleteService" in plain:
        return (DeleteService(),)
    if "revokeAgreement" in plain and isinstance(change, AgreementMade):
        return (RevokeAgreement(provider=change.provider),)
    return ()


def _way_of_sending(
    change: Change, sender: Address | None, functions: tuple[str, ...]
) -> How | None:
    kinds = LEADS_TO.get(type(change))
    if kinds is None:
        return "owner" if functions else None
    ways: set[How] = {_way_of(name) for name in functions if name.removesuffix("Raw") in kinds}
    if len(ways) > 1 and sender != account_of(change):
        ways.discard("direct")
    return ways.pop() if len(ways) == 1 else None


def _way_of(function: str) -> How:
    if function.startswith(_OWNERS):
        return "owner"
    return "signed" if function.endswith("Raw") else "direct"


def _selector_of(item: Words) -> int:
    item.uint()  # the length of the call in bytes
    return item.uint() >> 256 - _SELECTOR_BITS
