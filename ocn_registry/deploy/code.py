"""Compare the code on the chain with the published code, byte for byte.

They differ only where the constructor wrote immutable values, and each of these follows from the
chain, the addresses and the constructor's arguments. So the whole code is predicted and compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ocn_registry.deploy.artifacts import artifact
from ocn_registry.errors import UnsupportedByDialect
from ocn_registry.evm import abi
from ocn_registry.evm.keccak import keccak256
from ocn_registry.models import Contract
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from ocn_registry.deploy.artifacts import Artifact
    from ocn_registry.networks import Deployment

NAMES: Final = {Contract.REGISTRY: "Registry", Contract.PERMISSIONS: "Permissions"}
_X: Final = {Contract.REGISTRY: b"OCN Registry", Contract.PERMISSIONS: b"OCN Permissions"}
_VERSION = b"3"
_DOMAIN = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"  # EIP-712
)
_DIFFERENCES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDifference:
    """A deviation of a contract from the published one.

    Attributes:
        contract: Which contract.
        what: What differs, for people.
        expected: The expected value.
        found: The actual value.
    """

    contract: Contract
    what: str
    expected: str
    found: str

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the difference as one line."""
        where = NAMES[self.contract]
        return f"{where}: {self.what} is {self.found} and should be {self.expected}"


def code_differences(
    deployment: Deployment, contract: Contract, code: bytes
) -> list[CodeDifference]:
    """Return how code differs from the published contract's deployed code.

    Args:
        deployment: Chain, addresses and generation.
        contract: The contract that it should be.
        code: The code on the chain.
    """
    deployed_open = deployed_open_in(deployment, contract, code)
    return compared(deployment, contract, code, deployed_open=deployed_open)


def deployed_open_in(deployment: Deployment, contract: Contract, code: bytes) -> bool | None:
    """Return whether a contract accepted imports when it was created, according to its code.

    Args:
        deployment: Chain, addresses and generation.
        contract: The contract that it should be.
        code: The code on the chain.

    Returns:
        `None` if the code is not the published one.
    """
    values = {
        code[start : start + length]
        for name, places in published(deployment, contract).immutables
        if name == "_deployedOpen"
        for start, length in places
    }
    flags = {abi.uint(0): False, abi.uint(1): True}
    return flags.get(values.pop()) if len(values) == 1 else None


def compared(
    deployment: Deployment,
    contract: Contract,
    code: bytes,
    *,
    deployed_open: bool | None,
) -> list[CodeDifference]:
    """Return how code differs, and the import flag in it; see `code_differences`."""
    made = published(deployment, contract)
    size = len(made.deployed_bytecode)
    if len(code) != size:
        found = f"{len(code)} bytes" if code else "missing"
        return [differ(contract, "the code", f"{size} bytes", found)]
    wanted = bytearray(made.deployed_bytecode)
    differences: list[CodeDifference] = []
    values = immutable_values(deployment, contract)
    if deployed_open is not None:
        values["_deployedOpen"] = abi.uint(int(deployed_open))
    masked = bytearray(code)
    for name, places in made.immutables:
        for start, length in places:
            there = code[start : start + length]
            masked[start : start + length] = bytes(length)
            value = values.get(name)
            if there != value:
                expected = "0 or 1, the same in each place" if value is None else "0x" + value.hex()
                what = f"the value {name} at byte {start} of the code"
                differences.append(differ(contract, what, expected, "0x" + there.hex()))
    wrong = [at for at in range(size) if masked[at] != wanted[at]]
    for at in wrong[:_DIFFERENCES_SHOWN]:
        more = f" (and {len(wrong)} bytes differ in total)" if len(wrong) > 1 else ""
        what = f"byte {at} of the code{more}"
        differences.append(differ(contract, what, f"0x{wanted[at]:02x}", f"0x{masked[at]:02x}"))
    return differences


def published(deployment: Deployment, contract: Contract) -> Artifact:
    """Return the published contract.

    Raises:
        UnsupportedByDialect: The code of this generation was not published.
    """
    published = artifact(deployment.dialect, NAMES[contract])
    if not published.deployed_bytecode:
        raise UnsupportedByDialect(
            f"the code of contracts of the generation {deployment.dialect} was not published: "
            "there is nothing to compare with",
        )
    return published


def immutable_values(deployment: Deployment, contract: Contract) -> dict[str, bytes]:
    """Return the expected immutable values, including those of OpenZeppelin's EIP712."""
    registry = contract is Contract.REGISTRY
    own = abi.address(deployment.registry if registry else deployment.permissions)
    name = _X[contract]
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


def differ(contract: Contract, what: str, expected: str, found: str) -> CodeDifference:
    """Return a difference."""
    return CodeDifference(contract=contract, what=what, expected=expected, found=found)
