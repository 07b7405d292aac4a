"""Obstacles to verification: values that some verifiers misread, found before signing.

The verifiers are the JavaScript library, and JVM nodes that parse a body into maps or classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocn_registry.foreign.text import shown
from ocn_registry.notary import numbers
from ocn_registry.notary.messages import leaves, path_text
from ocn_registry.notary.node_models import Misread, is_float_field, misread, reads_into_maps
from ocn_registry.notary.number_texts import NumberWriter, format_of
from ocn_registry.notary.paths import MAX_PATH_CHARS, is_findable
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.notary.messages import OcpiMessage
    from ocn_registry.notary.node_models import Misreading
    from ocn_registry.notary.number_texts import NumberTexts
    from ocn_registry.notary.values import Plain

_IN_JVM_TEXT = 'sign with number_texts="jvm" if the receivers verify on a JVM'


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A value of a message that some verifiers read differently from what is signed.

    Attributes:
        field: The path of the value.
        reason: Which verifiers misread it, and how.
        remedy: What to do about it.
    """

    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the obstacle as one line."""
        return f"{shown(self.field)}: {self.reason}; {self.remedy}"


def obstacles(
    message: OcpiMessage,
    *,
    number_texts: NumberTexts = "javascript",
    method: str | None = None,
) -> tuple[Obstacle, ...]:
    """Return the values of a message that some verifiers misread; empty if there are none.

    Args:
        message: The message to sign.
        number_texts: The number format to sign in. With `jvm`, the JavaScript library is
            disregarded.
        method: The request's method. JVM nodes parse the body of a `PATCH` into maps, which keep
            every field and number, and other bodies into classes.
    """
    return tuple(_obstacles(message.root(), number_texts, method))


def _obstacles(
    root: dict[str, Plain], number_texts: NumberTexts, method: str | None
) -> Iterator[Obstacle]:
    into_maps = reads_into_maps(root, method)
    write = NumberWriter(format_of(number_texts), root).signed
    for field, path, value in leaves(root):
        if not all(map(is_findable, path)) or len(field) > MAX_PATH_CHARS:
            yield _unfindable(field)
        elif "\\" in field:
            yield _escaped(field)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            floating = is_float_field(path, into_maps=into_maps)
            if number_texts == "jvm":
                found = _lost_by_floats(field, value) if floating else None
            else:
                found = _misread_number(field, value, write(path, value), floating=floating)
            if found is not None:
                yield found
    if method != "PATCH":
        yield from map(_misread, misread(root))


def _unfindable(field: str) -> Obstacle:
    return Obstacle(
        field=field,
        reason="verifiers look keys up in lower case and without quotes",
        remedy="rename it, or leave it out",
    )


def _escaped(field: str) -> Obstacle:
    return Obstacle(
        field=field,
        reason="a JVM takes a backslash in a key for an escape and finds nothing",
        remedy="rename it, or leave it out",
    )


def _misread(found: Misreading) -> Obstacle:
    """Return how a class of the public Kotlin nodes misreads a value."""
    whose = f"the {found.kind} of the public Kotlin nodes"
    value = found.value if isinstance(found.value, float) else shown(found.value)
    match found.why:
        case Misread.UNKNOWN_FIELD:
            reason = f"{whose} has no such field, so they read nothing"
            remedy = "leave it out, or send the message unsigned to receivers behind such nodes"
        case Misread.UNKNOWN_VALUE:
            reason = f"{whose} lacks {value}: they refuse the body"
            remedy = "use a value that OCPI 2.2 has, or leave it out"
        case Misread.NOT_AN_INTEGER:
            reason = f"{whose} holds a 32-bit integer, not {value}"
            remedy = "round it"
        case Misread.WRONG_TYPE:
            reason = (
                f"{whose} holds {found.expected} here: they refuse the body, or read another value"
            )
            remedy = f"send {found.expected}, or leave it out"
        case _:
            reason = f"{whose} needs this field: they refuse a body without it"
            remedy = "add it"
    return Obstacle(field=path_text(found.path), reason=reason, remedy=remedy)


def _lost_by_floats(field: str, value: float) -> Obstacle | None:
    text = numbers.float_text(value)
    if numbers.is_same_in_every_java(value) and float(text) == value:
        return None
    return Obstacle(
        field=field,
        reason=f"JVM nodes hold it as a 32-bit float, which makes {text} of {value}",
        remedy="round it to 7 digits",
    )


def _misread_number(field: str, value: float, signed: str, *, floating: bool) -> Obstacle | None:
    if isinstance(value, int) and abs(value) > numbers.EXACT_INTEGERS:
        return Obstacle(
            field=field,
            reason=f"JavaScript does not hold {shown(value)} exactly",
            remedy="send it as text",
        )
    if floating and numbers.float_text(value) != signed:
        lost = _lost_by_floats(field, value)
        if lost is not None:
            return lost
        return Obstacle(
            field=field,
            reason="JVM nodes hold it as a 32-bit float and read "
            f"{numbers.float_text(value)} where {signed} is signed",
            remedy=_IN_JVM_TEXT,
        )
    read = signed if float(value).is_integer() and "e" not in signed else numbers.jvm_text(value)
    if read != signed:
        return Obstacle(
            field=field,
            reason=f"a JVM reads {read} where {signed} is signed",
            remedy=f"{_IN_JVM_TEXT}, or send it as text",
        )
    return None
