"""Verification: from the message as received back to the message as its author signed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ocn_registry.evm.keccak import keccak256
from ocn_registry.notary import paths
from ocn_registry.notary.causes import modified
from ocn_registry.notary.errors import (
    MalformedSignature,
    RepeatedField,
    SignatoryMismatch,
    UncoveredField,
)
from ocn_registry.notary.messages import leaves, message_of, text_of, values_at
from ocn_registry.notary.number_texts import KNOWN, NumberWriter
from ocn_registry.notary.personal import recover_text
from ocn_registry.notary.rewrites import Rewrite
from ocn_registry.notary.verified import SignedLayer, VerifiedSignature

if TYPE_CHECKING:
    from ocn_registry.models import Address
    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.number_texts import NumberFormat
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain


class Signed(Protocol):
    """A signed state of a message: a `MessageSignature` or a `Rewrite`."""

    @property
    def hash(self) -> str:
        """The hash of the signed values, `0x` and 64 hexadecimal digits."""
        ...

    @property
    def rsv(self) -> str:
        """The signature of the hash, `0x` and 130 hexadecimal digits."""
        ...

    @property
    def signatory(self) -> Address:
        """The signer's address."""
        ...


def verified(
    message: OcpiMessage,
    signed_fields: tuple[str, ...],
    states: tuple[Signed, ...],
    *,
    require_all_fields: bool,
) -> VerifiedSignature:
    """Return who signed a message, and who signed it before each rewrite.

    Args:
        message: The message as received.
        signed_fields: Paths of the signed values.
        states: The signed states, latest first: the message's signature, then its rewrites.
        require_all_fields: Whether every value must be covered, and none listed twice.

    Raises:
        MessageRejected: See `MessageSignature.verify`.
    """
    fields = tuple(map(paths.looked_up, signed_fields))
    if require_all_fields:
        _refuse_repeated(signed_fields, fields)
    layers: list[SignedLayer] = []
    for number, state in enumerate(states):
        if isinstance(state, Rewrite):
            message = _restored(message, state)
        root = message.root()
        if require_all_fields:
            _refuse_uncovered(root, fields, number)
        number_format = signed_format(root, fields, state.hash)
        if number_format is None:
            raise modified(root, signed_fields, state.hash, number)
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
                number_texts=number_format.name,
            ),
        )
    return VerifiedSignature(layers=tuple(layers))


def signed_format(
    root: dict[str, Plain], fields: tuple[Path, ...], digest: str
) -> NumberFormat | None:
    """Return the number format in which a message was signed.

    Returns:
        `None` if the message differs from what was signed, whatever the format.
    """
    values = values_at(root, fields)
    tried: set[str] = set()
    for number_format in KNOWN:
        text = text_of(values, NumberWriter(number_format, root).signed)
        if text not in tried and hash_of(text) == digest:
            return number_format
        tried.add(text)
    return None


def hash_of(text: str) -> str:
    """Return the hash of a message's signed text."""
    return "0x" + keccak256(text.encode()).hex()


def _refuse_repeated(texts: tuple[str, ...], fields: tuple[Path, ...]) -> None:
    if len(set(fields)) == len(fields):
        return
    seen: set[Path] = set()
    for path, text in zip(fields, texts, strict=True):
        if path in seen:
            raise RepeatedField(text)
        seen.add(path)


def _refuse_uncovered(root: dict[str, Plain], fields: tuple[Path, ...], layer: int) -> None:
    covered = set(fields)
    uncovered = [text for text, path, _ in leaves(root) if path not in covered]
    if uncovered:
        raise UncoveredField(uncovered[0], len(uncovered), layer)


def _restored(message: OcpiMessage, rewrite: Rewrite) -> OcpiMessage:
    # Case is kept here, as in the other libraries.
    old = {paths.parse(text): value for text, value in rewrite.rewritten_fields.items()}
    try:
        return message_of(paths.replaced(message.root(), old))
    except ValueError:
        raise MalformedSignature("a rewrite puts an old value where no message has one") from None
