"""What a flow can ask of a chain, as data.

A flow is a generator that yields effects and is sent their answers; it does no I/O, and a test can
play the chain. An effect yields itself when iterated, so that flows write `head = yield from
Head()` with the answer's type known. The only `Any` of the package is here: a generator yields
effects of several types, and no type says that it is sent the answer of what it yielded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

from ocn_registry.errors import OcnRegistryError, UnknownRevert
from ocn_registry.models import BlockRef

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
    """One thing that is asked of the world; `T_co` is the type of its answer."""

    __slots__ = ()

    def __iter__(self) -> Flow[T_co]:
        """Yield the effect itself, and return what is sent back."""
        answer: T_co = yield self
        return answer


Answer: TypeAlias = Any
AnyEffect: TypeAlias = Effect[Any]
Flow: TypeAlias = Generator[AnyEffect, Any, T]
Perform: TypeAlias = Callable[[AnyEffect], Answer]
AsyncPerform: TypeAlias = Callable[[AnyEffect], Awaitable[Answer]]


class Asked(Protocol[T_co]):
    """What has an answer: an effect, or a flow of several."""

    def __iter__(self) -> Flow[T_co]:
        """Give the flow that ends with the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Call(Effect[T_co]):
    """Run a function of a contract without changing anything.

    Attributes:
        to: Address of the contract.
        data: Calldata.
        decode: Makes the answer of what the function returned. It raises `BadAnswer` when that has
            not the form it should have.
        refuse: Makes an error of what the function reverted with; the transport raises it.
        sender: Who asks, for functions that look at it.
        block: Number of the block at whose end it runs; `None` for the latest. A transport asks
            for exactly the block of this number that it last told of, where the node can.
        gas: Most gas that it may use; `None` for as much as the node allows.
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
    """The latest block: its base fee is `None` without EIP-1559, its limit where there is none."""

    ref: BlockRef
    base_fee_wei: int | None
    gas_limit: int | None = None


class Head(Effect[HeadBlock]):
    """Ask for the latest block."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BlockAt(Effect[BlockRef | None]):
    """Ask for the block with this number; `None` when there is none."""

    number: int


@dataclass(frozen=True, slots=True)
class HeaderAt(Effect[HeadBlock | None]):
    """Ask for the header of the block with this number; `None` when there is none."""

    number: int


@dataclass(frozen=True, slots=True)
class Balance(Effect[int]):
    """Ask what an account has, in wei."""

    account: Address


@dataclass(frozen=True, slots=True)
class CodeSize(Effect[int]):
    """Ask how many bytes of code an account has; 0 for an account with a key."""

    account: Address


@dataclass(frozen=True, slots=True)
class Code(Effect[bytes]):
    """Ask for an account's code at the end of a block; empty for an account with a key."""

    account: Address
    block: int | None = None


class ChainId(Effect[int]):
    """Ask which chain the node is on."""

    __slots__ = ()


class GasPrice(Effect[int]):
    """Ask what the node thinks that gas costs, in wei per gas."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TransactionCount(Effect[int]):
    """Ask for the number of an account's next transaction.

    Attributes:
        account: The account.
        pending: Whether transactions that wait at the node count.
        block: Number of the block at whose end it is asked; `None` for the latest.
    """

    account: Address
    pending: bool = True
    block: int | None = None


@dataclass(frozen=True, slots=True)
class GasEstimate(Effect[int]):
    """Ask how much gas a call needs as a transaction; it raises what the call reverts with."""

    call: Call[object]


class Arrival(Enum):
    """What is known about a transaction that was handed to a node."""

    UNSENT = "unsent"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What came of handing over a transaction. Only the chain decides what becomes of it.

    Attributes:
        arrival: `UNSENT` if the bytes never left this machine, `ACCEPTED` if a node answered with
            the transaction's hash, `ANSWERED` if it answered anything else, `UNANSWERED` if it may
            have got the transaction and did not answer.
        error: The node's answer, or what kept it from answering, to be shown; `None` if it
            accepted. Its class and its words say nothing about what became of the transaction.
    """

    arrival: Arrival
    error: TransportError | None = None


@dataclass(frozen=True, slots=True)
class Send(Effect[Handover]):
    """Hand a transaction to one node, once; to the next only if nothing reached the first.

    It raises nothing but `WrongChain` and `InvalidInput`, before anything is sent.
    """

    transaction: SignedTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """An event: who emitted it, and its topics and data."""

    address: Address
    topics: tuple[str, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLog(Log):
    """An event, its block, its transaction, and its place among the events of the block."""

    block_number: int
    block_hash: str
    tx_hash: str
    index: int


@dataclass(frozen=True, slots=True)
class Logs(Effect[tuple[PlacedLog, ...]]):
    """Ask for all events of some contracts, from a first block to a last, in the chain's order.

    Nodes refuse to look through more blocks, or to tell more events, than they like:
    `RpcRefused`. Of blocks that a node does not have yet, it silently tells nothing.
    """

    contracts: tuple[Address, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction.

    Attributes:
        succeeded: Whether it took effect.
        block_number: Number of its block.
        block_hash: Hash of its block.
        gas_used: Gas that was paid for.
        gas_price_wei: What was paid per gas; `None` where the node does not say.
        logs: Its events, in their order.
    """

    succeeded: bool
    block_number: int
    block_hash: str
    gas_used: int
    gas_price_wei: int | None
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class ReceiptOf(Effect[Receipt | None]):
    """Ask for a transaction's receipt; `None` while it is in no block that the node knows."""

    tx_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTransaction:
    """A transaction that a node knows.

    Attributes:
        sender: Who signed and pays it, as the node tells.
        transaction: What was signed. Its fees are those of the old form where `tip` is `None`.
        raw: The same with its signature, as it was sent.
        block_number: Number of its block; `None` while it is in none.
    """

    sender: Address
    transaction: Transaction
    raw: bytes
    block_number: int | None


@dataclass(frozen=True, slots=True)
class TransactionOf(Effect[SentTransaction | None]):
    """Ask for a transaction by its hash; `None` when the node does not know it (any more)."""

    tx_hash: str


@dataclass(frozen=True, slots=True)
class Sleep(Effect[None]):
    """Wait for so many seconds."""

    seconds: float


class Clock(Effect[float]):
    """Ask for seconds on a clock that only goes forward."""

    __slots__ = ()


class UnixTime(Effect[int]):
    """Ask for the time of this machine, in seconds of Unix time."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Local(Effect[T_co]):
    """Do something here that may take its time: signing with a device, say.

    A task that gives an awaitable is for asynchronous callers: they await it.
    """

    task: Callable[[], T_co | Awaitable[T_co]]


@dataclass(frozen=True, slots=True)
class FromEach(Effect[tuple[T_co, ...]]):
    """Ask every node the same thing; the answers of those that answer, at least one."""

    part: Effect[T_co]

    @property
    def question(self) -> AnyEffect:
        """What each node is asked, of no known type."""
        return self.part


@dataclass(frozen=True, slots=True)
class Together(Effect[T_co]):
    """Ask several things at once; `together` and `all_of` know the type of the answer, a tuple.

    A transport sends them in one request where it can. It raises the first one's error.
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
    """Ask two to four things of different kinds at once."""
    return Together(parts)


def all_of(parts: tuple[Effect[T], ...]) -> Together[tuple[T, ...]]:
    """Ask any number of things of one kind at once."""
    return Together(parts)


def run(flow: Flow[T], perform: Perform) -> T:
    """Perform a flow's effects, one after the other; return what the flow returns.

    Args:
        flow: A flow; or an effect's iterator, to have just that one performed.
        perform: Answers an effect, or raises.
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
        flow.close()  # what a flow holds, it lets go of now, whatever came between


async def run_async(flow: Flow[T], perform: AsyncPerform) -> T:
    """Perform a flow's effects, one after the other; see `run`."""
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
