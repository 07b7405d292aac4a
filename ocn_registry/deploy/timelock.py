"""Let a timelock accept the registry: schedule, wait, execute. Each step is checked.

OpenZeppelin's TimelockController calls `acceptOwnership()` itself after its delay, once an account
with the proposer role has scheduled the call. If the proposer is a Safe, write the call to a file
for it.

```python
run(offer(deployment, timelock, owner, options), transport.perform)
run(schedule(deployment, timelock, proposer, options), transport.perform)
print(run(acceptance(deployment, timelock), transport.perform).ready_unix_s)
run(execute(deployment, timelock, executor, options), transport.perform)  # then
```

Source: OpenZeppelin Contracts 5.3.0, `governance/TimelockController.sol`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from ocn_registry.deploy.handover import NotHandedOver, accepted, check_chain, offered, safe_batch
from ocn_registry.dialects import dialect_of
from ocn_registry.dialects.shared import call, question
from ocn_registry.errors import InvalidInput, UnknownRevert
from ocn_registry.evm import abi
from ocn_registry.evm.abi import Words
from ocn_registry.evm.keccak import keccak256
from ocn_registry.flows.same_write import plain
from ocn_registry.flows.transaction import transact
from ocn_registry.intents import AcceptOwnership
from ocn_registry.models import ZERO_ADDRESS, Address
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Call, ChainId, Head, UnixTime, together

if TYPE_CHECKING:
    from ocn_registry.errors import Reverted
    from ocn_registry.flows.options import WriteOptions
    from ocn_registry.networks import Deployment
    from ocn_registry.outcomes import Outcome
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.signing import AnySigner

_OPERATION: Final = "address,uint256,bytes,bytes32,bytes32"
_PROPOSER: Final = keccak256(b"PROPOSER_ROLE")
_EXECUTOR: Final = keccak256(b"EXECUTOR_ROLE")
_NOTHING: Final = abi.uint(0)


class OperationStage(Enum):
    """The state of an operation of a timelock; the values are the contract's."""

    UNSET = 0
    WAITING = 1
    READY = 2
    DONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceStatus:
    """The progress of a timelock in accepting the registry.

    Attributes:
        stage: Whether the operation is scheduled, ready or done.
        ready_unix_s: When it can be executed; `None` before it is scheduled and once it is done.
        min_delay_s: Shortest delay that the timelock accepts, in seconds.
    """

    stage: OperationStage
    ready_unix_s: int | None
    min_delay_s: int


def acceptance(deployment: Deployment, timelock: str, *, salt: int = 0) -> Flow[AcceptanceStatus]:
    """Return the progress of a timelock in accepting the registry.

    Args:
        deployment: The registry.
        timelock: Address of the timelock.
        salt: Distinguishes this acceptance from others of the same registry.
    """
    address = Address(timelock)
    number = keccak256(abi.join(*_operation(deployment, address, salt)))
    head = yield from Head()
    stage, ready, delay, chain_id = yield from together(
        _ask(address, "getOperationState(bytes32)", number, block=head.ref.number),
        _ask(address, "getTimestamp(bytes32)", number, block=head.ref.number),
        _ask(address, "getMinDelay()", block=head.ref.number),
        ChainId(),
    )
    check_chain(deployment, chain_id)
    if stage >= len(OperationStage):
        raise NotHandedOver(f"{address} is not a timelock: it answers with stage {stage}")
    waits = OperationStage(stage) in {OperationStage.WAITING, OperationStage.READY}
    return AcceptanceStatus(
        stage=OperationStage(stage), ready_unix_s=ready if waits else None, min_delay_s=delay
    )


def schedule(  # noqa: PLR0913 - what is scheduled
    deployment: Deployment,
    timelock: str,
    signer: AnySigner,
    options: WriteOptions,
    *,
    delay_s: int | None = None,
    salt: int = 0,
) -> Flow[Outcome]:
    """Schedule a timelock's acceptance of the registry, with the key of a proposer.

    Args:
        deployment: The registry.
        timelock: Address of the timelock that it was offered to.
        signer: A proposer of the timelock.
        options: How the transaction is priced and waited for.
        delay_s: Seconds until it can be executed; `None` for the timelock's minimum.
        salt: Distinguishes this acceptance from others of the same registry.

    Raises:
        NotHandedOver: The registry was not offered to the timelock, the signer is not a proposer,
            or the acceptance is already scheduled.
        InvalidInput: The delay is shorter than the timelock's minimum.
    """
    address = Address(timelock)
    made = yield from scheduling(deployment, address, signer.address, delay_s=delay_s, salt=salt)
    outcome = yield from _send(deployment, made, signer, options)
    found = yield from acceptance(deployment, address, salt=salt)
    if found.stage is OperationStage.UNSET:
        raise NotHandedOver(f"{address} does not know what was scheduled in {outcome.tx_hash}")
    return outcome


def execute(
    deployment: Deployment,
    timelock: str,
    signer: AnySigner,
    options: WriteOptions,
    *,
    salt: int = 0,
) -> Flow[Outcome]:
    """Have a timelock accept the registry once its delay has passed, and check the result.

    Args:
        deployment: The registry.
        timelock: Address of the timelock.
        signer: An executor of the timelock; any account if the timelock allows it.
        options: How the transaction is priced and waited for.
        salt: The salt that it was scheduled with.

    Raises:
        NotHandedOver: It is not scheduled, not ready, or already done; or the signer is not an
            executor.
    """
    address = Address(timelock)
    made = yield from executing(deployment, address, signer.address, salt=salt)
    outcome = yield from _send(deployment, made, signer, options)
    yield from accepted(deployment, address)
    return outcome


def schedule_file(
    deployment: Deployment,
    timelock: str,
    safe: str,
    *,
    delay_s: int | None = None,
    salt: int = 0,
) -> Flow[str]:
    """Return the file for a Safe, as a proposer, to schedule the acceptance.

    Args:
        deployment: The registry.
        timelock: Address of the timelock that it was offered to.
        safe: Address of the Safe: a proposer of the timelock.
        delay_s: Seconds until it can be executed; `None` for the timelock's minimum.
        salt: Distinguishes this acceptance from others of the same registry.

    Returns:
        JSON for the Safe's transaction builder.

    Raises:
        NotHandedOver: See `schedule`.
        InvalidInput: The delay is shorter than the timelock's minimum.
    """
    address, proposer = Address(timelock), Address(safe)
    made = yield from scheduling(deployment, address, proposer, delay_s=delay_s, salt=salt)
    now_unix_s = yield from UnixTime()
    says = f"schedule acceptOwnership() of {deployment.registry} in the timelock {address}"
    return safe_batch(deployment, proposer, says, made, now_unix_s)


def scheduling(
    deployment: Deployment,
    timelock: str,
    proposer: Address,
    *,
    delay_s: int | None = None,
    salt: int = 0,
) -> Flow[Call[tuple[Reverted | None, ...]]]:
    """Return the call that schedules the acceptance; see `schedule`."""
    address = Address(timelock)
    yield from offered(deployment, address)
    found = yield from acceptance(deployment, address, salt=salt)
    if found.stage is not OperationStage.UNSET:
        raise NotHandedOver(
            f"the acceptance by {address} is {found.stage.name.lower()} already: execute it, or "
            "give another salt",
        )
    delay = found.min_delay_s if delay_s is None else delay_s
    if delay < found.min_delay_s:
        raise InvalidInput(
            f"the delay is below the timelock's minimum: use at least {found.min_delay_s} s"
        )
    yield from _check_role(address, _PROPOSER, proposer, "proposer")
    operation = _operation(deployment, address, salt)
    data = call(f"schedule({_OPERATION},uint256)", *operation, abi.uint(delay))
    return Call(address, data, _no_items)


def executing(
    deployment: Deployment,
    timelock: str,
    executor: Address,
    *,
    salt: int = 0,
) -> Flow[Call[tuple[Reverted | None, ...]]]:
    """Return the call that executes the acceptance; see `execute`."""
    address = Address(timelock)
    found = yield from acceptance(deployment, address, salt=salt)
    if found.stage is not OperationStage.READY:
        when = f", and is ready at {found.ready_unix_s} (Unix time)" if found.ready_unix_s else ""
        raise NotHandedOver(
            f"the acceptance by {address} is {found.stage.name.lower()}{when}: schedule it, and "
            "wait until the chain's clock is there",
        )
    yield from offered(deployment, address)
    yield from _check_role(address, _EXECUTOR, executor, "executor")
    data = call(f"execute({_OPERATION})", *_operation(deployment, address, salt))
    return Call(address, data, _no_items)


def _operation(deployment: Deployment, timelock: Address, salt: int) -> tuple[bytes, ...]:
    """Return the timelock's operation, as arguments of its functions."""
    step = dialect_of(deployment).write((AcceptOwnership(),), each_alone=False, sender=timelock)
    target = abi.address(step.to)
    return target, _NOTHING, abi.blob(step.data), _NOTHING, abi.uint(salt)


def _check_role(timelock: Address, role: bytes, account: Address, name: str) -> Flow[None]:
    """Check that an account has a role. If the zero address has it, every account does."""
    signature = "hasRole(bytes32,address)"
    has, open_to_all = yield from together(
        _ask(timelock, signature, role, abi.address(account)),
        _ask(timelock, signature, role, abi.address(ZERO_ADDRESS)),
    )
    if not has and not (open_to_all and role == _EXECUTOR):
        raise NotHandedOver(
            f"{account} is not one of the {name}s of the timelock {timelock}: have one do it"
        )


def _ask(timelock: Address, signature: str, *parts: bytes, block: int | None = None) -> Call[int]:
    return question(
        timelock, signature, parts, decode=Words.uint, refuse=UnknownRevert, block=block
    )


def _no_items(answer: bytes) -> tuple[Reverted | None, ...]:
    del answer
    return ()


def _send(
    deployment: Deployment,
    made: Call[tuple[Reverted | None, ...]],
    signer: AnySigner,
    options: WriteOptions,
) -> Flow[Outcome]:
    dialect = dialect_of(deployment)
    return (yield from transact(dialect, plain(made), signer, options))
