"""Where registries stand: chain, contracts, and how to reach them.

One JSON file for each network that is built in, by its name: the finished record of a deployment,
put here, is one. `from_json` reads a user's own file of the same
form:

```json
{
  "name": "volta",
  "chainId": 73799,
  "dialect": "v1",
  "registry": "0x...",
  "permissions": "0x...",
  "rpcUrls": ["https://..."],
  "explorer": "https://...",
  "startBlock": null
}
```

Only the chain's id, the dialect and the two addresses have to be there. `startBlock` is the block
of the deployment, from which its events are read; `null` where nobody has told us. Other keys, such
as `source`, are for people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FIRST = ("ewc", "volta", "local", "local-v1")
_DIALECTS = ("v1", "v3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One registry.

    Attributes:
        name: What people call it.
        chain_id: Chain that the contracts are on.
        dialect: Generation of the contracts.
        registry: Address of the Registry.
        permissions: Address of the Permissions.
        rpc_urls: RPC nodes, the preferred one first; may be empty.
        explorer: URL of a block explorer; `None` when there is none.
        start_block: Block of the deployment; `None` when it is not known.
    """

    name: str
    chain_id: int
    dialect: str
    registry: Address
    permissions: Address
    rpc_urls: tuple[str, ...] = ()
    explorer: str | None = None
    start_block: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no chain id, or a generation that nobody here speaks."""
        if self.chain_id < 1:
            raise InvalidInput(f"{self.chain_id} is no chain id: give a number from 1")
        if self.dialect not in _DIALECTS:
            raise InvalidInput(
                f"{shown(self.dialect)} is no generation of the contracts: "
                f"give {' or '.join(_DIALECTS)}",
            )


def names() -> tuple[str, ...]:
    """Tell the networks that are built in: a file for each."""
    found = {path.stem for path in Path(__file__).parent.glob("*.json")}
    return (*_FIRST, *sorted(found - set(_FIRST)))


def dialects() -> tuple[str, ...]:
    """Tell the generations of the contracts that this version speaks to, the oldest first."""
    return _DIALECTS


def built_in(name: str) -> Deployment:
    """Give a deployment that comes with the package.

    Args:
        name: One of `names()`.

    Raises:
        InvalidInput: There is none of this name.
    """
    known = names()
    if name not in known:
        raise InvalidInput(
            f"no network {shown(name)} is built in: choose one of {', '.join(known)}, "
            "or give a file of your own",
        )
    return from_json(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))


def from_json(text: str) -> Deployment:
    """Read a deployment.

    Args:
        text: A JSON object of the form that this module's head shows.

    Raises:
        InvalidInput: It is not of that form; the message says where.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"the deployment is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInput("the deployment is no JSON object")
    fields = cast("dict[str, object]", content)
    return Deployment(
        name=_text(fields.get("name", "unnamed"), "name"),
        chain_id=_number(fields.get("chainId"), "chainId"),
        dialect=_text(fields.get("dialect"), "dialect"),
        registry=Address(_text(fields.get("registry"), "registry")),
        permissions=Address(_text(fields.get("permissions"), "permissions")),
        rpc_urls=_urls(fields.get("rpcUrls", [])),
        explorer=_absent_or(_text, fields.get("explorer"), "explorer"),
        start_block=_absent_or(_number, fields.get("startBlock"), "startBlock"),
    )


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"the deployment's {key} is {shown(value)}: give a text")
    return value


def _number(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(f"the deployment's {key} is {shown(value)}: give a number from 0")
    return value


def _urls(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidInput(f"the deployment's rpcUrls is {shown(value)}: give a list of URLs")
    return tuple(_text(url, "rpcUrls") for url in cast("list[object]", value))


def _absent_or(read: Callable[[object, str], T], value: object, key: str) -> T | None:
    return None if value is None else read(value, key)
