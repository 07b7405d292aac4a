"""A strict parser for requests from outside: the `eth_signTypedData_v4` payload in JSON.

The document says what was signed. Contract, chain and types are known from the deployment, so
`domain` and `types` are rebuilt, and a document that differs is rejected. The parser is tolerant
only of unambiguous variants that ethers, viem and wallets write: `EIP712Domain` may be missing from
`types`; an integer may be a number below 2^53, decimal digits (with the `n` of a bigint), `0x` and
hexadecimal digits, or a BigNumber of ethers 5; an address may be in lower case; and the document
may be a text in quotes, as a wallet is given it. An unknown key is an error.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.typed_data import DOMAIN_TYPE, TypedData
from ocn_registry.foreign.limits import REQUEST
from ocn_registry.foreign.strict_json import BeyondLimits, is_list, is_object, parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.portable.values import dataclass
from ocn_registry.signing.signatures import is_wrapped

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ocn_registry.evm.typed_data import Domain, StructType, Value

MAX_DOCUMENT_BYTES: Final = REQUEST.max_bytes
MAX_SIGNATURE_BYTES: Final = 1 << 12
_MAX_WRAPPED_BYTES: Final = 1 << 14  # ERC-6492: includes the call that deploys the wallet
_EXACT: Final = 1 << 53
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,77})n?")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
_PART: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{56,64})")  # without zeros that it began with
_DECIMAL_PART: Final = re.compile(r"[0-9]{65,78}n?")
_BASE64_PART: Final = re.compile(r"[0-9A-Za-z+/]{43}=")
_PARITIES: Final = ("v", "yParity", "recoveryParam", "recovery", "recid")
_BARE_PARITY: Final = re.compile(r"[0-9a-fA-F]{1,16}")
_BASE64_PARITY: Final = re.compile(r"[0-9A-Za-z+/]{2}==")
_SIGNATURE: Final = re.compile(r"0[xX]((?:[0-9a-fA-F]{2})*)|((?:[0-9a-fA-F]{2}){64,65})")
_DOMAIN_FIELDS: Final = DOMAIN_TYPE.document()
_KEYS: Final = {"types", "primaryType", "domain", "message"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A payload with the right keys, and its signature and acceptance, if any."""

    primary_type: str
    types: object
    domain: dict[str, object]
    message: dict[str, object]
    signature: bytes | None
    acceptance: Document | None = None


def read_object(text: str | bytes) -> dict[str, object]:
    """Return the JSON object in a text from outside.

    Args:
        text: JSON of at most 65,536 bytes, with or without a byte order mark.

    Raises:
        InvalidInput: The text is not a JSON object, is too long, or repeats a key.
    """
    if not isinstance(text, (str, bytes)):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a checker
        raise InvalidInput(
            f"the request is of type {type(text).__name__}: give its JSON, as text or bytes",
        )
    if isinstance(text, str):
        text = text.removeprefix("\ufeff").encode(errors="surrogatepass")
    whole = _parsed(text)
    if isinstance(whole, str) and whole.startswith("{"):
        whole = _parsed(whole.encode())
    if is_list(whole):
        raise InvalidInput(
            "this is a list, not a request: write each request to a file of its own",
        )
    if not is_object(whole):
        raise InvalidInput("the request is not a JSON object: is this the right file?")
    return whole


def _parsed(text: bytes) -> object:
    if not text.strip():
        raise InvalidInput("the request is empty: is this the right file?")
    try:
        return parse_json(text, REQUEST, pairs=_pairs, number=_refuse_number)
    except InvalidInput:
        raise
    except BeyondLimits as error:
        raise InvalidInput(f"the request is {error}: is this the right file?") from None
    except ValueError as error:
        if str(error).startswith("Extra data") and text.lstrip()[:1] in {b"{", b"["}:
            raise InvalidInput(
                "more text follows the request: write each request to a file of its own",
            ) from None
        raise InvalidInput("the request is not valid JSON: is this the right file?") from None


def read_document(text: str | bytes) -> Document:
    """Return the outer form of a request.

    Args:
        text: JSON of at most 65,536 bytes.

    Raises:
        InvalidInput: The text is not JSON, or does not have the form of a request.
    """
    return _document(read_object(text))


def _document(whole: dict[str, object]) -> Document:
    same_keys("request", set(whole) - {"signature", "acceptance"}, _KEYS)
    acceptance = whole.get("acceptance")
    if "acceptance" in whole and (not is_object(acceptance) or "acceptance" in acceptance):
        raise InvalidInput(
            "the request's acceptance is not a request: have it prepared or accepted again",
        )
    primary_type, domain, message = whole["primaryType"], whole["domain"], whole["message"]
    if not isinstance(primary_type, str) or not is_object(domain) or not is_object(message):
        raise InvalidInput(
            "the request's primaryType is not text, or its domain or message not an object: "
            "is this the right file?",
        )
    return Document(
        primary_type=primary_type,
        types=whole["types"],
        domain=domain,
        message=message,
        signature=read_signature(whole["signature"]) if "signature" in whole else None,
        acceptance=_document(acceptance) if is_object(acceptance) else None,
    )


def read_signature(value: object) -> bytes:
    """Return the bytes of a signature.

    Args:
        value: `0x` and hexadecimal digits. `0x` is optional for a key's signature, which has 64
            bytes or a few more. A contract's signature has any length; that of a Safe that approved
            the request on the chain is empty, `0x`.

    Raises:
        InvalidInput: The value is not a signature.
    """
    if is_object(value):
        value = _joined(value)
    if isinstance(value, str) and len(value) <= 2 * _MAX_WRAPPED_BYTES:
        value = value.strip()
        found = _SIGNATURE.fullmatch(value)
        signature = b"" if found is None else bytes.fromhex(found[1] or found[2] or "")
        if found and (len(signature) <= MAX_SIGNATURE_BYTES or is_wrapped(signature)):
            return signature
    given = f"a text of {len(value)} characters" if isinstance(value, str) else shown(value, 20)
    raise InvalidInput(
        f"{given} is not a valid signature: use 0x and hexadecimal digits, 130 of them for a key's",
    )


def _joined(parts: dict[str, object]) -> object:
    """Return the parts of a key's signature as one text; any other value is returned unchanged.

    Libraries keep r, s and v, or the parity in its place, apart (ethers, viem); s can hold it too.
    The parts are hexadecimal digits, numbers (eth-account) or bytes in base64 (web3j).
    """
    packed = parts.get("yParityAndS")
    r, s = _digits(parts.get("r")), _digits(parts.get("s") or packed)
    if r is None or s is None:
        return parts
    if packed is not None:
        return f"0x{r}{s}"
    v = _parity(next((parts[name] for name in _PARITIES if name in parts), None))
    return parts if v is None else f"0x{r}{s}{v:0{max(2, v.bit_length() // 8 * 2 + 2)}x}"


def _digits(part: object) -> str | None:
    """Return r or s as 64 hexadecimal digits; `None` if it is not one."""
    if isinstance(part, str):
        if found := _PART.fullmatch(part):
            return found[1].zfill(64)
        if _BASE64_PART.fullmatch(part):
            return _from_base64(part)
        part = int(part.removesuffix("n")) if _DECIMAL_PART.fullmatch(part) else None
    if not isinstance(part, int) or not 1 << 220 < part < 1 << 256:
        return None
    return f"{part:064x}"


def _parity(given: object) -> int | None:
    """Return v, or the parity in its place; `None` if it is neither."""
    try:
        return _number("v", 64, given)
    except InvalidInput:
        pass
    if isinstance(given, str):
        if _BARE_PARITY.fullmatch(given):  # as devices answer
            return int(given, 16)
        if _BASE64_PARITY.fullmatch(given):
            return int(_from_base64(given), 16)
    return None


def _from_base64(text: str) -> str:
    import binascii  # noqa: PLC0415 - for a few libraries only

    return binascii.a2b_base64(text).hex()


def match(document: Document, domain: Domain, kind: StructType) -> TypedData:
    """Return the values of a document, after checking that everything else is as expected.

    Args:
        document: The document.
        domain: The contract and chain of the deployment.
        kind: The type of the request.

    Raises:
        InvalidInput: The document is for another contract, chain or type, or a value is not valid.
    """
    if document.types not in _types_of(kind):
        raise InvalidInput(
            f"the types of the request are not those of {kind.name} in this contract: "
            f"{_first_difference(document.types, _types_of(kind)[0])}; prepare it again with this "
            "version",
        )
    given = read_values("domain", DOMAIN_TYPE, _without_empty_salt(document.domain))
    if given != domain.values():
        for (_, name), ours, theirs in zip(DOMAIN_TYPE.fields, domain.values(), given, strict=True):
            if ours != theirs:
                raise InvalidInput(
                    f"the request is for {name} {shown(theirs)} and this deployment has "
                    f"{shown(ours)}: choose the deployment that it was signed for",
                )
    return TypedData(
        domain=domain, type=kind, values=read_values("message", kind, document.message)
    )


def _without_empty_salt(domain: dict[str, object]) -> dict[str, object]:
    """Return a domain without the empty `salt` that programs in Go and Java write."""
    if domain.get("salt", "0x") in ("", None):
        return {name: value for name, value in domain.items() if name != "salt"}
    return domain


@lru_cache(maxsize=64)
def _types_of(
    kind: StructType,
) -> tuple[dict[str, list[dict[str, str]]], dict[str, list[dict[str, str]]]]:
    """Return the `types` of a document: with the domain's type, and without."""
    fields = kind.document()
    return {"EIP712Domain": _DOMAIN_FIELDS, kind.name: fields}, {kind.name: fields}


def _first_difference(given: object, wanted: dict[str, list[dict[str, str]]]) -> str:
    """Return what differs in the types of a document, for messages."""
    if not is_object(given):
        return "they are not an object"
    unknown = [name for name in given if name not in wanted]
    if unknown:
        return f"they have {shown(unknown[0], 50)}"
    for name, fields in wanted.items():
        theirs = given.get(name, None if name in given or name != "EIP712Domain" else fields)
        if not is_list(theirs):
            return f"{name} is missing, or not a list"
        for place, (found, field) in enumerate(zip_longest(theirs, fields), 1):
            if found != field:
                ours = "nothing" if field is None else f"{field['type']} {field['name']}"
                return f"field {place} of {name} is {shown(found, 60)} in place of {ours}"
    return "they differ"


@lru_cache(maxsize=64)
def _names_of(kind: StructType) -> frozenset[str]:
    return frozenset([name for _, name in kind.fields])


def read_values(what: str, kind: StructType, given: object) -> tuple[Value, ...]:
    """Return the values of a type's fields in an object, in the order of the fields.

    Args:
        what: Name of the object for messages.
        kind: The type.
        given: The value, which should be the object.

    Raises:
        InvalidInput: The value is not an object, has other keys, or a field has the wrong type.
    """
    if not is_object(given):
        raise InvalidInput(f"the {what} of the request is not an object: is this the right file?")
    same_keys(what, given.keys(), _names_of(kind))
    return tuple([_value(field, name, given[name]) for field, name in kind.fields])


def _value(kind: str, name: str, given: object) -> Value:
    if kind in {"string", "address"}:
        if not isinstance(given, str):
            raise InvalidInput(f"{name} of the request is {shown(given)}: use text")
        if kind == "string":
            return given
        try:
            return Address(given)
        except InvalidInput as error:
            raise InvalidInput(f"{name} of the request: {error}") from None
    if kind.endswith("[]"):
        if not is_list(given):
            raise InvalidInput(f"{name} of the request is {shown(given)}: use a list")
        bits = int(kind[4:-2])
        return tuple([_number(name, bits, item) for item in given])
    return _number(name, int(kind[4:]), given)


def _number(name: str, bits: int, given: object) -> int:
    number = -1
    if is_object(given) and given.keys() == {"type", "hex"}:  # as ethers 5 writes a BigNumber
        given = given["hex"]
    if isinstance(given, str):
        if _NUMBER.fullmatch(given):
            number = int(given.removesuffix("n"))
        elif _HEXADECIMAL.fullmatch(given):
            number = int(given, 16)
    elif isinstance(given, int) and not isinstance(given, bool) and given < _EXACT:
        number = given
    if not 0 <= number < 1 << bits:
        raise InvalidInput(
            f"{name} of the request is {shown(given)}: use a number of {bits} bits, as decimal "
            "digits in quotes",
        )
    return number


def same_keys(what: str, got: AbstractSet[str], wanted: AbstractSet[str]) -> None:
    """Check that an object has exactly the expected keys.

    Raises:
        InvalidInput: It has other keys.
    """
    if got != wanted:
        odd, missing = tuple(sorted(got - wanted)), tuple(sorted(wanted - got))
        parts = [f"unknown: {shown(odd, 50)}"] if odd else []
        parts += [f"missing: {shown(missing, 50)}"] if missing else []
        raise InvalidInput(f"the {what} has the wrong keys: {', '.join(parts)}")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInput("the request repeats a key: prepare it again")
    return found


def _refuse_number(text: str) -> object:
    raise InvalidInput(
        f"the request contains {shown(text)}: write numbers as decimal digits in quotes",
    )
