"""Create one contract: sign its transaction, store it, send it, wait for it, replace it.

A transaction is in the journal before it is sent, and so is one with a higher price that replaces
it. All of them have the same number, so only one can ever take effect, and the contract gets the
same address whichever it is. The record says which transactions belong to the deployment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.errors import OcnRegistryError
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.rlp import decode
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.flows.confirmation import Included, look_for
from ocn_registry.flows.numbers import next_number
from ocn_registry.flows.price import check_cost, fees, raised
from ocn_registry.flows.sender import counts_of, sender_for
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.networks import UNKNOWN_TOKEN, Deployment, built_in, with_chain_facts
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import (
    BlockAt,
    Head,
    Local,
    TransactionCount,
    UnixTime,
    together,
)
from ocn_registry.protocol.journal import JournalEntry, call_of
from ocn_registry.transport.chain_queries import creation_gas
from ocn_registry.transport.transactions import created_by

if TYPE_CHECKING:
    from ocn_registry.deploy.artifacts import Artifact
    from ocn_registry.deploy.record import Record
    from ocn_registry.errors import TransportError
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.flows.sender import Sender
    from ocn_registry.protocol.effects import Flow

DIALECT: Final = built_in("local").dialect  # the latest generation
_FIRST_CHAIN_V = 35  # EIP-155: v is twice the chain id, plus 35 or 36


class NotDeployed(OcnRegistryError):
    """The deployment can't start or continue; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creating:
    """A transaction that creates a contract, ready to be signed; see `effects.Transaction`."""

    chain_id: int
    nonce: int
    data: bytes
    gas: int
    max_fee_per_gas_wei: int
    tip_per_gas_wei: int | None


class Creator(Protocol):
    """The deployer's key, or the device that holds it."""

    @property
    def address(self) -> Address:
        """The address of the key."""
        ...

    def sign_creation(self, creating: Creating) -> bytes:
        """Return a signed transaction without a receiver, ready to send."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentOrder:
    """What to deploy.

    Attributes:
        name: Name of the deployment.
        chain_id: Id of the chain.
        deployer: Account that creates the contracts and pays.
        owner: Owner of the contracts from the start.
        import_open: Whether they accept imports until the owner closes the import.
        options: Price, confirmations, time limit, and the journal for the transactions.
        raise_price: Whether to send a transaction that is not in a block yet again, at a higher
            price.
        token: Name of the chain's token, shown in the plan.
    """

    name: str
    chain_id: int
    deployer: Address
    owner: Address
    import_open: bool
    options: WriteOptions
    raise_price: bool = False
    token: str = UNKNOWN_TOKEN

    def code(self, name: str, registry: Address) -> bytes:
        """Return a contract's creation code: bytecode and the constructor's arguments."""
        first = self.owner if name == "Registry" else registry
        return published(name).bytecode + abi.address(first) + abi.uint(int(self.import_open))


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCreation:
    """A transaction that was sent and is not in a block yet.

    Attributes:
        name: Name of the contract that it creates.
        tx_hash: Its hash.
        max_fee_per_gas_wei: The most that it pays per gas.
        raised_fee_per_gas_wei: The most that its replacement would pay per gas.
        gas: The gas limit of both.
    """

    name: str
    tx_hash: str
    max_fee_per_gas_wei: int
    raised_fee_per_gas_wei: int
    gas: int

    def cost_wei(self, *, raised: bool) -> int:
        """Return the most that the creation costs."""
        return self.gas * (self.raised_fee_per_gas_wei if raised else self.max_fee_per_gas_wei)


def published(name: str) -> Artifact:
    """Return the published contract."""
    return artifact(DIALECT, name)


def chain_of(order: DeploymentOrder) -> Deployment:
    """Return what is known about the order's chain, as a deployment without contracts."""
    here = Deployment(
        name=order.name,
        chain_id=order.chain_id,
        dialect=DIALECT,
        registry=ZERO_ADDRESS,
        permissions=ZERO_ADDRESS,
    )
    return with_chain_facts(here)


def sender_of(order: DeploymentOrder) -> Flow[Sender]:
    """Return the deployer as a sender of transactions, with the journal of the order's options."""
    return (yield from sender_for(chain_of(order), order.deployer, order.options))


def waiting(order: DeploymentOrder, record: Record, name: str) -> Flow[WaitingCreation | None]:
    """Return a contract's transaction that is not in a block yet and could still be.

    Args:
        order: What to deploy.
        record: What has been done already.
        name: `Registry` or `Permissions`.
    """
    known = record.contract(name)
    sender = yield from sender_of(order)
    entry = None if known is None else (yield from _of_record(sender, known))
    if entry is None or isinstance((yield from look_for(entry.tx_hashes, 1)), Included):
        return None
    count = yield from TransactionCount(order.deployer, pending=False)
    if count > entry.number:
        return None
    now = _latest(entry)
    replacement = yield from _at_higher_price(
        sender, now, replace(order.options, max_fee_per_gas_wei=None)
    )
    return WaitingCreation(
        name=name,
        tx_hash=entry.tx_hashes[-1],
        max_fee_per_gas_wei=now.max_fee_per_gas_wei,
        raised_fee_per_gas_wei=replacement.max_fee_per_gas_wei,
        gas=now.gas,
    )


def ensure_created(
    order: DeploymentOrder,
    record: Record,
    creator: Creator,
    name: str,
    registry: Address,
) -> Flow[Address]:
    """Create a contract, unless that is done, and wait until it is final.

    Args:
        order: What to deploy.
        record: What has been done already. It is written after each step.
        creator: Signs the transaction.
        name: `Registry` or `Permissions`.
        registry: Address of the Registry, for the Permissions.
    """
    sender = yield from sender_of(order)
    code = order.code(name, registry)
    known = record.contract(name)
    if known is not None and (yield from _of_record(sender, known)) is None:
        included = yield from _confirmed_without_journal(order, str(known["transaction"]))
    else:
        entry, lost = yield from _sent(order, record, sender, creator, name, code)
        if order.options.on_sent is not None:
            order.options.on_sent(entry.tx_hashes[-1])
        entry, included = yield from sender.wait(entry, lost)
        _record_entry(record, name, entry, code)
    receipt = included.receipt
    record.note(
        name,
        transaction=included.tx_hash,
        block=included.block.number,
        blockHash=included.block.hash,
        gasUsed=receipt.gas_used,
        gasPriceWei=receipt.gas_price_wei,
    )
    if not receipt.succeeded:
        raise NotDeployed(
            f"transaction {included.tx_hash} failed, and {name} was not created: find out why, "
            "then start again with another record",
        )
    return Address(str((record.contract(name) or {})["address"]))


def _confirmed_without_journal(order: DeploymentOrder, tx_hash: str) -> Flow[Included]:
    """Look for a transaction that the journal does not know.

    Raises:
        NotDeployed: The transaction is not in a confirmed block.
    """
    included = yield from look_for((tx_hash,), order.options.confirmations)
    if not isinstance(included, Included):
        raise NotDeployed(
            f"transaction {tx_hash} of the record is neither in this journal nor in a confirmed "
            "block: continue with the journal that it was sent with, or wait",
        )
    return included


def _sent(  # noqa: PLR0913, PLR0917 - what a creation is made of
    order: DeploymentOrder,
    record: Record,
    sender: Sender,
    creator: Creator,
    name: str,
    code: bytes,
) -> Flow[tuple[JournalEntry, TransportError | None]]:
    """Sign and send a contract's transaction, unless that is done; return its journal entry."""
    known = record.contract(name)
    raises = order.raise_price and (yield from waiting(order, record, name)) is not None
    turn = yield from sender.turn()
    try:
        entries, counts = yield from sender.settled()
        call = call_of(None, code)
        open_ = [one for one in entries if one.call == call and not one.reported]
        entry = open_[-1] if known is None and open_ else None
        if known is not None:
            entry = yield from _of_record(sender, known)
        if entry is not None and not raises:
            _record_entry(record, name, entry, code)
            return entry, None
        if entry is None:
            counts = counts or counts_of((yield from sender.ask_counts()))
            number = yield from next_number(sender, entries, counts)
            entry = yield from _signed_creation(order, sender, creator, code, number)
        else:
            replacement = yield from _at_higher_price(sender, _latest(entry), order.options)
            signed = yield from _signed(creator, replacement)
            entry = sender.not_included(replace(entry, attempts=(*entry.attempts, signed)))
        yield from sender.keep(entry, new=not raises)
        lost = yield from sender.hand_over(entry, new=not raises)
        _record_entry(record, name, entry, code)
        return entry, lost
    finally:
        turn.give_back()


def _signed_creation(
    order: DeploymentOrder,
    sender: Sender,
    creator: Creator,
    code: bytes,
    number: int,
) -> Flow[JournalEntry]:
    """Sign the transaction that creates a contract, and return it for the journal."""
    head, first = yield from together(Head(), BlockAt(0))
    gas = (yield from creation_gas(order.deployer, code)) * 5 // 4
    price = yield from fees(head, order.options, has_base_fee=chain_of(order).base_fee)
    check_cost(gas, price, order.options)
    creating = Creating(
        chain_id=order.chain_id,
        nonce=number,
        data=code,
        gas=gas,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
    )
    signed = yield from _signed(creator, creating)
    now = yield from UnixTime()
    return JournalEntry(
        chain_id=order.chain_id,
        genesis_hash="" if first is None else first.hash,
        account=sender.account,
        number=number,
        attempts=(signed,),
        call=call_of(None, code),
        once=False,
        carries="[]",
        signed_unix_s=now,
    )


def _record_entry(record: Record, name: str, entry: JournalEntry, code: bytes) -> None:
    """Record which transaction creates a contract, and at which address."""
    *before, latest = entry.tx_hashes
    replaced = {"replaced": before} if before else {}
    record.note(
        name,
        address=created_by(entry.account, entry.number),
        transaction=latest,
        nonce=entry.number,
        constructorArguments="0x" + code[len(published(name).bytecode) :].hex(),
        creationCodeHash="0x" + keccak256(code).hex(),
        **replaced,
    )


def _of_record(sender: Sender, known: dict[str, object]) -> Flow[JournalEntry | None]:
    """Return the journal's entry for a transaction of the record."""
    tx_hash = str(known["transaction"])
    task: Local[JournalEntry | None] = Local(lambda: sender.journal.find(sender.chain_id, tx_hash))
    return (yield from task)


def _signed(creator: Creator, creating: Creating) -> Flow[SignedTransaction]:
    task: Local[bytes] = Local(lambda: creator.sign_creation(creating))
    raw = yield from task
    if _read(raw) != creating:
        raise NotDeployed("the signer returned a different transaction: nothing was sent")
    return SignedTransaction(raw)


def _at_higher_price(sender: Sender, now: Creating, options: WriteOptions) -> Flow[Creating]:
    price = yield from raised(
        (now.max_fee_per_gas_wei, now.tip_per_gas_wei),
        options,
        has_base_fee=sender.deployment.base_fee,
    )
    return replace(
        now,
        max_fee_per_gas_wei=price.max_fee_per_gas_wei,
        tip_per_gas_wei=price.tip_per_gas_wei,
    )


def _latest(entry: JournalEntry) -> Creating:
    found = _read(entry.attempts[-1].raw)
    if found is None:
        raise NotDeployed(
            f"transaction {entry.tx_hashes[-1]} in the journal creates no contract: use another "
            "record",
        )
    return found


def _read(raw: bytes) -> Creating | None:
    """Return the fields of a signed creation; `None` for any other transaction."""
    typed = raw[:1] == b"\x02"
    try:
        items = decode(raw[1:] if typed else raw)
    except ValueError:
        return None
    if not isinstance(items, list) or len(items) != (12 if typed else 9):
        return None
    accessed: object = items[8] if typed else []
    fields = [item for item in items if isinstance(item, bytes)]
    if accessed != [] or len(fields) != len(items) - typed:
        return None
    if typed:
        chain, nonce, tip, fee, gas = (int.from_bytes(part, "big") for part in fields[:5])
        to, value, data = fields[5:8]
    else:
        nonce, fee, gas = (int.from_bytes(part, "big") for part in fields[:3])
        to, value, data, v = fields[3:7]
        chain, tip = max(int.from_bytes(v, "big") - _FIRST_CHAIN_V, 0) // 2, None
    if to or value:
        return None
    return Creating(
        chain_id=chain,
        nonce=nonce,
        data=data,
        gas=gas,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )
