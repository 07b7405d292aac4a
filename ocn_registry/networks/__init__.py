"""Networks: the deployments of registries, and facts about their chains.

Each built-in network is one JSON file in this folder, named after the network. `from_json` reads a
file of your own of the same form; the record of a finished deployment is such a file too.

```json
{
  "name": "volta",
  "chainId": 73799,
  "dialect": "v1",
  "registry": "0x...",
  "permissions": "0x...",
  "rpcUrls": ["https://..."],
  "relays": ["https://..."],
  "explorer": "https://...",
  "startBlock": null,
  "token": "VT",
  "blocksToFinality": 3,
  "baseFee": true
}
```

Only `chainId`, `dialect`, `registry` and `permissions` are required. Facts about the chain that a
file leaves out (`token`, `blocksToFinality`, `baseFee`, ...) come from the built-in network on the
same chain, if there is one; otherwise they are unknown. Other keys, such as `source`, are comments.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.arguments import checked
from ocn_registry.foreign.limits import NETWORK_FILE
from ocn_registry.foreign.strict_json import is_list, is_object, parse_json
from ocn_registry.foreign.text import masked_url, shown
from ocn_registry.models import Address
from ocn_registry.portable.base import Portable
from ocn_registry.portable.forms import camel, plain
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNKNOWN_TOKEN: Final = "tokens"  # noqa: S105 - money, not a secret

_FIRST = ("ewc", "volta", "local", "local-v1")
_TEST_CHAINS: Final = frozenset({1337, 31337})  # Ganache and geth --dev; Anvil and Hardhat
_DIALECTS = ("v1", "v3")
_MAX_TOKEN_LENGTH = 16
_DECIMALS = 18
_MANY_WEI = 10**12


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Portable):
    """One registry, and the chain it is on.

    Attributes:
        name: Name of the network.
        chain_id: Id of the chain.
        dialect: The dialect of the deployment.
        registry: Address of the Registry contract.
        permissions: Address of the Permissions contract.
        rpc_urls: RPC nodes, the preferred one first; may be empty.
        relays: Relays that send signed requests to this registry; may be empty.
        explorer: URL of a block explorer; `None` if there is none.
        start_block: Block of the deployment, where its events begin; `None` if unknown.
        other_permissions: Other Permissions contracts that software on this network is known to
            be configured with.
        token: Name of the chain's token; `tokens` if unknown.
        blocks_to_finality: Number of blocks, its own included, that make a block final; `None` if
            unknown.
        base_fee: Whether blocks have a base fee; `None` if unknown.
        london_block: First block with London rules; `None` if unknown.
        block_time_s: Seconds between blocks, where they come at fixed times; `None` elsewhere.
        usual_gas_price_wei: Most that is usually paid for a unit of gas; `None` if unknown.
        validators: Contract that lists the chain's validators; `None` if there is none.
        development: Whether this is a development chain, run by a single program.
    """

    name: str
    chain_id: int
    dialect: str
    registry: Address
    permissions: Address
    rpc_urls: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    explorer: str | None = None
    start_block: int | None = None
    other_permissions: tuple[Address, ...] = ()
    token: str = UNKNOWN_TOKEN
    blocks_to_finality: int | None = None
    base_fee: bool | None = None
    london_block: int | None = None
    block_time_s: int | None = None
    usual_gas_price_wei: int | None = None
    validators: Address | None = None
    development: bool = False

    @property
    def starts_again(self) -> bool:
        """Whether this is a test chain, which can be restarted or reset at any time."""
        return self.development or self.chain_id in _TEST_CHAINS

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InvalidInput: The chain id, the generation, the token or a number is not valid.
        """
        if self.chain_id < 1:
            raise InvalidInput(f"{self.chain_id} is not a valid chain id: use a number from 1")
        if self.dialect not in _DIALECTS:
            raise InvalidInput(
                f"{shown(self.dialect)} is not a known generation of the contracts: "
                f"use {' or '.join(_DIALECTS)}",
            )
        if not self.token.isprintable() or not 0 < len(self.token) <= _MAX_TOKEN_LENGTH:
            raise InvalidInput(
                f"{shown(self.token)} is not a valid name of a token: "
                f"use at most {_MAX_TOKEN_LENGTH} printable characters",
            )
        if self.blocks_to_finality is not None and self.blocks_to_finality < 1:
            raise InvalidInput(
                f"{self.blocks_to_finality} is not a valid number of blocks to finality: "
                "use a number from 1",
            )

    def to_dict(self) -> dict[str, object]:  # type: ignore[explicit-override]
        """Return the deployment in the form of a network file; unknown facts are left out."""
        found = {field.key: plain(getattr(self, field.attribute)) for field in _PLACE}
        known = {name: value for name, value in found.items() if value not in (None, [])}
        return known | {name: plain(value) for name, value in chain_facts(self).items()}

    @classmethod
    @checked
    def from_dict(cls, data: Mapping[str, object]) -> Self:  # type: ignore[explicit-override]
        """Return the deployment that an object of a network file describes.

        Raises:
            InvalidInput: It does not have that form; the message says where.
        """
        return cls(**_values(data))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - by its field


def names() -> tuple[str, ...]:
    """Return the names of the built-in networks."""
    found = {path.stem for path in Path(__file__).parent.glob("*.json")}
    return (*_FIRST, *sorted(found - set(_FIRST)))


def dialects() -> tuple[str, ...]:
    """Return the generations of the contracts that this version supports, the oldest first."""
    return _DIALECTS


def built_in(name: str) -> Deployment:
    """Return a built-in deployment.

    Args:
        name: One of `names()`.

    Raises:
        InvalidInput: No network of this name is built in.
    """
    if name not in (known := names()):
        raise InvalidInput(
            f"{shown(masked_url(name))} is not a built-in network: use one of {', '.join(known)}, "
            "or a file of your own",
        )
    return _built_in(name)


@cache
def _built_in(name: str) -> Deployment:
    return _read(Path(__file__).with_name(f"{name}.json").read_bytes())


def from_json(text: str | bytes) -> Deployment:
    """Read a deployment, and complete it with what is known about its chain.

    Args:
        text: A JSON object of the form shown in this module's description.

    Raises:
        InvalidInput: The text does not have that form; the message says where.
    """
    return with_chain_facts(_read(text.encode() if isinstance(text, str) else text))


def token_of(chain_id: int) -> str:
    """Return the name of a chain's token, as the built-in networks know it.

    Args:
        chain_id: Id of the chain.
    """
    known = (_built_in(name) for name in names())
    return next((one.token for one in known if one.chain_id == chain_id), UNKNOWN_TOKEN)


def amount(wei: int, token: str) -> str:
    """Return an exact amount in words: in tokens, and if it is small, also in wei.

    Args:
        wei: The amount.
        token: Name of the chain's token.
    """
    whole, part = divmod(wei, 10**_DECIMALS)
    tokens = f"{whole:,}.{part:0{_DECIMALS}}".rstrip("0").rstrip(".") + f" {token}"
    return f"{tokens} ({wei:,} wei)" if 0 < wei < _MANY_WEI else tokens


def with_chain_facts(deployment: Deployment) -> Deployment:
    """Return the deployment completed with what the built-in networks say about its chain.

    Args:
        deployment: What it says about its chain itself is kept.
    """
    same_chain = (
        one for name in names() if (one := _built_in(name)).chain_id == deployment.chain_id
    )
    if (known := next(same_chain, None)) is None:
        return deployment
    defaults = {field.name: field.default for field in fields(Deployment)}
    missing = {
        field.attribute: getattr(known, field.attribute)
        for field in _CHAIN_FACTS
        if getattr(deployment, field.attribute) == defaults[field.attribute]
    }
    return replace(deployment, **missing)


def chain_facts(deployment: Deployment) -> dict[str, object]:
    """Return the known facts about a deployment's chain, with the keys of a network file.

    Args:
        deployment: Facts that are unknown there are left out.
    """
    defaults = {field.name: field.default for field in fields(Deployment)}
    return {
        field.key: value
        for field in _CHAIN_FACTS
        if (value := getattr(deployment, field.attribute)) != defaults[field.attribute]
    }


def _read(content: bytes) -> Deployment:
    try:
        found = parse_json(content, NETWORK_FILE)
    except ValueError as error:
        raise InvalidInput(f"the network file is not valid JSON: {error}") from error
    if not is_object(found):
        raise InvalidInput("the network file is not a JSON object")
    return Deployment.from_dict(found)


def _values(found: Mapping[str, object]) -> dict[str, object]:
    given = {
        field.attribute: field.read(value, field.key)
        for field in (*_PLACE, *_CHAIN_FACTS)
        if (value := found.get(field.key)) is not None
    }
    for field in _PLACE[1:5]:
        if field.attribute not in given:
            raise InvalidInput(f"the network file has no {field.key}: add it")
    return {"name": "unnamed"} | given


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise _invalid(value, key, "text")
    return value


def _number(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _invalid(value, key, "a number from 0")
    return value


def _flag(value: object, key: str) -> bool:
    if not isinstance(value, bool):
        raise _invalid(value, key, "true or false")
    return value


def _address(value: object, key: str) -> Address:
    try:
        return Address(_text(value, key))
    except InvalidInput as error:
        raise InvalidInput(f"the network file's {key}: {error}") from None


def _urls(value: object, key: str) -> tuple[str, ...]:
    if not is_list(value):
        raise _invalid(value, key, "a list of URLs")
    return tuple(_text(url, key) for url in value)


def _addresses(value: object, key: str) -> tuple[Address, ...]:
    if not is_list(value):
        raise _invalid(value, key, "a list of addresses")
    return tuple(_address(address, key) for address in value)


def _invalid(value: object, key: str, form: str) -> InvalidInput:
    return InvalidInput(f"the network file's {key} is {shown(value)}: use {form}")


class _Field(NamedTuple):
    attribute: str
    read: Callable[[object, str], object]

    @property
    def key(self) -> str:
        """The key in a network file."""
        return camel(self.attribute)


_PLACE: Final = (
    _Field("name", _text),
    _Field("chain_id", _number),
    _Field("dialect", _text),
    _Field("registry", _address),
    _Field("permissions", _address),
    _Field("rpc_urls", _urls),
    _Field("relays", _urls),
    _Field("explorer", _text),
    _Field("start_block", _number),
    _Field("other_permissions", _addresses),
)
_CHAIN_FACTS: Final = (
    _Field("token", _text),
    _Field("blocks_to_finality", _number),
    _Field("base_fee", _flag),
    _Field("london_block", _number),
    _Field("block_time_s", _number),
    _Field("usual_gas_price_wei", _number),
    _Field("validators", _address),
    _Field("development", _flag),
)
