"""The compiled contracts: ABI and bytecode. Users need no compiler.

`v3/` is generated from the sources by `make abi` and compared with a fresh compile in CI. `v1/` is
copied from v1's published npm package, as each file's `source` says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.portable.values import dataclass

_FOLDERS = ("v1", "v3")
_NAMES = ("Registry", "Permissions")


class AbiParameter(TypedDict, total=False):
    """A parameter of a function, an event or an error, in Solidity's ABI JSON."""

    name: str
    type: str
    internalType: str
    indexed: bool
    components: list[AbiParameter]


class AbiEntry(TypedDict, total=False):
    """A function, an event, an error or the constructor, in Solidity's ABI JSON."""

    type: str
    name: str
    inputs: list[AbiParameter]
    outputs: list[AbiParameter]
    stateMutability: str
    anonymous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled contract.

    Attributes:
        name: `Registry` or `Permissions`.
        abi: Its functions, events and errors.
        bytecode: The creation code, without the constructor's arguments.
        deployed_bytecode: The code on the chain, with zeros where the constructor writes immutable
            values; empty if it was not published.
        immutables: Where it writes them: first byte and length of each place, by the value's name.
    """

    name: str
    abi: list[AbiEntry]
    bytecode: bytes
    deployed_bytecode: bytes = b""
    immutables: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()


def artifact(dialect: str, name: str) -> Artifact:
    """Read a compiled contract.

    Args:
        dialect: Generation of the contract, as in a deployment.
        name: `Registry` or `Permissions`.

    Raises:
        InvalidInput: There is no such contract.
    """
    if dialect not in _FOLDERS or name not in _NAMES:
        raise InvalidInput(
            f"there is no contract {shown(name)} of generation {shown(dialect)}: "
            f"the names are {' and '.join(_NAMES)}, the generations {' and '.join(_FOLDERS)}",
        )
    text = Path(__file__).parent.joinpath(dialect, f"{name}.json").read_text(encoding="utf-8")
    content = cast("dict[str, object]", json.loads(text))  # our own file; a test checks its form
    immutables = cast("dict[str, list[dict[str, int]]]", content.get("immutableReferences", {}))
    return Artifact(
        name=name,
        abi=cast("list[AbiEntry]", content["abi"]),
        bytecode=bytes.fromhex(str(content["bytecode"])[2:]),
        deployed_bytecode=bytes.fromhex(str(content.get("deployedBytecode", "0x"))[2:]),
        immutables=tuple(
            [
                (variable, tuple([(place["start"], place["length"]) for place in places]))
                for variable, places in immutables.items()
            ],
        ),
    )
