"""The errors of signed messages.

```
OcnRegistryError
  MessageRejected         the message or its signature can't be trusted
    MalformedSignature    not a signature, or too large; also InvalidInput
    UnsignableMessage     a value of the message can't be signed; also InvalidInput
      HeaderTooLong       the signature is longer than the receiver accepts
    ModifiedMessage       the values differ from the signed ones
    SignatoryMismatch     another key signed than the one it names
    UncoveredField        the message holds a value that nobody signed (only on request)
    RepeatedField         a field is signed twice (only on request)
  BrotliMissing           the package was installed without the extra `notary`; also ImportError
```

A node that receives a message catches `MessageRejected`. Layer 0 is the message as received, layer
1 the message before the latest rewrite, and so on.
"""

from typing import Literal, TypeAlias

from ocn_registry.errors import InvalidInput, OcnRegistryError
from ocn_registry.foreign.text import shown

# Why a message differs from what was signed, if that is certain.
Cause: TypeAlias = Literal["capital_letters", "number_text", "missing_field"]


class MessageRejected(OcnRegistryError):
    """The message or its signature can't be trusted: do not act on it."""

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Support pickling, whatever arguments `__init__` takes."""
        return _again, (type(self), self.args, self.__dict__)


class MalformedSignature(MessageRejected, InvalidInput):
    """The text is not the signature of a message, or exceeds a limit."""


class UnsignableMessage(MessageRejected, InvalidInput):
    """The message holds a value that can't be signed, or that no verifier would find."""


class HeaderTooLong(UnsignableMessage):
    """The signature is longer than the header that the receiver accepts."""

    def __init__(self, size: int, limit: int) -> None:
        """Create the error from both sizes."""
        super().__init__(
            f"the header OCN-Signature takes {size:,} bytes, and max_header_bytes allows "
            f"{limit:,}: send fewer objects in one message, or have the receiver's server accept "
            "longer headers",
        )
        self.size = size
        self.limit = limit


class ModifiedMessage(MessageRejected):
    """The message differs from the values that were signed.

    Attributes:
        layer: The state of the message.
        cause: The cause, if it is certain.
        field: The path that the cause concerns.
    """

    def __init__(
        self, layer: int, cause: Cause | None = None, field: str = "", signed: str = ""
    ) -> None:
        """Create the error from the state of the message and the cause."""
        super().__init__(_modified(_named(layer), cause, shown(field), shown(signed)))
        self.layer = layer
        self.cause = cause
        self.field = field


def _modified(which: str, cause: Cause | None, field: str, signed: str) -> str:
    if cause == "capital_letters":
        return (
            f"{which} can't be verified: the sender signed {field}, and the format looks keys up "
            "in lower case; ask the sender to rename keys with capital letters, or to leave them "
            "out"
        )
    refused = f"{which} does not hold the values that were signed"
    if cause == "number_text":
        return (
            f"{refused}: {field} was signed as {signed}, which is not how JavaScript or Java "
            "writes that number; ask the sender to sign numbers as JavaScript does"
        )
    if cause == "missing_field":
        return (
            f"{refused}: {field} was signed and is missing; do not act on it, ask the sender to "
            "leave out what nodes on the way don't know"
        )
    return (
        f"{refused}: it was changed on its way, or signed in another form; do not act on it, ask "
        "the sender to send it again"
    )


class SignatoryMismatch(MessageRejected):
    """The signature was not made by the address that it names."""

    def __init__(self, named: str, recovered: str | None, layer: int = 0) -> None:
        """Create the error from the expected signer and the actual one, if any."""
        found = f"the signature of {recovered}" if recovered else "a signature that nobody made"
        super().__init__(
            f"{_named(layer)} carries {found} instead of that of {named}: do not act on it",
        )
        self.named = named
        self.recovered = recovered
        self.layer = layer


class UncoveredField(MessageRejected):
    """The message holds a value that the signature does not cover."""

    def __init__(self, field: str, count: int, layer: int) -> None:
        """Create the error from the first such field and the number of them."""
        more = f", and {count - 1} more," if count > 1 else ""
        super().__init__(
            f"{_named(layer)} holds {shown(field)}{more} that the signature does not cover: "
            "anybody may have written it, do not act on it",
        )
        self.field = field
        self.count = count
        self.layer = layer


class RepeatedField(MessageRejected):
    """The signature lists a field twice."""

    def __init__(self, field: str) -> None:
        """Create the error from the field."""
        super().__init__(
            f"the signature lists {shown(field)} more than once, which no known library does: do "
            "not act on it",
        )
        self.field = field


class BrotliMissing(OcnRegistryError, ImportError):
    """The library that compresses signatures is not installed."""

    def __init__(self) -> None:
        """Create the error with the command that installs the library."""
        super().__init__(
            "signatures of OCN messages are compressed with brotli 1.2 or newer, which is not "
            "installed: pip install 'ocn-registry[notary]'",
        )


def _named(layer: int) -> str:
    return "the message" if layer == 0 else f"the message before the newest {layer} rewrite(s)"


def _again(
    kind: type[MessageRejected],
    args: tuple[object, ...],
    fields: dict[str, object],
) -> MessageRejected:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error
