"""A chain in memory with both contracts, for testing programs.

The contracts are the model, which is tested against the real ones. The rest is the minimum that the
package needs: each transaction is mined in its own block, unless mining is stopped; gas is a rough
estimate; and only transactions of this package are supported: calls of the two contracts without
value.
"""

from __future__ import annotations

import threading
import time
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from ocn_registry.deploy.devnet import ACCOUNTS
from ocn_registry.dialects.v3.requests import REQUESTS
from ocn_registry.errors import BadAnswer, Reverted, RpcRefused, TransportError
from ocn_registry.evm.keccak import keccak256
from ocn_registry.models import Address, BlockRef
from ocn_registry.networks import built_in
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.calls import CalledBy, ContractCall
from ocn_registry.protocol.effects import (
    Arrival,
    Balance,
    BlockAt,
    Call,
    ChainId,
    CodeSize,
    FromEach,
    GasEstimate,
    GasPrice,
    Handover,
    Head,
    HeadBlock,
    HeaderAt,
    Logs,
    PlacedLog,
    Receipt,
    ReceiptOf,
    Send,
    Together,
    TransactionCount,
    TransactionOf,
)
from ocn_registry.signing import Domain, TypedData, recover
from ocn_registry.testing.model import Message, Permissions, Registry
from ocn_registry.testing.transactions import read_transaction
from ocn_registry.testing.wire import ContractInterface, revert_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.evm.transactions import Transaction
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Answer, AnyEffect, Log, SentTransaction
    from ocn_registry.testing.model import SignedFields
    from ocn_registry.testing.model.state import PermissionsState, RegistryState

BASE_FEE_WEI: Final = 7
GAS: Final = 200_000
_START_WEI: Final = 10_000 * 10**18
_NO_HASH: Final = "0x" + "0" * 64
_TYPES: Final = {kind.type.name: kind.type for kind in REQUESTS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A block: the contracts' state after it, and its events."""

    ref: BlockRef
    registry: RegistryState
    permissions: PermissionsState
    logs: tuple[tuple[str, Log], ...]

    def placed(self) -> tuple[PlacedLog, ...]:
        """Return the events in a node's form."""
        return tuple(
            [
                PlacedLog(
                    address=log.address,
                    topics=log.topics,
                    data=log.data,
                    block_number=self.ref.number,
                    block_hash=self.ref.hash,
                    tx_hash=tx_hash,
                    index=index,
                )
                for index, (tx_hash, log) in enumerate(self.logs)
            ],
        )


@dataclass(slots=True)
class _Account:
    balance_wei: int = 0
    count: int = 0


@dataclass(slots=True)
class _Pool:
    waiting: list[tuple[str, SentTransaction]] = field(
        default_factory=list["tuple[str, SentTransaction]"],
    )
    known: dict[str, SentTransaction] = field(default_factory=dict["str", "SentTransaction"])
    receipts: dict[str, Receipt] = field(default_factory=dict["str", "Receipt"])


class MemoryChain:
    """A chain in memory.

    Attributes:
        deployment: The contracts, at their addresses on development chains.
        mines: Whether each transaction is mined immediately; otherwise call `mine`.
    """

    def __init__(self, *, import_open: bool = False, owner: str = ACCOUNTS[0].address) -> None:
        """Create the contracts on a new chain with `devnet.ACCOUNTS` funded.

        Args:
            import_open: Whether the contracts accept imports, and little else.
            owner: Owner of the contracts.
        """
        self.deployment: Deployment = replace(built_in("local"), rpc_urls=())
        self.mines = True
        self._lock = threading.RLock()
        self._accounts = {one.address: _Account(_START_WEI) for one in ACCOUNTS}
        self._pool = _Pool()
        deployment = self.deployment
        self._registry = Registry(
            deployment.registry,
            deployment.chain_id,
            Address(owner),
            import_open=import_open,
            is_signed_by=_is_signed_by,
        )
        self._permissions = Permissions(
            deployment.permissions,
            self._registry,
            import_open=import_open,
            is_signed_by=_is_signed_by,
        )
        self._contracts: dict[Address, tuple[Registry | Permissions, ContractInterface]] = {
            deployment.registry: (self._registry, ContractInterface("Registry")),
            deployment.permissions: (self._permissions, ContractInterface("Permissions")),
        }
        logs = [
            (_NO_HASH, interface.log(address, event))
            for address, (contract, interface) in self._contracts.items()
            for event in contract.deployed
        ]
        self._blocks: list[_Block] = []
        self._append(tuple(logs))

    def give(self, account: str, wei: int = _START_WEI) -> None:
        """Add to the balance of an account."""
        with self._lock:
            self._account(Address(account)).balance_wei += wei

    def mine(self) -> None:
        """Mine the pending transactions in a block."""
        with self._lock:
            waiting, self._pool.waiting = self._pool.waiting, []
            done: list[tuple[str, bool, tuple[Log, ...], Transaction]] = []
            for tx_hash, sent in waiting:
                done.append((tx_hash, *self._execute(sent), sent.transaction))
            block = self._append(tuple([(one, log) for one, _, logs, _ in done for log in logs]))
            for tx_hash, succeeded, logs, transaction in done:
                sent = self._pool.known[tx_hash]
                self._pool.known[tx_hash] = replace(sent, block_number=block.number)
                self._pool.receipts[tx_hash] = Receipt(
                    succeeded=succeeded,
                    block_number=block.number,
                    block_hash=block.hash,
                    gas_used=GAS,
                    gas_price_wei=_price(transaction),
                    logs=logs,
                )

    def answer(self, effect: AnyEffect) -> Answer:
        """Return the answer of an effect, like a node."""
        with self._lock:
            return self._answer(effect)

    def _answer(self, effect: AnyEffect) -> Answer:  # noqa: C901, PLR0911, PLR0912 - one for each
        match effect:
            case Call():
                return effect.decode(self._call(effect))
            case GasEstimate():
                self._call(effect.call)
                return GAS
            case Head():
                return HeadBlock(ref=self._blocks[-1].ref, base_fee_wei=BASE_FEE_WEI)
            case BlockAt():
                known = 0 <= effect.number < len(self._blocks)
                return self._blocks[effect.number].ref if known else None
            case HeaderAt():
                known = 0 <= effect.number < len(self._blocks)
                ref = self._blocks[effect.number].ref if known else None
                return None if ref is None else HeadBlock(ref=ref, base_fee_wei=BASE_FEE_WEI)
            case Balance():
                return self._account(effect.account).balance_wei
            case CodeSize():
                return int(effect.account in self._contracts)
            case ChainId():
                return self.deployment.chain_id
            case GasPrice():
                return BASE_FEE_WEI + 1
            case TransactionCount():
                waiting = [sent for _, sent in self._pool.waiting if sent.sender == effect.account]
                return self._account(effect.account).count + len(waiting) * effect.pending
            case Logs():
                blocks = self._blocks[effect.first : effect.last + 1]
                logs = [log for block in blocks for log in block.placed()]
                return tuple([log for log in logs if log.address in effect.contracts])
            case ReceiptOf():
                return self._pool.receipts.get(effect.tx_hash)
            case TransactionOf():
                return self._pool.known.get(effect.tx_hash)
            case FromEach():
                return (self._answer(effect.question),)
            case Together():
                return tuple([self._answer(part) for part in effect.parts])
            case CalledBy():
                return _called(self._pool.known.get(effect.tx_hash))
            case Send():
                try:
                    self._send(effect)
                except TransportError as error:
                    return Handover(arrival=Arrival.ANSWERED, error=error)
                return Handover(arrival=Arrival.ACCEPTED)
            case _:
                raise NotImplementedError(f"{type(effect).__name__} is not a question for a chain")

    def _account(self, address: Address) -> _Account:
        return self._accounts.setdefault(address, _Account())

    def _append(self, logs: tuple[tuple[str, Log], ...]) -> BlockRef:
        number = len(self._blocks)
        last = self._blocks[-1].ref if self._blocks else None
        content = repr((number, last, logs)).encode()
        ref = BlockRef(
            number=number,
            hash="0x" + keccak256(content).hex(),
            timestamp_unix_s=max(int(time.time()), last.timestamp_unix_s if last else 0),
        )
        block = _Block(
            ref=ref,
            registry=self._registry.state.copied(),
            permissions=self._permissions.state.copied(),
            logs=logs,
        )
        self._blocks.append(block)
        return ref

    def _call(self, call: Call[object]) -> bytes:
        """Run a function on the state after a block, without keeping its effects."""
        if call.to not in self._contracts:
            return b""
        if call.block is not None and not 0 <= call.block < len(self._blocks):
            raise RpcRefused("eth_call", -32000, "header not found")
        block = self._blocks[-1 if call.block is None else call.block]
        present = self._registry.state, self._permissions.state
        self._registry.state = block.registry.copied()
        self._permissions.state = block.permissions.copied()
        try:
            at = block.ref.timestamp_unix_s if call.block is not None else int(time.time())
            sender = call.sender or Address.from_bytes(bytes(20))
            return self._run(call.to, call.data, Message(sender=sender, time_unix_s=at))[0]
        except Reverted as error:
            raise call.refuse(revert_data(error)) from None
        finally:
            self._registry.state, self._permissions.state = present

    def _run(self, to: Address, data: bytes, message: Message) -> tuple[bytes, tuple[Log, ...]]:
        contract, interface = self._contracts[to]
        call = interface.call_of(data)
        receipt = contract.call(message, call)
        logs = tuple([interface.log(to, event) for event in receipt.events])
        return interface.answer(call, receipt.result), logs

    def _send(self, effect: Send) -> None:
        tx_hash = effect.transaction.tx_hash
        try:
            sent = read_transaction(effect.transaction.raw)
        except ValueError as error:
            raise BadAnswer(f"the chain in memory can't read the transaction: {error}") from error
        transaction, account = sent.transaction, self._account(sent.sender)
        if tx_hash in self._pool.known:
            return
        refuse: Callable[[str], RpcRefused] = lambda why: RpcRefused(  # noqa: E731
            "eth_sendRawTransaction", -32000, why
        )
        if transaction.chain_id != self.deployment.chain_id:
            raise refuse("invalid chain id")
        if transaction.nonce != self._answer(TransactionCount(sent.sender)):
            raise refuse("nonce too low or too high")
        if transaction.max_fee_per_gas_wei < BASE_FEE_WEI:
            raise refuse("max fee per gas less than block base fee")
        if account.balance_wei < transaction.gas * transaction.max_fee_per_gas_wei:
            raise refuse("insufficient funds for gas")
        self._pool.known[tx_hash] = sent
        self._pool.waiting.append((tx_hash, sent))
        if self.mines:
            self.mine()

    def _execute(self, sent: SentTransaction) -> tuple[bool, tuple[Log, ...]]:
        transaction, account = sent.transaction, self._account(sent.sender)
        account.count += 1
        account.balance_wei -= GAS * _price(transaction)
        if transaction.to not in self._contracts:
            return True, ()
        message = Message(sender=sent.sender, time_unix_s=int(time.time()))
        try:
            return True, self._run(transaction.to, transaction.data, message)[1]
        except Reverted:
            return False, ()


def _called(sent: SentTransaction | None) -> ContractCall | None:
    if sent is None:
        return None
    transaction = sent.transaction
    return ContractCall(sender=sent.sender, to=transaction.to, data=transaction.data)


def _price(transaction: Transaction) -> int:
    if transaction.tip_per_gas_wei is None:
        return transaction.max_fee_per_gas_wei
    return min(transaction.max_fee_per_gas_wei, BASE_FEE_WEI + transaction.tip_per_gas_wei)


def _is_signed_by(signer: Address, signed: SignedFields, signature: bytes) -> bool:
    domain = Domain(
        name=signed.name,
        version="3",
        chain_id=signed.chain_id,
        contract=signed.contract,
    )
    try:
        data = TypedData(
            domain=domain,
            type=_TYPES[signed.primary_type],
            values=signed.values,  # type: ignore[arg-type]  # the model's values are these
        )
        return recover(data.digest(), signature) == signer
    except UnicodeEncodeError:  # no wallet signs a lone surrogate
        return False
