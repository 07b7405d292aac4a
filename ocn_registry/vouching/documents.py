"""Vouching documents: read and write them.

`/.well-known/ocn.json` under a node's URL names the account that runs the node; under a party's
website, it names the company's own ids. The public nodes answer `/ocn/registry/node-info`, which
also counts for the operator. The JSON Schema is in `ocn_registry/schemas/vouching.schema.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.limits import NODE_DOCUMENT
from ocn_registry.foreign.names import check_name
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.models import Address, PartyId
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCUMENT_PATH = "/.well-known/ocn.json"
NODE_INFO_PATH = "/ocn/registry/node-info"
VERSION = 1
MAX_REGISTRIES = 64
MAX_PARTIES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedRegistry:
    """A document's statement about one registry.

    Attributes:
        chain_id: The registry's chain.
        registry: Address of its contract.
        name: Name of the company; `None` where the document names none.
        operator: The account that runs the node at this host; `None` if none is named.
        parties: The accounts of each id that is the company's own. While an id is about to move to
            a new key, there are two.
    """

    chain_id: int
    registry: Address
    name: str | None
    operator: Address | None
    parties: dict[PartyId, tuple[Address, ...]]


def read_document(content: bytes) -> tuple[VouchedRegistry, ...]:
    """Return a vouching document's statements, one for each registry.

    Raises:
        InvalidInput: The content is not a vouching document.
    """
    document = _object(content)
    version = document.get("ocn")
    if version != VERSION or isinstance(version, bool):
        raise InvalidInput(f'the document has to say "ocn": {VERSION}')
    name = _text(document, "name") if "name" in document else None
    if name is not None:
        check_name(name)
    registries = _items(document.get("registries"), MAX_REGISTRIES, "registries")
    return tuple([_registry(entry, name or None) for entry in registries])


def read_node_info(content: bytes) -> tuple[str, Address]:
    """Return the URL and the operator in a node's answer.

    Raises:
        InvalidInput: The content is not a node's answer.
    """
    document = _object(content)
    url, address = document.get("url"), document.get("address")
    if not isinstance(url, str) or not isinstance(address, str):
        raise InvalidInput("the node's answer has no url and address")
    return url, Address(address)


def document_for(
    chain_id: int,
    registry: str,
    *,
    name: str | None = None,
    operator: str | None = None,
    parties: Iterable[tuple[PartyId, str]] = (),
) -> dict[str, object]:
    """Return the document to place at `/.well-known/ocn.json`.

    Args:
        chain_id: The registry's chain.
        registry: Address of its contract.
        name: Name of the company, in at most 100 bytes.
        operator: The account that runs the node at this host.
        parties: The company's ids, each with its account.

    Raises:
        InvalidInput: A name or an address is not valid, or the document would vouch for nothing.
    """
    entry: dict[str, object] = {"chainId": chain_id, "registry": str(Address(registry))}
    if operator is not None:
        entry["operator"] = str(Address(operator))
    listed = [
        {"countryCode": one.country_code, "partyId": one.party_id, "address": str(Address(holder))}
        for one, holder in parties
    ]
    if listed:
        entry["parties"] = listed
    if len(entry) == 2:  # noqa: PLR2004 - chain and contract alone say nothing
        raise InvalidInput("a document vouches for an operator, for parties, or for both: name one")
    document: dict[str, object] = {"ocn": VERSION}
    if name:
        check_name(name)
        document["name"] = name
    return document | {"registries": [entry]}


def _object(content: bytes) -> dict[str, object]:
    try:
        return _fields(parse_json(content, NODE_DOCUMENT))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput("the document is not JSON") from None


def _fields(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidInput("the document, and each entry of it, is a JSON object")
    return cast("dict[str, object]", value)


def _items(value: object, most: int, what: str) -> list[object]:
    items = cast("list[object]", value) if isinstance(value, list) else None
    if items is None or len(items) > most:
        raise InvalidInput(f"the document has a list of at most {most} {what}")
    return items


def _text(entry: dict[str, object], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise InvalidInput(f"the document's {name} is not text")
    return value


def _registry(value: object, name: str | None) -> VouchedRegistry:
    entry = _fields(value)
    chain_id = entry.get("chainId")
    if not isinstance(chain_id, int) or isinstance(chain_id, bool):
        raise InvalidInput("the document's chainId is not a number")
    parties: dict[PartyId, tuple[Address, ...]] = {}
    for item in _items(entry.get("parties", []), MAX_PARTIES, "parties"):
        party = _fields(item)
        which = PartyId(_text(party, "countryCode"), _text(party, "partyId")).folded
        parties[which] = (*parties.get(which, ()), Address(_text(party, "address")))
    return VouchedRegistry(
        chain_id=chain_id,
        registry=Address(_text(entry, "registry")),
        name=name,
        operator=Address(_text(entry, "operator")) if "operator" in entry else None,
        parties=parties,
    )
