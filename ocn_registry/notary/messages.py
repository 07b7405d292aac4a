"""An OCPI message as it is signed: headers, query parameters, body.

What is signed is the text of every value, one after the other, with nothing between them. The list
of their paths travels beside it and is not signed. So the signature says which values were there,
and not which field each stood in: whoever passes a message on can let two values change places, or
move a letter to the field beside it. No verifier can notice that; the format has no room for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ocn_registry.foreign.text import shown
from ocn_registry.notary import paths
from ocn_registry.notary.errors import MalformedSignature, UnsignableMessage
from ocn_registry.notary.values import NotPlain, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Json, Plain, Scalar

# In this order where present.
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
    """What is signed of a request or a response; a copy, in JavaScript's order of properties.

    Attributes:
        headers: Names in lower case. `request` and `response` choose the ones that are signed.
        params: Query parameters; numbers as numbers or as text are the same to the signature.
        body: The JSON body; of a response without its `ocn_signature`.
    """

    headers: Mapping[str, Json]
    params: Mapping[str, Json] | None = None
    body: Json = None

    def __post_init__(self) -> None:
        """Copy all three, so that nobody changes what was looked at.

        Raises:
            UnsignableMessage: Headers or parameters are no mapping, or a value is not JSON.
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
        """Make a message of an HTTP request.

        Args:
            headers: All headers, names in any case; the ones that are signed are taken.
            params: Query parameters.
            body: The JSON body.

        Raises:
            UnsignableMessage: Something in it has no text to sign.
        """
        return cls(headers=_signed_headers(headers), params=params, body=body)

    @classmethod
    def response(cls, headers: Mapping[str, str], body: Json) -> OcpiMessage:
        """Make a message of an HTTP response.

        Args:
            headers: All headers, names in any case; the ones that are signed are taken.
            body: The JSON body, with or without its `ocn_signature`, which is left out.

        Raises:
            UnsignableMessage: Something in it has no text to sign.
        """
        if isinstance(body, Mapping):
            body = {key: value for key, value in body.items() if key != RESPONSE_PROPERTY}
        return cls(headers=_signed_headers(headers), body=body)

    def root(self) -> dict[str, Plain]:
        """Give the object that paths begin at; headers first, and without what is absent."""
        root: dict[str, Plain] = {}
        for name in ("headers", "params", "body"):
            value: Plain = getattr(self, name)
            if value is not None:
                root[name] = value
        return root


def message_of(root: dict[str, Plain]) -> OcpiMessage:
    """Make a message of a root.

    Raises:
        UnsignableMessage: It is none.
    """
    if not root.keys() <= {"headers", "params", "body"}:
        raise UnsignableMessage("a message has headers, params and body, and nothing beside them")
    # Whatever stands there: `OcpiMessage` looks itself.
    headers = cast("dict[str, Plain]", root.get("headers"))
    params = cast("dict[str, Plain] | None", root.get("params"))
    return OcpiMessage(headers=headers, params=params, body=root.get("body"))


def leaves(root: dict[str, Plain]) -> Iterator[tuple[str, Path, Scalar]]:
    """Walk all values that are signed, in order: path as text, path as steps, value.

    Source: `walk` of the JavaScript library: depth first; nothing for null and empty text.
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
    """List the paths of all values, as a signature carries them.

    Raises:
        UnsignableMessage: A verifier would not find one of them.
    """
    fields: list[str] = []
    for text, path, _ in leaves(root):
        if not all(map(paths.is_findable, path)):
            raise UnsignableMessage(
                f"no verifier finds {shown(text)}: keys are looked up in lower case, and without "
                "quotes; rename it, or leave it out",
            )
        if len(text) > paths.MAX_PATH_CHARS:
            raise UnsignableMessage(f"the path {shown(text)} is too long")
        fields.append(text)
    return tuple(fields)


def text_of(
    root: dict[str, Plain],
    fields: Iterable[Path],
    write: Callable[[Scalar], str],
) -> str:
    """Write what is signed: the texts of the values at these paths, nothing between them.

    Args:
        root: The message.
        fields: Where the values are; what is missing or null is empty.
        write: How a single value is written.

    Raises:
        MalformedSignature: A path leads to an array or object that is not empty, or the text
            grows beyond all messages.
    """
    texts: list[str] = []
    length = 0
    for path in fields:
        value = paths.find(root, path)
        if value is None:
            continue
        if isinstance(value, (dict, list)):
            if value:
                raise MalformedSignature(
                    f"the signature names {shown(str(path))}, which is an object or array and not "
                    "one value",
                )
            continue
        texts.append(write(value))
        length += len(texts[-1])
        if length > MAX_TEXT_CHARS:
            raise MalformedSignature(f"what is signed is longer than {MAX_TEXT_CHARS} characters")
    return "".join(texts)


def shown_place(error: NotPlain) -> str:
    """Write where in a value an error is; bounded."""
    return error.where if len(error.where) <= 200 else f"{error.where[:200]}..."  # noqa: PLR2004


def _signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers.items()}
    return {name: found[name] for name in SIGNED_HEADERS if name in found}
