"""Effects: the operations that a flow can request from a chain, as data.

A flow is a generator that yields effects and receives their answers. It does no I/O, so a test can
play the part of the chain. An effect yields itself when iterated: flows write `head = yield from
Head()`, and type checkers know the type of the answer. The package's only `Any` is here, because
the type system can't express that a generator receives the answer of the effect it yielded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

from ocn_registry.errors import OcnRegistryError, UnknownRevert
from ocn_registry.models import BlockRef
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted, TransportError
    from ocn_registry.evm.transactions import SignedTransaction, Transaction
    from ocn_registry.models import Address

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
T_co = TypeVar("T_co", covariant=True)


class Effect(Generic[T_co]):
    """One operation on a chain, or on this machine; `T_co` is the type of its answer."""

    __slots__ = ()

    def __iter__(self) -> Flow[T_co]:
        """Yield the effect itself, and return its answer."""
        answer: T_co = yield self
        return answer


Answer: TypeAlias = Any
AnyEffect: TypeAlias = Effect[Any]
Flow: TypeAlias = Generator[AnyEffect, Any, T]
Perform: TypeAlias = Callable[[AnyEffect], Answer]
AsyncPerform: TypeAlias = Callable[[AnyEffect], Awaitable[Answer]]


class Asked(Protocol[T_co]):
    """Anything with an answer: an effect, or a flow of several."""

    def __iter__(self) -> Flow[T_co]:
        """Return the flow that ends with the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Call(Effect[T_co]):
    """Call a contract's function without a transaction.

    Attributes:
        to: Address of the contract.
        data: Calldata.
        decode: Converts the returned data to the answer, or raises `BadAnswer` if it is malformed.
        refuse: Converts revert data to the error that the transport raises.
        sender: The caller, for functions that depend on it.
        block: Number of the block after which it runs; `None` for the latest. If the node supports
            it, a transport refers to the block by the hash that it last returned for this number.
        gas: Gas limit; `None` for the node's limit.
    """

    to: Address
    data: bytes
    decode: Callable[[bytes], T_co]
    refuse: Callable[[bytes], Reverted] = UnknownRevert
    sender: Address | None = None
    block: int | None = None
    gas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBlock:
    """The latest block. The base fee is `None` on chains without EIP-1559."""

    ref: BlockRef
    base_fee_wei: int | None
    gas_limit: int | None = None


class Head(Effect[HeadBlock]):
    """Read the latest block."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BlockAt(Effect[BlockRef | None]):
    """Read the block with this number; `None` if it doesn't exist."""

    number: int


@dataclass(frozen=True, slots=True)
class HeaderAt(Effect[HeadBlock | None]):
    """Read the header of the block with this number; `None` if it doesn't exist."""

    number: int


@dataclass(frozen=True, slots=True)
class Balance(Effect[int]):
    """Read an account's balance, in wei."""

    account: Address


@dataclass(frozen=True, slots=True)
class CodeSize(Effect[int]):
    """Read the size of an account's code, in bytes; 0 for an account with a key."""

    account: Address


@dataclass(frozen=True, slots=True)
class Code(Effect[bytes]):
    """Read an account's code after a block; empty for an account with a key."""

    account: Address
    block: int | None = None


class ChainId(Effect[int]):
    """Read the node's chain id."""

    __slots__ = ()


class GasPrice(Effect[int | None]):
    """Read the gas price that the node suggests, in wei per gas; `None` if it suggests none."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TransactionCount(Effect[int]):
    """Read the nonce of an account's next transaction.

    Attributes:
        account: The account.
        pending: Whether to count transactions waiting in the node's pool.
        block: Number of the block after which to read; `None` for the latest.
    """

    account: Address
    pending: bool = True
    block: int | None = None


@dataclass(frozen=True, slots=True)
class GasEstimate(Effect[int]):
    """Estimate the gas of a call as a transaction; raises the error if the call reverts."""

    call: Call[object]


class Arrival(Enum):
    """What is known about a transaction after it was sent to a node."""

    UNSENT = "unsent"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The result of sending a transaction to a node. Only the chain decides its outcome.

    Attributes:
        arrival: `UNSENT` if the bytes never left this machine, `ACCEPTED` if a node answered with
            the transaction's hash, `ANSWERED` if it answered anything else, `UNANSWERED` if it may
            have received the transaction and did not answer.
        error: The node's answer, or the reason why there is none, for display; `None` if it
            accepted. Neither class nor message says anything about the outcome.
    """

    arrival: Arrival
    error: TransportError | None = None


@dataclass(frozen=True, slots=True)
class Send(Effect[Handover]):
    """Send a transaction to one node, once; to the next node only if nothing reached the first.

    It raises only `WrongChain` and `InvalidInput`, before anything is sent.
    """

    transaction: SignedTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """An event: the contract that emitted it, its topics and its data."""

    address: Address
    topics: tuple[str, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLog(Log):
    """An event with its block, its transaction, and its index among the events of the block."""

    block_number: int
    block_hash: str
    tx_hash: str
    index: int


@dataclass(frozen=True, slots=True)
class Logs(Effect[tuple[PlacedLog, ...]]):
    """Read all events of some contracts in a range of blocks, in chain order.

    Nodes limit the number of blocks and events in a request; they answer longer ones with
    `RpcRefused`. For blocks that it does not have yet, a node silently returns no events.
    """

    contracts: tuple[Address, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receipt of a transaction.

    Attributes:
        succeeded: Whether the transaction took effect.
        block_number: Number of its block.
        block_hash: Hash of its block.
        gas_used: Gas used.
        gas_price_wei: Price per gas; `None` if the node does not return it.
        logs: Its events, in order.
    """

    succeeded: bool
    block_number: int
    block_hash: str
    gas_used: int
    gas_price_wei: int | None
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class ReceiptOf(Effect[Receipt | None]):
    """Read a transaction's receipt; `None` while the node has no block with it."""

    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTransaction:
    """A transaction known to a node.

    Attributes:
        sender: The account that signed it, according to the node.
        transaction: The transaction without its signature.
        raw: The signed transaction, as sent.
        block_number: Number of its block; `None` while it is pending.
    """

    sender: Address
    transaction: Transaction
    raw: bytes
    block_number: int | None


@dataclass(frozen=True, slots=True)
class TransactionOf(Effect[SentTransaction | None]):
    """Read a transaction by its hash; `None` if the node doesn't know it, or no longer does."""

    tx_hash: str


@dataclass(frozen=True, slots=True)
class Sleep(Effect[None]):
    """Wait for a number of seconds."""

    seconds: float


class Clock(Effect[float]):
    """Read the monotonic clock, in seconds."""

    __slots__ = ()


class UnixTime(Effect[int]):
    """Read this machine's clock, in Unix seconds."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Local(Effect[T_co]):
    """Run a local task that can take time, such as signing with a device.

    Asynchronous callers await a task that returns an awaitable.

    Attributes:
        task: The task.
        finishes: Whether a caller that is cancelled waits for the task to end, because others rely
            on what it changes.
    """

    task: Callable[[], T_co | Awaitable[T_co]]
    finishes: bool = False


@dataclass(frozen=True, slots=True)
class FromEach(Effect[tuple[T_co, ...]]):
    """Perform an effect on every node, and return the answers, at least one."""

    part: Effect[T_co]

    @property
    def question(self) -> AnyEffect:
        """The question, without the type of its answer."""
        return self.part


@dataclass(frozen=True, slots=True)
class Together(Effect[T_co]):
    """Perform several effects at once; use `together` or `all_of` for a typed answer.

    A transport sends them in one request if possible. It raises the first error.
    """

    parts: tuple[AnyEffect, ...]


@overload
def together(a: Effect[A], b: Effect[B], /) -> Together[tuple[A, B]]: ...
@overload
def together(a: Effect[A], b: Effect[B], c: Effect[C], /) -> Together[tuple[A, B, C]]: ...
@overload
def together(
    a: Effect[A], b: Effect[B], c: Effect[C], d: Effect[D], /
) -> Together[tuple[A, B, C, D]]: ...
def together(*parts: AnyEffect) -> Together[tuple[Answer, ...]]:
    """Return an effect that performs two to four effects of different types at once."""
    return Together(parts)


def all_of(parts: tuple[Effect[T], ...]) -> Together[tuple[T, ...]]:
    """Return an effect that performs any number of effects of the same type at once."""
    return Together(parts)


def run(flow: Flow[T], perform: Perform) -> T:
    """Run a flow by performing its effects one after the other, and return its result.

    Args:
        flow: A flow, or the iterator of an effect.
        perform: Returns the answer to an effect, or raises.
    """
    try:
        effect = next(flow)
        while True:
            try:
                answer = perform(effect)
            except OcnRegistryError as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()  # so that the flow releases its resources in any case


async def run_async(flow: Flow[T], perform: AsyncPerform) -> T:
    """Run a flow by performing its effects one after the other; see `run`."""
    try:
        effect = next(flow)
        while True:
            try:
                answer = await perform(effect)
            except OcnRegistryError as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()
