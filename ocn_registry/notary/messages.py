"""An OCPI message in the form that is signed: headers, query parameters, body.

The signed text is the concatenation of all values, without separators. The list of their paths
travels with the signature and is not signed. So the signature proves which values were present, but
not in which fields: a node on the way can swap two values, or move a character into the next field.
No verifier can detect that; it is a limit of the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from ocn_registry.foreign.text import shown
from ocn_registry.notary import paths
from ocn_registry.notary.errors import MalformedSignature, UnsignableMessage
from ocn_registry.notary.number_texts import NumberWriter, format_of
from ocn_registry.notary.values import NotPlain, plain
from ocn_registry.portable.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ocn_registry.notary.number_texts import NumberTexts
    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Json, Plain, Scalar

# Signed in this order, if present.
SIGNED_HEADERS = (
    "x-correlation-id",
    "ocpi-from-country-code",
    "ocpi-from-party-id",
    "ocpi-to-country-code",
    "ocpi-to-party-id",
    "x-limit",
    "x-total-count",
    "link",
    "location",
)
REQUEST_HEADER = "OCN-Signature"
RESPONSE_PROPERTY = "ocn_signature"

MAX_TEXT_CHARS = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class OcpiMessage:
    """The signed parts of a request or a response: a copy, in JavaScript's property order.

    Attributes:
        headers: Headers with lower-case names. `request` and `response` select the signed ones.
        params: Query parameters. A number and its text are equivalent to the signature.
        body: The JSON body; for a response, without its `ocn_signature`.
    """

    headers: Mapping[str, Json]
    params: Mapping[str, Json] | None = None
    body: Json = None

    def __post_init__(self) -> None:
        """Copy the arguments, so that later changes to them have no effect.

        Raises:
            UnsignableMessage: Headers or parameters are not a mapping, or a value is not valid
                JSON.
        """
        for name in ("headers", "params", "body"):
            try:
                object.__setattr__(self, name, plain(getattr(self, name)))
            except NotPlain as error:
                raise UnsignableMessage(
                    f"the message can't be signed or verified: {name}{shown_place(error)} "
                    f"- {error.why}",
                ) from None
        if not isinstance(self.headers, dict) or not isinstance(self.params, (dict, type(None))):
            raise UnsignableMessage("headers and params of a message map names to values")

    @classmethod
    def request(
        cls,
        headers: Mapping[str, str],
        params: Mapping[str, Json] | None = None,
        body: Json = None,
    ) -> OcpiMessage:
        """Return the message of an HTTP request.

        Args:
            headers: All headers, with names in any case; the signed ones are selected.
            params: Query parameters.
            body: The JSON body.

        Raises:
            UnsignableMessage: A value can't be signed.
        """
        return cls(headers=_signed_headers(headers), params=params, body=body)

    @classmethod
    def response(cls, headers: Mapping[str, str], body: Json) -> OcpiMessage:
        """Return the message of an HTTP response.

        Args:
            headers: All headers, with names in any case; the signed ones are selected.
            body: The JSON body. Its `ocn_signature`, if present, is left out.

        Raises:
            UnsignableMessage: A value can't be signed.
        """
        if isinstance(body, Mapping):
            body = {key: value for key, value in body.items() if key != RESPONSE_PROPERTY}
        return cls(headers=_signed_headers(headers), body=body)

    def body_text(self, *, number_texts: NumberTexts = "javascript") -> str:
        """Return the body to send, so that as many verifiers as possible accept the signature.

        Other JSON serializers may write `4.0` where `4` was signed. Send this text instead.

        Args:
            number_texts: The number format of the signature; see `MessageSignature.sign`.

        Returns:
            The JSON; empty if there is no body.

        Raises:
            InvalidInput: The number format does not exist.
            UnsignableMessage: A number can't be written in that format.
        """
        writing, root = format_of(number_texts), self.root()
        return NumberWriter(writing, root).body(root["body"]) if "body" in root else ""

    def root(self) -> dict[str, Plain]:
        """Return the object that paths start from: headers first, absent parts left out."""
        root: dict[str, Plain] = {}
        for name in ("headers", "params", "body"):
            value: Plain = getattr(self, name)
            if value is not None:
                root[name] = value
        return root


def message_of(root: dict[str, Plain]) -> OcpiMessage:
    """Return the message with this root object.

    Raises:
        UnsignableMessage: The object is not a message.
    """
    if not root.keys() <= {"headers", "params", "body"}:
        raise UnsignableMessage("a message has headers, params and body, and nothing else")
    # Any value will do: `OcpiMessage` checks it.
    headers = cast("dict[str, Plain]", root.get("headers"))
    params = cast("dict[str, Plain] | None", root.get("params"))
    return OcpiMessage(headers=headers, params=params, body=root.get("body"))


def path_text(path: Path) -> str:
    """Return a path in the form used in signatures."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in path)


def leaves(root: dict[str, Plain]) -> Iterator[tuple[str, Path, Scalar]]:
    """Yield all signed values in order: path as text, path as steps, value.

    Source: `walk` in the JavaScript library: depth first, skipping null and empty text.
    """
    for key, value in root.items():
        yield from _leaves(f"$['{key}']", (key,), value)


def _leaves(text: str, path: Path, value: Plain) -> Iterator[tuple[str, Path, Scalar]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{text}['{key}']", (*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(f"{text}[{index}]", (*path, index), item)
    elif value is not None and value != "":
        yield text, path, value


def fields_of(root: dict[str, Plain]) -> tuple[str, ...]:
    """Return the paths of all values, in the form used in signatures.

    Raises:
        UnsignableMessage: A verifier would not find one of them.
    """
    fields: list[str] = []
    for text, path, _ in leaves(root):
        if not all(map(paths.is_findable, path)):
            raise UnsignableMessage(
                f"no verifier finds {shown(text)}: the format looks keys up in lower case and "
                "without quotes; rename it, or leave it out",
            )
        if len(text) > paths.MAX_PATH_CHARS:
            raise UnsignableMessage(f"the path {shown(text)} is too long")
        fields.append(text)
    return tuple(fields)


def values_at(root: dict[str, Plain], fields: Iterable[Path]) -> tuple[tuple[Path, Scalar], ...]:
    """Return the values at these paths, each with its path; missing ones and nulls are skipped.

    Raises:
        MalformedSignature: A path leads to a non-empty array or object.
    """
    values: list[tuple[Path, Scalar]] = []
    for path in fields:
        value = paths.find(root, path)
        if isinstance(value, (dict, list)):
            if value:
                raise MalformedSignature(
                    f"the signature names {shown(path_text(path))}, which is an object or array "
                    "and not one value",
                )
        elif value is not None:
            values.append((path, value))
    return tuple(values)


def text_of(
    values: Iterable[tuple[Path, Scalar]],
    write: Callable[[Path, Scalar], str],
) -> str:
    """Return the signed text: the texts of all values, concatenated.

    Args:
        values: The values, each with its path.
        write: Returns the text of the value at a path.

    Raises:
        MalformedSignature: The text is longer than any real message.
    """
    texts: list[str] = []
    length = 0
    for path, value in values:
        text = write(path, value)
        texts.append(text)
        length += len(text)
        if length > MAX_TEXT_CHARS:
            raise MalformedSignature(f"what is signed is longer than {MAX_TEXT_CHARS} characters")
    return "".join(texts)


def shown_place(error: NotPlain) -> str:
    """Return the location of an error within a value, in bounded length."""
    return error.where if len(error.where) <= 200 else f"{error.where[:200]}..."  # noqa: PLR2004


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers.items()}
    return {name: found[name] for name in SIGNED_HEADERS if name in found}
