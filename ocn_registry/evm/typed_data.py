"""Typed data (EIP-712): the payload for wallets, and its hash.

The hashing is our own: these requests are flat structures of text, addresses, numbers and lists of
numbers, and the hashes of types and domains are cached, so a digest costs a few hashes. Tests
compare it with eth-account's `encode_typed_data`, which silently coerces values.

Source: EIP-712.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from ocn_registry.evm.keccak import keccak256
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocn_registry.evm.address import Address

Value: TypeAlias = str | int | tuple[int, ...]

_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True)
class StructType:
    """The type of a request.

    Attributes:
        name: Its name.
        fields: Type and name of each field, in order. Types are `address`, `string`, `uint256`,
            `uint8[]` and `uint256[]`.
    """

    name: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> StructType:
        """Read a type as EIP-712 writes it, for example `DeleteNode(address operator)`."""
        name, _, rest = text.removesuffix(")").partition("(")
        parts = (field.partition(" ") for field in rest.split(",") if field)
        return cls(name, tuple((kind, field) for kind, _, field in parts))

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Write the type as EIP-712 does."""
        return f"{self.name}({','.join(f'{kind} {name}' for kind, name in self.fields)})"

    def document(self) -> list[dict[str, str]]:
        """Return the fields in the form of a document's `types`."""
        return [{"name": name, "type": kind} for kind, name in self.fields]


DOMAIN_TYPE = StructType.parse(_DOMAIN_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The contract that a request is for; a signature for one is worthless for any other."""

    name: str
    version: str
    chain_id: int
    contract: Address

    def values(self) -> tuple[Value, ...]:
        """Return the values of the domain's fields, in order."""
        return (self.name, self.version, self.chain_id, self.contract)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedData:
    """The payload of a request: domain, type, and the values of the fields in order."""

    domain: Domain
    type: StructType
    values: tuple[Value, ...]

    def digest(self) -> bytes:
        """Return the 32 bytes to sign."""
        return self._digest(_separator(self.domain))

    def digest_without(self, field: str) -> bytes:
        """Return the 32 bytes that are signed, wrongly, if the domain lacks a field."""
        pairs = zip(DOMAIN_TYPE.fields, self.domain.values(), strict=True)
        kept = [(kind, value) for kind, value in pairs if kind[1] != field]
        kind = StructType(DOMAIN_TYPE.name, tuple([field for field, _ in kept]))
        words = [_word(field[0], value) for field, value in kept]
        return self._digest(keccak256(_type_hash(kind) + b"".join(words)))

    def digest_with_packed_lists(self) -> bytes:
        """Return the 32 bytes that are signed, wrongly, if the numbers in lists are not padded."""
        return self._digest(_separator(self.domain), _packed_word)

    def _digest(self, separator: bytes, word: Callable[[str, Value], bytes] | None = None) -> bytes:
        struct = keccak256(
            _type_hash(self.type)
            + b"".join(
                (word or _word)(kind, value)
                for (kind, _), value in zip(self.type.fields, self.values, strict=True)
            ),
        )
        return keccak256(b"\x19\x01" + separator + struct)

    def document(self) -> dict[str, object]:
        """Return the payload for `eth_signTypedData_v4`, with numbers as decimal text."""
        return {
            "types": {
                "EIP712Domain": DOMAIN_TYPE.document(),
                self.type.name: self.type.document(),
            },
            "primaryType": self.type.name,
            "domain": message_of(DOMAIN_TYPE, self.domain.values()),
            "message": message_of(self.type, self.values),
        }


def message_of(kind: StructType, values: tuple[Value, ...]) -> dict[str, object]:
    """Write the values of a type's fields by name; numbers are decimal texts."""
    return {
        name: [str(int(item)) for item in value]
        if isinstance(value, tuple)
        else str(int(value) if isinstance(value, int) else value)
        for (_, name), value in zip(kind.fields, values, strict=True)
    }


@lru_cache(maxsize=64)
def _type_hash(kind: StructType) -> bytes:
    return keccak256(str(kind).encode())


@lru_cache(maxsize=64)
def _separator(domain: Domain) -> bytes:
    words = (
        _word(kind, value)
        for (kind, _), value in zip(DOMAIN_TYPE.fields, domain.values(), strict=True)
    )
    return keccak256(_type_hash(DOMAIN_TYPE) + b"".join(words))


def _word(kind: str, value: Value) -> bytes:
    if isinstance(value, tuple):
        return _list_hash(value) if len(value) <= _SHORT else _list_hash.__wrapped__(value)
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    if kind == "address":
        return bytes.fromhex(value[2:]).rjust(32, b"\0")
    return _text_hash(value) if len(value) <= _SHORT else keccak256(value.encode())


def _packed_word(kind: str, value: Value) -> bytes:
    if not isinstance(value, tuple):
        return _word(kind, value)
    packed = [item.to_bytes(max(1, (item.bit_length() + 7) // 8), "big") for item in value]
    return keccak256(b"".join(packed))


# Country codes, roles and modules are the same in many requests: their hashes are kept.
_SHORT = 32


@lru_cache(maxsize=1024)
def _list_hash(value: tuple[int, ...]) -> bytes:
    return keccak256(b"".join([item.to_bytes(32, "big") for item in value]))


@lru_cache(maxsize=1024)
def _text_hash(value: str) -> bytes:
    return keccak256(value.encode())
