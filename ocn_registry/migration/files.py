"""A snapshot as a file: JSON with a digest, written in one step and read strictly.

The digest is the SHA-256 of the object without the digest, as JSON with sorted keys, no spaces, and
non-ASCII characters escaped. It proves that the file is intact, not who wrote it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.files import read_bytes, write_own
from ocn_registry.foreign.limits import SNAPSHOT_FILE
from ocn_registry.foreign.strict_json import parse_json
from ocn_registry.foreign.text import shown
from ocn_registry.migration.reasons import Kind, LeftOut, Why
from ocn_registry.migration.values import SourceAgreement, SourceSnapshot
from ocn_registry.models import (
    Address,
    BlockRef,
    Module,
    Node,
    Party,
    PartyId,
    Role,
    Service,
    permissions_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import IntEnum
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")
    E = TypeVar("E", bound=IntEnum)

FORMAT = "ocn-registry snapshot 2"


def digest_of(snapshot: SourceSnapshot) -> str:
    """Return the digest of a snapshot: 64 hexadecimal digits."""
    return hashlib.sha256(_canonical(_fields(snapshot))).hexdigest()


def to_json(snapshot: SourceSnapshot) -> str:
    """Return a snapshot as JSON."""
    fields = _fields(snapshot)
    whole = {**fields, "digest": hashlib.sha256(_canonical(fields)).hexdigest()}
    return json.dumps(whole, indent=1) + "\n"


def from_json(content: str | bytes) -> SourceSnapshot:
    """Return the snapshot that `to_json` wrote.

    Raises:
        InvalidInput: The text is not a snapshot, or its digest differs.
    """
    raw = content.encode() if isinstance(content, str) else content
    try:
        fields = _object(parse_json(raw, SNAPSHOT_FILE, pairs=_unique_keys, number=_no_number))
        digest = fields.pop("digest", None)
        snapshot = _snapshot(fields)
    except InvalidInput as error:
        raise InvalidInput(f"this is not a snapshot: {error}") from None
    except KeyError as error:
        raise InvalidInput(f"this is not a snapshot: it has no {shown(error.args[0])}") from None
    except json.JSONDecodeError:
        raise InvalidInput("this is not a snapshot: it is not valid JSON") from None
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"this is not a snapshot: {shown(str(error))}") from None
    found = hashlib.sha256(_canonical(fields)).hexdigest()
    if digest != found:
        raise InvalidInput(
            f"the digest of the snapshot is {found} and the file says {shown(digest)}: "
            "it was changed since it was written",
        )
    if found != digest_of(snapshot):
        raise InvalidInput("this is not a snapshot: it holds more, or is written otherwise")
    return snapshot


def save(snapshot: SourceSnapshot, path: str | Path) -> str:
    """Write a snapshot to a file atomically.

    Args:
        snapshot: The snapshot.
        path: The file; its folder must exist.

    Returns:
        The digest.
    """
    write_own(path, to_json(snapshot).encode("ascii"), what="snapshot")
    return digest_of(snapshot)


def load(path: str | Path) -> SourceSnapshot:
    """Read a snapshot from a file; see `from_json`."""
    return from_json(read_bytes(path, SNAPSHOT_FILE.max_bytes, what="snapshot"))


def _canonical(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _fields(snapshot: SourceSnapshot) -> dict[str, object]:
    block = snapshot.block
    return {
        "format": FORMAT,
        "chainId": snapshot.chain_id,
        "registry": snapshot.registry,
        "permissions": snapshot.permissions,
        "block": {"number": block.number, "hash": block.hash, "time": block.timestamp_unix_s},
        "nodes": [{"operator": node.operator, "url": node.domain} for node in snapshot.nodes],
        "parties": [
            {
                "address": party.address,
                "countryCode": party.id.country_code,
                "partyId": party.id.party_id,
                "roles": list(map(int, party.roles)),
                "modulesSender": list(map(int, party.modules_sender)),
                "modulesReceiver": list(map(int, party.modules_receiver)),
                "operator": party.operator,
                "operatorUrl": party.operator_domain,
                "website": party.website,
                "current": party.current,
            }
            for party in snapshot.parties
        ],
        "services": [
            {
                "provider": service.provider,
                "countryCode": service.id.country_code,
                "partyId": service.id.party_id,
                "name": service.name,
                "url": service.url,
                "permissions": list(map(int, service.permissions)),
            }
            for service in snapshot.services
        ],
        "agreements": [
            {
                "user": one.user,
                "provider": one.provider,
                "permissions": one.permissions and list(map(int, one.permissions)),
                "changedSince": one.changed_since,
            }
            for one in snapshot.agreements
        ],
        "odd": [
            {
                "kind": one.kind.value,
                "subject": one.subject,
                "why": one.why.name,
                "detail": one.detail,
                "account": one.account,
            }
            for one in snapshot.odd
        ],
    }


def _snapshot(fields: dict[str, object]) -> SourceSnapshot:
    if fields["format"] != FORMAT:
        raise InvalidInput(f"its format is {shown(fields['format'])}, not {FORMAT}")
    block = _object(fields["block"])
    block_hash = _text(block["hash"])
    if len(block_hash) != len("0x") + 64:
        raise InvalidInput(f"{shown(block_hash)} is not the hash of a block")
    return SourceSnapshot(
        chain_id=_number(fields["chainId"]),
        registry=_address(fields["registry"]),
        permissions=_address(fields["permissions"]),
        block=BlockRef(
            number=_number(block["number"]),
            hash=block_hash,
            timestamp_unix_s=_number(block["time"]),
        ),
        nodes=_each(
            fields["nodes"],
            lambda row: Node(operator=_address(row["operator"]), domain=_text(row["url"])),
        ),
        parties=_each(fields["parties"], _party),
        services=_each(fields["services"], _service),
        agreements=_each(fields["agreements"], _consent),
        odd=_each(fields["odd"], _left_out),
    )


def _party(row: dict[str, object]) -> Party:
    url, website = row["operatorUrl"], row["website"]
    return Party(
        address=_address(row["address"]),
        id=PartyId(_text(row["countryCode"]), _text(row["partyId"])),
        roles=_members(Role, row["roles"]),
        modules_sender=_members(Module, row["modulesSender"]),
        modules_receiver=_members(Module, row["modulesReceiver"]),
        operator=_address(row["operator"]),
        operator_domain=None if url is None else _text(url),
        website=None if website is None else _text(website),
        current=_flag(row["current"]),
    )


def _service(row: dict[str, object]) -> Service:
    return Service(
        provider=_address(row["provider"]),
        id=PartyId(_text(row["countryCode"]), _text(row["partyId"])),
        name=_text(row["name"]),
        url=_text(row["url"]),
        permissions=permissions_of(_numbers(row["permissions"])),
    )


def _consent(row: dict[str, object]) -> SourceAgreement:
    permissions = row["permissions"]
    return SourceAgreement(
        user=_address(row["user"]),
        provider=_address(row["provider"]),
        permissions=None if permissions is None else permissions_of(_numbers(permissions)),
        changed_since=_flag(row["changedSince"]),
    )


def _left_out(row: dict[str, object]) -> LeftOut:
    account = row["account"]
    return LeftOut(
        kind=Kind(row["kind"]),
        subject=_text(row["subject"]),
        why=Why[_text(row["why"])],
        detail=_text(row["detail"]),
        account=None if account is None else _address(account),
    )


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInput("a name appears twice in one object")
    return found


def _no_number(text: str) -> object:
    raise InvalidInput(f"{shown(text)} is not an integer")


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{shown(value)} is not an object")
    return cast("dict[str, object]", value)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise InvalidInput(f"{shown(value)} is not a list")
    return cast("list[object]", value)


def _each(value: object, one: Callable[[dict[str, object]], T]) -> tuple[T, ...]:
    return tuple([one(_object(row)) for row in _list(value)])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{shown(value)} is not a text")
    return value


def _address(value: object) -> Address:
    return Address(_text(value))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{shown(value)} is not true or false")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 256:
        raise InvalidInput(f"{shown(value)} is not a number from 0 to 2^256 - 1")
    return value


def _numbers(value: object) -> tuple[int, ...]:
    return tuple([_number(one) for one in _list(value)])


def _members(kind: type[E], value: object) -> tuple[E, ...]:
    return tuple([kind(number) for number in _numbers(value)])
