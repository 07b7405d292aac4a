"""The text of a number in JavaScript and in Java.

Signatures cover text, so two programs that write a number differently sign different messages.
JavaScript writes `4` where Java writes `4.0`, and a Java program that stores a number as a 32-bit
float writes `3.1415927` for `3.14159265358979`.

Source: ECMA-262, Number::toString (6.1.6.1.20); Java 17, `Double.toString`, `Float.toString` and
`BigDecimal.toString`.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from math import isfinite

EXACT_INTEGERS = 1 << 53

_DOUBLE_BITS = 53
_FLOAT_BITS = 24
_FLOAT_DIGITS = 9
# JsonPath's parser keeps longer numbers as BigDecimal, which has its own text.
_LONGEST_DOUBLE = 18


def javascript_text(value: float) -> str:
    """Return a number as JavaScript's `String()` writes it."""
    if isinstance(value, int):
        if -EXACT_INTEGERS <= value <= EXACT_INTEGERS:
            return str(value)
        value = float(value)
    sign, digits, point = _shortest(value)
    if not digits:
        return "0"
    if len(digits) <= point <= 21:  # noqa: PLR2004 - from 1e21 on there is an exponent
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:  # noqa: PLR2004 - the same
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004 - below 1e-6 there is an exponent
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def java_text(value: float) -> str:
    """Return a number as Java's `toString` writes it, which distinguishes `5.0` from `5`."""
    if isinstance(value, int):
        return str(value)
    return _java_layout(value, *(_early_java(value, _DOUBLE_BITS) or _shortest(value)))


def jvm_text(value: float) -> str:
    """Return the text that a JVM verifier appends for a number parsed without a type.

    It is Java's text, parsed again by JsonPath and written again.
    """
    text = java_text(value)
    if isinstance(value, int) or len(text) <= _LONGEST_DOUBLE:
        return text
    return str(Decimal(text))


def float_text(value: float) -> str:
    """Return the text that a JVM verifier appends for a number stored as a 32-bit float.

    Returns:
        The text; `Infinity` for a number that exceeds such a float.
    """
    narrow = _as_float(value)
    if not isfinite(narrow):
        return "-Infinity" if value < 0 else "Infinity"
    return _java_layout(narrow, *(_early_java(narrow, _FLOAT_BITS) or _shortest_float(narrow)))


def is_same_in_every_java(value: float) -> bool:
    """Return whether Java 19 and earlier versions write a 32-bit float alike."""
    narrow = _as_float(value)
    return isfinite(narrow) and float_text(narrow) == _java_layout(narrow, *_shortest_float(narrow))


def _java_layout(value: float, sign: str, digits: str, point: int) -> str:
    if not digits:
        return f"{'-' if str(value)[0] == '-' else ''}0.0"
    if -3 < point <= 7:  # noqa: PLR2004 - from 0.001 to below ten million there is no exponent
        whole = digits[: max(point, 0)].ljust(point, "0") or "0"
        return f"{sign}{whole}.{'0' * -min(point, 0)}{digits[max(point, 0) :] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _early_java(value: float, bits: int) -> tuple[str, str, int] | None:
    """Split a whole number as Java before 19 did, which kept more digits than necessary.

    Returns:
        `None` for a number that is not whole, or that fits its type: then the shortest digits
        apply.
    """
    whole = abs(int(value))
    exponent = whole.bit_length() - 1
    if whole != abs(value) or not bits < exponent <= 62:  # noqa: PLR2004 - above, Java uses another algorithm
        return None
    spare = exponent - bits - 1
    dropped = len(str(1 << spare)) - 1 if spare > 1 else 0
    kept, rest = divmod(whole, 10**dropped)
    if dropped and 2 * rest >= 10**dropped:
        kept += 1
    digits = str(kept)
    return "-" if value < 0 else "", digits.rstrip("0"), len(digits) + dropped


def _as_float(value: float) -> float:
    try:
        narrow: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf")
    return narrow


def _shortest_float(value: float) -> tuple[str, str, int]:
    text = ""
    for digits in range(_FLOAT_DIGITS):
        text = f"{value:.{digits}e}"
        if _as_float(float(text)) == value:
            break
    return _parts_of(text)


def _shortest(value: float) -> tuple[str, str, int]:
    """Split a number: sign, the fewest digits that identify it, position of the point.

    The value is 0.DIGITS times ten to the power of the position. Python and JavaScript both choose
    the shortest digits, and of these the nearest; only their layouts differ.
    """
    return _parts_of(repr(value))


def _parts_of(text: str) -> tuple[str, str, int]:
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(power or 0)
    return "-" if text[0] == "-" else "", digits.rstrip("0"), point
