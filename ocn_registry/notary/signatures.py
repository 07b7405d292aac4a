"""Signatures of OCPI messages: sign, verify, rewrite.

A party signs the values of its message. A node on the way that has to change one signs the changed
message, and keeps beside its own signature the old values with the signature that was there: a
rewrite. Whoever verifies goes back from the newest to the oldest.

A valid signature says that `signatory` signed. Look up in the registry whether that is the party,
or the operator of its node.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from ocn_registry.notary.number_texts import NumberWriter, writing_of
from ocn_registry.notary.obstacles import obstacles
from ocn_registry.notary.personal import sign_text
from ocn_registry.notary.rewrites import Rewrite, address_of, checked
from ocn_registry.notary.values import Scalar, json_text
from ocn_registry.notary.verifying import hash_of, verified, writing_held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.number_texts import NumberTexts, Writing
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain
    from ocn_registry.notary.verified import VerifiedSignature
    from ocn_registry.notary.verifying import Signed
    from ocn_registry.notary.wire import Limits
    from ocn_registry.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSignature:
    """A signature of an OCPI message: what travels in `OCN-Signature` or `ocn_signature`.

    Attributes:
        fields: Paths of the values that are signed, in the order in which they are.
        hash: `0x` and 64 hexadecimal digits: Keccak-256 of the values' texts.
        rsv: `0x` and 130 hexadecimal digits: the personal-sign signature of the hash as text.
        signatory: Who signed.
        rewrites: What was signed before, the oldest first.
    """

    fields: tuple[str, ...]
    hash: str
    rsv: str
    signatory: Address
    rewrites: tuple[Rewrite, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is not a signature.

        Raises:
            MalformedSignature: A path, the hash, the signature or the address is not one.
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

        Send the body as `body_text` writes it: another program's JSON may hold the same numbers in
        texts that JVM nodes read otherwise.

        Args:
            message: What is sent.
            signer: Holds the party's key.
            strict: Whether to refuse a message that some verifier would reject; `obstacles` lists
                what it is refused for.
            number_texts: `javascript` is what most verifiers take. `jvm` is for receivers that
                verify on a JVM, where a body holds numbers in fields that such nodes keep as
                32-bit floats; the JavaScript library rejects those.
            method: The request's method, for `strict`: JVM nodes read a `PATCH` as it is sent.

        Raises:
            UnsignableMessage: No verifier would find one of the values, or it is too long; or
                `strict`, and not every verifier would accept it.
            InvalidInput: The signer can't sign messages, or there are no such number texts.
        """
        writing = writing_of(number_texts)
        if strict:
            _refuse_obstacles(message, number_texts, method)
        root = message.root()
        return cls._signed(root, fields_of(root), (), signer, writing)

    def verify(
        self,
        message: OcpiMessage,
        *,
        require_all_fields: bool = False,
    ) -> VerifiedSignature:
        """Return who signed a message, and who before each rewrite.

        The format binds values, not the fields that they stand in (see `notary.messages`).

        Args:
            message: What was received.
            require_all_fields: Whether every value of the message, in each of its states, must be
                covered, and no field listed twice. Without it, values that the signer did not list
                are ignored, as in the other libraries.

        Returns:
            Who signed what. Whether that is the party it claims to be is not looked at.

        Raises:
            ModifiedMessage: These are not the values that were signed; `cause` says why where
                that is certain.
            SignatoryMismatch: Another key signed than the one that is named.
            UncoveredField: A value is not covered (only when asked).
            RepeatedField: A value is listed twice (only when asked).
            MalformedSignature: A path leads to no single value, or a rewrite to no message.
        """
        states: tuple[Signed, ...] = (self, *reversed(self.rewrites))
        return verified(message, self.fields, states, require_all_fields=require_all_fields)

    def body_text(self, message: OcpiMessage) -> str:
        """Return the body of a message as it has to be sent with this signature.

        Args:
            message: The message that is signed.

        Raises:
            ModifiedMessage: The message is not the one that this signature is about.
            UnsignableMessage: A number can't be written in the texts that were signed.
        """
        root = message.root()
        writer = NumberWriter(self._writing(root), root)
        return writer.body(root["body"]) if "body" in root else ""

    def response_text(self, message: OcpiMessage) -> str:
        """Return the body of a response as it has to be sent, with this signature in it.

        Args:
            message: The response that is signed.

        Raises:
            ModifiedMessage: The message is not the one that this signature is about.
            InvalidInput: Its body is not an object, so that no signature can stand in it.
            BrotliMissing: The extra `notary` is not installed.
        """
        root = message.root()
        body = root.get("body")
        if not isinstance(body, dict):
            raise InvalidInput("the signature of a response stands in its body: use an object")
        signed: Plain = body | {RESPONSE_PROPERTY: self.to_header()}
        return NumberWriter(self._writing(root), root).body(signed)

    def rewrite(
        self,
        message: OcpiMessage,
        changes: Mapping[str, Scalar | None],
        signer: Signer,
    ) -> tuple[OcpiMessage, MessageSignature]:
        """Change values of a message that somebody else signed, and sign the result.

        The order of the fields stays the one that was signed, with added ones at the end: the
        earlier signature is verified with the new one's fields. Numbers are signed in the texts
        that they were signed in before. This does not check who signed before; `verify` does.

        Args:
            message: The message as it came.
            changes: Path to new value, for example `$['body']['response_url']`; `None` removes. To
                remove what a JVM verifies put empty text in its place: it looks for every field
                that was signed before.
            signer: Holds the node's key.

        Returns:
            The changed message and its signature.

        Raises:
            ModifiedMessage: The message is not the one that this signature is about.
            InvalidInput: A change is not of a single value, or of a value that was not signed.
        """
        root = message.root()
        writing = self._writing(root)
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
                        f"{shown(text)} is not covered by the signature: what nobody signed can't "
                        "be rewritten, remove it or leave it as it is",
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
            writing,
        )
        return changed, signature

    def to_header(self, *, max_header_bytes: int | None = None) -> str:
        """Return the signature as it travels: the text that the JavaScript library writes.

        Args:
            max_header_bytes: How long the header may be, for requests. Tomcat takes 8,192 bytes of
                all headers together unless told otherwise. Responses carry it in their body.

        Raises:
            HeaderTooLong: It is longer.
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
    def from_header(cls, text: str, *, limits: Limits = wire.DEFAULT_LIMITS) -> MessageSignature:
        """Return the signature that came with a message; nothing is verified yet.

        Args:
            text: The header `OCN-Signature` of a request, or `ocn_signature` of a response's body;
                in brotli or gzip.
            limits: What it may take.

        Raises:
            MalformedSignature: It is not a signature, or beyond a limit.
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
        writing: Writing,
    ) -> MessageSignature:
        writer = NumberWriter(writing, root)
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

    def _writing(self, root: dict[str, Plain]) -> Writing:
        fields = tuple(map(paths.looked_up, self.fields))
        writing = writing_held(root, fields, self.hash)
        if writing is None:
            raise modified(root, self.fields, self.hash, 0)
        return writing


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
