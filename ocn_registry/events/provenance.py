"""Events of a registry: each change with its block, its transaction and its origin.

The contracts' events describe the new state. The sender, whether the transaction contained a signed
request, and details missing from events of first-generation contracts (`Limits.events_tell_all`)
are read from the transaction. A transaction through another contract reveals none of these: then
`how` is `None`, and ambiguous events are not `certain`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self, cast, get_args

from ocn_registry.dialects.origins import How, account_of, occurrence
from ocn_registry.errors import InvalidInput, NoContract, RpcRefused, UnknownRevert
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address, BlockRef
from ocn_registry.outcomes import Change, change_from_dict
from ocn_registry.portable.base import Portable
from ocn_registry.portable.forms import as_object, part, plain
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.calls import CalledBy
from ocn_registry.protocol.effects import PlacedLog, all_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.dialects import Dialect
    from ocn_registry.flows.events import Step
    from ocn_registry.protocol.effects import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Portable):
    """A change of a registry, and its origin.

    Attributes:
        change: The change, which contains the entry's new state.
        block: Its block.
        log: The contract's raw event.
        sender: The account that sent and paid for the transaction; `None` if the node no longer
            knows the transaction.
        functions: Names of the contract functions that the transaction called.
        how: `direct` by the account itself; `signed` by it, or by its `controller`, and sent by
            anyone; or by the registry's `owner`. `None` if the transaction does not reveal it. An
            RPC node without the state of the previous block can't identify a controller: then it is
            `signed`.
        certain: Whether the contracts distinguish this change from its opposite.
    """

    change: Change
    block: BlockRef
    log: PlacedLog
    sender: Address | None
    functions: tuple[str, ...]
    how: How | None
    certain: bool

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the event as JSON: `brief`, plus the functions and the raw event."""
        log = {"contract": self.log.address, "topics": self.log.topics, "data": self.log.data}
        return self.brief() | {
            "functions": plain(self.functions),
            "log": {name: plain(value) for name, value in log.items()},
        }

    def brief(self) -> dict[str, object]:
        """Return the event as `watch` and `history` print it: the change, then how it was sent."""
        return {
            **self.change.to_dict(),
            "account": plain(self.account),
            **self.block.to_dict(),
            "hash": self.tx_hash,
            "index": self.index,
            "sender": plain(self.sender),
            "how": self.how,
            "certain": self.certain,
        }

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the event that a JSON object describes; see `Portable.from_dict`."""
        block = BlockRef.from_dict(data)
        log = as_object(data.get("log"), "log")
        place = PlacedLog(
            address=part(log, "contract", Address),
            topics=part(log, "topics", tuple[str, ...]),
            data=part(log, "data", bytes),
            block_number=block.number,
            block_hash=block.hash,
            tx_hash=part(data, "hash", str),
            index=part(data, "index", int),
        )
        sender, how = data.get("sender"), data.get("how")
        if how is not None and how not in get_args(How):
            raise InvalidInput(f"how is {shown(how)}: use one of {', '.join(get_args(How))}")
        return cls(
            change=change_from_dict(data),
            block=block,
            log=place,
            sender=None if sender is None else part(data, "sender", Address),
            functions=part(data, "functions", tuple[str, ...]),
            how=cast("How | None", how),
            certain=part(data, "certain", bool),
        )

    @property
    def account(self) -> Address | None:
        """The account whose entry changed; `None` for changes of ownership."""
        return account_of(self.change)

    @property
    def tx_hash(self) -> str:
        """Hash of the transaction."""
        return self.log.tx_hash

    @property
    def index(self) -> int:
        """Index among the block's events. With the block's hash it identifies the event."""
        return self.log.index


def event_of(
    dialect: Dialect,
    block: BlockRef,
    log: PlacedLog,
    sender: Address | None,
    functions: tuple[str, ...],
) -> Event | None:
    """Return the event for a log; `None` if it does not concern the registry."""
    found = occurrence(dialect, log, sender, functions)
    if found is None:
        return None
    return Event(
        change=found.change,
        block=block,
        log=log,
        sender=sender,
        functions=functions,
        how=found.how,
        certain=found.certain,
    )


def events_of(dialect: Dialect, step: Step) -> Flow[tuple[Event, ...]]:
    """Return the events in the blocks of a step, in chain order."""
    hashes = tuple(dict.fromkeys([log.tx_hash for _, logs in step.found for log in logs]))
    calls = yield from all_of(tuple([CalledBy(tx_hash) for tx_hash in hashes]))
    origins = {
        tx_hash: (None, ()) if call is None else (call.sender, dialect.functions(call))
        for tx_hash, call in zip(hashes, calls, strict=True)
    }
    found = [
        event_of(dialect, block, log, *origins[log.tx_hash])
        for block, logs in step.found
        for log in logs
    ]
    events = [event for event in found if event is not None]
    signed = {_signer_key(event) for event in events if event.how == "signed"} - {None}
    if not signed or not dialect.limits.has_controllers:
        return tuple(events)
    controlled = yield from _controlled(dialect, {key for key in signed if key is not None})
    return tuple(
        [
            replace(event, how="controller")
            if event.how == "signed" and _signer_key(event) in controlled
            else event
            for event in events
        ],
    )


def _signer_key(event: Event) -> tuple[Address, int] | None:
    """Return the account whose request caused an event, and the block before it."""
    account = event.account
    return None if account is None else (account, event.block.number - 1)


def _controlled(
    dialect: Dialect,
    keys: set[tuple[Address, int]],
) -> Flow[set[tuple[Address, int]]]:
    """Return the accounts that had a controller after a block."""
    asked = tuple(keys)
    try:
        found = yield from all_of(tuple([dialect.controller(*key) for key in asked]))
    except (RpcRefused, NoContract, UnknownRevert):
        return set()
    pairs = zip(asked, found, strict=True)
    return {(account, block) for (account, block), controller in pairs if controller != account}
