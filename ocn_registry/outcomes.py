"""The outcome of a write: what it changed, in which block, and at what cost.

Changes are read from the contracts' events, so they are what happened and not what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

from ocn_registry.errors import OcnRegistryError
from ocn_registry.foreign.arguments import checked
from ocn_registry.intents import Intent
from ocn_registry.models import (
    Address,
    Agreement,
    BlockRef,
    Contract,
    Module,
    Node,
    Party,
    PartyId,
    Permission,
    Role,
    Service,
)
from ocn_registry.portable.base import Portable, key
from ocn_registry.portable.forms import as_object, part, plain, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Change(Portable):
    """What all changes are: the key `change` names which one."""

    __slots__ = ()
    kind_key: ClassVar[str] = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSet(_Change):
    """A node is listed, with this URL from now on."""

    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDeleted(_Change):
    """An operator runs no node any more."""

    operator: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySet(_Change):
    """A party is listed under this id, which is now its account's current one.

    This is all of its new state but its website, which stays, and the URL of its operator.
    """

    address: Address
    id: PartyId
    roles: tuple[Role, ...]
    modules_sender: tuple[Module, ...]
    modules_receiver: tuple[Module, ...]
    operator: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDeleted(_Change):
    """An account no longer holds this id; its website is gone too."""

    address: Address
    id: PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyWebsiteSet(_Change):
    """A party has another website, or none."""

    address: Address
    id: PartyId
    website: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMoved(_Change):
    """All that an account had is its new key's, and the account is retired for good.

    The new account has the ids, the membership with service and agreements, the node with its
    attached parties, and the controller. Changes that tell its node and each of its ids again
    follow.
    """

    account: Address
    new_account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerSet(_Change):
    """From now on the controller signs for the account; the account itself where both are same."""

    account: Address
    controller: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyReserved(_Change):
    """Only the holder can list this id from now on; anyone can where it is `None`."""

    id: PartyId
    holder: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReserved(_Change):
    """Only the operator can list this URL from now on; anyone can where it is `None`."""

    domain: str
    operator: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSet(_Change):
    """A service is offered; this is all of its new state."""

    provider: Address
    name: str
    url: str
    permissions: tuple[Permission | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeleted(_Change):
    """A provider offers no service any more."""

    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePruned(_Change):
    """The slot of a service that ended with this membership is gone; the last took its place."""

    index: int = field(metadata=key("slot"))  # `index` is an event's place in its block
    membership: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementMade(_Change):
    """A user agreed to a provider's service; `None` where contracts don't tell to what."""

    user: Address
    provider: Address
    version: int | None
    permissions: tuple[Permission | int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRevoked(_Change):
    """A user took back what it had agreed."""

    user: Address
    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipOffered(_Change):
    """The registry was offered to a new owner, who has to accept."""

    owner: Address
    new_owner: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipTransferred(_Change):
    """The registry has a new owner."""

    former_owner: Address
    owner: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOpened(_Change):
    """A contract takes the entries of an earlier registry; it says so when it is created."""

    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClosed(_Change):
    """The import of a contract has ended for good."""

    contract: Contract


Change: TypeAlias = (
    NodeSet
    | NodeDeleted
    | PartySet
    | PartyDeleted
    | PartyWebsiteSet
    | AccountMoved
    | ControllerSet
    | PartyReserved
    | NodeReserved
    | ServiceSet
    | ServiceDeleted
    | ServicePruned
    | AgreementMade
    | AgreementRevoked
    | OwnershipOffered
    | OwnershipTransferred
    | ImportOpened
    | ImportClosed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Portable):
    """One intent of a write, and why it had no effect; `error` is `None` if it had one.

    An item with a `RequestRejected`, a `NotSent`, or a `Reverted` without `tx_hash` was not sent.
    With an `OutcomeUnknown` it was, and the chain has not decided.
    """

    intent: Intent
    error: OcnRegistryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Portable):
    """A write that is in the chain: one transaction, or several where a contract needs them.

    Attributes:
        tx_hash: Its hash.
        block: Its block.
        changes: What it changed, in order.
        items: What was asked, in the order it was given, each with its error if it had no effect.
        gas_used: Gas that was paid for.
        gas_price_wei: What was paid per gas; `None` where the node does not say.
        parts: The transactions one by one, in their order, when it took several: then `changes`
            and `gas_used` are those of all, and hash, block and price those of the last.
        seen: The answer to `WriteOptions.watch` at the end of its block; `None` without one, or
            if the chain had already gone on.
    """

    tx_hash: str = field(metadata=key("hash"))
    block: BlockRef = field(metadata=key("*"))
    changes: tuple[Change, ...]
    items: tuple[Item, ...]
    gas_used: int
    gas_price_wei: int | None
    parts: tuple[Outcome, ...] = ()
    seen: object = field(default=None, compare=False)

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the outcome as JSON; `costWei` is told as well, and read from the price."""
        return Portable.to_dict(self) | {"costWei": plain(self.cost_wei, wei=True)}

    @property
    def cost_wei(self) -> int | None:
        """What the sender paid, in wei; `None` where the node does not say."""
        if self.parts:
            costs = [part.cost_wei for part in self.parts]
            return None if None in costs else sum(cost or 0 for cost in costs)
        return None if self.gas_price_wei is None else self.gas_used * self.gas_price_wei

    @property
    def failed(self) -> tuple[Item, ...]:
        """The items that had no effect."""
        return tuple(item for item in self.items if item.error is not None)

    @staticmethod
    def joined(outcomes: Sequence[Outcome]) -> Outcome:
        """Return one outcome for several transactions, at least one."""
        if len(outcomes) == 1:
            return outcomes[0]
        parts = [part for outcome in outcomes for part in (outcome.parts or (outcome,))]
        return replace(
            outcomes[-1],
            changes=tuple([change for part in parts for change in part.changes]),
            items=tuple([item for outcome in outcomes for item in outcome.items]),
            gas_used=sum(part.gas_used for part in parts),
            parts=tuple(parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Portable):
    """The most that a write can cost. Pass it to the write, and it never costs more.

    Attributes:
        gas: Gas that its transactions may use.
        cost_wei: Most that the sender pays, in wei.
        transactions: How many transactions it takes.
        gas_of_each: Gas that each of them may use, in order.
        max_fee_per_gas_wei: Most that is paid per gas.
        tip_per_gas_wei: What the validator gets of it; `None` for transactions of the old form.
        sent_before: Hash of an open transaction that is this write already: nothing new would be
            sent. `None` when there is none.
        waiting: Numbers of the payer's transactions that wait for a block.
        notices: Sentences for people: what else is to know about the payer's transactions.
        balance_wei: What the payer has, in wei; `None` if it was not asked.
        seen: The answer to `WriteOptions.watch`; `None` without one.
    """

    gas: int
    cost_wei: int = field(metadata=key("mostCostWei"))
    transactions: int = 1
    gas_of_each: tuple[int, ...] = field(default=(), compare=False)
    max_fee_per_gas_wei: int | None = field(default=None, compare=False)
    tip_per_gas_wei: int | None = field(default=None, compare=False)
    sent_before: str | None = field(default=None, compare=False)
    waiting: tuple[int, ...] = field(default=(), compare=False)
    notices: tuple[str, ...] = field(default=(), compare=False)
    balance_wei: int | None = field(default=None, compare=False)
    seen: object = field(default=None, compare=False, metadata=key(""))
    ready: object = field(
        default=None, compare=False, repr=False, metadata=key("")
    )  # for the flow that wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings(Portable):
    """Everything that an account has, at one block.

    Attributes:
        account: The account.
        parties: Its parties, one for each id, the current one first.
        node: Its node; `None` while it runs none.
        service: Its service; `None` when it offers none.
        agreements: What it agreed to and is in force.
        controller: Whose signature counts for it; `None` for its own.
    """

    account: Address
    parties: tuple[Party, ...]
    node: Node | None
    service: Service | None
    agreements: tuple[Agreement, ...]
    controller: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Portable):
    """An account that was given to a new key.

    Attributes:
        new_account: Address of the new key.
        holdings: What moved, as it was before.
        outcome: What was written.
    """

    new_account: Address
    holdings: Holdings
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Portable):
    """An account that gave up everything.

    Attributes:
        holdings: What it had before.
        outcomes: What was written; empty when there was nothing to give up.
    """

    holdings: Holdings
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsuredParties(Portable):
    """What it took to have several parties of one account as wanted.

    Attributes:
        statuses: For each id, as for `Ensured`.
        left_alone: Ids of the account that were not asked for, and stay as they are.
        outcome: What was written; `None` when nothing was.
    """

    statuses: dict[PartyId, Literal["unchanged", "created", "updated"]]
    left_alone: tuple[PartyId, ...]
    outcome: Outcome | None = None

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return it as JSON; `parties` lists the ids that were asked for, each with its status."""
        return {
            "parties": [
                {**each.to_dict(), "status": status} for each, status in self.statuses.items()
            ],
            "leftAlone": plain(self.left_alone),
            "outcome": plain(self.outcome),
        }

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return what a JSON object describes; see `Portable.from_dict`."""
        listed = [as_object(one, "parties") for one in part(data, "parties", tuple[object, ...])]
        found = data.get("outcome")
        return cls(
            statuses={PartyId.from_dict(one): Ensured.from_dict(one).status for one in listed},
            left_alone=part(data, "leftAlone", tuple[PartyId, ...]),
            outcome=None if found is None else part(data, "outcome", Outcome),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensured(Portable):
    """What it took to have an entry as wanted.

    Attributes:
        status: `unchanged` when it was so already, and nothing was sent; `created` when there was
            none; else `updated`.
        outcome: What was written; `None` when nothing was.
    """

    status: Literal["unchanged", "created", "updated"]
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction(Portable):
    """A transaction that an account has signed and the chain has not decided.

    Attributes:
        account: Account that signed it.
        number: Its number among the account's.
        tx_hashes: Hashes of all that was signed under this number, the latest last.
        intents: What was asked; empty where the journal does not say it.
        signed_unix_s: When it was first signed, in Unix time.
        blocks: How many blocks stand, its own included; 0 while it is not in one.
    """

    account: Address
    number: int
    tx_hashes: tuple[str, ...]
    intents: tuple[Intent, ...]
    signed_unix_s: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpenderStatus(Portable):
    """What a server that pays for many watches.

    Attributes:
        account: The account that pays.
        balance_wei: What it has, in wei.
        transactions: Its open transactions, in order.
        foreign: Numbers of its waiting transactions that the journal does not know.
    """

    account: Address
    balance_wei: int
    transactions: tuple[OpenTransaction, ...]
    foreign: tuple[int, ...]

    @property
    def oldest_waiting(self) -> OpenTransaction | None:
        """The oldest transaction that is not in a block; `None` when there is none."""
        waiting = [one for one in self.transactions if not one.blocks]
        return min(waiting, key=lambda one: one.signed_unix_s, default=None)


def change_from_dict(data: Mapping[str, object]) -> Change:
    """Return the change that a JSON object describes, of the class that its key `change` names.

    Args:
        data: What a change's `to_dict` returned, or a change that `--json` printed.

    Raises:
        InvalidInput: It does not describe a change; the message says where.
    """
    change: Change = read(data, Change, "change")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - by its type
    return change
