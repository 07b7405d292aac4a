"""Deploy both contracts: plan, create, wait until they are final, verify, and write a record.

A signed transaction is in the journal before it is sent. If the deployment is interrupted and
started again with the same journal, the same bytes are sent again, or only waited for. Only one
transaction with a given nonce can ever take effect, and no second one is signed while the first may
still arrive.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from ocn_registry.deploy.chain_rules import too_new
from ocn_registry.deploy.create import (
    DIALECT,
    Creating,
    Creator,
    DeploymentOrder,
    NotDeployed,
    WaitingCreation,
    chain_of,
    ensure_created,
    published,
    waiting,
)
from ocn_registry.deploy.verify import Wanted, code_differences, verification
from ocn_registry.errors import BadAnswer, RpcRefused, WrongChain
from ocn_registry.evm.keccak import keccak256
from ocn_registry.flows.price import fees
from ocn_registry.models import Contract
from ocn_registry.networks import amount, chain_facts
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.effects import Balance, ChainId, Code, Head, together
from ocn_registry.transport.chain_queries import creation_gas

if TYPE_CHECKING:
    from ocn_registry.deploy.record import Record
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow

__all__ = [
    "NAMES",
    "Creating",
    "Creator",
    "DeploymentOrder",
    "DeploymentPlan",
    "NotDeployed",
    "WaitingCreation",
    "deploy",
    "gas_for",
    "plan",
]

NAMES: Final = ("Registry", "Permissions")

_CREATION_GAS = 53_000
_BYTE_GAS = 200
_CONSTRUCTOR_GAS = 200_000
_ZERO_GAS, _NONZERO_GAS = 4, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPlan:
    """What a deployment will do.

    Attributes:
        order: What to deploy.
        balance_wei: The deployer's balance.
        block_gas_limit: Gas limit of a block.
        max_fee_per_gas_wei: The most that is paid per gas.
        sizes: Size in bytes of each contract's deployed code.
        gas: Gas limit for each contract that is not created yet.
        waiting: Transactions that were sent and are not in a block yet. Their price can be raised.
        problems: What prevents the deployment; empty if nothing does.
    """

    order: DeploymentOrder
    balance_wei: int
    block_gas_limit: int
    max_fee_per_gas_wei: int
    sizes: dict[str, int]
    gas: dict[str, int]
    waiting: tuple[WaitingCreation, ...]
    problems: tuple[str, ...]

    @property
    def cost_wei(self) -> int:
        """The most that the remaining steps cost."""
        raised = self.order.raise_price
        sent = sum(one.cost_wei(raised=raised) for one in self.waiting)
        return sent + sum(self.gas.values()) * self.max_fee_per_gas_wei

    def lines(self) -> list[str]:
        """Return the plan as lines for people."""
        order = self.order
        token = order.token
        lines = [
            f"chain id    {order.chain_id}",
            f"account     {order.deployer}, has {amount(self.balance_wei, token)}",
            f"owner       {order.owner}",
            f"import      {'open until the owner closes it' if order.import_open else 'closed'}",
            f"block       {self.block_gas_limit} gas",
        ]
        for name, size in self.sizes.items():
            left = f"at most {self.gas[name]} gas" if name in self.gas else "already sent"
            lines.append(f"{name:<11} {size} bytes, {left}")
        for one in self.waiting:
            price = f"{one.max_fee_per_gas_wei:,} wei per gas"
            does = "is raised to" if order.raise_price else "can be raised to"
            lines += [
                f"waiting     {one.tx_hash} is not in a block",
                f"            its price, {price}, {does} {one.raised_fee_per_gas_wei:,}",
            ]
        cost = amount(self.cost_wei, token)
        price = f"at most {cost}, at {self.max_fee_per_gas_wei:,} wei per gas"
        return [*lines, f"price       {price}", f"finality    {order.options.confirmations} blocks"]


def plan(order: DeploymentOrder, record: Record) -> Flow[DeploymentPlan]:
    """Return what a deployment would do and cost, and whether the chain accepts it.

    Args:
        order: What to deploy.
        record: What has been done already.

    Raises:
        WrongChain: The node is on another chain.
        NotDeployed: The record belongs to another deployment.
        TransportError: The chain can't be reached.
    """
    chain_id, head, balance = yield from together(ChainId(), Head(), Balance(order.deployer))
    if chain_id != order.chain_id:
        raise WrongChain(order.chain_id, chain_id)
    _check_same_deployment(order, record)
    limit = head.gas_limit
    if limit is None:
        raise BadAnswer("the latest block has no gas limit: use another RPC node")
    fee, _ = yield from fees(head, order.options, has_base_fee=chain_of(order).base_fee)
    problems = yield from too_new(tuple([published(name).deployed_bytecode for name in NAMES]))
    gas: dict[str, int] = {}
    waits: list[WaitingCreation] = []
    for name in NAMES:
        if record.contract(name) is not None:
            found = yield from waiting(order, record, name)
            waits += [] if found is None else [found]
            continue
        code = order.code(name, order.deployer)
        gas[name] = gas_for(code, len(published(name).deployed_bytecode))
        if name == "Registry":
            try:
                gas[name] = (yield from creation_gas(order.deployer, code)) * 5 // 4
            except RpcRefused as error:
                problems = [*problems, f"the chain would not create the Registry: {error}"]
        if gas[name] > limit:
            problems = [*problems, f"{name} needs {gas[name]} gas, more than a block has: {limit}"]
        cap, cost = order.options.max_cost_wei, gas[name] * fee
        if cap is not None and cost > cap:
            costs, most = amount(cost, order.token), amount(cap, order.token)
            problem = f"{name} could cost {costs}, and the limit for a transaction is {most}"
            problems = [*problems, f"{problem}: raise it (--max-cost) if that is intended"]
    made = DeploymentPlan(
        order=order,
        balance_wei=balance,
        block_gas_limit=limit,
        max_fee_per_gas_wei=fee,
        sizes={name: len(published(name).deployed_bytecode) for name in NAMES},
        gas=gas,
        waiting=tuple(waits),
        problems=tuple(problems),
    )
    lacks = made.cost_wei - balance
    if lacks <= 0:
        return made
    has, needs, more = [amount(wei, order.token) for wei in (balance, made.cost_wei, lacks)]
    problem = f"has {has} and needs {needs}: send it {more} more"
    return replace(made, problems=(*problems, f"{order.deployer} {problem}"))


def deploy(order: DeploymentOrder, record: Record, creator: Creator) -> Flow[Deployment]:
    """Create what is not created yet, wait until it is final, verify it, and finish the record.

    The caller must hold the lock of the record (`alone`) and have checked the `plan`.

    Args:
        order: What to deploy.
        record: What has been done already; written before and after each step.
        creator: Signs the transactions.

    Raises:
        NotDeployed: The deployment can't continue; the message says why.
        OutcomeUnknown: A transaction was sent and was not final in time: run again to wait for it.
        TransactionReplaced: Another transaction of the deployer used the nonce of one of these.
        TransportError: The chain can't be reached.
    """
    if creator.address != order.deployer:
        raise NotDeployed(
            f"the signer {creator.address} is not the deployer {order.deployer}: sign with the "
            "deployer's key"
        )
    _check_same_deployment(order, record)
    record.fields.update(_fixed(order))
    record.write()
    found = chain_of(order)
    for name in NAMES:
        address = yield from ensure_created(order, record, creator, name, found.registry)
        registry = name == "Registry"
        found = (
            replace(found, registry=address) if registry else replace(found, permissions=address)
        )
        contract = Contract.REGISTRY if registry else Contract.PERMISSIONS
        if wrong := code_differences(found, contract, (yield from Code(address))):
            raise NotDeployed("; ".join(map(str, wrong)))
    known = {name: record.contract(name) or {} for name in NAMES}
    wanted = Wanted(
        deployed_open=order.import_open,
        first_owner=order.owner,
        registry_tx_hash=str(known["Registry"]["transaction"]),
        permissions_tx_hash=str(known["Permissions"]["transaction"]),
    )
    checked = yield from verification(found, wanted, rebuild=False)
    if not checked.is_verified:
        raise NotDeployed("; ".join(map(str, checked.differences)))
    for name, code_hash in zip(NAMES, checked.code_hashes, strict=True):
        record.note(name, codeHash=code_hash)
    found = replace(found, start_block=cast("int", known["Registry"]["block"]))
    if found.blocks_to_finality is None and order.options.confirmations > 1:
        found = replace(found, blocks_to_finality=order.options.confirmations)
    record.fields.update(
        registry=found.registry,
        permissions=found.permissions,
        startBlock=found.start_block,
        **chain_facts(found),
    )
    record.write()
    return found


def gas_for(code: bytes, size: int) -> int:
    """Return the most gas that creating `size` bytes takes, if it can't be estimated yet."""
    data = sum(_NONZERO_GAS if byte else _ZERO_GAS for byte in code)
    return _CREATION_GAS + data + _BYTE_GAS * size + _CONSTRUCTOR_GAS


def _fixed(order: DeploymentOrder) -> dict[str, object]:
    """Return the values that must not change between attempts."""
    hashes = {name: "0x" + keccak256(published(name).bytecode).hex() for name in NAMES}
    return {
        "name": order.name,
        "chainId": order.chain_id,
        "dialect": DIALECT,
        "deployer": order.deployer,
        "initialOwner": order.owner,
        "importOpen": order.import_open,
        "bytecodeHashes": hashes,
    }


def _check_same_deployment(order: DeploymentOrder, record: Record) -> None:
    """Reject the record of another deployment."""
    if record.is_finished:
        raise NotDeployed(
            f"{record.path} is the record of a finished deployment: verify it, or use another "
            "record for a new deployment",
        )
    for key, value in _fixed(order).items() if record.fields.get("contracts") else ():
        if record.fields.get(key) != value:
            raise NotDeployed(
                f"the record {record.path} was started with another {key}: continue with it, or "
                "use another record",
            )
