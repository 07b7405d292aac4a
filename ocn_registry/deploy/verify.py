"""Verify the contracts at an address with nothing but this package and an RPC node.

The code on the chain must equal the published code byte for byte. It differs only where the
constructor wrote immutable values, and these follow from the chain, the addresses and the
constructor's arguments. So the whole code is predicted and compared. Owner and import are read. The
first owner, and whether only published code wrote the storage, can only be read from the
transactions that created the contracts (`storage`).

```python
found = verify(deployment, HttpTransport(urls), wanted=Wanted(owner=safe))
for difference in found.differences:
    print(difference)
```

The RPC node is trusted. If you can't trust it, run your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ocn_registry.deploy.code import (
    NAMES,
    CodeDifference,
    code_differences,
    compared,
    deployed_open_in,
    differ,
    published,
)
from ocn_registry.deploy.storage import find_creation, state_differences
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import TransportError, WrongChain
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass
from ocn_registry.protocol.calls import CreationBy
from ocn_registry.protocol.effects import (
    ChainId,
    Code,
    Head,
    ReceiptOf,
    all_of,
    run,
    run_async,
    together,
)

if TYPE_CHECKING:
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.transport import AsyncTransport, Transport

__all__ = [
    "CodeDifference",
    "Verification",
    "Wanted",
    "code_differences",
    "verification",
    "verify",
    "verify_async",
]

_ARGUMENTS_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Expectations of a deployment, besides its code; `None` accepts anything.

    Attributes:
        owner: Current owner of the Registry.
        import_open: Whether the contracts accept imports now.
        deployed_open: Whether they accepted imports when they were created.
        first_owner: The owner set by the constructor; needs `registry_tx_hash`.
        registry_tx_hash: The transaction that created the Registry.
        permissions_tx_hash: The transaction that created the Permissions.
    """

    owner: Address | None = None
    import_open: bool | None = None
    deployed_open: bool | None = None
    first_owner: Address | None = None
    registry_tx_hash: str | None = None
    permissions_tx_hash: str | None = None

    def tx_hash(self, contract: Contract) -> str | None:
        """Return the transaction that created a contract."""
        registry = contract is Contract.REGISTRY
        return self.registry_tx_hash if registry else self.permissions_tx_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The state of the contracts at a deployment's addresses.

    Attributes:
        block: The block at which they were read.
        code_hashes: Keccak-256 of the deployed code, in hexadecimal: Registry, Permissions.
        owner: Owner of the Registry; `None` if there is none, or if the code is not the published
            one, since other code can return anything.
        pending_owner: The account that it was offered to.
        import_open: Whether each accepts imports; `None` if its code is not the published one.
        deployed_open: Whether each accepted imports when it was created; `None` if its code is not
            the published one.
        differences: Deviations from what is expected; empty if there are none.
        storage_unproven: Why the storage is unproven; `None` if it is proven that only published
            code wrote it.
    """

    block: BlockRef
    code_hashes: tuple[str, str]
    owner: Address | None
    pending_owner: Address | None
    import_open: tuple[bool | None, bool | None]
    deployed_open: tuple[bool | None, bool | None]
    differences: tuple[CodeDifference, ...]
    storage_unproven: str | None

    @property
    def is_verified(self) -> bool:
        """Whether nothing differs: code, constructor arguments, and the expectations."""
        return not self.differences

    @property
    def is_proven(self) -> bool:
        """Whether nothing differs, and the storage is proven."""
        return self.is_verified and self.storage_unproven is None


def verify(
    deployment: Deployment,
    transport: Transport,
    *,
    wanted: Wanted | None = None,
    rebuild: bool = True,
) -> Verification:
    """Verify the contracts at the addresses of a deployment.

    Args:
        deployment: Chain, addresses and generation.
        transport: Reaches the chain. It is not closed.
        wanted: Expectations besides the code.
        rebuild: Whether to rebuild the state from all events and compare it. Otherwise the storage
            counts as proven if published code created the contracts.

    Raises:
        WrongChain: The RPC node is on another chain.
        UnsupportedByDialect: The deployed code of this generation was not published.
        TransportError: The chain can't be reached.
    """
    flow = verification(deployment, wanted or Wanted(), rebuild=rebuild)
    return run(flow, transport.perform)


async def verify_async(
    deployment: Deployment,
    transport: AsyncTransport,
    *,
    wanted: Wanted | None = None,
    rebuild: bool = True,
) -> Verification:
    """Verify the contracts at the addresses of a deployment; see `verify`."""
    flow = verification(deployment, wanted or Wanted(), rebuild=rebuild)
    return await run_async(flow, transport.perform)


def verification(
    deployment: Deployment,
    wanted: Wanted,
    *,
    rebuild: bool = True,
) -> Flow[Verification]:
    """Verify the contracts at the addresses of a deployment; see `verify`."""
    dialect = dialect_of(deployment)
    chain_id, head = yield from together(ChainId(), Head())
    if chain_id != deployment.chain_id:
        raise WrongChain(deployment.chain_id, chain_id)
    block = head.ref.number
    addresses = (deployment.registry, deployment.permissions)
    codes = yield from all_of(tuple([Code(address, block) for address in addresses]))
    differences: list[CodeDifference] = []
    opens: list[bool | None] = []
    deployed_opens: list[bool | None] = []
    owner: Address | None = None
    pending_owner: Address | None = None
    created: list[int] = []
    unproven = "the code is not the published one"
    for contract, code in zip(NAMES, codes, strict=True):
        deployed_open = deployed_open_in(deployment, contract, code)
        wrong = compared(deployment, contract, code, deployed_open=deployed_open)
        is_open: bool | None = None
        if not wrong:  # other code can return anything
            is_open = yield from dialect.import_open(contract, block)
            wrong += _flag(contract, "importOpen()", wanted.import_open, is_open)
            wrong += _flag(contract, "importOpen at deploy", wanted.deployed_open, deployed_open)
        if is_open is not None and contract is Contract.REGISTRY:
            asked = together(dialect.owner(block), dialect.pending_owner(block))
            owner, pending_owner = yield from asked
            if wanted.owner is not None and owner != wanted.owner:
                wrong.append(differ(contract, "the owner", wanted.owner, str(owner)))
        differences += wrong
        tx_hash = wanted.tx_hash(contract)
        if tx_hash is None and is_open is not None:
            address = dialect.address_of(contract)
            tx_hash = yield from find_creation(deployment, address, block)
        if tx_hash is None:
            unproven = f"the transaction that created the {NAMES[contract]} was not found"
        else:
            known = yield from _created(deployment, contract, wanted, deployed_open, tx_hash)
            differences += known.differences
            other = f"the creation of the {NAMES[contract]} is not the published one"
            unproven = other if known.differences else known.unproven or unproven
            created += known.blocks
        opens.append(is_open)
        deployed_opens.append(deployed_open)
    if len(created) == len(NAMES) and not differences and rebuild:
        differed = yield from _state(deployment, min(created), block)
        if isinstance(differed, str):
            unproven, created = differed, []
        else:
            differences += differed
    return Verification(
        block=head.ref,
        code_hashes=(_hash(codes[0]), _hash(codes[1])),
        owner=owner,
        pending_owner=pending_owner,
        import_open=(opens[0], opens[1]),
        deployed_open=(deployed_opens[0], deployed_opens[1]),
        differences=tuple(differences),
        storage_unproven=unproven if differences or len(created) < len(NAMES) else None,
    )


def _state(deployment: Deployment, first: int, block: int) -> Flow[list[CodeDifference] | str]:
    """Return how the state differs from the one rebuilt from events, or why that is unknown."""
    try:
        differing = yield from state_differences(deployment, first, block)
    except TransportError as error:
        return f"the node omits events since block {first} ({error})"
    expected = "the state rebuilt from events"
    return [differ(Contract.REGISTRY, name, expected, "not that") for name in differing]


class _Created(NamedTuple):
    """The differences of a creation, or its block if there are none, or why it is not known."""

    differences: list[CodeDifference]
    blocks: list[int]
    unproven: str | None = None


def _created(
    deployment: Deployment,
    contract: Contract,
    wanted: Wanted,
    deployed_open: bool | None,  # noqa: FBT001 - private
    tx_hash: str,
) -> Flow[_Created]:
    """Compare the transaction that created a contract with the bytecode and the expectations."""
    what = f"transaction {shown(tx_hash, public=True)}"
    creation = yield from CreationBy(tx_hash)
    registry = contract is Contract.REGISTRY
    address = deployment.registry if registry else deployment.permissions
    if creation is None and (yield from ReceiptOf(tx_hash)) is not None:
        # Nothing but a node that traces can tell what such a transaction created.
        unproven = f"{what} calls a contract, maybe a factory that created the {NAMES[contract]}"
        first = wanted.first_owner if registry else None
        named = f"the first argument in {what}"
        missing = [] if first is None else [differ(contract, named, first, "unknown")]
        return _Created(missing, [], unproven)
    if creation is None or creation.block_number is None or creation.contract != address:
        found = "not known to create a contract" if creation is None else creation.contract
        wrong = differ(contract, what, f"the creation of {address}", str(found))
        return _Created([wrong], [])
    bytecode = published(deployment, contract).bytecode
    arguments = creation.data[len(bytecode) :]
    if creation.data[: len(bytecode)] != bytecode or len(arguments) != _ARGUMENTS_BYTES:
        wrong = differ(contract, f"the bytecode in {what}", "the published one", "different code")
        return _Created([wrong], [])
    first = wanted.first_owner if registry else deployment.registry
    actual = "0x" + arguments[:32].hex()
    differences: list[CodeDifference] = []
    if first is not None and arguments[:32] != abi.address(first):
        differences.append(differ(contract, f"the first argument in {what}", first, actual))
    if deployed_open is not None and arguments[32:] != abi.uint(int(deployed_open)):
        flag = "0x" + arguments[32:].hex()
        expected = str(deployed_open).lower()
        differences.append(differ(contract, f"the second argument in {what}", expected, flag))
    return _Created(differences, [] if differences else [creation.block_number])


def _flag(
    contract: Contract,
    what: str,
    wanted: bool | None,  # noqa: FBT001 - private
    found: bool | None,  # noqa: FBT001
) -> list[CodeDifference]:
    if wanted is None or wanted == found:
        return []
    actual = "unknown" if found is None else str(found).lower()
    return [differ(contract, what, str(wanted).lower(), actual)]


def _hash(code: bytes) -> str:
    return "0x" + keccak256(code).hex()
