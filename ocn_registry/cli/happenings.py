"""What happened in a registry: its changes, each with block, transaction, sender and way.

Events tell what is so now. Who sent the transaction, and whether it carried a signed request, is
read from the transaction; that is also how contracts whose events tell less than they should
(`Limits.events_tell_all`) are understood. A transaction that went through another contract tells
neither: then `how` is `None`, and what such contracts' events leave open is not `certain`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.cli import entries
from ocn_registry.deploy.artifacts import artifact
from ocn_registry.errors import BadAnswer
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import selector
from ocn_registry.intents import DeleteService, RevokeAgreement
from ocn_registry.models import Contract
from ocn_registry.outcomes import (
    AgreementMade,
    AgreementRevoked,
    NodeDeleted,
    NodeSet,
    PartyDeleted,
    PartySet,
    ServiceDeleted,
    ServiceSet,
)
from ocn_registry.protocol.effects import all_of
from ocn_registry.transport.jsonrpc import Ask
from ocn_registry.transport.rpc_values import as_address, as_bytes, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ocn_registry.deploy.artifacts import AbiParameter
    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.events import Step
    from ocn_registry.intents import Intent
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Change
    from ocn_registry.protocol.effects import Flow, PlacedLog

_SELECTOR_BITS = 32
_BATCHES = ("multicall", "tryMulticall")
_OWNERS = ("admin", "import")
# The functions that end in a change, without `Raw`.
_LEAD_TO: dict[type[Change], tuple[str, ...]] = {
    NodeSet: ("setNode", "importNodes"),
    NodeDeleted: ("deleteNode", "adminDeleteOperator"),
    PartySet: ("setParty", "setPartyModules", "importParties"),
    PartyDeleted: ("deleteParty", "adminDeleteParty", "setParty"),
    ServiceSet: ("setService", "importServices"),
    ServiceDeleted: ("deleteService",),
    AgreementMade: ("createAgreement", "createAgreementTo", "importAgreements"),
    AgreementRevoked: ("revokeAgreement",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A change, and how it came into the chain.

    Attributes:
        change: What is so since then.
        block: Its block.
        tx_hash: Its transaction.
        index: Its place among the events of the block.
        sender: Who sent the transaction, and paid; `None` when the node does not tell.
        how: `direct` by the account itself, `signed` by it and sent by a spender, by the registry's
            `owner`; `None` when the transaction does not tell.
        certain: Whether the contracts tell this change from its opposite.
    """

    change: Change
    block: BlockRef
    tx_hash: str
    index: int
    sender: Address | None
    how: str | None
    certain: bool

    def entry(self) -> entries.Entry:
        """Write it for programs."""
        return {
            **entries.changes([self.change])[0],
            "account": account_of(self.change),
            "blockNumber": self.block.number,
            "blockHash": self.block.hash,
            "time": moment(self.block),
            "hash": self.tx_hash,
            "index": self.index,
            "sender": self.sender,
            "how": self.how,
            "certain": self.certain,
        }


class _Sent(NamedTuple):
    sender: Address
    functions: tuple[str, ...]


def moment(block: BlockRef) -> str:
    """Write when a block was made."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(block.timestamp_unix_s))


def account_of(change: Change) -> Address | None:
    """Tell whose entry a change is about; `None` for what is the owner's business."""
    match change:
        case NodeSet():
            return change.node.operator
        case NodeDeleted():
            return change.operator
        case PartySet() | PartyDeleted():
            return change.address
        case ServiceSet() | ServiceDeleted():
            return change.provider
        case AgreementMade() | AgreementRevoked():
            return change.user
        case _:
            return None


def happenings(
    deployment: Deployment,
    dialect: Dialect,
    step: Step,
) -> Flow[tuple[Happening, ...]]:
    """Tell what happened in the blocks of a step, in order."""
    hashes = tuple(dict.fromkeys([log.tx_hash for _, logs in step.found for log in logs]))
    functions = _functions(deployment)
    sent = yield from all_of(tuple([_sent_by(tx_hash, functions) for tx_hash in hashes]))
    by_hash = dict(zip(hashes, sent, strict=True))
    return tuple(
        [
            found
            for block, logs in step.found
            for log in logs
            if (found := _happening(dialect, block, log, by_hash[log.tx_hash])) is not None
        ],
    )


def _happening(
    dialect: Dialect,
    block: BlockRef,
    log: PlacedLog,
    sent: _Sent | None,
) -> Happening | None:
    functions = () if sent is None else sent.functions
    changes = dialect.changes((log,))
    if not changes:
        return None
    change, certain = changes[0], True
    if not dialect.limits.events_tell_all:
        intents = _intents(change, functions)
        (change,) = dialect.changes((log,), intents)
        certain = bool(functions) or not isinstance(change, ServiceSet | AgreementMade)
    sender = None if sent is None else sent.sender
    return Happening(
        change=change,
        block=block,
        tx_hash=log.tx_hash,
        index=log.index,
        sender=sender,
        how=_way(change, sender, functions),
        certain=certain,
    )


def _intents(change: Change, functions: tuple[str, ...]) -> tuple[Intent, ...]:
    """Tell what a transaction asked for, of what events don't tell from its opposite."""
    plain = {name.removesuffix("Raw") for name in functions}
    if "deleteService" in plain:
        return (DeleteService(),)
    if "revokeAgreement" in plain and isinstance(change, AgreementMade):
        return (RevokeAgreement(provider=change.provider),)
    return ()


def _way(change: Change, sender: Address | None, functions: tuple[str, ...]) -> str | None:
    kinds = _LEAD_TO.get(type(change))
    if kinds is None:
        return "owner" if functions else None
    ways = {_way_of(name) for name in functions if name.removesuffix("Raw") in kinds}
    if len(ways) > 1 and sender != account_of(change):
        ways.discard("direct")
    return ways.pop() if len(ways) == 1 else None


def _way_of(function: str) -> str:
    if function.startswith(_OWNERS):
        return "owner"
    return "signed" if function.endswith("Raw") else "direct"


def _sent_by(tx_hash: str, functions: Mapping[Address, Mapping[int, str]]) -> Ask[_Sent | None]:
    def read(result: object) -> _Sent | None:
        if result is None:
            return None
        told = as_object(result)
        sender, to, data = told.get("from"), told.get("to"), as_bytes(told.get("input"))
        known = None if to is None else functions.get(as_address(to))
        return _Sent(as_address(sender), _called(data, known))

    return Ask("eth_getTransactionByHash", (tx_hash,), read)


def _called(data: bytes, known: Mapping[int, str] | None) -> tuple[str, ...]:
    """Tell which functions calldata calls, those of a batch one by one."""
    if known is None:  # another contract, or one that is created
        return ()
    name = known.get(int.from_bytes(data[:4], "big"), "")
    if name not in _BATCHES:
        return (name,) if name else ()
    try:
        items = Words(data[4:]).structs(_selector_of)
    except BadAnswer:
        return ()
    return tuple([known[item] for item in items if item in known])


def _selector_of(item: Words) -> int:
    item.uint()  # how many bytes there are
    return item.uint() >> 256 - _SELECTOR_BITS


@cache
def _functions(deployment: Deployment) -> dict[Address, dict[int, str]]:
    """Tell the names of the contracts' functions, by address and selector."""
    found: dict[Address, dict[int, str]] = {}
    for contract, address in (
        (Contract.REGISTRY, deployment.registry),
        (Contract.PERMISSIONS, deployment.permissions),
    ):
        abi = artifact(deployment.dialect, contract.value.title()).abi
        names = [
            (entry.get("name", ""), entry.get("inputs", []))
            for entry in abi
            if entry.get("type") == "function"
        ]
        found[address] = {
            int.from_bytes(selector(f"{name}({_types(inputs)})"), "big"): name
            for name, inputs in names
        }
    return found


def _types(inputs: Sequence[AbiParameter]) -> str:
    return ",".join([_type(each.get("type", ""), each.get("components", [])) for each in inputs])


def _type(name: str, components: Sequence[AbiParameter]) -> str:
    return f"({_types(components)}){name.removeprefix('tuple')}" if components else name
