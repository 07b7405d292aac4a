"""Signatures of OCPI messages: sign, verify, rewrite.

A party signs the values of its message. A node that has to change one on the way signs the changed
message, and attaches a rewrite: the old values and the previous signature. A verifier works back
from the latest signature to the original.

A valid signature says that `signatory` signed. Look up in the registry whether that is the party,
or the operator of its node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.notary import paths, wire
from ocn_registry.notary.causes import modified
from ocn_registry.notary.errors import HeaderTooLong, MalformedSignature, UnsignableMessage
from ocn_registry.notary.messages import (
    RESPONSE_PROPERTY,
    fields_of,
    message_of,
    text_of,
    values_at,
)
from ocn_registry.notary.number_texts import NumberWriter, format_of
from ocn_registry.notary.obstacles import obstacles
from ocn_registry.notary.personal import sign_text
from ocn_registry.notary.rewrites import Rewrite, address_of, checked
from ocn_registry.notary.values import Scalar, json_text
from ocn_registry.notary.verification import hash_of, signed_format, verified
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.number_texts import NumberFormat, NumberTexts
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain
    from ocn_registry.notary.verification import Signed
    from ocn_registry.notary.verified import VerifiedSignature
    from ocn_registry.notary.wire import NotaryLimits
    from ocn_registry.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSignature:
    """A signature of an OCPI message, as sent in `OCN-Signature` or `ocn_signature`.

    Attributes:
        fields: Paths of the signed values, in signing order.
        hash: `0x` and 64 hexadecimal digits: Keccak-256 of the values' texts.
        rsv: `0x` and 130 hexadecimal digits: the personal-sign signature of the hash as text.
        signatory: The signer's address.
        rewrites: The earlier signatures, the oldest first.
    """

    fields: tuple[str, ...]
    hash: str
    rsv: str
    signatory: Address
    rewrites: tuple[Rewrite, ...] = ()

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            MalformedSignature: A path, the hash, the signature or the address is not valid.
        """
        object.__setattr__(self, "signatory", checked(self.hash, self.rsv, self.signatory))
        object.__setattr__(self, "fields", tuple(self.fields))
        object.__setattr__(self, "rewrites", tuple(self.rewrites))
        for field in self.fields:
            paths.looked_up(field)

    @classmethod
    def sign(
        cls,
        message: OcpiMessage,
        signer: Signer,
        *,
        strict: bool = False,
        number_texts: NumberTexts = "javascript",
        method: str | None = None,
    ) -> MessageSignature:
        """Sign all values of a message.

        Send the body that `body_text` returns: another serializer may write the same numbers in a
        form that JVM nodes read differently.

        Args:
            message: The message to send.
            signer: Holds the party's key.
            strict: Whether to refuse a message that some verifier would reject; `obstacles` lists
                the reasons.
            number_texts: The number format. Most verifiers accept `javascript`. Use `jvm` for
                receivers that verify on a JVM, if the body has numbers in fields that such nodes
                store as 32-bit floats; the JavaScript library rejects those signatures.
            method: The request's method, for `strict`: JVM nodes read a `PATCH` unchanged.

        Raises:
            UnsignableMessage: No verifier would find one of the values, or the message is too long;
                or, with `strict`, some verifier would reject it.
            InvalidInput: The signer can't sign messages, or the number format does not exist.
        """
        number_format = format_of(number_texts)
        if strict:
            _refuse_obstacles(message, number_texts, method)
        root = message.root()
        return cls._signed(root, fields_of(root), (), signer, number_format)

    def verify(
        self,
        message: OcpiMessage,
        *,
        require_all_fields: bool = False,
    ) -> VerifiedSignature:
        """Return who signed a message, and who signed it before each rewrite.

        The format binds values, not their fields (see `notary.messages`).

        Args:
            message: The received message.
            require_all_fields: Whether every value of the message, in each of its states, must be
                covered, and no field listed twice. Otherwise values that the signer did not list
                are ignored, as in the other libraries.

        Returns:
            Who signed what. Look the signatories up in the registry to learn who they are.

        Raises:
            ModifiedMessage: The values differ from the signed ones; `cause` says why if that is
                certain.
            SignatoryMismatch: The named key did not sign.
            UncoveredField: A value is not covered (only with `require_all_fields`).
            RepeatedField: A field is listed twice (only with `require_all_fields`).
            MalformedSignature: A path leads to no single value, or a rewrite to no message.
        """
        states: tuple[Signed, ...] = (self, *reversed(self.rewrites))
        return verified(message, self.fields, states, require_all_fields=require_all_fields)

    def body_text(self, message: OcpiMessage) -> str:
        """Return the body of a message to send with this signature.

        Args:
            message: The signed message.

        Raises:
            ModifiedMessage: The signature is not for this message.
            UnsignableMessage: A number can't be written in the signed format.
        """
        root = message.root()
        writer = NumberWriter(self._number_format(root), root)
        return writer.body(root["body"]) if "body" in root else ""

    def response_text(self, message: OcpiMessage) -> str:
        """Return the body of a response to send, with this signature in it.

        Args:
            message: The signed response.

        Raises:
            ModifiedMessage: The signature is not for this message.
            InvalidInput: Its body is not an object, so it can't hold a signature.
            BrotliMissing: The extra `notary` is not installed.
        """
        root = message.root()
        body = root.get("body")
        if not isinstance(body, dict):
            raise InvalidInput("the signature of a response stands in its body: use an object")
        signed: Plain = body | {RESPONSE_PROPERTY: self.to_header()}
        return NumberWriter(self._number_format(root), root).body(signed)

    def rewrite(
        self,
        message: OcpiMessage,
        changes: Mapping[str, Scalar | None],
        signer: Signer,
    ) -> tuple[OcpiMessage, MessageSignature]:
        """Change values of a message that another party signed, and sign the result.

        The fields keep their order, with added ones at the end, because the earlier signature is
        verified with the new one's fields. Numbers keep their signed format. This does not check
        the earlier signatories; use `verify`.

        Args:
            message: The message as received.
            changes: Path to new value, for example `$['body']['response_url']`; `None` removes the
                value. If the receiver verifies on a JVM, replace it with an empty string instead: a
                JVM looks up every field that was signed before.
            signer: Holds the node's key.

        Returns:
            The changed message and its signature.

        Raises:
            ModifiedMessage: The signature is not for this message.
            InvalidInput: A change is not for a single value, or for a value that was not signed.
        """
        root = message.root()
        number_format = self._number_format(root)
        fields = set(map(paths.looked_up, self.fields))
        new = {_path_to_change(text): text for text in changes}
        old = {path: paths.find(root, path) for path in new}
        added: list[str] = []
        for path, text in new.items():
            before, after = old[path], changes[text]
            if isinstance(before, (dict, list)) or not isinstance(after, (Scalar, type(None))):
                raise InvalidInput(
                    f"{shown(text)}: a rewrite puts one value in place of one value",
                )
            if path not in fields:
                if before not in (None, ""):
                    raise InvalidInput(
                        f"{shown(text)} is not covered by the signature: only signed values can be "
                        "rewritten; remove it, or leave it unchanged",
                    )
                if after not in (None, ""):
                    added.append(text)
        changed = _changed(message, {path: changes[text] for path, text in new.items()})
        rewrite = Rewrite(
            rewritten_fields={text: old[path] for path, text in new.items()},
            hash=self.hash,
            rsv=self.rsv,
            signatory=self.signatory,
        )
        signature = self._signed(
            changed.root(),
            (*self.fields, *added),
            (*self.rewrites, rewrite),
            signer,
            number_format,
        )
        return changed, signature

    def to_header(self, *, max_header_bytes: int | None = None) -> str:
        """Return the signature as a header, in the JavaScript library's form.

        Args:
            max_header_bytes: Maximum length of the header, for requests. By default, Tomcat accepts
                8,192 bytes for all headers together. Responses carry the signature in their body.

        Raises:
            HeaderTooLong: The signature is longer.
            BrotliMissing: The extra `notary` is not installed.
        """
        text = self._packed()
        if max_header_bytes is not None and len(text) > max_header_bytes:
            raise HeaderTooLong(len(text), max_header_bytes)
        return text

    def _packed(self) -> str:
        return wire.pack(
            json_text(
                {
                    "fields": list(self.fields),
                    "hash": self.hash,
                    "rsv": self.rsv,
                    "signatory": str(self.signatory),
                    "rewrites": [rewrite.written() for rewrite in self.rewrites],
                },
            ),
        )

    @classmethod
    def from_header(
        cls, text: str, *, limits: NotaryLimits = wire.DEFAULT_LIMITS
    ) -> MessageSignature:
        """Return the signature received with a message. Nothing is verified yet.

        Args:
            text: The header `OCN-Signature` of a request, or `ocn_signature` of a response's body;
                compressed with brotli or gzip.
            limits: The limits of the signature.

        Raises:
            MalformedSignature: The text is not a signature, or exceeds a limit.
            BrotliMissing: The extra `notary` is not installed.
        """
        read = wire.unpack(text, limits)
        fields = wire.fields_in(read)
        wire.refuse_above(limits.fields, "fields", len(fields))
        rewrites = read.get("rewrites")
        if not isinstance(rewrites, (list, type(None))):
            raise MalformedSignature("the rewrites of a signature are a list")
        wire.refuse_above(limits.rewrites, "rewrites", len(rewrites or ()))
        return cls(
            fields=fields,
            hash=wire.text_in(read, "hash"),
            rsv=wire.text_in(read, "rsv"),
            signatory=address_of(wire.text_in(read, "signatory")),
            rewrites=tuple(Rewrite.read(rewrite, limits) for rewrite in rewrites or ()),
        )

    @classmethod
    def _signed(
        cls,
        root: dict[str, Plain],
        fields: tuple[str, ...],
        rewrites: tuple[Rewrite, ...],
        signer: Signer,
        number_format: NumberFormat,
    ) -> MessageSignature:
        writer = NumberWriter(number_format, root)
        try:
            values = values_at(root, map(paths.looked_up, fields))
            writer.check_floats(values)
            text = text_of(values, writer.signed)
        except MalformedSignature as error:
            raise UnsignableMessage(str(error)) from None
        digest = hash_of(text)
        return cls(
            fields=fields,
            hash=digest,
            rsv="0x" + sign_text(digest, signer),
            signatory=Address(signer.address),
            rewrites=rewrites,
        )

    def _number_format(self, root: dict[str, Plain]) -> NumberFormat:
        fields = tuple(map(paths.looked_up, self.fields))
        number_format = signed_format(root, fields, self.hash)
        if number_format is None:
            raise modified(root, self.fields, self.hash, 0)
        return number_format


def _refuse_obstacles(message: OcpiMessage, number_texts: NumberTexts, method: str | None) -> None:
    found = list(obstacles(message, number_texts=number_texts, method=method))
    if found:
        more = f" (and {len(found) - 1} more: see `obstacles`)" if len(found) > 1 else ""
        raise UnsignableMessage(f"not every verifier would accept the message: {found[0]}{more}")


def _changed(message: OcpiMessage, changes: Mapping[Path, Scalar | None]) -> OcpiMessage:
    try:
        root = paths.replaced(message.root(), changes)
        for path, value in changes.items():
            holder = paths.find(root, path[:-1])
            if value is None and isinstance(holder, dict):
                holder.pop(str(path[-1]), None)
        return message_of(root)
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput("a change leads to no place in the message: check its path") from None


def _path_to_change(text: str) -> Path:
    path = paths.parse(text)
    if not all(map(paths.is_findable, path)):
        raise InvalidInput(
            f"no verifier finds {shown(text)}: the format looks keys up in lower case"
        )
    if path[0] not in {"headers", "params", "body"}:
        raise InvalidInput(
            f"{shown(text)} leads to no place in a message: begin with $['headers'], $['params'] "
            "or $['body']"
        )
    return path
