"""A signature that a later one replaced, with the values that it covered."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.notary import paths, wire
from ocn_registry.notary.errors import MalformedSignature
from ocn_registry.notary.values import NotPlain, plain
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary.values import Plain
    from ocn_registry.notary.wire import NotaryLimits

_HASH = re.compile(r"0x[0-9a-f]{64}")
_RSV = re.compile(r"0x[0-9a-fA-F]{130}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """The signature before a node changed the message.

    Attributes:
        rewritten_fields: Path to old value for each changed value; `None` if there was no value.
        hash: Hash of the message before the change.
        rsv: Its signature.
        signatory: The signer's address with its checksum. JVM libraries write it in lower case,
            which the JavaScript library rejects; with the checksum, both accept it.
    """

    rewritten_fields: Mapping[str, Plain]
    hash: str
    rsv: str
    signatory: Address

    def __post_init__(self) -> None:
        """Check the values, and copy the old ones."""
        object.__setattr__(self, "signatory", checked(self.hash, self.rsv, self.signatory))
        try:
            old = plain(self.rewritten_fields)
        except NotPlain as error:
            raise MalformedSignature(
                f"an old value of a rewrite is not JSON: {error.why}"
            ) from None
        if not isinstance(old, dict):
            raise MalformedSignature("the rewritten fields are an object of paths and old values")
        for path in old:
            paths.parse(path)
        object.__setattr__(self, "rewritten_fields", MappingProxyType(old))

    @classmethod
    def read(cls, value: Plain, limits: NotaryLimits) -> Rewrite:
        """Return a rewrite from the JSON of a received signature.

        Raises:
            MalformedSignature: The value is not a rewrite, or exceeds a limit.
        """
        if not isinstance(value, dict):
            raise MalformedSignature("a rewrite is an object")
        old = value.get("rewrittenFields")
        if not isinstance(old, dict):
            raise MalformedSignature("a rewrite says which fields it changed")
        wire.refuse_above(limits.rewritten_fields, "rewritten fields", len(old))
        return cls(
            rewritten_fields=old,
            hash=wire.text_in(value, "hash"),
            rsv=wire.text_in(value, "rsv"),
            signatory=address_of(wire.text_in(value, "signatory")),
        )

    def written(self) -> Plain:
        """Return the rewrite as a JSON object."""
        return {
            "rewrittenFields": dict(self.rewritten_fields),
            "hash": self.hash,
            "rsv": self.rsv,
            "signatory": str(self.signatory),
        }


def checked(digest: str, rsv: str, signatory: str) -> Address:
    """Check hash, signature and address, and return the address with its checksum."""
    if not _HASH.fullmatch(digest):
        raise MalformedSignature(
            f"{shown(digest)} is not a valid hash: it has 0x and 64 lower-case hexadecimal digits"
        )
    if not _RSV.fullmatch(rsv):
        raise MalformedSignature(
            f"{shown(rsv)} is not a valid signature: it has 0x and 130 hexadecimal digits"
        )
    return address_of(signatory)


def address_of(text: str) -> Address:
    """Return the address of a signatory."""
    try:
        return Address(text)
    except InvalidInput as error:
        raise MalformedSignature(f"the signatory of the signature: {error}") from None
