"""Signatures of OCPI messages: sign, verify, rewrite.

A party signs the values of its message. A node on the way that has to change one signs the changed
message, and keeps beside its own signature the old values with the signature that was there: a
rewrite. Whoever verifies goes back from the newest to the oldest.

A valid signature says that `signatory` signed. Whether that is the party, or the operator of its
node, is a question to the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocn_registry.errors import InvalidInput
from ocn_registry.evm.keccak import keccak256
from ocn_registry.foreign.text import shown
from ocn_registry.models import Address
from ocn_registry.notary import paths, wire
from ocn_registry.notary.errors import (
    MalformedSignature,
    ModifiedMessage,
    RepeatedField,
    SignatoryMismatch,
    UncoveredField,
    UnsignableMessage,
)
from ocn_registry.notary.messages import fields_of, leaves, message_of, text_of
from ocn_registry.notary.personal import recover_text, sign_text
from ocn_registry.notary.rewrites import Rewrite, address_of, checked
from ocn_registry.notary.values import (
    Scalar,
    java_text,
    json_text,
    scalar_text,
)
from ocn_registry.notary.verified import SignedLayer, VerifiedSignature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain
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
        """Refuse what is no signature.

        Raises:
            MalformedSignature: A path, the hash, the signature or the address is none.
        """
        object.__setattr__(self, "signatory", checked(self.hash, self.rsv, self.signatory))
        object.__setattr__(self, "fields", tuple(self.fields))
        object.__setattr__(self, "rewrites", tuple(self.rewrites))
        for field in self.fields:
            paths.looked_up(field)

    @classmethod
    def sign(cls, message: OcpiMessage, signer: Signer) -> MessageSignature:
        """Sign all values of a message.

        Write whole numbers as `int` in the JSON that you send: `5.0` is signed as `5`, as
        JavaScript does, and a JVM verifier that reads `5.0` takes it for another text.

        Args:
            message: What is sent.
            signer: Holds the party's key.

        Raises:
            UnsignableMessage: No verifier would find one of the values, or it is too long.
            InvalidInput: The signer can't sign messages.
        """
        root = message.root()
        return cls._signed(root, fields_of(root), (), signer)

    def verify(
        self,
        message: OcpiMessage,
        *,
        require_all_fields: bool = False,
    ) -> VerifiedSignature:
        """Find out who signed a message, and who before each rewrite.

        The format binds values, not the fields that they stand in (see `notary.messages`).

        Args:
            message: What was received.
            require_all_fields: Whether every value of the message, in each of its states, must be
                covered, and no field listed twice. Without it a value that the signer did not
                list counts for nothing, as in the other libraries.

        Returns:
            Who signed what. Whether that is the party it claims to be is not looked at.

        Raises:
            ModifiedMessage: These are not the values that were signed.
            SignatoryMismatch: Another key signed than the one that is named.
            UncoveredField: A value is not covered (only when asked).
            RepeatedField: A value is listed twice (only when asked).
            MalformedSignature: A path leads to no single value, or a rewrite to no message.
        """
        fields = tuple(map(paths.looked_up, self.fields))
        if require_all_fields:
            self._refuse_repeated(fields)
        layers: list[SignedLayer] = []
        states: tuple[MessageSignature | Rewrite, ...] = (self, *reversed(self.rewrites))
        for number, state in enumerate(states):
            if isinstance(state, Rewrite):
                message = _restored(message, state)
            root = message.root()
            if require_all_fields:
                _refuse_uncovered(root, fields, number)
            if not _holds(root, fields, state.hash):
                raise ModifiedMessage(number)
            signatory = recover_text(state.hash, state.rsv)
            if signatory is None or signatory != state.signatory:
                raise SignatoryMismatch(state.signatory, signatory, number)
            older = states[number + 1] if number + 1 < len(states) else None
            layers.append(
                SignedLayer(
                    signatory=signatory,
                    message=message,
                    rewritten_fields=frozenset(
                        older.rewritten_fields if isinstance(older, Rewrite) else (),
                    ),
                ),
            )
        return VerifiedSignature(layers=tuple(layers))

    def rewrite(
        self,
        message: OcpiMessage,
        changes: Mapping[str, Scalar | None],
        signer: Signer,
    ) -> tuple[OcpiMessage, MessageSignature]:
        """Change values of a message that somebody else signed, and sign what it becomes.

        The order of the fields stays the one that was signed, with what is added at the end: the
        signature before is verified with the new one's fields. This does not check who signed
        before; `verify` does.

        Args:
            message: The message as it came.
            changes: Path to new value, for example `$['body']['response_url']`; `None` removes.
            signer: Holds the node's key.

        Returns:
            The changed message and its signature.

        Raises:
            ModifiedMessage: The message is not the one that this signature is about.
            InvalidInput: A change is of no single value, or of a value that was not signed.
        """
        root = message.root()
        fields = tuple(map(paths.looked_up, self.fields))
        if not _holds(root, fields, self.hash):
            raise ModifiedMessage(0)
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
        )
        return changed, signature

    def to_header(self) -> str:
        """Write the signature as it travels: the text that the JavaScript library writes.

        Raises:
            BrotliMissing: The extra `notary` is not installed.
        """
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
        """Read a signature that came with a message; nothing is verified yet.

        Args:
            text: The header `OCN-Signature` of a request, or `ocn_signature` of a response's body;
                in brotli or gzip.
            limits: What it may take.

        Raises:
            MalformedSignature: It is no signature, or beyond a limit.
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
    ) -> MessageSignature:
        try:
            text = text_of(root, map(paths.looked_up, fields), scalar_text)
        except MalformedSignature as error:
            raise UnsignableMessage(str(error)) from None
        digest = _hash(text)
        return cls(
            fields=fields,
            hash=digest,
            rsv="0x" + sign_text(digest, signer),
            signatory=Address(signer.address),
            rewrites=rewrites,
        )

    def _refuse_repeated(self, fields: tuple[Path, ...]) -> None:
        if len(set(fields)) == len(fields):
            return
        seen: set[Path] = set()
        for path, field in zip(fields, self.fields, strict=True):
            if path in seen:
                raise RepeatedField(field)
            seen.add(path)


def _refuse_uncovered(root: dict[str, Plain], fields: tuple[Path, ...], layer: int) -> None:
    covered = set(fields)
    uncovered = [text for text, path, _ in leaves(root) if path not in covered]
    if uncovered:
        raise UncoveredField(uncovered[0], len(uncovered), layer)


def _holds(root: dict[str, Plain], fields: tuple[Path, ...], digest: str) -> bool:
    """Tell whether a message holds what was signed, with numbers as JavaScript or Java has them."""
    return any(_hash(text_of(root, fields, write)) == digest for write in (scalar_text, java_text))


def _hash(text: str) -> str:
    return "0x" + keccak256(text.encode()).hex()


def _restored(message: OcpiMessage, rewrite: Rewrite) -> OcpiMessage:
    # Not in lower case: as the other libraries put them back.
    old = {paths.parse(text): value for text, value in rewrite.rewritten_fields.items()}
    try:
        return message_of(paths.replaced(message.root(), old))
    except ValueError:
        raise MalformedSignature("a rewrite puts an old value where no message has one") from None


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
        raise InvalidInput(f"no verifier finds {shown(text)}: keys are looked up in lower case")
    return path
