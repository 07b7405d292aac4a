"""The formats in which the numbers of a message are signed, and the body that fits each.

A sender can choose between two. `javascript` is the original: how JavaScript, and a JVM that parses
into maps, read the body. `jvm` differs in the numbers that a JVM changes: fields that its classes
store as 32-bit floats, and numbers that Java writes with an exponent.

A verifier meets more formats: nodes rewrite numbers, and JVM programs sign the values they hold.
All formats denote the same numbers, so accepting each of them is safe.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias

from ocn_registry.errors import InvalidInput
from ocn_registry.foreign.text import shown
from ocn_registry.notary.errors import UnsignableMessage
from ocn_registry.notary.node_models import is_float_field, reads_into_maps
from ocn_registry.notary.numbers import (
    float_text,
    java_text,
    javascript_text,
    jvm_text,
)
from ocn_registry.notary.values import json_text
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain, Scalar

NumberTexts: TypeAlias = Literal["javascript", "jvm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """A way to write the numbers of a message.

    Attributes:
        name: Name of the format that it belongs to.
        plain: Returns the signed text of a number.
        floats: Returns the signed text of a number in a field that JVM nodes store as a 32-bit
            float.
        sent: Returns the text of a number in the body.
        sent_floats: Returns the text in the body of a number in such a field.
    """

    name: NumberTexts
    plain: Callable[[float], str]
    floats: Callable[[float], str]
    sent: Callable[[float], str]
    sent_floats: Callable[[float], str]


def _sent_to_jvm(value: float) -> str:
    """Return the text of a number on which JavaScript and a JVM with maps agree, if possible."""
    return str(value) if isinstance(value, int) else javascript_text(value)


def _signed_for_jvm(value: float) -> str:
    """Return how a JVM with maps reads the number above."""
    sent = _sent_to_jvm(value)
    return jvm_text(value) if set(sent) & set(".e") else sent


def _finite_float(value: float) -> str:
    text = float_text(value)
    if not isfinite(float(text)):
        raise UnsignableMessage(
            f"{shown(value)} can't be written for JVM nodes, which hold it as a 32-bit float: "
            "send a smaller number"
        )
    return text


def _python_text(value: float) -> str:
    return str(value)


JAVASCRIPT = NumberFormat(
    name="javascript",
    plain=javascript_text,
    floats=javascript_text,
    sent=javascript_text,
    sent_floats=javascript_text,
)
JVM = NumberFormat(
    name="jvm",
    plain=_signed_for_jvm,
    floats=float_text,
    sent=_sent_to_jvm,
    sent_floats=_finite_float,
)
# Other formats in use, the likely ones first: a JVM that verifies maps, one that verifies classes,
# and what each of them signs.
_MET = tuple(
    NumberFormat(name="jvm", plain=plain, floats=floats, sent=_python_text, sent_floats=sent_floats)
    for plain, floats, sent_floats in (
        (jvm_text, jvm_text, _python_text),
        (jvm_text, float_text, float_text),
        (java_text, java_text, _python_text),
        (java_text, float_text, float_text),
    )
)
KNOWN = (JAVASCRIPT, JVM, *_MET)


def format_of(name: str) -> NumberFormat:
    """Return the number format with this name.

    Raises:
        InvalidInput: There is no such format.
    """
    for number_format in (JAVASCRIPT, JVM):
        if number_format.name == name:
            return number_format
    raise InvalidInput(
        f"{shown(name)} is not a valid number_texts: use 'javascript', or 'jvm' for messages whose "
        "receivers verify on a JVM"
    )


class NumberWriter:
    """Writes the values of a message for signing, or its body for sending."""

    def __init__(self, number_format: NumberFormat, root: dict[str, Plain]) -> None:
        """Inspect the message once: nodes parse the data of responses without types."""
        self._number_format = number_format
        self._into_maps = reads_into_maps(root)

    def signed(self, path: Path, value: Scalar) -> str:
        """Return the signed text of a value."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if is_float_field(path, into_maps=self._into_maps):
            return self._number_format.floats(value)
        return self._number_format.plain(value)

    def check_floats(self, values: Iterable[tuple[Path, Scalar]]) -> None:
        """Raise for numbers that exceed a 32-bit float, if the format writes such floats.

        Raises:
            UnsignableMessage: A number is too large.
        """
        for path, value in values:
            if isinstance(value, (int, float)) and is_float_field(path, into_maps=self._into_maps):
                self._number_format.sent_floats(value)

    def body(self, value: Plain, path: Path = ("body",)) -> str:
        """Return the JSON of a body to send."""
        if isinstance(value, dict):
            items = (
                f"{json_text(key)}:{self.body(item, (*path, key))}" for key, item in value.items()
            )
            return f"{{{','.join(items)}}}"
        if isinstance(value, list):
            items = (self.body(item, (*path, index)) for index, item in enumerate(value))
            return f"[{','.join(items)}]"
        if isinstance(value, (str, bool)) or value is None:
            return json_text(value)
        if is_float_field(path, into_maps=self._into_maps):
            return self._number_format.sent_floats(value)
        return self._number_format.sent(value)
