"""Find out why a message differs from what was signed, if that can be proved.

The hash tells whether a guess is right, so no cause is reported on suspicion. The work is bounded:
a stranger's message can be long, and each guess hashes all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.evm.keccak import keccak256
from ocn_registry.notary import paths
from ocn_registry.notary.errors import MalformedSignature, ModifiedMessage
from ocn_registry.notary.messages import text_of, values_at
from ocn_registry.notary.number_texts import KNOWN, NumberWriter
from ocn_registry.notary.values import scalar_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain

_MOST_CHARS_HASHED = 1 << 20
_DECIMALS = (0, 1, 2, 3, 4, 6)


def modified(
    root: dict[str, Plain], fields: tuple[str, ...], digest: str, layer: int
) -> ModifiedMessage:
    """Return the error for a message that differs from what was signed, with the cause.

    Args:
        root: The message.
        fields: The signature's paths, as received.
        digest: The signed hash.
        layer: The state of the message.
    """
    capital = next((field for field in fields if field != field.lower()), None)
    if capital is not None and _holds_as_written(root, fields, digest):
        return ModifiedMessage(layer, "capital_letters", capital)
    looked_up = tuple(map(paths.looked_up, fields))
    missing = next(
        (
            field
            for field, path in zip(fields, looked_up, strict=True)
            if paths.find(root, path) in (None, "", [], {})
        ),
        None,
    )
    if missing is not None:
        return ModifiedMessage(layer, "missing_field", missing)
    for number, text in _other_numbers(root, looked_up, digest):
        return ModifiedMessage(layer, "number_text", fields[number], text)
    return ModifiedMessage(layer)


def _hash(text: str) -> str:
    return "0x" + keccak256(text.encode()).hex()


def _holds_as_written(root: dict[str, Plain], fields: tuple[str, ...], digest: str) -> bool:
    """Return whether the signature matches if keys are looked up case-sensitively."""
    try:
        values = values_at(root, map(paths.parse, fields))
        return any(
            _hash(text_of(values, NumberWriter(writing, root).signed)) == digest
            for writing in KNOWN
        )
    except MalformedSignature:
        return False


def _other_numbers(
    root: dict[str, Plain], fields: tuple[Path, ...], digest: str
) -> Iterator[tuple[int, str]]:
    """Find numbers that were signed in another text: a single one, or all with equal decimals."""
    values = [paths.find(root, path) for path in fields]
    texts = [scalar_text(value) if isinstance(value, (str, int, float)) else "" for value in values]
    numbers = {
        index: _other_texts(value)
        for index, value in enumerate(values)
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    left = _MOST_CHARS_HASHED
    for index, signed, text in _guesses(texts, numbers):
        left -= len(text)
        if left < 0:
            return
        if _hash(text) == digest:
            yield index, signed
            return


def _guesses(
    texts: list[str], numbers: dict[int, tuple[str, ...]]
) -> Iterator[tuple[int, str, str]]:
    """Yield guesses: the number, how it was signed, and the text of the whole message then."""
    for way in range(len(_DECIMALS) if numbers else 0):
        changed = texts.copy()
        for index, others in numbers.items():
            changed[index] = others[way]
        first = next(iter(numbers))
        yield first, changed[first], "".join(changed)
    for index, others in numbers.items():
        before, after = "".join(texts[:index]), "".join(texts[index + 1 :])
        for other in others:
            yield index, other, before + other + after


def _other_texts(value: float) -> tuple[str, ...]:
    return tuple(f"{value:.{decimals}f}" for decimals in _DECIMALS)
