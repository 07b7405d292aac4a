"""How a change came about: which functions lead to it, and who may call them.

Events say what holds now, not how it came about. That is read from the transaction's calldata: each
generation of the contracts lists its functions, and the rules below, which hold for all of them,
say what each function leads to. A call through another contract reveals nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
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
# The functions that lead to each kind of change, without the ending `Raw` of signed requests.
LEADS_TO: dict[type[Change], tuple[str, ...]] = {
    NodeSet: ("setNode", "importNodes", _MOVE),
    NodeDeleted: ("deleteNode", "adminDeleteOperator", "adminReserveNode", _MOVE),
    PartySet: (
        *("setParty", "setPartyModules", "setPartyModulesOf", "importParties", _MOVE),
        # When the current id goes, another becomes current.
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
    """A change and how it came about.

    Attributes:
        change: What is so since then.
        how: `direct` by the account itself, `signed` by it or its controller and sent by anybody,
            or by the registry's `owner`; `None` when the transaction does not tell.
        certain: Whether the contracts tell this change from its opposite.
    """

    change: Change
    how: How | None
    certain: bool


def account_of(change: Change) -> Address | None:  # noqa: PLR0911 - one for each kind
    """Return the account whose entry a change is about; `None` for the owner's business."""
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
    """Return the names of the functions that a call runs, those of a batch one by one.

    Args:
        call: What a transaction called.
        contracts: The registry's contracts.
        names: Names of their functions by selector.
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
    """Return the change that an event stands for, and how it came about.

    Args:
        dialect: The dialect of the deployment.
        log: The event.
        sender: Sender of its transaction; `None` when it is not known.
        functions: The functions that its transaction called, by `Dialect.functions`.

    Returns:
        `None` for an event of another contract, or one that says nothing of the registry.
    """
    changes = dialect.changes((log,))
    if not changes:
        return None
    change, certain = changes[0], True
    if not dialect.limits.events_tell_all:
        (change,) = dialect.changes((log,), _intents(change, functions))
        certain = bool(functions) or not isinstance(change, ServiceSet | AgreementMade)
    return Occurrence(change=change, how=_how(change, sender, functions), certain=certain)


def _intents(change: Change, functions: tuple[str, ...]) -> tuple[Intent, ...]:
    """Return what a transaction asked for, where events don't tell it from its opposite."""
    plain = {name.removesuffix("Raw") for name in functions}
    if "deleteService" in plain:
        return (DeleteService(),)
    if "revokeAgreement" in plain and isinstance(change, AgreementMade):
        return (RevokeAgreement(provider=change.provider),)
    return ()


def _how(change: Change, sender: Address | None, functions: tuple[str, ...]) -> How | None:
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
    item.uint()  # the number of bytes of the call
    return item.uint() >> 256 - _SELECTOR_BITS
