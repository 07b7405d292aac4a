"""The outcome of a write: what it changed, in which block, and at what cost.

Changes are read from the contracts' events, so they are actual rather than requested changes.
"""

from __future__ import annotations

from dataclasses import field, replace
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
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Change(Portable):
    """The base of changes. In JSON, the key `change` names the class."""

    __slots__ = ()
    kind_key: ClassVar[str] = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSet(_Change):
    """A node is listed under this URL."""

    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDeleted(_Change):
    """An operator no longer runs a node."""

    operator: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySet(_Change):
    """A party is listed under this id, which is now its account's current one.

    This is its full new state, except its website, which stays, and the URL of its operator.
    """

    address: Address
    id: PartyId
    roles: tuple[Role, ...]
    modules_sender: tuple[Module, ...]
    modules_receiver: tuple[Module, ...]
    operator: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDeleted(_Change):
    """An account no longer holds this id, and its website is removed."""

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
    """Everything that an account had belongs to its new key, and the account is retired.

    The new account has the ids, the membership with service and agreements, the node with its
    attached parties, and the controller. Changes that repeat its node and each of its ids follow.
    """

    account: Address
    new_account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerSet(_Change):
    """The controller signs for the account from now on; equal to the account if removed."""

    account: Address
    controller: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyReserved(_Change):
    """Only the holder can list this id from now on; `None` lifts the reservation."""

    id: PartyId
    holder: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReserved(_Change):
    """Only the operator can list this URL from now on; `None` lifts the reservation."""

    domain: str
    operator: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSet(_Change):
    """A service is offered; this is its full new state."""

    provider: Address
    name: str
    url: str
    permissions: tuple[Permission | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeleted(_Change):
    """A provider no longer offers a service."""

    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePruned(_Change):
    """The slot of a service that ended with this membership was removed."""

    index: int = field(metadata=key("slot"))  # `index` is an event's index in its block
    membership: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementMade(_Change):
    """A user agreed to a provider's service; permissions are `None` if contracts omit them."""

    user: Address
    provider: Address
    version: int | None
    permissions: tuple[Permission | int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRevoked(_Change):
    """A user revoked an agreement."""

    user: Address
    provider: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipOffered(_Change):
    """The registry was offered to a new owner, who must accept."""

    owner: Address
    new_owner: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipTransferred(_Change):
    """The registry has a new owner."""

    former_owner: Address
    owner: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOpened(_Change):
    """A contract accepts imports from an earlier registry; emitted when it is created."""

    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClosed(_Change):
    """The import of a contract was closed permanently."""

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
    """An intent of a write, with the error if it had no effect.

    An item with a `RequestRejected`, a `NotSent`, or a `Reverted` without `tx_hash` was not sent.
    An item with an `OutcomeUnknown` was sent, and the chain has not decided.
    """

    intent: Intent
    error: OcnRegistryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Portable):
    """A write on the chain: one transaction, or several if a contract needs them.

    Attributes:
        tx_hash: Its hash.
        block: Its block.
        changes: Its changes, in order.
        items: The requested intents, in the given order, each with its error if it had no effect.
        gas_used: Gas used.
        gas_price_wei: Price per gas; `None` if unknown.
        parts: The individual transactions, in order, if there were several: then `changes` and
            `gas_used` are totals, and hash, block and price are those of the last.
        seen: The answer to `WriteOptions.watch` after its block; `None` without one, or if the
            chain had moved on.
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
        """Return the outcome as JSON, with `costWei`, which is computed from the price."""
        return Portable.to_dict(self) | {"costWei": plain(self.cost_wei, wei=True)}

    @property
    def cost_wei(self) -> int | None:
        """The cost in wei; `None` if unknown."""
        if self.parts:
            costs = [part.cost_wei for part in self.parts]
            return None if None in costs else sum(cost or 0 for cost in costs)
        return None if self.gas_price_wei is None else self.gas_used * self.gas_price_wei

    @property
    def failed(self) -> tuple[Item, ...]:
        """The items without effect."""
        return tuple(item for item in self.items if item.error is not None)

    @staticmethod
    def joined(outcomes: Sequence[Outcome]) -> Outcome:
        """Return a combined outcome for one or more transactions."""
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
        gas: Total gas limit of its transactions.
        cost_wei: The most that the sender pays, in wei.
        transactions: Number of transactions.
        gas_of_each: Gas limit of each, in order.
        max_fee_per_gas_wei: The most that is paid per gas.
        tip_per_gas_wei: The validator's part of it; `None` for legacy transactions.
        sent_before: Hash of an open transaction with the same write, so nothing new would be sent;
            `None` if there is none.
        waiting: Nonces of the payer's pending transactions.
        notices: Sentences for people about the payer's transactions.
        balance_wei: The payer's balance, in wei; `None` if it was not read.
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
    )  # for the flow that created it


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings(Portable):
    """Everything that an account has, at one block.

    Attributes:
        account: The account.
        parties: Its parties, one for each id, the current one first.
        node: Its node; `None` if it runs none.
        service: Its service; `None` if it offers none.
        agreements: Its agreements in force.
        controller: Its controller; `None` if there is none.
    """

    account: Address
    parties: tuple[Party, ...]
    node: Node | None
    service: Service | None
    agreements: tuple[Agreement, ...]
    controller: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Portable):
    """The result of moving an account to a new key.

    Attributes:
        new_account: Address of the new key.
        holdings: What moved, in its state before.
        outcome: What was written.
    """

    new_account: Address
    holdings: Holdings
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Portable):
    """The result of deleting everything that an account had.

    Attributes:
        holdings: What it had before.
        outcomes: The outcomes; empty if there was nothing to delete.
    """

    holdings: Holdings
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsuredParties(Portable):
    """The result of ensuring several parties of an account.

    Attributes:
        statuses: For each id, as for `Ensured`.
        left_alone: Other ids of the account, which are unchanged.
        outcome: The outcome; `None` if nothing was written.
    """

    statuses: dict[PartyId, Literal["unchanged", "created", "updated"]]
    left_alone: tuple[PartyId, ...]
    outcome: Outcome | None = None

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return it as JSON; `parties` lists the requested ids, each with its status."""
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
    """The result of ensuring an entry.

    Attributes:
        status: `unchanged` if it was already as wanted and nothing was sent; `created` if it was
            missing; otherwise `updated`.
        outcome: The outcome; `None` if nothing was written.
    """

    status: Literal["unchanged", "created", "updated"]
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction(Portable):
    """A transaction that an account has signed and the chain has not decided.

    Attributes:
        account: The account that signed it.
        number: Its nonce.
        tx_hashes: Hashes of all transactions signed with this nonce, the latest last.
        intents: The requested intents; empty if the journal does not describe them.
        signed_unix_s: When it was first signed, in Unix time.
        blocks: Number of confirmations, including its own block; 0 if it is not in a block.
    """

    account: Address
    number: int
    tx_hashes: tuple[str, ...]
    intents: tuple[Intent, ...]
    signed_unix_s: int
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpenderStatus(Portable):
    """The status of a spender, for servers that pay for others.

    Attributes:
        account: The account that pays.
        balance_wei: Its balance, in wei.
        transactions: Its open transactions, in order.
        foreign: Nonces of its pending transactions that the journal does not know.
    """

    account: Address
    balance_wei: int
    transactions: tuple[OpenTransaction, ...]
    foreign: tuple[int, ...]

    @property
    def oldest_waiting(self) -> OpenTransaction | None:
        """The oldest transaction that is not in a block; `None` if there is none."""
        waiting = [one for one in self.transactions if not one.blocks]
        return min(waiting, key=lambda one: one.signed_unix_s, default=None)


def change_from_dict(data: Mapping[str, object]) -> Change:
    """Return the change that a JSON object describes, of the class that its key `change` names.

    Args:
        data: The result of a change's `to_dict`, or a change printed with `--json`.

    Raises:
        InvalidInput: The object does not describe a change; the message says where.
    """
    change: Change = read(data, Change, "change")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - by its type
    return change
