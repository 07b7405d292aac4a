"""Strict reading of a request that came from elsewhere: the `eth_signTypedData_v4` payload as JSON.

The document says what was signed; which contract, chain and types that has to be for, we know
ourselves. So `domain` and `types` are built anew, and a document that differs is refused. Nothing
is coerced: a number is a decimal text or an integer below 2^53, an unknown key is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.typed_data import DOMAIN_TYPE, TypedData
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address

if TYPE_CHECKING:
    from ocn_registry.evm.typed_data import Domain, StructType, Value

MAX_DOCUMENT_BYTES = 1 << 16
MAX_SIGNATURE_BYTES = 1 << 12
_EXACT = 1 << 53
_MOST_DIGITS = 78  # of 2^256
_KEYS = {"types", "primaryType", "domain", "message"}


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A payload that has the right keys, and signature and acceptance if they are there."""

    primary_type: str
    types: object
    domain: dict[str, object]
    message: dict[str, object]
    signature: bytes | None
    acceptance: Document | None = None


def read_object(text: str | bytes) -> dict[str, object]:
    """Read a JSON object that travelled.

    Args:
        text: JSON, at most 65,536 bytes.

    Raises:
        InvalidInput: It is no JSON object, is too long, or names a key twice.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInput(
            f"the request is {len(text)} long and {MAX_DOCUMENT_BYTES} is the most: "
            "is this the right file?",
        )
    try:
        content = text.encode() if isinstance(text, str) else text
        whole = parse_json(content, pairs=_pairs, number=_refuse_number)
    except InvalidInput:
        raise
    except ValueError:
        raise InvalidInput("the request is no JSON: is this the right file?") from None
    if not _is_object(whole):
        raise InvalidInput("the request is no JSON object: is this the right file?")
    return whole


def read_document(text: str | bytes) -> Document:
    """Read the outer form of a request.

    Args:
        text: JSON, at most 65,536 bytes.

    Raises:
        InvalidInput: It is no JSON, or has not the form of a request.
    """
    return _document(read_object(text))


def _document(whole: dict[str, object]) -> Document:
    same_keys("request", set(whole) - {"signature", "acceptance"}, _KEYS)
    acceptance = whole.get("acceptance")
    if "acceptance" in whole and (not _is_object(acceptance) or "acceptance" in acceptance):
        raise InvalidInput(
            "the request's acceptance is not a request: have it prepared or accepted anew",
        )
    primary_type, domain, message = whole["primaryType"], whole["domain"], whole["message"]
    if not isinstance(primary_type, str) or not _is_object(domain) or not _is_object(message):
        raise InvalidInput("the request's primaryType is no text, or domain or message no object")
    return Document(
        primary_type=primary_type,
        types=whole["types"],
        domain=domain,
        message=message,
        signature=read_signature(whole["signature"]) if "signature" in whole else None,
        acceptance=_document(acceptance) if _is_object(acceptance) else None,
    )


def read_signature(value: object) -> bytes:
    """Read a signature.

    Args:
        value: `0x` and hexadecimal digits: 65 bytes from a key, any length from a contract.

    Raises:
        InvalidInput: It is something else.
    """
    try:
        if isinstance(value, str) and value[:2] == "0x" and len(value) <= 2 * MAX_SIGNATURE_BYTES:
            return bytes.fromhex(value[2:] if value[2:].isalnum() else "?")
    except ValueError:
        pass
    raise InvalidInput(
        f"{shown(value, 20)} is no signature: give 0x and hexadecimal digits, 130 from a key",
    )


def match(document: Document, domain: Domain, kind: StructType) -> TypedData:
    """Take the values out of a document, once all else in it is what it has to be.

    Args:
        document: What was read.
        domain: Contract and chain that we know.
        kind: Type of the request that we know.

    Raises:
        InvalidInput: The document is for another contract, chain or type, or has a bad value.
    """
    if document.types != {"EIP712Domain": DOMAIN_TYPE.document(), kind.name: kind.document()}:
        raise InvalidInput(
            f"the types of the request are not those of {kind.name} in this contract: "
            "have it prepared for this version of the contracts",
        )
    told = read_values("domain", DOMAIN_TYPE, document.domain)
    for (_, name), ours, theirs in zip(DOMAIN_TYPE.fields, domain.values(), told, strict=True):
        if ours != theirs:
            raise InvalidInput(
                f"the request is for {name} {shown(theirs)} and this deployment has "
                f"{shown(ours)}: choose the deployment that it was signed for",
            )
    return TypedData(
        domain=domain, type=kind, values=read_values("message", kind, document.message)
    )


def read_values(what: str, kind: StructType, told: object) -> tuple[Value, ...]:
    """Take the values of a type's fields out of an object, in their order.

    Args:
        what: What the object is called in messages.
        kind: The type.
        told: The object.

    Raises:
        InvalidInput: It is no object, has other keys, or has a value of another type.
    """
    if not _is_object(told):
        raise InvalidInput(f"the {what} of the request is no object: is this the right file?")
    same_keys(what, set(told), {name for _, name in kind.fields})
    return tuple([_value(field, name, told[name]) for field, name in kind.fields])


def _value(kind: str, name: str, told: object) -> Value:
    if kind.endswith("[]"):
        if not _is_list(told):
            raise InvalidInput(f"{name} of the request is {shown(told)}: a list was expected")
        bits = int(kind[4:-2])
        return tuple([_number(name, bits, item) for item in told])
    if kind.startswith("uint"):
        return _number(name, int(kind[4:]), told)
    if not isinstance(told, str):
        raise InvalidInput(f"{name} of the request is {shown(told)}: text was expected")
    return Address(told) if kind == "address" else told


def _number(name: str, bits: int, told: object) -> int:
    number = -1
    if isinstance(told, int) and not isinstance(told, bool) and told < _EXACT:
        number = told
    elif (
        isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) <= _MOST_DIGITS
    ):
        number = int(told) if told == "0" or told[0] != "0" else -1
    if not 0 <= number < 1 << bits:
        raise InvalidInput(
            f"{name} of the request is {shown(told)}: a number of {bits} bits was expected, as "
            "decimal digits in quotes",
        )
    return number


def same_keys(what: str, got: set[str], wanted: set[str]) -> None:
    """Refuse an object that has other keys than it should."""
    if got != wanted:
        odd = shown(tuple(sorted(got - wanted)), 50)
        missing = shown(tuple(sorted(wanted - got)), 50)
        raise InvalidInput(f"the {what} has the wrong keys: {odd} too many, {missing} missing")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInput("the request names a key twice: have it prepared anew")
    return found


def _refuse_number(text: str) -> object:
    raise InvalidInput(f"the request holds {shown(text)}: numbers are decimal digits in quotes")
