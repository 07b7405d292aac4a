"""What stands at an address, checked from the outside: with this package and an RPC node.

The code on the chain has to equal the published one byte for byte. Only where the constructor wrote
immutable values is there something else, and each of these values follows from the chain, the
addresses and the constructor's arguments: so the whole code is foretold, and compared. Owner and
import are read; who was the first owner, only the transaction of the creation tells.

```python
found = verify(deployment, HttpTransport(urls), wanted=Wanted(owner=safe))
for difference in found.differences:
    print(difference)
```

The RPC node is believed. Whoever can't trust it asks one of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.dialects import dialect_of
from ocn_registry.errors import UnsupportedByDialect, WrongChain
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown
from ocn_registry.models import Contract
from ocn_registry.protocol.effects import (
    ChainId,
    Code,
    CreationBy,
    Head,
    all_of,
    run,
    run_async,
    together,
)

if TYPE_CHECKING:
    from ocn_registry.deploy.artifacts import Artifact
    from ocn_registry.models import Address, BlockRef
    from ocn_registry.networks import Deployment
    from ocn_registry.protocol.effects import Flow
    from ocn_registry.transport import AsyncTransport, Transport

_NAMES = {Contract.REGISTRY: "Registry", Contract.PERMISSIONS: "Permissions"}
_DOMAIN_NAMES = {Contract.REGISTRY: b"OCN Registry", Contract.PERMISSIONS: b"OCN Permissions"}
_VERSION = b"3"
_DOMAIN = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"  # EIP-712
)
_ARGUMENTS_BYTES = 64
_DIFFERENCES_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody expects of a deployment, besides its code; `None` where anything will do.

    Attributes:
        owner: Who owns the Registry now.
        import_open: Whether the contracts take imports now.
        deployed_open: Whether they took imports when they were created.
        first_owner: Who was made the owner by the constructor; needs `registry_tx_hash`.
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
        """Tell the transaction that created a contract."""
        registry = contract is Contract.REGISTRY
        return self.registry_tx_hash if registry else self.permissions_tx_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not as it should be.

    Attributes:
        contract: Where.
        what: What differs, for people.
        expected: What it should be.
        found: What it is.
    """

    contract: Contract
    what: str
    expected: str
    found: str

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Give one line."""
        where = _NAMES[self.contract]
        return f"{where}: {self.what} is {self.found} and should be {self.expected}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What stands at the addresses of a deployment.

    Attributes:
        block: As of which block.
        code_hashes: Keccak-256 of the code on the chain, in hexadecimal: Registry, Permissions.
        owner: Who owns the Registry; `None` for nobody, or when the code is not the
            published one: other code can say what it likes.
        pending_owner: To whom it was offered.
        import_open: Whether each takes imports; `None` when its code is not the published one.
        deployed_open: Whether each took imports when it was created; `None` when its code is not
            the published one.
        differences: What is not as it should be; empty when all is well.
    """

    block: BlockRef
    code_hashes: tuple[str, str]
    owner: Address | None
    pending_owner: Address | None
    import_open: tuple[bool | None, bool | None]
    deployed_open: tuple[bool | None, bool | None]
    differences: tuple[Difference, ...]

    @property
    def is_verified(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify(
    deployment: Deployment,
    transport: Transport,
    *,
    wanted: Wanted | None = None,
) -> Verification:
    """Check what stands at the addresses of a deployment.

    Args:
        deployment: Chain, addresses and generation.
        transport: The way to the chain; stays open.
        wanted: What is expected besides the code.

    Raises:
        WrongChain: The RPC node is on another chain.
        UnsupportedByDialect: The deployed code of this generation was not published.
        TransportError: The chain can't be asked.
    """
    return run(verification(deployment, wanted or Wanted()), transport.perform)


async def verify_async(
    deployment: Deployment,
    transport: AsyncTransport,
    *,
    wanted: Wanted | None = None,
) -> Verification:
    """Check what stands at the addresses of a deployment; see `verify`.

    Args:
        deployment: Chain, addresses and generation.
        transport: The way to the chain; stays open.
        wanted: What is expected besides the code.
    """
    return await run_async(verification(deployment, wanted or Wanted()), transport.perform)


def verification(deployment: Deployment, wanted: Wanted) -> Flow[Verification]:
    """Check what stands at the addresses of a deployment; see `verify`."""
    dialect = dialect_of(deployment)
    chain_id, head = yield from together(ChainId(), Head())
    if chain_id != deployment.chain_id:
        raise WrongChain(deployment.chain_id, chain_id)
    block = head.ref.number
    addresses = (deployment.registry, deployment.permissions)
    codes = yield from all_of(tuple([Code(address, block) for address in addresses]))
    differences: list[Difference] = []
    opens: list[bool | None] = []
    deployed_opens: list[bool | None] = []
    owner: Address | None = None
    pending_owner: Address | None = None
    for contract, code in zip(_NAMES, codes, strict=True):
        deployed_open = deployed_open_in(deployment, contract, code)
        wrong = _code_differences(deployment, contract, code, deployed_open=deployed_open)
        is_open: bool | None = None
        if not wrong:  # other code can say of itself what it likes
            is_open = yield from dialect.import_open(contract, block)
            wrong += _flag(contract, "importOpen()", wanted.import_open, is_open)
            wrong += _flag(contract, "importOpen at deploy", wanted.deployed_open, deployed_open)
        if is_open is not None and contract is Contract.REGISTRY:
            asked = together(dialect.owner(block), dialect.pending_owner(block))
            owner, pending_owner = yield from asked
            if wanted.owner is not None and owner != wanted.owner:
                wrong.append(_differ(contract, "the owner", wanted.owner, str(owner)))
        differences += wrong
        differences += yield from _creation_differences(deployment, contract, wanted, deployed_open)
        opens.append(is_open)
        deployed_opens.append(deployed_open)
    return Verification(
        block=head.ref,
        code_hashes=(_hash(codes[0]), _hash(codes[1])),
        owner=owner,
        pending_owner=pending_owner,
        import_open=(opens[0], opens[1]),
        deployed_open=(deployed_opens[0], deployed_opens[1]),
        differences=tuple(differences),
    )


def code_differences(deployment: Deployment, contract: Contract, code: bytes) -> list[Difference]:
    """Tell how code differs from what the published contract has on the chain.

    Args:
        deployment: Chain, addresses and generation.
        contract: Which contract it should be.
        code: The code on the chain.
    """
    deployed_open = deployed_open_in(deployment, contract, code)
    return _code_differences(deployment, contract, code, deployed_open=deployed_open)


def deployed_open_in(deployment: Deployment, contract: Contract, code: bytes) -> bool | None:
    """Tell whether a contract took imports when it was created, from its code.

    Args:
        deployment: Chain, addresses and generation.
        contract: Which contract it should be.
        code: The code on the chain.

    Returns:
        `None` when the code is another one.
    """
    values = {
        code[start : start + length]
        for name, places in _published(deployment, contract).immutables
        if name == "_deployedOpen"
        for start, length in places
    }
    flags = {abi.uint(0): False, abi.uint(1): True}
    return flags.get(values.pop()) if len(values) == 1 else None


def _code_differences(
    deployment: Deployment,
    contract: Contract,
    code: bytes,
    *,
    deployed_open: bool | None,
) -> list[Difference]:
    published = _published(deployment, contract)
    size = len(published.deployed_bytecode)
    if len(code) != size:
        found = f"{len(code)} bytes" if code else "none at all"
        return [_differ(contract, "the code", f"{size} bytes", found)]
    wanted = bytearray(published.deployed_bytecode)
    differences: list[Difference] = []
    values = _values(deployment, contract)
    if deployed_open is not None:
        values["_deployedOpen"] = abi.uint(int(deployed_open))
    masked = bytearray(code)
    for name, places in published.immutables:
        for start, length in places:
            there = code[start : start + length]
            masked[start : start + length] = bytes(length)
            value = values.get(name)
            if there != value:
                expected = "0 or 1, everywhere" if value is None else "0x" + value.hex()
                what = f"the value {name} at byte {start} of the code"
                differences.append(_differ(contract, what, expected, "0x" + there.hex()))
    wrong = [at for at in range(size) if masked[at] != wanted[at]]
    for at in wrong[:_DIFFERENCES_TOLD]:
        more = f" (and {len(wrong)} bytes differ in all)" if len(wrong) > 1 else ""
        what = f"byte {at} of the code{more}"
        differences.append(_differ(contract, what, f"0x{wanted[at]:02x}", f"0x{masked[at]:02x}"))
    return differences


def _published(deployment: Deployment, contract: Contract) -> Artifact:
    published = artifact(deployment.dialect, _NAMES[contract])
    if not published.deployed_bytecode:
        raise UnsupportedByDialect(
            f"the code that contracts of the generation {deployment.dialect} have on the chain was "
            "not published: there is nothing to compare with",
        )
    return published


def _values(deployment: Deployment, contract: Contract) -> dict[str, bytes]:
    """Foretell the immutable values, those of OpenZeppelin's EIP712 among them."""
    registry = contract is Contract.REGISTRY
    own = abi.address(deployment.registry if registry else deployment.permissions)
    name = _DOMAIN_NAMES[contract]
    hashes = keccak256(name), keccak256(_VERSION)
    chain_id = abi.uint(deployment.chain_id)
    separator = keccak256(b"".join([keccak256(_DOMAIN), *hashes, chain_id, own]))
    return {
        "_cachedDomainSeparator": separator,
        "_cachedChainId": chain_id,
        "_cachedThis": own,
        "_hashedName": hashes[0],
        "_hashedVersion": hashes[1],
        "_name": _short_string(name),
        "_version": _short_string(_VERSION),
        "registry": abi.address(deployment.registry),
    }


def _short_string(text: bytes) -> bytes:
    return text.ljust(31, b"\0") + bytes([len(text)])


def _creation_differences(
    deployment: Deployment,
    contract: Contract,
    wanted: Wanted,
    deployed_open: bool | None,  # noqa: FBT001 - private
) -> Flow[list[Difference]]:
    """Hold the transaction that created a contract to the bytecode and to what was asked of it."""
    tx_hash = wanted.tx_hash(contract)
    if tx_hash is None:
        return []
    what = f"transaction {shown(tx_hash)}"
    creation = yield from CreationBy(tx_hash)
    registry = contract is Contract.REGISTRY
    address = deployment.registry if registry else deployment.permissions
    if creation is None or creation.block_number is None or creation.contract != address:
        found = "not known to create a contract" if creation is None else creation.contract
        return [_differ(contract, what, f"the creation of {address}", str(found))]
    bytecode = _published(deployment, contract).bytecode
    arguments = creation.data[len(bytecode) :]
    if creation.data[: len(bytecode)] != bytecode or len(arguments) != _ARGUMENTS_BYTES:
        return [_differ(contract, f"the bytecode in {what}", "the published one", "another one")]
    first = wanted.first_owner if registry else deployment.registry
    told = "0x" + arguments[:32].hex()
    differences: list[Difference] = []
    if first is not None and arguments[:32] != abi.address(first):
        differences.append(_differ(contract, f"the first argument in {what}", first, told))
    if deployed_open is not None and arguments[32:] != abi.uint(int(deployed_open)):
        flag = "0x" + arguments[32:].hex()
        expected = str(deployed_open).lower()
        differences.append(_differ(contract, f"the second argument in {what}", expected, flag))
    return differences


def _flag(
    contract: Contract,
    what: str,
    wanted: bool | None,  # noqa: FBT001 - private
    found: bool | None,  # noqa: FBT001
) -> list[Difference]:
    if wanted is None or wanted == found:
        return []
    told = "not to be had" if found is None else str(found).lower()
    return [_differ(contract, what, str(wanted).lower(), told)]


def _differ(contract: Contract, what: str, expected: str, found: str) -> Difference:
    return Difference(contract=contract, what=what, expected=expected, found=found)


def _hash(code: bytes) -> str:
    return "0x" + keccak256(code).hex()
