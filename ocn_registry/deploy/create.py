"""Create one contract: sign its transaction, record it, send it, wait for it, replace it.

A transaction is in the record, signed, before it is sent, and so is one with a higher price that
replaces it. All of them have the same number, so only one can ever take effect, and the contract
gets the same address whichever it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, cast

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.errors import OcnRegistryError
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.evm.rlp import decode
from ocn_registry.evm.transactions import SignedTransaction
from ocn_registry.flows.landing import Landed, look_for, wait
from ocn_registry.flows.price import fees, raised
from ocn_registry.models import Address
from ocn_registry.networks import UNKNOWN_TOKEN, built_in
from ocn_registry.protocol.calls import CreationBy
from ocn_registry.protocol.effects import (
    Arrival,
    Head,
    Local,
    Send,
    TransactionCount,
    together,
)
from ocn_registry.transport.chain_queries import creation_gas
from ocn_registry.transport.transactions import created_by

if TYPE_CHECKING:
    from ocn_registry.deploy.artifacts import Artifact
    from ocn_registry.deploy.record import Record
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.protocol.effects import Flow

DIALECT: Final = built_in("local").dialect  # the newest
_FIRST_CHAIN_V = 35  # EIP-155: v is twice the chain's id, and 35 or 36


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
    """Holds the deployer's key, or reaches the device that does."""

    @property
    def address(self) -> Address:
        """The address of the key."""
        ...

    def sign_creation(self, creating: Creating) -> bytes:
        """Return a signed transaction without a receiver, as it is sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to deploy.

    Attributes:
        name: Name of the deployment.
        chain_id: Id of the chain.
        deployer: Account that creates the contracts and pays.
        owner: Owner of the contracts from the start.
        import_open: Whether they accept imports until the owner closes that.
        options: Price, confirmations and time limit.
        raise_price: Whether a transaction that is in no block yet is sent again for more.
        token: Name of the chain's token, for the plan.
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
        """Return what creates a contract: bytecode and the constructor's arguments."""
        first = self.owner if name == "Registry" else registry
        return published(name).bytecode + abi.address(first) + abi.uint(int(self.import_open))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A transaction that was sent, and is in no block.

    Attributes:
        name: The contract that it creates.
        tx_hash: Its hash.
        max_fee_per_gas_wei: Most that it pays per gas.
        raised_fee_per_gas_wei: Most that one in its place would pay per gas.
        gas: Gas that either may use.
    """

    name: str
    tx_hash: str
    max_fee_per_gas_wei: int
    raised_fee_per_gas_wei: int
    gas: int

    def cost_wei(self, *, raised: bool) -> int:
        """Return the most that it costs."""
        return self.gas * (self.raised_fee_per_gas_wei if raised else self.max_fee_per_gas_wei)


def published(name: str) -> Artifact:
    """Return the published contract."""
    return artifact(DIALECT, name)


def waiting(order: Order, record: Record, name: str) -> Flow[Waiting | None]:
    """Return a contract's transaction that is in no block yet and could still get there.

    Args:
        order: What is to be deployed.
        record: What was done already.
        name: `Registry` or `Permissions`.
    """
    known = record.contract(name)
    if known is None or isinstance((yield from look_for(_hashes(known), 1)), Landed):
        return None
    count = yield from TransactionCount(order.deployer, pending=False)
    now = _of_record(known)
    if count > now.nonce:
        return None
    dearer = yield from _dearer(now, replace(order.options, max_fee_per_gas_wei=None))
    return Waiting(
        name=name,
        tx_hash=str(known["transaction"]),
        max_fee_per_gas_wei=now.max_fee_per_gas_wei,
        raised_fee_per_gas_wei=dearer.max_fee_per_gas_wei,
        gas=now.gas,
    )


def stand(
    order: Order,
    record: Record,
    creator: Creator,
    name: str,
    registry: Address,
) -> Flow[Address]:
    """Create a contract unless that is done, and wait until it is final.

    Args:
        order: What is to be deployed.
        record: What was done already; is written before and after each step.
        creator: Signs the transaction.
        name: `Registry` or `Permissions`.
        registry: Address of the Registry, for the Permissions.
    """
    known = record.contract(name)
    if known is None:
        known = yield from _sign(order, record, creator, name, registry)
    elif order.raise_price and (yield from waiting(order, record, name)) is not None:
        known = yield from _raise(order, record, creator, name, known)
    hashes, nonce = _hashes(known), cast("int", known["nonce"])
    lost = None
    if (yield from CreationBy(hashes[-1])) is None:
        handover = yield from Send(SignedTransaction(_raw(known)))
        if handover.arrival is Arrival.UNSENT and handover.error is not None:
            raise handover.error
        lost = handover.error  # its number may be taken, by itself even: only waiting tells
    if order.options.on_sent is not None:
        order.options.on_sent(hashes[-1])
    landed = yield from wait(hashes, nonce, order.deployer, order.options, lost)
    receipt = landed.receipt
    record.note(
        name,
        transaction=landed.tx_hash,
        block=landed.block.number,
        blockHash=landed.block.hash,
        gasUsed=receipt.gas_used,
        gasPriceWei=receipt.gas_price_wei,
    )
    if not receipt.succeeded:
        raise NotDeployed(
            f"transaction {landed.tx_hash} failed, and {name} was not created: find out why, then "
            "begin with another record",
        )
    return Address(str(known["address"]))


def _sign(
    order: Order,
    record: Record,
    creator: Creator,
    name: str,
    registry: Address,
) -> Flow[dict[str, object]]:
    """Record the transaction that creates a contract, before it is sent."""
    code = order.code(name, registry)
    head, nonce = yield from together(Head(), TransactionCount(order.deployer))
    gas = (yield from creation_gas(order.deployer, code)) * 5 // 4
    fee, tip = yield from fees(head, order.options)
    creating = Creating(
        chain_id=order.chain_id,
        nonce=nonce,
        data=code,
        gas=gas,
        max_fee_per_gas_wei=fee,
        tip_per_gas_wei=tip,
    )
    raw = yield from _signed(creator, creating)
    record.note(
        name,
        address=created_by(order.deployer, nonce),
        transaction=SignedTransaction(raw).tx_hash,
        nonce=nonce,
        constructorArguments="0x" + code[len(published(name).bytecode) :].hex(),
        creationCodeHash="0x" + keccak256(code).hex(),
        signedTransaction="0x" + raw.hex(),
    )
    return record.contract(name) or {}


def _raise(
    order: Order,
    record: Record,
    creator: Creator,
    name: str,
    known: dict[str, object],
) -> Flow[dict[str, object]]:
    """Record the same transaction at a higher price, with the same number."""
    dearer = yield from _dearer(_of_record(known), order.options)
    raw = yield from _signed(creator, dearer)
    record.note(
        name,
        transaction=SignedTransaction(raw).tx_hash,
        signedTransaction="0x" + raw.hex(),
        replaced=list(_hashes(known)),
    )
    return record.contract(name) or {}


def _signed(creator: Creator, creating: Creating) -> Flow[bytes]:
    task: Local[bytes] = Local(lambda: creator.sign_creation(creating))
    raw = yield from task
    if _read(raw) != creating:
        raise NotDeployed(
            "the account signed another transaction than it was given: nothing was sent"
        )
    return raw


def _dearer(now: Creating, options: WriteOptions) -> Flow[Creating]:
    fee, tip = yield from raised((now.max_fee_per_gas_wei, now.tip_per_gas_wei), options)
    return replace(now, max_fee_per_gas_wei=fee, tip_per_gas_wei=tip)


def _hashes(known: dict[str, object]) -> tuple[str, ...]:
    """Return all hashes by which a creation can be in a block, the latest last."""
    signed, latest = SignedTransaction(_raw(known)).tx_hash, str(known["transaction"])
    before = [*cast("list[str]", known.get("replaced", [])), signed]
    return (*[tx_hash for tx_hash in before if tx_hash != latest], latest)


def _raw(known: dict[str, object]) -> bytes:
    return bytes.fromhex(str(known["signedTransaction"])[2:])


def _of_record(known: dict[str, object]) -> Creating:
    found = _read(_raw(known))
    if found is None:
        raise NotDeployed("the record contains a transaction that can't be read: restore the file")
    return found


def _read(raw: bytes) -> Creating | None:
    """Return a signed creation's fields; `None` if it does anything but create a contract."""
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
